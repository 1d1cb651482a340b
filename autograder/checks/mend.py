"""A cache put right: what is wrong in it because the forward pass is wrong becomes what is right there.

Runs where the student's code runs, and nothing rests on its honesty: what a backward pass makes of the cache
is judged elsewhere, on inputs and upstream gradients that are used for nothing else.
"""

import contextlib
import copy
import itertools
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks.calls import are_changed, same, unpacked, watched

MAX_DEPTH = 30
TINY = np.finfo(np.float64).tiny
HALF = 0.5  # of an array's numbers; where fewer are those of outputs, they are so by chance
ROUNDING = 1e3  # units in the last place
FAR = 1.0  # a norm ratio |own - right| / |right| from which on two arrays are not the same thing


@dataclass(frozen=True)
class Truth:
    """What is right for one call of a forward pass.

    `outs` are its outputs, `between` the arrays that the reference keeps for its own backward pass, and
    `parts` what functions that it calls have returned and should have. With `guess`, an array becomes one of
    `between`: the next in their order, turned to `order`, with "order", the nearest with "near", the one
    that it is most like, by correlation, with "alike"; with `of_inputs` also one that is an input. With
    `restored`, of the arrays in the cache that are an overwritten input, the one of that number is as it
    was. `exchanged` are the places of two arrays of the cache, in order, that stand for each other. `single`
    asks for float32.
    """

    outs: tuple
    between: list[NDArray]
    parts: list[tuple[Any, Any]] = field(default_factory=list)
    guess: str = ""
    order: tuple[int, ...] = ()
    of_inputs: bool = False
    restored: int | None = None
    exchanged: tuple[int, int] | None = None
    single: bool = False


def gradients_of(
    forward: Callable, backward: Callable, arguments: Sequence[Any], douts: Sequence[Any], truth: Truth
) -> tuple[Any, bool]:
    """What `backward` returns for the cache of `forward(*arguments)` put right; did it change what it got?"""
    copies = copy.deepcopy(arguments)
    *outs, cache = forward(*copies)
    _put_back(copies, arguments, outs)
    _call_on_others(forward, arguments)
    scope = getattr(forward, "__globals__", {})
    if truth.restored is not None:
        cache = _restored(cache, copies, arguments, truth.restored, scope)
    cache = mended(cache, outs, arguments, copy.deepcopy(truth), scope)
    if truth.exchanged:
        cache = _exchanged(cache, *truth.exchanged, scope)
    given = [*copy.deepcopy(douts), cache]
    before = watched(given, "_backward")
    return unpacked(backward(*given)), are_changed(before)


def mended(cache: Any, outs: Sequence[Any], inputs: Any, truth: Truth, scope: dict) -> Any:
    """`cache`, all its containers new, with what is right in it; `outs` and `inputs` are the call's own.

    Objects of classes and inner functions of the notebook, `scope`, are looked into.

    What a part returned is replaced as a whole, and so is an array that holds an output: in its own shape,
    with its axes in another order, or flattened; and an output of one step, or those of all that follow an
    initial state. In others each number that is found once among the outputs is replaced. Inputs, and what
    is right already, stay as they are.
    """
    known = list(arrays_in(inputs))
    pairs = [(np.asarray(own), np.asarray(right)) for own, right in zip(outs, truth.outs, strict=False)]
    pairs = [(own, right) for own, right in pairs if own.shape == right.shape and own.dtype.kind == "f"]
    numbers = _single_numbers(pairs, known)
    parts = [(own, right) for own, right in truth.parts if not any(same(own, one) for one in known)]
    there = _collected(cache, scope) if truth.guess else []
    whole = truth.guess == "alike"
    between = [truth.between[place] for place in truth.order] or truth.between
    missing = [one for one in between if not _is_among(one, there, whole)]

    def replace(value: Any) -> Any:
        return next((right for own, right in parts if same(own, value)), value)

    def change(array: NDArray) -> Any:
        is_input = not truth.of_inputs and any(_equal(array, one) for one in known)
        if whole and len(missing) == 1 and _is_flat(array, missing[0]):
            array = missing[0]
        elif not is_input and not _is_right(array, pairs, truth.between):
            array = _put_right(array, pairs, numbers, truth, missing)
        return array.astype(np.float32) if truth.single else array

    return _Mending(replace, change, scope).walk(cache, MAX_DEPTH)


def arrays_in(value: Any, depth: int = MAX_DEPTH) -> Iterator[NDArray]:
    """All float arrays in containers, NumPy's numbers among them."""
    if isinstance(value, np.ndarray | np.floating) and value.dtype.kind == "f":
        yield np.asarray(value)
    elif isinstance(value, dict | tuple | list) and depth:
        for entry in value.values() if isinstance(value, dict) else value:
            yield from arrays_in(entry, depth - 1)


def _call_on_others(forward: Callable, arguments: Sequence[Any]) -> None:
    """What a forward pass keeps outside of its cache is another call's from now on."""
    others = copy.deepcopy(arguments)
    with contextlib.suppress(Exception):
        for array in arrays_in(others):
            array *= array.dtype.type(0.9)
        forward(*others)


