"""Are a function's outputs what they should be?"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks.calls import call, outputs, require_array, same
from autograder.checks.compare import explain, relative_error, worst_entry
from autograder.checks.outcome import Failure, Row, check


@check
def check_shapes(function: Callable, inputs: Mapping[str, Any], shapes: Sequence[tuple[int, ...]]) -> str:
    """Does `function(*inputs.values())` return finite float arrays of these shapes?

    One shape per output, without the cache of a forward pass; `()` is a single number.
    """
    like = tuple(np.zeros(shape, _dtype(inputs)) for shape in shapes)
    _require_outputs(function, inputs, like)
    return f"shapes {', '.join(map(str, shapes))} are right"


@check
def check_values(
    function: Callable, inputs: Mapping[str, Any], expected: Any, *, tolerance: float = 1e-6
) -> str:
    """Does `function(*inputs.values())` return `expected`?

    `expected` is the value itself (a tuple for several outputs; without the cache of a forward
    pass) or a function that computes it from the same inputs. Arrays agree when their norm ratio
    is below `tolerance`, everything else when it is equal. Two calls must give the same.
    """
    right = outputs(expected, list(inputs.values())) if callable(expected) else _tuple(expected)
    found = _require_outputs(function, inputs, right)
    rows = [
        row for i, pair in enumerate(zip(found, right, strict=True))
        for row in _compare(*pair, _output_name(i, len(right)), tolerance)
    ]  # fmt: skip
    wrong = [row for row in rows if row.verdict != "ok"]
    if wrong:
        raise Failure(f"{wrong[0].name} {wrong[0].verdict}.", wrong[0].where, tuple(rows))
    return "the values are right"


def _require_outputs(function: Callable, inputs: Mapping[str, Any], right: tuple) -> tuple:
    arguments = list(inputs.values())
    found = outputs(function, arguments)
    if len(found) != len(right):
        raise Failure(
            f"`{function.__name__}` returns the wrong number of values.",
            f"{len(found)} where {len(right)} are expected",
        )
    found = tuple(
        _require(value, like, _output_name(i, len(right)))
        for i, (value, like) in enumerate(zip(found, right, strict=True))
    )
    again = call(function, *arguments)
    again = again if type(again) is tuple else (again,)
    if not same(list(found), [_settle(a, f) for a, f in zip(again, found, strict=False)]):
        raise Failure(
            f"`{function.__name__}` gives two results for the same inputs; "
            "keep no state between calls, and take randomness only from `rng`."
        )
    return found


def _require(value: Any, like: Any, name: str) -> Any:
    """`value`, after the ladder, in the form of `like`."""
    if isinstance(like, Mapping):
        if type(value) is not dict or value.keys() != like.keys():
            raise Failure(f"{name} should be a dict with the keys {sorted(map(str, like))}.")
        return {key: _require(value[key], like[key], f"{name}[{key!r}]") for key in like}
    if isinstance(like, tuple | list):
        if type(value) not in (tuple, list) or len(value) != len(like):
            raise Failure(f"{name} should be a list of {len(like)} entries.")
        return [_require(v, e, f"{name}[{i}]") for i, (v, e) in enumerate(zip(value, like, strict=True))]
    if isinstance(like, np.ndarray | np.generic | float | int) and not isinstance(like, bool):
        return require_array(value, np.asarray(like), name)
    return value


def _settle(value: Any, like: Any) -> Any:
    """A second result in the form that `_require` gave the first."""
    if isinstance(like, Mapping) and isinstance(value, Mapping):
        return {key: _settle(value.get(key), like[key]) for key in like}
    if isinstance(like, list) and isinstance(value, tuple | list):
        return [_settle(v, e) for v, e in zip(value, like, strict=False)]
    return np.asarray(value) if isinstance(like, np.ndarray) else value


def _compare(found: Any, right: Any, name: str, tolerance: float) -> list[Row]:
    if isinstance(right, Mapping):
        return [r for k in right for r in _compare(found[k], right[k], f"{name}[{k!r}]", tolerance)]
    if isinstance(right, tuple | list):
        return [r for i, e in enumerate(right) for r in _compare(found[i], e, f"{name}[{i}]", tolerance)]
    if isinstance(found, np.ndarray):
        return [_compare_arrays(found, np.asarray(right), name, tolerance)]
    return [Row(name, repr(found)[:60], "ok" if same(found, right) else "is not what it should be")]


def _compare_arrays(found: NDArray, right: NDArray, name: str, tolerance: float) -> Row:
    if right.dtype.kind in "iub":
        wrong = int((found != right).sum())
        return Row(name, f"{wrong} of {right.size} entries are wrong", "differs" if wrong else "ok")
    error = relative_error(found, right)
    verdict = "ok" if error < tolerance else explain(found, right, {}, tolerance)
    measured = f"shape {right.shape}, relative error {error:.1e} (limit {tolerance:.0e})"
    where = "" if verdict == "ok" else f"{name} {worst_entry(found, right)}"
    return Row(name, measured, verdict, where)


def _tuple(value: Any) -> tuple:
    return value if isinstance(value, tuple) else (value,)


def _output_name(position: int, count: int) -> str:
    return "the result" if count == 1 else f"result {position + 1}"


def _dtype(inputs: Mapping[str, Any]) -> np.dtype:
    """float32 when that is all that goes in, else float64."""
    leaves = [
        leaf for value in inputs.values()
        for leaf in (value.values() if isinstance(value, Mapping) else [value])
    ]  # fmt: skip
    dtypes = [leaf.dtype for leaf in leaves if isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f"]
    return np.result_type(*dtypes) if dtypes else np.dtype(np.float64)
