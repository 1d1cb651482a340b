"""The pictures that notebooks draw. Matplotlib is loaded at the first one, to keep starts fast."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from autograder.notebook.printable import printable

BLUE, RED, GREY, GREEN = "#2a6fbb", "#c8443b", "#8a8f98", "#3a8f5c"
BLACK = "#1c1f24"
COLOURS = [BLUE, RED, GREEN, "#b58a2a", "#7a55b5", GREY]
VISIBLE_NAMES = {" ": "␣", "\n": "⏎"}


def plot_curves(
    curves: Mapping[str, ArrayLike | tuple[ArrayLike, ArrayLike]],
    *,
    title: str = "",
    x_label: str = "step",
    y_label: str = "loss (nats per character)",
    lines: Mapping[str, float] | None = None,
    log_y: bool = False,
) -> None:
    """One curve per name: `values`, or `(x, values)`; `lines` adds named horizontal ones."""
    figure, axes = _figure(title, x_label, y_label)
    for (name, curve), colour in zip(curves.items(), COLOURS * len(curves), strict=False):
        x, y = curve if isinstance(curve, tuple) else (np.arange(len(curve)), curve)
        axes.plot(x, y, label=name, color=colour, linewidth=1.6)
    for name, height in (lines or {}).items():
        axes.axhline(height, color=GREY, linestyle="--", linewidth=1)
        axes.annotate(name, (1, height), xycoords=("axes fraction", "data"), xytext=(-4, 4),
                      textcoords="offset points", ha="right", color=GREY, fontsize=9,
                      bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1})  # fmt: skip
    if log_y:
        axes.set_yscale("log")
    axes.legend(frameon=True, framealpha=0.85, edgecolor="none")
    _show(figure)


def plot_bars(
    labels: Sequence[str], values: ArrayLike, *, title: str = "", y_label: str = "",
    highlight: Sequence[bool] | None = None,
) -> None:  # fmt: skip
    """One bar per character; the highlighted ones in red."""
    figure, axes = _figure(title, "", y_label, width=10)
    chosen = np.zeros(len(labels), bool) if highlight is None else np.asarray(highlight, bool)
    axes.bar(range(len(labels)), values, color=np.where(chosen, RED, BLUE))
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.set_xticks(range(len(labels)), [VISIBLE_NAMES.get(label, label) for label in labels])
    axes.margins(x=0.01)
    _show(figure)


def plot_heatmap(
    matrix: ArrayLike, *, rows: Sequence[str], columns: Sequence[str], title: str = "",
    x_label: str = "", y_label: str = "", colour_label: str = "", centred: bool = False,
) -> None:  # fmt: skip
    """A matrix as colours, one named row and column each; `centred` puts white at zero."""
    matrix = np.asarray(matrix)
    size = 3 + 0.17 * max(matrix.shape)
    figure, axes = _figure(title, x_label, y_label, width=size + 1, height=size)
    limit = np.abs(matrix).max() if centred else None
    image = axes.imshow(matrix, cmap="RdBu_r" if centred else "viridis", aspect="auto",
                        vmin=-limit if centred else None, vmax=limit)  # fmt: skip
    axes.set_xticks(range(len(columns)), [VISIBLE_NAMES.get(name, name) for name in columns])
    axes.set_yticks(range(len(rows)), [VISIBLE_NAMES.get(name, name) for name in rows])
    axes.tick_params(labelsize=8, length=0)
    axes.grid(False)
    figure.colorbar(image, ax=axes, label=colour_label, fraction=0.046, pad=0.02)
    _show(figure)


def show_sample(text: str, title: str = "sample") -> None:
    """Print a text that a model wrote, between two rules, so that its edges can be seen."""
    print(printable(f"── {title} {'─' * max(3, 68 - len(title))}\n{text}\n{'─' * 72}"))


def _figure(title: str, x_label: str, y_label: str, width: float = 8, height: float = 4):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(width, height), layout="constrained")
    axes.set(title=title, xlabel=x_label, ylabel=y_label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25)
    return figure, axes


def _show(figure) -> None:
    import matplotlib.pyplot as plt

    plt.show()
    plt.close(figure)