def _put_back(changed: Any, inputs: Any, outs: Sequence[Any]) -> None:
    """Undo what a forward pass has written into its inputs, but for one that it returns."""
    for array, before in zip(arrays_in(changed), arrays_in(inputs), strict=True):
        if not any(np.may_share_memory(array, out) for out in arrays_in(tuple(outs))):
            array[...] = before


def _restored(cache: Any, changed: Any, inputs: Any, which: int, scope: dict) -> Any:
    """The cache with one of its arrays that are an overwritten input as that was."""
    before = zip(arrays_in(changed), arrays_in(inputs), strict=True)
    overwritten = [(now, then) for now, then in before if not _equal(now, then)]
    places = itertools.count()

    def change(array: NDArray) -> Any:
        same = [then for now, then in overwritten if np.may_share_memory(array, now)]
        return same[0].reshape(np.shape(array)) if same and next(places) == which else array

    return _Mending(lambda value: value, change, scope).walk(cache, MAX_DEPTH)


class _Mending:
    """Rebuilds containers: what `replace` knows is replaced, and `change` is made to every float array.

    Objects and the variables of inner functions are changed where they are, each once.
    """

    def __init__(self, replace: Callable[[Any], Any], change: Callable[[Any], Any], scope: dict):
        self.replace, self.change, self.scope = replace, change, scope
        self.seen: set[int] = set()

    def walk(self, value: Any, depth: int) -> Any:
        known = self.replace(value)
        if known is not value or depth == 0:
            return known
        if isinstance(value, np.ndarray | np.floating):
            return self.change(value) if value.dtype.kind == "f" else value
        if isinstance(value, dict):
            return {key: self.walk(entry, depth - 1) for key, entry in value.items()}
        if isinstance(value, tuple | list):
            entries = [self.walk(entry, depth - 1) for entry in value]
            return type(value)(*entries) if hasattr(value, "_fields") else type(value)(entries)
        if id(value) not in self.seen and self._is_own(value):
            self.seen.add(id(value))
            self._inside(value, depth)
        return value

    def _is_own(self, value: Any) -> bool:
        """A function of the forward pass's notebook, or an object of a class of it?"""
        if isinstance(value, types.FunctionType):
            return value.__globals__ is self.scope
        kind = type(value)
        return kind is types.SimpleNamespace or self.scope.get(kind.__name__) is kind

    def _inside(self, value: Any, depth: int) -> None:
        for cell in getattr(value, "__closure__", None) or ():
            cell.cell_contents = self.walk(cell.cell_contents, depth - 1)
        for name, entry in list(getattr(value, "__dict__", {}).items()):
            object.__setattr__(value, name, self.walk(entry, depth - 1))


def _is_right(array: NDArray, pairs: list[tuple[NDArray, NDArray]], between: list) -> bool:
    turned = (right.transpose(axes) for _, right in pairs for axes in _orders(right))
    views = (view for right in between for view in _views(right, array.shape))
    return any(_agree(array, one) for one in itertools.chain(turned, views))


def _is_flat(array: NDArray, right: NDArray) -> bool:
    """Has it the numbers of the other in another shape, as where an axis has length 1?"""
    return array.shape != right.shape and array.size == right.size and _agree(array.ravel(), right.ravel())


def _put_right(
    array: NDArray, pairs: list[tuple[NDArray, NDArray]], numbers: tuple[NDArray, NDArray],
    truth: Truth, missing: list[NDArray],
) -> NDArray:  # fmt: skip
    between = truth.between if truth.guess else []
    turned = [(own.transpose(axes), right.transpose(axes)) for own, right in pairs for axes in _orders(own)]
    for own, right in turned:
        if array.size == own.size and _equal(array.ravel(), own.ravel()):
            return right.reshape(array.shape).astype(array.dtype)
        steps = zip(_views(own, array.shape), _views(right, array.shape), strict=True)
        for step, new in steps if array.size > 1 else ():
            if _equal(array, step):
                return new.astype(array.dtype)
    found, new = _steps(array, turned) or _numbers(array, *numbers)
    if np.any(found):
        whole = [one for one in between if one.shape == new.shape and _equal(one[found], new[found])]
        if whole or not truth.guess or np.mean(found) > HALF:
            return whole[0] if whole else new
    if not truth.guess:
        return array
    if same_shape := [right for right in missing if right.shape == array.shape]:  # first what the cache lacks
        best = same_shape[0]
        if truth.guess != "order":
            best = max(same_shape, key=lambda right: _likeness(array, right, truth.guess))
        missing[:] = [right for right in missing if right is not best]
        return best.astype(array.dtype)
    only = truth.guess == "alike" and len(missing) == 1  # of a wrong shape, it can be nothing else
    return (missing[0] if only else _nearest(array, between)).astype(array.dtype)


