"""Is a wrong gradient the right one for another cache? Then the backward pass takes what it recalls for that.

Weights that are transposed, or not, on the way back leave the forward pass right, so no other input explains
them. Only the reference is asked: its backward pass, with one array of its own cache changed in one way.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks.compare import Explanation


def recollections(cache: Any) -> Iterator[tuple[Explanation, Any]]:
    """Other caches that a backward pass could take its cache for, the most telling first."""
    found = list(_arrays(cache))
    for code, words, change in CHANGES:
        explanation = Explanation(code, f"is what it would be if {words}")
        for path, array in found:
            for changed in change(array):
                yield explanation, _with(cache, path, changed)


def _transposed(array: NDArray) -> Iterator[NDArray]:
    if array.ndim > 1 and array.shape[-1] == array.shape[-2]:
        yield array.swapaxes(-1, -2).copy()


def _cut_for_turned(array: NDArray) -> Iterator[NDArray]:
    """What reads as the array when it is reshaped where its rows should be turned into columns."""
    if array.ndim > 1:
        width = array.shape[-1]
        yield array.reshape(width, -1).T.reshape(array.shape)


def _shifted(array: NDArray) -> Iterator[NDArray]:
    for axis in range(2) if array.ndim > 2 else ():
        yield np.roll(array, 1, axis)
        yield np.roll(array, -1, axis)


def _activated_again(array: NDArray) -> Iterator[NDArray]:
    yield 1 / (1 + np.exp(-array))
    yield np.tanh(array)


CHANGES = (
    ("transposed", "something that it is made from were transposed", _transposed),
    ("order", "something that it is made from were reshaped where it should be transposed", _cut_for_turned),
    ("shifted", "something that it is made from were moved by one step", _shifted),
    ("nonlinearity", "a slope were taken at the activation's value", _activated_again),
)


def _arrays(value: Any, path: tuple = ()) -> Iterator[tuple[tuple, NDArray]]:
    """The float arrays in a cache with their paths through tuples, lists and dicts."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "f" and value.size > 1 and math.isfinite(value.sum()):
            yield path, value
        return
    entries = value.items() if isinstance(value, Mapping) else ()
    for key, entry in enumerate(value) if isinstance(value, tuple | list) else entries:
        yield from _arrays(entry, (*path, key))


def _with(value: Any, path: tuple, array: NDArray) -> Any:
    """A copy of a cache with another array at the end of a path."""
    if not path:
        return array
    key, changed = path[0], value.copy() if isinstance(value, Mapping) else list(value)
    changed[key] = _with(value[key], path[1:], array)
    return tuple(changed) if isinstance(value, tuple) else changed
