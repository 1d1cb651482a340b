"""A picture of the losses that grows while a notebook trains. Matplotlib is loaded at the first one."""

import io
import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from autograder.notebook.budget import unattended
from autograder.notebook.canvas import RESOLUTION, bundle
from autograder.notebook.palette import COLOURS, GREY, STYLES

if TYPE_CHECKING:
    from IPython.display import DisplayHandle
    from matplotlib.figure import Figure

APART, SHARE = 4.0, 0.03  # seconds between two pictures, and the part of the time that they may take
GUESS = 0.1  # seconds for the first one
POINTS = 200  # of a curve; where there are more, means of them are drawn
NOTHING = {"text/plain": "", "text/html": ""}


def watched() -> bool:
    """Does a person look on, in a notebook, where pictures can be shown and changed?"""
    ipython = sys.modules.get("IPython")
    return not unattended() and hasattr(ipython and ipython.get_ipython(), "kernel")


class LiveCurves:
    """What `add` was told, in a picture that `draw` renews from time to time and `end` takes away.

    steps: how many steps there will be. Nothing is ever shown where nobody watches.
    """

    def __init__(self, steps: int):
        self._steps, self._watched = steps, watched()
        self._curves: dict[str, list[tuple[int, float]]] = {}
        self._figure: Figure | None = None
        self._shown: DisplayHandle | None = None
        self._began = self._last = time.perf_counter()
        self._cost, self._spent = GUESS, 0.0

    def add(self, step: int, losses: Mapping[str, float]) -> None:
        """The losses after step number `step`, counted from 0. What is as before was not measured again."""
        if not self._watched:
            return
        for name, loss in losses.items():
            points = self._curves.setdefault(name, [])
            if not points or points[-1][1] != loss:
                points.append((step + 1, loss))

    def draw(self, first: Callable[[], None]) -> None:
        """Show the curves, where it is time to; `first` is called before the first picture."""
        if not self._curves or not self._is_due(time.perf_counter()):
            return
        try:
            self._show(first)
        except Exception:  # whatever is wrong with pictures here, training goes on, under the bar alone
            self._watched, self._curves = False, {}

    def _show(self, first: Callable[[], None]) -> None:
        self._figure = self._figure or _figure()
        began = time.perf_counter()
        data, metadata = self._picture(self._figure)
        if self._shown:
            self._shown.update(data, metadata=metadata, raw=True)
        else:
            first()
            self._shown = _display(data, metadata)
        self._last = time.perf_counter()
        self._cost = self._last - began
        self._spent += self._cost

    def end(self) -> None:
        """Take the picture away."""
        if self._shown:
            self._shown.update(NOTHING, raw=True)

    def _is_due(self, now: float) -> bool:
        may_spend = SHARE * (now - self._began) - self._spent
        return now - self._last >= APART and self._cost <= may_spend

    def _picture(self, figure: "Figure") -> tuple[dict, dict]:
        """The curves for a light and a dark page, with their last points in words; metadata."""
        drawn = io.BytesIO()
        _draw(figure, self._curves, self._steps)
        figure.savefig(drawn, format="png", dpi=RESOLUTION, transparent=True)
        words = [f"{_spoken(name)} {points[-1][1]:.3f}" for name, points in self._curves.items()]
        return bundle(drawn.getvalue(), f"Losses so far: {', '.join(words)}")


def _display(data: dict, metadata: dict) -> "DisplayHandle | None":
    from IPython.display import display

    return display(data, metadata=metadata, raw=True, display_id=True)


def _figure() -> "Figure":
    """Empty. It loads Matplotlib, which does not count: the plots after the training need that too."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 2.6))
    figure.savefig(io.BytesIO())
    return figure


def _draw(figure: "Figure", curves: Mapping[str, list], steps: int) -> None:
    figure.clear()
    axes = figure.add_axes((0.09, 0.17, 0.89, 0.79))
    axes.set_xlim(0, steps)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["bottom", "left"]].set_color(GREY)
    axes.tick_params(colors=GREY)
    axes.set_xlabel("step", color=GREY)
    axes.set_ylabel("loss", color=GREY)
    for number, (name, points) in enumerate(curves.items()):
        x, y = _means(np.array(points)).T
        colour, (style, _) = COLOURS[number % len(COLOURS)], STYLES[number % len(STYLES)]
        axes.plot(x, y, linestyle=style, color=colour, label=_spoken(name))
    axes.legend(frameon=False, labelcolor=GREY)


def _means(points: np.ndarray) -> np.ndarray:
    """At most POINTS points: means of as many neighbours as it takes."""
    width = -(-len(points) // POINTS)
    whole = points[: len(points) // width * width]
    return whole.reshape(-1, width, 2).mean(axis=1)


def _spoken(name: str) -> str:
    return name.replace("_", " ")
