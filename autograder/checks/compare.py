"""How far two arrays are apart."""

import numpy as np
from numpy.typing import NDArray


def relative_error(actual: NDArray, expected: NDArray) -> float:
    """Norm ratio |a - e| / (|a| + |e|) over all entries; 0.0 when both are zero.

    Both have the same shape. As a ratio of norms it does not blow up on single entries near zero, for
    which element-wise rules fail a third of right LSTM checks (docs/gradient_checks.md).
    """
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    scale = np.linalg.norm(actual) + np.linalg.norm(expected)
    return float(np.linalg.norm(actual - expected) / scale) if scale else 0.0


def worst_entry(actual: NDArray, expected: NDArray) -> str:
    """Where two arrays differ most and what stands there, for the student's own kernel."""
    distance = np.abs(np.asarray(actual, np.float64) - expected)
    place = np.unravel_index(int(distance.argmax()), distance.shape)
    where = f"at [{', '.join(map(str, place))}] " if place else ""
    return f"{where}is {float(actual[place]):.6g} and should be {float(expected[place]):.6g}"
