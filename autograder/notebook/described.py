"""The words of a plot for those who cannot see it, from its numbers."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Curve = tuple[NDArray, NDArray]
SHOWN = 3  # bars that are named at either end


def curves_in_words(title: str, x_label: str, y_label: str, curves: Mapping[str, Curve],
                    lines: Mapping[str, float]) -> str:  # fmt: skip
    """Where each curve begins, ends and is lowest."""
    told = [f"{name} {_course(*curve)}" for name, curve in curves.items()]
    told += [f"horizontal line {name} at {height:.4g}" for name, height in lines.items()]
    return f"{_head('Curves', title)} {y_label} over {x_label}: {'; '.join(told)}."


def bars_in_words(title: str, y_label: str, labels: Sequence[str], values: NDArray,
                  chosen: NDArray) -> str:  # fmt: skip
    """The highest and the lowest bars, and which stand out."""
    order = np.argsort(-values, kind="stable")
    head = f"{_head('Bars', title)} {y_label or 'values'} of {len(labels)}:"
    if len(labels) <= 2 * SHOWN:
        told = _named(labels, values, range(len(labels)))
    else:
        highest, lowest = order[:SHOWN], order[: -SHOWN - 1 : -1]
        told = f"highest {_named(labels, values, highest)}; lowest {_named(labels, values, lowest)}"
    apart = [name for name, is_chosen in zip(labels, chosen, strict=True) if is_chosen]
    return f"{head} {told}." + (f" Hatched: {', '.join(apart)}." if 0 < len(apart) < len(labels) else "")


def heatmap_in_words(title: str, x_label: str, y_label: str, rows: Sequence[str], columns: Sequence[str],
                     matrix: NDArray) -> str:  # fmt: skip
    """The size of a matrix, and where its largest and its smallest entry are."""
    places = {"largest": np.nanargmax(matrix), "smallest": np.nanargmin(matrix)}
    at = {name: divmod(int(place), matrix.shape[1]) for name, place in places.items()}
    told = [f"{name} {matrix[i, j]:.3g} at row {rows[i]}, column {columns[j]}" for name, (i, j) in at.items()]
    size = f"{len(rows)} rows{_of(y_label)}, {len(columns)} columns{_of(x_label)}"
    return f"{_head('Heat map', title)} {size}; {'; '.join(told)}."


def _head(kind: str, title: str) -> str:
    return f"{kind}: {title.rstrip('.')}{'' if title.endswith('?') else '.'}" if title else f"{kind}."


def _of(label: str) -> str:
    return f" ({label})" if label else ""


def _course(x: NDArray, y: NDArray) -> str:
    """In words where a curve begins and ends, and its lowest point where that is neither."""
    if not len(y) or not np.isfinite(y).any():
        return "without a point"
    low = int(np.nanargmin(y))
    lowest = f", lowest {y[low]:.3g} at {x[low]:.6g}" if 0 < low < len(y) - 1 else ""
    return f"from {y[0]:.3g} at {x[0]:.6g} to {y[-1]:.3g} at {x[-1]:.6g}{lowest}"


def _named(labels: Sequence[str], values: NDArray, chosen: Iterable[int]) -> str:
    return ", ".join(f"{labels[i]} {values[i]:.3g}" for i in chosen)
