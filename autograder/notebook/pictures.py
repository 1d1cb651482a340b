"""The plots of the notebooks. Matplotlib is loaded at the first one, to keep starts fast."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from autograder.notebook.canvas import canvas, show_figure
from autograder.notebook.described import bars_in_words, curves_in_words, heatmap_in_words
from autograder.notebook.palette import BLUE, COLOURS, GREY, RED, STYLES
from autograder.notebook.printable import printable

VISIBLE_NAMES = {" ": "␣", "\n": "⏎"}
MARKS = 8  # on a curve


def plot_curves(
    curves: Mapping[str, ArrayLike | tuple[ArrayLike, ArrayLike]],
    *,
    title: str = "",
    x_label: str = "step",
    y_label: str = "loss (nats per character)",
    lines: Mapping[str, float] | None = None,
    log_y: bool = False,
    alt: str = "",
) -> None:
    """One curve per name: `values`, or `(x, values)`; `lines` adds named horizontal ones.

    Curves differ by colour, style and marker. `alt` is for those who cannot see the picture; if empty it says
    where each curve begins, ends and is lowest.
    """
    figure, axes = _plot(title, x_label, y_label)
    drawn = {name: _points(curve) for name, curve in curves.items()}
    for number, (name, (x, y)) in enumerate(drawn.items()):
        _draw_curve(axes, number, name, x, y)
    for name, height in (lines or {}).items():
        axes.axhline(height, color=GREY, linestyle=":", linewidth=1.2)
        axes.annotate(name, (1, height), xycoords=("axes fraction", "data"), xytext=(-4, 4),
                      textcoords="offset points", ha="right", color=GREY, fontsize=9)  # fmt: skip
    if log_y:
        axes.set_yscale("log")
    axes.legend()
    show_figure(figure, alt or curves_in_words(title, x_label, y_label, drawn, lines or {}))


def plot_bars(
    labels: Sequence[str], values: ArrayLike, *, title: str = "", y_label: str = "",
    highlight: Sequence[bool] | None = None, alt: str = "",
) -> None:  # fmt: skip
    """One bar per character; the highlighted ones in red and hatched; `alt` as above."""
    figure, axes = _plot(title, "", y_label, width=10)
    chosen = np.zeros(len(labels), bool) if highlight is None else np.asarray(highlight, bool)
    bars = axes.bar(range(len(labels)), values, color=np.where(chosen, RED, BLUE))
    for bar, is_chosen in zip(bars, chosen, strict=True):
        bar.set(hatch="///" if is_chosen else None, edgecolor="white" if is_chosen else "none", linewidth=0)
    axes.axhline(0, color=GREY, linewidth=0.8)
    names = [VISIBLE_NAMES.get(label, label) for label in labels]
    axes.set_xticks(range(len(labels)), names)
    axes.margins(x=0.01)
    show_figure(figure, alt or bars_in_words(title, y_label, names, np.asarray(values, float), chosen))


def plot_heatmap(
    matrix: ArrayLike, *, rows: Sequence[str], columns: Sequence[str], title: str = "",
    x_label: str = "", y_label: str = "", colour_label: str = "", centred: bool = False, alt: str = "",
) -> None:  # fmt: skip
    """A matrix as colours, one named row and column each; `centred` puts white at zero; `alt` as above."""
    matrix = np.asarray(matrix)
    size = 3 + 0.17 * max(matrix.shape)
    figure, axes = _plot(title, x_label, y_label, width=size + 1, height=size)
    limit = np.abs(matrix).max()
    image = axes.imshow(matrix, cmap="RdBu_r" if centred else "viridis", aspect="auto",
                        vmin=-limit if centred else None, vmax=limit if centred else None)  # fmt: skip
    x_names, y_names = ([VISIBLE_NAMES.get(name, name) for name in names] for names in (columns, rows))
    axes.set_xticks(range(len(columns)), x_names)
    axes.set_yticks(range(len(rows)), y_names)
    axes.tick_params(labelsize=8, length=0)
    axes.grid(False)
    figure.colorbar(image, ax=axes, label=colour_label, fraction=0.046, pad=0.02)
    show_figure(figure, alt or heatmap_in_words(title, x_label, y_label, y_names, x_names, matrix))


def show_sample(text: str, title: str = "sample") -> None:
    """Print a text that a model wrote, between two rules, so that its edges can be seen."""
    print(printable(f"── {title} {'─' * max(3, 68 - len(title))}\n{text}\n{'─' * 72}"))


def _points(curve: ArrayLike | tuple[ArrayLike, ArrayLike]) -> tuple[np.ndarray, np.ndarray]:
    x, y = curve if isinstance(curve, tuple) else (np.arange(len(np.asarray(curve))), curve)
    return np.asarray(x, float), np.asarray(y, float)


def _draw_curve(axes, number: int, name: str, x: np.ndarray, y: np.ndarray) -> None:
    """A curve in its own colour and style, with markers here and there, at other places than the others'."""
    style, marker = STYLES[number % len(STYLES)]
    apart = max(1, len(x) // MARKS)
    axes.plot(x, y, label=name, color=COLOURS[number % len(COLOURS)], linewidth=1.8, linestyle=style,
              marker=marker, markersize=5, markevery=(number * apart // 3 % apart, apart))  # fmt: skip


def _plot(title: str, x_label: str, y_label: str, width: float = 8, height: float = 4):
    figure, axes = canvas(width, height)
    axes.set(title=title, xlabel=x_label, ylabel=y_label)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25)
    return figure, axes
