"""Is a wrong result the right one for other inputs? Then the function reads these inputs in that way.

A forgotten bias gives what would be right if the bias were zero, columns for rows what would be right
for the transpose. Only the reference is asked here, at inputs changed in one way at a time.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks.compare import Explanation

Inputs = dict[str, Any]
ENDLESS = 10**6


def misreadings(inputs: Inputs, smooth: bool) -> Iterator[tuple[Explanation, Inputs]]:
    """What a function could take its inputs for, from the most telling to the least.

    Whole numbers, such as drawn characters, agree by chance too easily for anything but changed numbers.
    """
    yield from _numbers_changed(inputs)
    if not smooth:
        return
    yield from _exchanged(inputs)
    yield from _transposed(inputs)
    yield from _shifted(inputs)
    yield from _blocks_exchanged(inputs)
    yield from _scaled(inputs)
    yield from _without(inputs)


def _would_be(code: str, words: str) -> Explanation:
    return Explanation(code, f"is what it would be if {words}")


def _exchanged(inputs: Inputs) -> Iterator[tuple[Explanation, Inputs]]:
    """Two arrays of one kind in each other's place, or one in the place of both."""
    arrays = [(name, v) for name, v in inputs.items() if isinstance(v, np.ndarray) and v.size > 1]
    for (one, left), (other, right) in itertools.combinations(arrays, 2):
        if left.shape != right.shape or left.dtype != right.dtype:
            continue
        words = f"`{one}` and `{other}` were exchanged"
        yield _would_be("swapped", words), inputs | {one: right, other: left}
        yield _would_be("swapped", f"`{one}` stood in the place of `{other}`"), inputs | {other: left}
        yield _would_be("swapped", f"`{other}` stood in the place of `{one}`"), inputs | {one: right}


def _transposed(inputs: Inputs) -> Iterator[tuple[Explanation, Inputs]]:
    for path, array in leaves(inputs):
        if array.ndim > 1 and array.shape[-1] == array.shape[-2]:
            changed = replaced(inputs, path, array.swapaxes(-1, -2).copy())
            yield _would_be("transposed", f"`{path[-1]}` were transposed"), changed


def _numbers_changed(inputs: Inputs) -> Iterator[tuple[Explanation, Inputs]]:
    """Counts off by one, rates at zero or one, and reciprocals."""
    for path, value in numbers(inputs):
        for words, other in _other_values(path[-1], value).items():
            if other != value:
                explanation = _would_be(f"option `{path[-1]}`", f"`{path[-1]}` were {words}")
                yield explanation, replaced(inputs, path, other)


def _other_values(name: str, value: float) -> dict[str, float]:
    if isinstance(value, int):
        endless = {"without end": ENDLESS} if name in ("T", "window", "top_k") else {}
        return {"one more": value + 1, "one less": value - 1, **endless}
    if name == "temperature":
        return {"1": 1.0, "one divided by it": 1 / value if value else 1.0, "close to 0": 1e-6}
    return {"0": 0.0, "1": 1.0, "one minus it": 1 - value}


def _shifted(inputs: Inputs) -> Iterator[tuple[Explanation, Inputs]]:
    """Sequences moved by one position, whatever fills the gap at the end."""
    for name, value in inputs.items():
        if not isinstance(value, np.ndarray) or value.ndim < 1 or value.dtype.kind not in "iu":
            continue
        for step in (1, -1):
            moved = np.roll(value, step, axis=-1)
            yield _would_be("shifted", f"`{name}` were moved by one position"), inputs | {name: moved}


def _blocks_exchanged(inputs: Inputs) -> Iterator[tuple[Explanation, Inputs]]:
    """Of arrays with three or four parts side by side, such as gates, two parts in each other's place."""
    groups = {n: [(p, a) for p, a in leaves(inputs) if a.shape and a.shape[-1] % n == 0] for n in (4, 3)}
    for n, members in groups.items():
        for one, other in itertools.combinations(range(n), 2):
            order = list(range(n))
            order[one], order[other] = other, one
            for path, array in members:
                changed = replaced(inputs, path, _reordered(array, order))
                yield _would_be("swapped", f"two of the {n} blocks of `{path[-1]}` were exchanged"), changed
            for width in {a.shape[-1] for _, a in members}:
                together = inputs
                for path, array in members:
                    if array.shape[-1] == width:
                        together = replaced(together, path, _reordered(array, order))
                yield _would_be("swapped", f"two of the {n} blocks were exchanged"), together


def _reordered(array: NDArray, order: list[int]) -> NDArray:
    parts = np.split(array, len(order), axis=-1)
    return np.concatenate([parts[i] for i in order], axis=-1)


def _scaled(inputs: Inputs) -> Iterator[tuple[Explanation, Inputs]]:
    """Each array with the opposite sign, or as if a root of a width were missing or there twice."""
    for path, array in leaves(inputs):
        name = path[-1]
        yield _would_be("sign", f"`{name}` had the opposite sign"), replaced(inputs, path, -array)
        root = array.dtype.type(math.sqrt(array.shape[-1])) if array.ndim > 1 else 1
        for changed, verb in ((array * root, "multiplied"), (array / root, "divided")) if root != 1 else ():
            words = f"`{name}` were {verb} by the root of its width once more"
            yield _would_be("scale", words), replaced(inputs, path, changed)


def _without(inputs: Inputs) -> Iterator[tuple[Explanation, Inputs]]:
    """Each array at zero, and those that multiply at one."""
    for path, array in leaves(inputs):
        name = path[-1]
        for words, value in (("zero", np.zeros_like(array)), ("one", np.ones_like(array))):
            yield _would_be(f"without `{name}`", f"`{name}` were {words}"), replaced(inputs, path, value)


def leaves(inputs: Mapping, path: tuple = ()) -> Iterator[tuple[tuple, NDArray]]:
    """The float arrays among the inputs, with their paths through dicts."""
    for name, value in inputs.items():
        if isinstance(value, Mapping):
            yield from leaves(value, (*path, name))
        elif isinstance(value, np.ndarray) and value.dtype.kind == "f":
            yield (*path, name), value


def numbers(inputs: Mapping, path: tuple = ()) -> Iterator[tuple[tuple, float]]:
    """The plain numbers among the inputs, with their paths through dicts."""
    for name, value in inputs.items():
        if isinstance(value, Mapping):
            yield from numbers(value, (*path, name))
        elif type(value) in (int, float):
            yield (*path, name), value


def replaced(inputs: Mapping, path: tuple, value: Any) -> Inputs:
    """A copy with another value at the end of a path."""
    head, *rest = path
    return {**inputs, head: replaced(inputs[head], tuple(rest), value) if rest else value}


def mapped(inputs: Inputs, change: Callable[[NDArray], NDArray]) -> Inputs:
    """A copy with every float array changed."""
    changed = inputs
    for path, array in leaves(inputs):
        changed = replaced(changed, path, change(array).astype(array.dtype))
    return changed
