"""Does a function that draws, such as one that writes text, draw as it should and from where it should?"""

import contextlib
import functools
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks.calls import call, call_times, draws, require_array, same
from autograder.checks.outcome import Failure, Row
from autograder.checks.running import check, seed_of_check
from autograder.checks.sampling import CLOSELY, FALSE_ALARM, gap_row, repeats, surprise

AGAIN = 10  # texts that must come out the same; one alone may by chance
OWN_RANDOMNESS = "Equal generators must give equal results: take all randomness from `rng`."

Following = Callable[[NDArray], NDArray]


@check
def check_text(
    write: Callable, inputs: Mapping[str, Any], following: Following, *, length: int, draws: int = 150,
    seed: int | None = None,
) -> str:  # fmt: skip
    """Does `write(*inputs.values())` draw each id with the probabilities that `following` gives it?

    `inputs` has a generator among them, which the check replaces by its own. `write` returns `length` ids;
    `following(ids)` is the distribution (V,) of the one behind `ids`, the first ones of a text. Each id
    that is drawn becomes a number between 0 and 1, its place among all ids from the most to the least
    likely one, drawn evenly within its own share. Of a right text these numbers are even, all of them and
    those behind each id. The largest gap to that stays below sqrt(ln(8 k / 1e-6) / 2n) for n ids in each of
    k groups (Dvoretzky-Kiefer-Wolfowitz inequality with Massart's constant; Rosenblatt 1952 for the numbers),
    the ids are as surprising as they should be, and those that are drawn with the same probabilities in one
    text are the same as often (sampling.py), in all but one of a million runs.
    """
    seed = seed_of_check(seed)
    rng, ties = np.random.default_rng(seed), np.random.default_rng((seed, 1))
    texts = [_ids(text, length, write.__name__) for text in call_times(write, _with(inputs, rng), draws)]
    known = functools.cache(lambda ids: np.asarray(following(np.array(ids, np.int64)), np.float64))
    _require_randomness(write, inputs, texts, seed, known)
    gaps = _gaps(texts, known, ties)
    gap, limit, mean = max(gaps, key=lambda one: one[0] / one[1], default=(0.0, 1.0, 0.5))  # no choice at all
    off = surprise((p, drawn, 1) for p, drawn in _drawn(texts, known))
    if gap > limit or off.is_too_large:
        likely = mean < 0.5 if gap > limit else off.off < 0
        raise _failure(likely, (gap_row(gap, limit), off.row), _told(inputs, texts, known, ties))
    if (again := repeats(_drawn_again(texts, known))).is_too_large:
        raise Failure(
            "Each draw by itself has the right probabilities, but draws hang together: what follows the same "
            f"ids in one text is the same too {'often' if again.off > 0 else 'seldom'}.",
            rows=(gap_row(gap, limit), off.row, again.row), code="randomness",
        )  # fmt: skip
    return f"{draws} texts of {length} characters follow the probabilities"


def _with(inputs: Mapping[str, Any], rng: np.random.Generator) -> list:
    """The arguments, with another generator."""
    return [rng if isinstance(value, np.random.Generator) else value for value in inputs.values()]


def _ids(text: Any, length: int, name: str) -> NDArray:
    return require_array(text, np.zeros(length, np.int64), f"what `{name}` returns")


def _require_randomness(
    write: Callable, inputs: Mapping, texts: list[NDArray], seed: int, known: Callable
) -> None:
    """Texts differ from each other where they should, and equal generators give equal ones."""
    is_alone = all(same(text, texts[0]) for text in texts[1:])
    if is_alone and _chance(texts[0].tolist(), known) ** (len(texts) - 1) < FALSE_ALARM:
        raise Failure(
            "The same text comes out every time, although the generator goes on: nothing is drawn from it.",
            code="greedy",
        )
    twice = [call_times(write, _with(inputs, np.random.default_rng(seed)), AGAIN) for _ in range(2)]
    if not same(*twice):
        raise Failure(OWN_RANDOMNESS, code="state kept")


def _chance(text: list[int], known: Callable) -> float:
    """How likely is this text?"""
    each = (known(tuple(text[:place]))[drawn : drawn + 1] for place, drawn in enumerate(text))
    return math.prod(float(p.sum()) for p in each)


def _groups(texts: list[NDArray], known: Callable, ties: np.random.Generator) -> list[list[float]]:
    """The places of all ids, then those of the ids behind each one."""
    groups: dict[int | None, list[float]] = {None: []}
    for text in (array.tolist() for array in texts):
        for position in range(len(text)):
            place = _place(text, position, known, ties)
            if place is not None:
                groups[None].append(place)
                groups.setdefault(text[position - 1] if position else -1, []).append(place)
    return [places for places in groups.values() if places]


