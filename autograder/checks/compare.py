"""How far two arrays are apart, and what would turn one into the other."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

NEAR = 1e-4  # for recognising a kind of mistake; whether there is one, a check's own limit says


class Explanation(NamedTuple):
    """What is wrong with an array: a code of autograder/checks/diagnosis.py, and a predicate."""

    code: str
    words: str


DIFFERS = Explanation("differs", "differs")


def relative_error(actual: NDArray, expected: NDArray) -> float:
    """Norm ratio |a - e| / (|a| + |e|) over all entries; 0.0 when both are zero.

    Both have the same shape. As a ratio of norms it does not blow up on single entries near zero, for
    which element-wise rules fail up to a quarter of right recurrent passes (docs/gradient_checks.md).
    """
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    scale = np.linalg.norm(actual) + np.linalg.norm(expected)
    return float(np.linalg.norm(actual - expected) / scale) if scale else 0.0


def near(actual: NDArray, expected: NDArray) -> bool:
    """Are two arrays of one shape the same but for rounding?"""
    return actual.shape == expected.shape and relative_error(actual, expected) < NEAR


def explain(actual: NDArray, expected: NDArray, sizes: dict[int, str]) -> Explanation:
    """What turns `actual` into `expected`; DIFFERS when no simple thing does.

    `sizes` maps axis lengths to their names, to say by what a result is scaled.
    """
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    if not actual.any():
        return Explanation("zero", "is all zeros")
    if not expected.any():
        return Explanation("differs", "should be zero")
    found = (rule(actual, expected, sizes) for rule in RULES)
    return next((explanation for explanation in found if explanation), DIFFERS)


def _sign(actual: NDArray, expected: NDArray, _: dict) -> Explanation | None:
    return Explanation("sign", "has the opposite sign") if near(-actual, expected) else None


def _scale(actual: NDArray, expected: NDArray, sizes: dict[int, str]) -> Explanation | None:
    factor = np.vdot(expected, actual) / np.vdot(expected, expected)
    if np.count_nonzero(expected) < 2 or not factor or not near(actual / factor, expected):
        return None
    size = abs(factor) if abs(factor) > 1 else 1 / abs(factor)
    verb = "too large" if abs(factor) > 1 else "too small"
    name = next((name for n, name in sizes.items() if n > 1 and np.isclose(size, n)), "a constant")
    by = f"a factor of {name}" if name != "a constant" else "a constant factor"
    return Explanation("scale", f"is {verb} by {by}{' and has the opposite sign' if factor < 0 else ''}")


def _transposed(actual: NDArray, expected: NDArray, _: dict) -> Explanation | None:
    square = actual.ndim > 1 and actual.shape[-1] == actual.shape[-2]
    if square and near(actual.swapaxes(-1, -2), expected):
        return Explanation("transposed", "is transposed")
    return None


def _mask(actual: NDArray, expected: NDArray, _: dict) -> Explanation | None:
    """Rows of weights over positions: what should be hidden is a triangle of zeros."""
    if expected.ndim < 3 or expected.shape[-1] != expected.shape[-2]:
        return None
    hidden, ours = (~a.any(axis=tuple(range(a.ndim - 2))) for a in (expected, actual))
    if not hidden.any() or np.tril(hidden, -1).any() or (hidden == ours).all():
        return None
    if (hidden & ~ours).any():
        return Explanation("mask", "is not zero at positions that should be hidden")
    return Explanation("mask", "is zero at positions that should not be hidden")


def _normalisation(actual: NDArray, expected: NDArray, _: dict) -> Explanation | None:
    """Probabilities: non-negative, and each row adds up to 1."""
    if expected.shape[-1:] in ((), (1,)) or expected.min() < 0 or not _adds_up(expected, -1):
        return None
    if _adds_up(actual, -1):
        return None
    for axis in range(actual.ndim - 1):
        if actual.shape[axis] > 1 and _adds_up(actual, axis):
            return Explanation("axis", "adds up to 1 along the wrong axis")
    return Explanation("normalisation", "does not add up to 1 in each row")


def _adds_up(array: NDArray, axis: int) -> bool:
    sums = array.sum(axis=axis)
    return bool(np.all((np.abs(sums - 1) < NEAR) | (sums == 0)))


def _offset(actual: NDArray, expected: NDArray, _: dict) -> Explanation | None:
    difference = actual - expected
    if difference.size > 2 and np.ptp(difference) < NEAR * np.abs(difference).max():
        return Explanation("offset", "is off by the same number everywhere")
    rows = difference.reshape(-1, difference.shape[-1]) if difference.ndim > 1 else difference[None]
    if len(rows) > 2 and np.ptp(rows, axis=0).max() < NEAR * np.abs(rows).max():
        return Explanation("offset", "is off by the same numbers in each row")
    return None


def _shifted(actual: NDArray, expected: NDArray, _: dict) -> Explanation | None:
    for axis, length in enumerate(actual.shape):
        for left, right in _neighbours(actual, expected, axis) if length > 2 else ():
            if right.any() and np.ptp(right) and near(left, right):
                return Explanation("shifted", "is shifted by one position")
    return None


def _neighbours(actual: NDArray, expected: NDArray, axis: int) -> Iterator[tuple[NDArray, NDArray]]:
    """The two arrays against each other, moved by one along an axis, both ways."""
    late, early = slice(1, None), slice(None, -1)
    for mine, theirs in ((late, early), (early, late)):
        pick = [slice(None)] * actual.ndim
        pick[axis] = mine
        left = actual[tuple(pick)]
        pick[axis] = theirs
        yield left, expected[tuple(pick)]


def _order(actual: NDArray, expected: NDArray, _: dict) -> Explanation | None:
    different = len(np.unique(np.round(expected, 9)))
    if expected.size > 3 and different > 2 and near(np.sort(actual, None), np.sort(expected, None)):
        return Explanation("order", "holds the right numbers at the wrong places")
    return None


Rule = Callable[[NDArray, NDArray, dict[int, str]], Explanation | None]
RULES: tuple[Rule, ...] = (_sign, _scale, _transposed, _mask, _normalisation, _offset, _shifted, _order)


def worst_entry(actual: NDArray, expected: NDArray) -> str:
    """Where two arrays differ most and what stands there, for the student's own kernel."""
    distance = np.abs(np.asarray(actual, np.float64) - expected)
    place = np.unravel_index(int(distance.argmax()), distance.shape)
    where = f"at [{', '.join(map(str, place))}] " if place else ""
    return f"{where}is {float(actual[place]):.6g} and should be {float(expected[place]):.6g}"