def _steps(array: NDArray, pairs: list[tuple[NDArray, NDArray]]) -> tuple[NDArray, NDArray] | None:
    """Where in an array all steps of an output stand, behind a start or before an end; it put right there.

    Saturated units are alike at many steps, so that single numbers do not tell which is which.
    """
    for own, right in pairs:
        longer = np.subtract(array.shape, own.shape) if array.ndim == own.ndim else np.empty(0)
        if np.count_nonzero(longer) != 1 or longer.max() < 1:
            continue
        axis = int(longer.argmax())
        for start in range(longer[axis] + 1):
            place = (slice(None),) * axis + (slice(start, start + own.shape[axis]),)
            if _equal(array[place], own):
                found, new = np.zeros(array.shape, bool), array.copy()
                found[place], new[place] = True, right
                return found, new
    return None


def _numbers(array: NDArray, values: NDArray, right: NDArray) -> tuple[NDArray, NDArray]:
    """Where in an array numbers of `values` stand, which are in order, and it with `right` there."""
    if not len(values):
        return np.zeros(array.shape, bool), array
    place = np.minimum(np.searchsorted(values, array), len(values) - 1)
    found = values[place] == array
    return found, np.where(found, right[place], array).astype(array.dtype)[()]


def _is_among(array: NDArray, others: list[NDArray], whole: bool) -> bool:
    """Is it, or unless `whole` a part of it along an axis, one of the others?"""
    return any(_agree(view, other) for other in others for view in _views(array, other.shape, whole))


def _collected(cache: Any, scope: dict) -> list[NDArray]:
    """All float arrays in a cache, in order, and its containers as they were."""
    found: list[NDArray] = []

    def collect(array: NDArray) -> NDArray:
        found.append(array)
        return array

    _Mending(lambda value: value, collect, scope).walk(cache, MAX_DEPTH)
    return found


def _exchanged(cache: Any, one: int, other: int, scope: dict) -> Any:
    """The cache with two of its arrays in each other's place, if they have the same shape."""
    found = _collected(cache, scope)
    if max(one, other) >= len(found) or found[one].shape != found[other].shape:
        return cache
    turned = {one: found[other], other: found[one]}
    places = itertools.count()

    def change(array: NDArray) -> Any:
        return turned.get(next(places), array)

    return _Mending(lambda value: value, change, scope).walk(cache, MAX_DEPTH)


def _single_numbers(pairs: list[tuple[NDArray, NDArray]], known: list[NDArray]) -> tuple[NDArray, NDArray]:
    """The numbers found once among all outputs and in no input, in order, and what is right there."""
    if not pairs:
        return np.empty(0), np.empty(0)
    own = np.concatenate([one.ravel() for one, _ in pairs])
    right = np.concatenate([one.ravel() for _, one in pairs])
    values, first, counts = np.unique(own, return_index=True, return_counts=True)
    taken = np.concatenate([one.ravel() for one in known]) if known else np.empty(0)
    single = (counts == 1) & ~np.isin(values, taken)
    return values[single], right[first[single]]


def _nearest(array: NDArray, between: list[NDArray]) -> NDArray:
    """The array of that shape, or part of one along an axis, that is nearest; itself when none is near."""
    best, least = array, FAR
    for right in between if np.ndim(array) else ():
        for view in _views(right, array.shape):
            far = float(np.linalg.norm(array - view) / max(np.linalg.norm(view), TINY))
            best, least = (view, far) if far < least else (best, least)
    return best


def _likeness(array: NDArray, right: NDArray, guess: str) -> float:
    """The greater, the more likely is one array meant to be the other."""
    if guess == "near" or array.size < 2:
        return -float(np.linalg.norm(array - right))
    one, other = array.ravel() - array.mean(), right.ravel() - right.mean()
    return abs(float(one @ other)) / max(float(np.linalg.norm(one) * np.linalg.norm(other)), TINY)


def _views(array: NDArray, shape: tuple, whole: bool = False) -> Iterator[NDArray]:
    if array.shape == shape:
        yield array
    for axis in () if whole else range(array.ndim):
        if array.shape[:axis] + array.shape[axis + 1 :] == shape:
            yield from np.moveaxis(array, axis, 0)


def _orders(array: NDArray) -> Iterator[tuple[int, ...]]:
    return itertools.permutations(range(array.ndim))


def _equal(left: NDArray, right: NDArray) -> bool:
    return left.shape == right.shape and np.array_equal(left, right, equal_nan=True)


def _agree(left: NDArray, right: NDArray) -> bool:
    """Equal but for rounding: here products may be formed by other threads, which add up in another order.

    Where one has a zero so has the other: what is divided by is no less wrong for being small.
    """
    if _equal(left, right):
        return True
    if left.shape != right.shape or not (np.isfinite(left).all() and np.isfinite(right).all()):
        return False
    if not np.array_equal(left == 0, right == 0):
        return False
    least = ROUNDING * max(float(np.finfo(one.dtype).eps) for one in (left, right))
    return bool(np.linalg.norm(left - right) <= least * np.linalg.norm(right))