def _gaps(
    texts: list[NDArray], known: Callable, ties: np.random.Generator
) -> Iterator[tuple[float, float, float]]:
    """(gap, limit, mean) of the places in each group."""
    groups = _groups(texts, known, ties)
    for places in map(np.sort, groups):
        n = len(places)
        gap = float(np.abs(places - (np.arange(n) + 0.5) / n).max()) + 0.5 / n
        yield gap, math.sqrt(math.log(8 * len(groups) / FALSE_ALARM) / (2 * n)), float(places.mean())


def _told(
    inputs: Mapping, texts: list[NDArray], known: Callable, ties: np.random.Generator
) -> tuple[str, str] | None:
    """The code and the words of the other way to draw that the texts follow closely, if there is one."""
    best: tuple[float, tuple[str, str] | None] = (CLOSELY, None)
    for finding, other in _other_ways(inputs, known):
        chosen = lambda ids, other=other: (known if known(ids).max() == 1 else other)(ids)  # noqa: E731
        with contextlib.suppress(Exception):  # a distribution that does not take such ids
            far = max(gap / limit for gap, limit, _ in _gaps(texts, chosen, ties))
            best = min(best, (far, finding), key=lambda one: one[0])
    return best[1]


def _other_ways(inputs: Mapping, known: Callable) -> Iterator[tuple[tuple[str, str], Callable]]:
    """What a mistake would draw from; p ** t is softmax(scores) where p is softmax(scores / t)."""
    for name, t in inputs.items():
        powers = {"were 1": t, "were a factor": t * t, "counted twice": 1 / t} if type(t) is float else {}
        for words, power in powers.items():
            other = lambda ids, power=power: (p := known(ids) ** power) / p.sum()  # noqa: E731
            yield (f"option `{name}`", f"as if `{name}` {words}"), other
    yield ("randomness", "as if all were equally likely"), lambda ids: known(ids) ** 0 / known(ids).size
    words = "as if the last one before each were not there yet"
    yield ("shifted", words), lambda ids: known(ids[: max(1, len(ids) - 1)])
    yield ("time", "as if nothing behind the first one counted"), lambda ids: known(ids[:1])
    yield ("time", "as if nothing that was drawn counted"), lambda ids: known(())


def _drawn(texts: list[NDArray], known: Callable) -> Iterator[tuple[NDArray, int]]:
    """The probabilities behind each id, and the id."""
    for text in (array.tolist() for array in texts):
        yield from ((known(tuple(text[:position])), drawn) for position, drawn in enumerate(text))


def _drawn_again(texts: list[NDArray], known: Callable) -> Iterator[tuple[NDArray, int, int]]:
    """The probabilities behind each id, the id drawn last with the same ones in that text, and the id."""
    for text in (array.tolist() for array in texts):
        last: dict[bytes, int] = {}
        for position, drawn in enumerate(text):
            p = known(tuple(text[:position]))
            if p.max() < 1 and (key := p.tobytes()) in last:
                yield p, last[key], drawn
            last[p.tobytes()] = drawn


def _place(text: list[int], position: int, known: Callable, ties: np.random.Generator) -> float | None:
    """Where an id stands in its distribution, the most likely ids first; None where there is no choice."""
    p, drawn = known(tuple(text[:position])), text[position]
    if not 0 <= drawn < len(p):
        raise Failure(f"An id is drawn that does not exist: they go from 0 to {len(p) - 1}.", code="returns")
    if p.max() == 1 and p[drawn] == 1:
        return None
    before = float(p[(p > p[drawn])].sum() + p[:drawn][p[:drawn] == p[drawn]].sum())
    return before + ties.random() * float(p[drawn]) if p[drawn] > 0 else 1.0


def _failure(likely: bool, rows: tuple[Row, ...], told: tuple[str, str] | None) -> Failure:
    side = "Likely ids come up too often" if likely else "Unlikely ids come up too often"
    code, words = told or ("distribution", "for what stands before them and this temperature")
    return Failure(f"{side}, {words}.", rows=rows, code=code)


@check
def check_randomness(function: Callable, inputs: Mapping[str, Any]) -> str:
    """Does `function(*inputs.values())` take its randomness from the generator among its inputs alone?

    Equal generators must give equal results, others must not. The inputs have to be such that two draws
    that happen to give the same result are as good as impossible.
    """
    first, again, other = (call(function, *_with(inputs, np.random.default_rng(seed))) for seed in (1, 1, 2))
    if not same(first, again):
        raise Failure(OWN_RANDOMNESS, code="state kept")
    if same(first, other):
        raise Failure("The result is the same whatever `rng` is; draw from it.", code="randomness")
    return "all randomness comes from the generator"


@check
def check_no_draws(function: Callable, inputs: Mapping[str, Any]) -> str:
    """Does `function(*inputs.values())` leave the generator among its inputs where it is?

    What comes after the call would otherwise depend on whether it was made.
    """
    if draws(function, list(inputs.values())):
        raise Failure(
            "Something is drawn from `rng` where nothing is random; what is drawn later changes with it.",
            code="randomness",
        )
    return "nothing is drawn from the generator"
