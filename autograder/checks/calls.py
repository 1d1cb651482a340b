"""Calling a student's function: the ladder that every check climbs before it judges values.

Defined, runs, leaves its inputs alone, returns the same for the same inputs, then each output is an
array of the right shape and dtype, and finite. Each rung fails with its own message.
"""

import builtins
import copy
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks.dtypes import require_dtype
from autograder.checks.frames import own_frame, scope_of
from autograder.checks.outcome import Failure
from autograder.checks.quiet import first_time_aloud

ONE = (np.ndarray, np.generic, tuple, list, str, bytes, Mapping, Set)  # whatever comes out of them one by one
MOST_RESULTS = 100


def call(function: Callable, *arguments: Any, seconds: float | None = None) -> Any:
    """The function's result on copies of `arguments`; Failure when it raises or changes them.

    `seconds` is the student's own CPU time allowed; only sealed grading enforces it.
    """
    return call_times(function, arguments, 1, seconds)[0]


def call_times(
    function: Callable, arguments: Sequence[Any], times: int, seconds: float | None = None, keep: bool = False
) -> list[Any]:
    """The results of calling the function several times with the same copies of `arguments`.

    A random generator among them goes on from call to call; anything else must stay as it was. With `keep`
    the last thing that a forward pass returns, its cache, need not leave the student's process.
    """
    if hasattr(function, "sealed_call"):
        results, changed = function.sealed_call(arguments, times, seconds, keep)
    else:
        copies = [_copy(argument) for argument in arguments]
        before = watched(copies, function.__name__)
        results = [_call_here(function, copies) for _ in range(times)]
        changed = are_changed(before)
    if changed:
        raise Failure(
            f"`{function.__name__}` changes its inputs in place; work on copies or new arrays.",
            code="inputs changed",
        )
    return results


def draws(function: Callable, arguments: Sequence[Any]) -> bool:
    """Does a call take anything from the generators among `arguments`? Failure when it raises."""
    if hasattr(function, "sealed_draws"):
        return function.sealed_draws(arguments)
    copies = [_copy(argument) for argument in arguments]
    _call_here(function, copies)
    return generator_states(copies) != generator_states(arguments)


def generator_states(arguments: Sequence[Any]) -> list[dict]:
    """Where the random generators among some arguments stand."""
    return [dict(one.bit_generator.state) for one in arguments if isinstance(one, np.random.Generator)]


def _call_here(function: Callable, arguments: Sequence[Any]) -> Any:
    """Call in this process; what it raises becomes a Failure that names the line."""
    try:
        with np.errstate(all="ignore"), first_time_aloud(function.__name__):
            return unpacked(function(*arguments))
    except Exception as error:
        frame = own_frame(error.__traceback__, scope_of(function))
        where = f" (in `{frame.line}`)" if frame else ""
        raise raised(function.__name__, type(error).__name__, f"{error}{where}") from error


def unpacked(result: Any) -> Any:
    """What `a, b = f(x)` makes of a result that is no tuple, such as a deque or an object of a class."""
    is_one = isinstance(result, ONE) or not isinstance(result, Iterable)
    return result if is_one else tuple(itertools.islice(result, MOST_RESULTS))


def raised(name: str, kind: str, detail: str) -> Failure:
    """The Failure for a student's function that raised; only built-in exception names are repeated."""
    if kind == "NotImplementedError":
        return Failure(f"`{name}` is not implemented yet.", code="not implemented")
    if kind == "NameError":
        cause = f"`{name}` uses a name that no cell defines; arguments and the cache bring what it needs."
        return Failure(cause, detail, code="outside")
    if not (hasattr(builtins, kind) or kind == "LinAlgError"):
        kind = "an exception of its own"
    return Failure(f"`{name}` raised {kind}.", detail, code="raised")


@contextmanager
def supplied(function: Callable, stand_ins: Mapping[str, Callable]) -> Iterator[None]:
    """While open, `function`'s code finds `stand_ins` instead of its own functions of those names."""
    if hasattr(function, "sealed_supply"):
        with function.sealed_supply(stand_ins):
            yield
        return
    scope = getattr(function, "__globals__", {})
    own = {name: scope[name] for name in stand_ins if name in scope}
    scope.update(stand_ins)
    try:
        yield
    finally:
        for name in stand_ins:
            del scope[name]
        scope.update(own)


def outputs(function: Callable, arguments: Sequence[Any]) -> tuple[Any, ...]:
    """The function's outputs as a tuple, without the cache when its name ends in `_forward`."""
    if function.__name__.endswith("_forward"):
        return outputs_and_cache(function, arguments)[0]
    result = call(function, *arguments)
    return tuple(result) if isinstance(result, tuple) else (result,)


def several(found: tuple[Any, ...], like: Sequence[Any]) -> tuple[Any, ...]:
    """The outputs, where several like these are expected: whatever unpacks into them is as good as a tuple.

    That is a list of so many, or an array that holds one of each shape along its first axis.
    """
    if len(like) < 2 or len(found) != 1 or not isinstance(found[0], list | np.ndarray):
        return found
    if isinstance(found[0], np.ndarray):
        fits = found[0].ndim > 0 and list(map(np.shape, found[0])) == list(map(np.shape, like))
    else:
        fits = len(found[0]) == len(like)
    return tuple(found[0]) if fits else found


