"""A notebook damaged at random: its bytes as a bad disk or mail does it, its JSON as a bad program does."""

import json
import random
from collections.abc import Callable

import nbformat

from autograder.tests.mini import release_notebook, submission

VALUES: list = [None, True, 0, -1, 3.5, 1e308, 10**30, float("nan"), float("-inf"), "", "code", "\ud800", "\0", [], {}, [[]],
                {"a": None}, [None, 1], "x" * 10**6, "<b>" * 5000, ["line\n"] * 999]  # fmt: skip
KEYS = [
    "",
    "cells",
    "source",
    "metadata",
    "nbgrader",
    "grade_id",
    "cell_type",
    "nbformat",
    "worksheets",
    "\ud800",
    "x" * 999,
]


def damaged(seed: int) -> bytes:
    """A right or blank submission with one to four damages, the same for the same seed."""
    rng = random.Random(seed)
    content = json.loads(nbformat.writes(submission() if rng.random() < 0.7 else release_notebook()))
    kinds = rng.choice(([STRUCTURES], [STRUCTURES], [BYTES], [STRUCTURES, BYTES]))
    for _ in range(rng.choice((1, 1, 3)) if STRUCTURES in kinds else 0):
        rng.choice(STRUCTURES)(content, rng)
    data = bytearray(
        json.dumps(content, ensure_ascii=rng.random() < 0.5, indent=rng.choice((None, 1))).encode(
            errors="surrogatepass"
        )
    )
    for _ in range(rng.choice((1, 1, 3)) if BYTES in kinds else 0):
        rng.choice(BYTES)(data, rng)
    return bytes(data)


def _span(data: bytearray, rng: random.Random, longest: int = 200) -> slice:
    start = rng.randrange(len(data) + 1)
    return slice(start, start + rng.randint(1, longest))


def flip(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 1, 5, 200)) if data else 0):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def insert(data: bytearray, rng: random.Random) -> None:
    place = _span(data, rng).start
    data[place:place] = rng.choice(
        (rng.randbytes(9), b"\0" * 99, b"{" * 5000, b'"', b"\\ud800", b"NaN", "é".encode("latin-1"))
    )


def delete(data: bytearray, rng: random.Random) -> None:
    del data[_span(data, rng)]


def cut(data: bytearray, rng: random.Random) -> None:
    del data[rng.randrange(len(data) + 1) :]


def swap(data: bytearray, rng: random.Random) -> None:
    one, other = _span(data, rng, 4096), _span(data, rng, 4096)
    data[one], data[other] = data[other], data[one]


def repeat(data: bytearray, rng: random.Random) -> None:
    span = _span(data, rng, 4096)
    data[span.stop : span.stop] = data[span] * rng.choice((1, 1, 9))


def _places(value: object) -> list[tuple[dict | list, object]]:
    """(container, key or position) of everything in a JSON value."""
    found, waiting = [], [value]
    while waiting:
        one = waiting.pop()
        items = list(
            one.items() if isinstance(one, dict) else enumerate(one) if isinstance(one, list) else ()
        )
        found += [(one, key) for key, _ in items]
        waiting += [child for _, child in items]
    return found


def replace(content: dict, rng: random.Random) -> None:
    if places := _places(content):
        container, key = rng.choice(places)
        container[key] = rng.choice(VALUES)


def nest(content: dict, rng: random.Random) -> None:
    if places := _places(content):
        container, key = rng.choice(places)
        for _ in range(rng.choice((1, 30, 300))):
            container[key] = [container[key]]


def drop(content: dict, rng: random.Random) -> None:
    if places := _places(content):
        container, key = rng.choice(places)
        del container[key]


def rename(content: dict, rng: random.Random) -> None:
    if places := [(container, key) for container, key in _places(content) if isinstance(container, dict)]:
        container, key = rng.choice(places)
        container[rng.choice(KEYS)] = container.pop(key)


def exchange(content: dict, rng: random.Random) -> None:
    """Two values change places; a container does not come to lie in itself."""
    if len(places := _places(content)) > 1:
        (one, key), (other, name) = rng.sample(places, 2)
        one[key], other[name] = json.loads(json.dumps([other[name], one[key]]))


def shuffle(content: dict, rng: random.Random) -> None:
    if isinstance(cells := content.get("cells"), list):
        rng.shuffle(cells)
        del cells[len(cells) - rng.choice((0, 0, 1, 3)) :]


def double(content: dict, rng: random.Random) -> None:
    if isinstance(cells := content.get("cells"), list) and cells:
        cells += [rng.choice(cells)] * rng.choice((1, 2, 500))


BYTES: list[Callable] = [flip, insert, delete, cut, swap, repeat]
STRUCTURES: list[Callable] = [replace, nest, drop, rename, exchange, shuffle, double]
