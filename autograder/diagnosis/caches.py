"""The reference's backward pass with one array of its own cache changed.

Weights that are transposed, or not, on the way back leave the forward pass right, so that no other input
explains them.
"""

import functools
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.diagnosis.inputs import Inputs, label, leaves
from autograder.diagnosis.question import WOULD_BE, Finding

Change = Callable[[Any, Sequence[NDArray]], Any]  # of a cache, with the outputs beside it


def changed_caches(cache: Any, inputs: Inputs, outs: Sequence[Any]) -> Iterator[tuple[Finding, Change]]:
    """(finding, change of any cache of that form) for each array, the most telling kind first."""
    yield from _overwritten(cache, inputs, outs)
    paths = [path for path, _ in _arrays(cache)]
    for code, words, change in CHANGES:
        for path in paths:
            finding = Finding(code, f"{WOULD_BE} {words}")
            yield finding, functools.partial(_changed, path=path, change=change)


def _overwritten(cache: Any, inputs: Inputs, outs: Sequence[Any]) -> Iterator[tuple[Finding, Change]]:
    """An input that was an output already when it was kept."""
    for (path, kept), (where, came_in) in itertools.product(_arrays(cache), leaves(inputs)):
        for place, out in enumerate(outs) if np.array_equal(kept, came_in) else ():
            if np.shape(out) == kept.shape:
                words = f"`{label(inputs, where)}` in the cache were output {place + 1} of the forward pass"
                change = functools.partial(_put_out, path=path, place=place)
                yield Finding("swapped", f"{WOULD_BE} {words}"), change


def _changed(cache: Any, _: Sequence[NDArray], path: tuple, change: Callable[[NDArray], NDArray]) -> Any:
    return _with(cache, path, change)


def _put_out(cache: Any, outs: Sequence[NDArray], path: tuple, place: int) -> Any:
    return _with(cache, path, lambda _: outs[place])


def _transposed(array: NDArray) -> NDArray:
    if array.ndim < 2 or array.shape[-1] != array.shape[-2]:
        raise ValueError("no square matrix")
    return array.swapaxes(-1, -2).copy()


def _cut_for_turned(array: NDArray) -> NDArray:
    """What reads as the array when it is reshaped where its rows should be turned into columns."""
    return array.reshape(array.shape[-1], -1).T.reshape(array.shape)


def _sigmoid(array: NDArray) -> NDArray:
    return 1 / (1 + np.exp(-array))


SLOPE = "the slope of an activation were left out, or taken at another value"
CHANGES = (
    ("transposed", "something that it is made from were transposed", _transposed),
    ("order", "something that it is made from were reshaped where it should be transposed", _cut_for_turned),
    ("shifted", "something that it is made from were moved by one step", lambda a: np.roll(a, 1, 0)),
    ("shifted", "something that it is made from were moved by one step", lambda a: np.roll(a, -1, 0)),
    ("shifted", "something that it is made from were moved by one step", lambda a: np.roll(a, 1, 1)),
    ("shifted", "something that it is made from were moved by one step", lambda a: np.roll(a, -1, 1)),
    ("nonlinearity", SLOPE, _sigmoid), ("nonlinearity", SLOPE, np.tanh),
    ("nonlinearity", SLOPE, lambda a: np.log(a / (1 - a))), ("nonlinearity", SLOPE, np.arctanh),
)  # fmt: skip


def _arrays(value: Any, path: tuple = ()) -> Iterator[tuple[tuple, NDArray]]:
    """The float arrays in a cache with their paths through tuples, lists and dicts."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "f" and value.size > 1 and math.isfinite(value.sum()):
            yield path, value
        return
    entries = value.items() if isinstance(value, Mapping) else ()
    for key, entry in enumerate(value) if isinstance(value, tuple | list) else entries:
        yield from _arrays(entry, (*path, key))


def _with(value: Any, path: tuple, change: Callable[[NDArray], NDArray]) -> Any:
    """A copy of a cache with the array at the end of a path changed. Raises for a cache of another form."""
    if not path:
        return change(value)
    key, changed = path[0], dict(value) if isinstance(value, Mapping) else list(value)
    changed[key] = _with(value[key], path[1:], change)
    return tuple(changed) if isinstance(value, tuple) else changed