def outputs_and_cache(forward: Callable, arguments: Sequence[Any]) -> tuple[tuple, Any]:
    """`(outputs, cache)` of a forward pass."""
    result = call_times(forward, arguments, 1, keep=True)[0]
    if not isinstance(result, tuple | list) or len(result) < 2:
        raise Failure(
            f"`{forward.__name__}` should return its output and a cache: `out, cache`.", code="returns"
        )
    return tuple(result[:-1]), result[-1]


def is_number(value: Any) -> bool:
    """Is it a number or an array of them? Truth values are none, for they are compared as what they are."""
    return isinstance(value, np.ndarray | np.generic | float | int) and not isinstance(value, bool)


def require_float_array(value: Any, name: str) -> NDArray:
    """`value` as an array if it is a finite float array of any shape; else Failure."""
    shape = value.shape if isinstance(value, np.ndarray | np.generic) else ()
    return require_array(value, np.empty(shape), name)


def require_array(value: Any, like: NDArray, name: str, any_number: bool = False) -> NDArray:
    """`value` as an array if it has the shape and dtype of `like` and is finite; else Failure.

    See require_dtype for what counts as the same dtype, and for `any_number`.
    """
    if isinstance(value, float | int) and not isinstance(value, np.generic):
        value = _as_scalar(value, like, name)
    if not isinstance(value, np.ndarray | np.generic) or value.dtype.kind not in "fiub":
        kind = "nothing (None)" if value is None else "something that is not a NumPy array of real numbers"
        got = getattr(value, "dtype", type(value).__name__)
        raise Failure(f"{name} is {kind}.", f"got {got}", code="returns")
    value = np.asarray(value)
    if value.shape != like.shape:
        raise _wrong_shape(value.shape, like.shape, name)
    require_dtype(value, like, name, any_number)
    if not np.isfinite(value).all():
        raise Failure(f"{name} is not finite: it holds NaN or infinity.", code="not finite")
    return value


def _wrong_shape(shape: tuple, right: tuple, name: str) -> Failure:
    numbers = f"shape {shape}, should be {right}"
    if len(right) == 2 and shape == right[::-1]:
        return Failure(f"{name} has the shape of its transpose.", numbers, code="transposed")
    return Failure(f"{name} has the wrong shape{_where_off(shape, right)}.", numbers, code="shape")


def _where_off(shape: tuple, right: tuple) -> str:
    """Which axis is too long or too short, where it is one."""
    if len(shape) != len(right):
        return f": it has {_axes(shape)} and should have {_axes(right)}"
    off = [axis for axis, (one, other) in enumerate(zip(shape, right, strict=True)) if one != other]
    if len(off) > 1:
        return ""
    return f": axis {off[0]} is too {'long' if shape[off[0]] > right[off[0]] else 'short'}"


def _axes(shape: tuple) -> str:
    return f"{len(shape)} {'axis' if len(shape) == 1 else 'axes'}"


def _as_scalar(value: float, like: NDArray, name: str) -> NDArray:
    try:
        is_float = type(value) is not bool and like.dtype.kind == "f"
        return np.asarray(value, like.dtype if is_float else None)
    except OverflowError:
        raise Failure(f"{name} is not finite: it is too large for a float.", code="not finite") from None


def same(left: Any, right: Any) -> bool:
    """Equal by value, through tuples, lists and dicts; arrays and numbers entry by entry, NaN equal to NaN.

    Nothing is made an array of here: not all lists can be.
    """
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
        return _same_arrays(left, right)
    if type(left) is not type(right):
        return False
    if isinstance(left, Mapping):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, tuple | list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, np.generic | float | complex):
        return _same_arrays(np.asarray(left), np.asarray(right))
    return left is right or bool(left == right)


def _same_arrays(left: NDArray, right: NDArray) -> bool:
    if left.dtype != right.dtype or left.shape != right.shape:
        return False
    if left.dtype.kind == "O":
        return all(map(same, left.flat, right.flat))
    return np.array_equal(left, right, equal_nan=left.dtype.kind in "fc")


def _copy(argument: Any) -> Any:
    """A deep copy of what can be copied; a cache may hold anything."""
    try:
        return copy.deepcopy(argument)
    except Exception:
        return argument


def watched(arguments: Sequence[Any], name: str) -> list[tuple[Any, Any]]:
    """What a function of this name must not change, each with a copy of its data.

    A cache, the last argument of a backward pass, may be used up; only the arrays in it have to stay.
    """
    last = len(arguments) - 1 if name.endswith("_backward") else -1
    parts = []
    for place, argument in enumerate(arguments):
        try:
            parts += list(_arrays_in(argument)) if place == last else [argument]
        except RecursionError:  # a cache that holds itself
            continue
    return [(part, _snapshot(part)) for part in parts]


def are_changed(before: list[tuple[Any, Any]]) -> bool:
    """Is one of the things that are watched not what it was?"""
    return not all(same(was, _data_of(part)) for part, was in before if was is not None)


def _arrays_in(value: Any) -> Iterator[NDArray]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, Mapping | tuple | list):
        for entry in value.values() if isinstance(value, Mapping) else value:
            yield from _arrays_in(entry)


def _snapshot(argument: Any) -> Any:
    try:
        return copy.deepcopy(_data_of(argument))
    except Exception:  # one that holds itself, or what cannot be copied
        return None


def _data_of(value: Any) -> Any:
    """The part of an argument whose change counts: a Generator advances and an object is opaque."""
    if isinstance(value, np.ndarray | np.generic | int | float | str | bytes | None):
        return value
    if isinstance(value, Mapping):
        return {key: _data_of(entry) for key, entry in value.items()}
    if isinstance(value, tuple | list):
        return [_data_of(entry) for entry in value]
    return None
