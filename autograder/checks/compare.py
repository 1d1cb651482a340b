"""How far two arrays are apart, and what would explain it."""

import numpy as np
from numpy.typing import NDArray


def relative_error(actual: NDArray, expected: NDArray) -> float:
    """Norm ratio |a - e| / (|a| + |e|) over all entries; 0.0 when both are zero.

    Both have the same shape. As a ratio of norms it does not blow up on single entries near zero, for
    which element-wise rules fail up to a quarter of right recurrent passes (docs/gradient_checks.md).
    """
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    scale = np.linalg.norm(actual) + np.linalg.norm(expected)
    return float(np.linalg.norm(actual - expected) / scale) if scale else 0.0


def explain(actual: NDArray, expected: NDArray, sizes: dict[int, str], tolerance: float) -> str:
    """What turns `actual` into `expected`, in words; "differs" when no simple thing does.

    `sizes` maps axis lengths to their names, to say by what a result is scaled.
    """
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    if not actual.any():
        return "is all zeros"
    if not expected.any():
        return "should be zero"
    if relative_error(-actual, expected) < tolerance:
        return "has the opposite sign"
    factor = np.vdot(expected, actual) / np.vdot(expected, expected)
    if np.count_nonzero(expected) > 1 and factor and relative_error(actual / factor, expected) < tolerance:
        return _scaled(float(factor), sizes)
    square = actual.ndim == 2 and actual.shape[0] == actual.shape[1]
    if square and relative_error(actual.T, expected) < tolerance:
        return "is transposed"
    return "differs"


def worst_entry(actual: NDArray, expected: NDArray) -> str:
    """Where two arrays differ most and what stands there, for the student's own kernel."""
    distance = np.abs(np.asarray(actual, np.float64) - expected)
    place = np.unravel_index(int(distance.argmax()), distance.shape)
    where = f"at [{', '.join(map(str, place))}] " if place else ""
    return f"{where}is {float(actual[place]):.6g} and should be {float(expected[place]):.6g}"


def _scaled(factor: float, sizes: dict[int, str]) -> str:
    size = factor if abs(factor) > 1 else 1 / factor
    verb = "too large" if abs(factor) > 1 else "too small"
    name = next((name for n, name in sizes.items() if n > 1 and np.isclose(abs(size), n)), None)
    sign = " and has the opposite sign" if factor < 0 else ""
    return f"is {verb} by a factor of {name}{sign}" if name else f"is {verb} by a constant factor{sign}"
