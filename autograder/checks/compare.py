"""How far two arrays are apart, and what would turn one into the other."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

NEAR = 1e-4  # for recognising a kind of mistake; whether there is one, a check's own limit says


class Explanation(NamedTuple):
    """What is wrong with an array: a code of autograder/checks/diagnosis.py, and a predicate.

    A weak one may be a coincidence, so that a condition under which the result is right says more.
    """

    code: str
    words: str
    weak: bool = False


DIFFERS = Explanation("differs", "differs")


def relative_error(actual: NDArray, expected: NDArray) -> float:
    """Norm ratio |a - e| / (|a| + |e|) over all entries; 0.0 when both are zero.

    Both have the same shape. As a ratio of norms it does not blow up on single entries near zero, for
    which element-wise rules fail a third of right LSTM checks (docs/gradient_checks.md).
    """
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    scale = np.linalg.norm(actual) + np.linalg.norm(expected)
    return float(np.linalg.norm(actual - expected) / scale) if scale else 0.0


def near(actual: NDArray, expected: NDArray, tolerance: float = NEAR) -> bool:
    """Are two arrays of one shape the same but for rounding?"""
    return actual.shape == expected.shape and relative_error(actual, expected) < tolerance


def explain(actual: NDArray, expected: NDArray, sizes: dict[int, str]) -> Explanation:
    """What turns `actual` into `expected`; DIFFERS when no simple thing does.

    `sizes` maps axis lengths to their names, to say by what a result is scaled.
    """
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    if not actual.any():
        return Explanation("zero", "is all zeros", weak=expected.size == 1)
    if not expected.any():
        return Explanation("differs", "should be zero")
    found = (rule(actual, expected, sizes) for rule in RULES)
    return next((explanation for explanation in found if explanation), DIFFERS)


def explain_change(
    actual: NDArray, expected: NDArray, start: NDArray, sizes: dict[int, str]
) -> Explanation | None:
    """What is wrong with the way from `start` to `actual`, for functions that update something."""
    moved, right = (np.asarray(a, np.float64) - start for a in (actual, expected))
    if not right.any():
        return None
    if not moved.any():
        return Explanation("zero", "does not change", weak=right.size > 1)
    if near(-moved, right):
        return Explanation("sign", "changes in the opposite direction")
    found = _scale(moved, right, sizes)
    return found and Explanation("scale", found.words.replace("is too", "changes by too").replace(
        "large", "much").replace("small", "little"), weak=found.weak)  # fmt: skip


def _sign(actual: NDArray, expected: NDArray, _: dict) -> Explanation | None:
    if near(-actual, expected):
        return Explanation("sign", "has the opposite sign")
    if expected.size > 2 and near(np.abs(actual), np.abs(expected)):
        return Explanation("sign", "has the opposite sign at some places")
    return None


def _scale(actual: NDArray, expected: NDArray, sizes: dict[int, str]) -> Explanation | None:
    factor = np.vdot(expected, actual) / np.vdot(expected, expected)
    if not factor or not near(actual / factor, expected):
        return None
    size = abs(factor) if abs(factor) > 1 else 1 / abs(factor)
    verb = "too large" if abs(factor) > 1 else "too small"
    sign = " and has the opposite sign" if factor < 0 else ""
    name = next((name for n, name in sizes.items() if n > 1 and np.isclose(size, n)), "")
    if name:
        return Explanation("scale", f"is {verb} by a factor of {name}{sign}")
    if abs(size - 1 / np.log(2)) < NEAR:
        return Explanation("scale", f"is {verb} by the factor between two bases of the logarithm{sign}")
    if np.count_nonzero(expected) < 2:
        return None
    return Explanation("scale", f"is {verb} by a constant factor{sign}", weak=True)


def _transposed(actual: NDArray, expected: NDArray, _: dict) -> Explanation | None:
    square = actual.ndim > 1 and actual.shape[-1] == actual.shape[-2]
    if square and near(actual.swapaxes(-1, -2), expected):
        return Explanation("transposed", "is transposed")
    return None


def _mask(actual: NDArray, expected: NDArray, _: dict) -> Explanation | None:
    """Rows of weights over positions: what should be hidden is a triangle of zeros."""
    if not _hidden(expected).any():
        return None
    hidden, ours = (~array.any(axis=tuple(range(array.ndim - 2))) for array in (expected, actual))
    if (hidden == ours).all():
        return None
    weak = bool(expected.min() < 0)  # in a gradient other mistakes may fill these places too
    if (hidden & ~ours).any():
        return Explanation("mask", "is not zero at positions that should be hidden", weak)
    return Explanation("mask", "is zero at positions that should not be hidden", weak)


def _hidden(weights: NDArray) -> NDArray:
    """Where nothing gets through in any row of weights over positions: a triangle, else nowhere."""
    if weights.ndim < 3 or weights.shape[-1] != weights.shape[-2]:
        return np.zeros(1, bool)
    hidden = ~weights.any(axis=tuple(range(weights.ndim - 2)))
    return np.triu(hidden, 1) & ~np.tril(hidden, -1).any()


def _normalisation(actual: NDArray, expected: NDArray, _: dict) -> Explanation | None:
    """Rows that add up to 1, as probabilities do, or to 0, as the gradients of their logits do."""
    if expected.shape[-1:] in ((), (1,)) or not np.any(expected % 1):  # labels and ids are no probabilities
        return None
    total = 1 if expected.min() >= 0 else 0
    if actual.min() >= 0 and _adds_up(actual, -1, 1) and not _adds_up(expected, -1, 1):
        return Explanation("normalisation", "adds up to 1 in each row, and should not", weak=True)
    if not _adds_up(expected, -1, total) or _adds_up(actual, -1, total):
        return None
    for axis in range(actual.ndim - 1) if total else ():
        if actual.shape[axis] > 1 and _adds_up(actual, axis, total):
            return Explanation("axis", "adds up to 1 along the wrong axis")
    if total and _hidden(expected).any() and (_hidden(expected) == _hidden(actual)).all():
        return Explanation("mask", "does not add up to 1 over the positions that are not hidden")
    return Explanation("normalisation", f"does not add up to {total} in each row", weak=True)


def _adds_up(array: NDArray, axis: int, total: int) -> bool:
    sums, size = array.sum(axis=axis), np.abs(array).sum(axis=axis)
    return bool(np.all((np.abs(sums - total) < NEAR * size) | (size == 0)))


def _offset(actual: NDArray, expected: NDArray, _: dict) -> Explanation | None:
    difference = actual - expected
    if difference.size > 2 and np.ptp(difference) < NEAR * np.abs(difference).max():
        return Explanation("offset", "is off by the same number everywhere", weak=True)
    rows = difference.reshape(-1, difference.shape[-1]) if difference.ndim > 1 else difference[None]
    samples = difference if difference.ndim > 2 else rows
    for parts, where in ((rows, "in each row"), (samples, "in each sample")):
        if len(parts) > 1 and np.ptp(parts, axis=0).max() < NEAR * np.abs(parts).max():
            return Explanation("offset", f"is off by the same numbers {where}", weak=True)
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
RULES: tuple[Rule, ...] = (_sign, _normalisation, _scale, _transposed, _mask, _offset, _shifted, _order)


def explain_partly(actual: NDArray, expected: NDArray) -> Explanation:
    """Is only a part wrong? The last thing to say, when neither a change nor a condition explains it."""
    right = np.abs(np.asarray(actual, np.float64) - expected) <= NEAR * np.abs(expected).max()
    if expected.size > 3 and 0.5 <= right[(expected != 0) | (actual != 0)].mean() < 1:
        return Explanation("partly", "is right at most places and wrong at some")
    return DIFFERS


def worst_entry(actual: NDArray, expected: NDArray) -> str:
    """Where two arrays differ most and what stands there, for the student's own kernel."""
    distance = np.abs(np.asarray(actual, np.float64) - expected)
    place = np.unravel_index(int(distance.argmax()), distance.shape)
    where = f"at [{', '.join(map(str, place))}] " if place else ""
    return f"{where}is {float(actual[place]):.6g} and should be {float(expected[place]):.6g}"
