"""source/<id>/calibration.png: how far right and wrong answers are from the threshold."""

import math
import textwrap
from pathlib import Path
from typing import Any

import numpy as np

from autograder.calibrate.tail import Tail
from autograder.notebook.palette import BLUE, GREY, RED

Losses = list[float]
HISTOGRAM, STRIP, MARGIN = 2.2, 0.3, 0.9  # heights in inches


def draw(calibration: dict[str, Any], losses: dict[tuple, Losses], path: Path) -> None:
    """One row for each hidden target check: histogram with mistakes below it, and the tail.

    `losses` holds the finite and infinite losses by (cell, position, kind, name).
    """
    from matplotlib.figure import Figure

    checks = [check for check in calibration["checks"] if check["hidden"]]
    if not checks:
        path.unlink(missing_ok=True)
        return
    heights = [HISTOGRAM + STRIP * len(check["mistakes"]) + MARGIN for check in checks]
    figure = Figure(figsize=(12, sum(heights)), layout="constrained")
    rows = figure.subfigures(len(checks), 1, height_ratios=heights, squeeze=False)[:, 0]
    for row, check in zip(rows, checks, strict=True):
        place = (check["cell"], check["position"])
        _draw_check(row, check, {key[2:]: values for key, values in losses.items() if key[:2] == place})
    figure.savefig(path, dpi=90, metadata={"Software": None})


def _draw_check(row, check: dict[str, Any], losses: dict[tuple, Losses]) -> None:
    correct, limit = losses["reference", "reference"], check["threshold"]
    mistakes = {name: values for (kind, name), values in losses.items() if kind == "mistake"}
    title = f"{check['cell']}, target {check['position']}: at most {limit:g}"
    row.suptitle(title, fontsize=11, x=0.01, ha="left")
    ratios = [HISTOGRAM, max(STRIP * len(mistakes), 0.01)]
    panels = [["losses", "tail"], ["mistakes", "tail"]]
    axes = row.subplot_mosaic(panels, height_ratios=ratios, width_ratios=[5, 3])
    end = _right_end(correct, mistakes, limit)
    for panel in (axes["losses"], axes["mistakes"]):
        panel.axvline(limit, color="black", linewidth=1.2)
        panel.set_xlim(min(correct) - 0.03 * (end - min(correct)), end)
    _draw_losses(axes["losses"], correct)
    _draw_mistakes(axes["mistakes"], mistakes, end)
    _draw_tail(axes["tail"], correct, check)


def _draw_losses(axes, correct: Losses) -> None:
    axes.hist(correct, bins=min(30, 5 + len(correct) // 12), color=BLUE)
    axes.set_ylabel(f"of {len(correct)} right runs")
    axes.tick_params(labelbottom=False)


def _draw_mistakes(axes, mistakes: dict[str, Losses], end: float) -> None:
    """A strip for each mistake, with a mark for each loss; what lies further right is counted."""
    for number, values in enumerate(mistakes.values()):
        inside = [value for value in values if value <= end]
        axes.plot(inside, np.full(len(inside), number), "|", color=RED, markersize=8, alpha=0.7)
        if beyond := len(values) - len(inside):
            axes.text(1.01, number, f"{beyond} further →", transform=axes.get_yaxis_transform(),
                      fontsize=7, va="center", color=RED)  # fmt: skip
    names = ["\n".join(textwrap.wrap(name, 44)) for name in mistakes]
    axes.set_yticks(range(len(names)), names, fontsize=7, color=RED)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlabel("loss")


def _right_end(correct: Losses, mistakes: dict[str, Losses], limit: float) -> float:
    """Where the axis ends: behind all mistakes, unless right answers would become a line."""
    reach = limit - min(correct)
    wrong = [value for values in mistakes.values() for value in values if math.isfinite(value)]
    return min(max([limit, *wrong]) + 0.15 * reach, limit + 5 * reach)


def _draw_tail(axes, correct: Losses, check: dict[str, Any]) -> None:
    """The share of runs above each loss, on a logarithmic axis, with the fitted tails."""
    facts, limit = check["correct"], check["threshold"]
    ordered, share = np.sort(correct), 1 - np.arange(len(correct)) / len(correct)
    axes.plot(ordered, share, ".", color=BLUE, markersize=4, label="measured")
    tail = Tail(**facts["tail"])
    if tail.scale:
        x = np.linspace(tail.start, max(limit, tail.reached_with(1e-6)), 200)
        fitted = [tail.chance_above(value) for value in x]
        axes.plot(x, fitted, color=BLUE, linewidth=1.2, label="fitted tail")
    if facts["sd"]:
        x = np.linspace(min(correct), limit, 200)
        normal = [math.erfc((v - facts["mean"]) / facts["sd"] / math.sqrt(2)) / 2 for v in x]
        axes.plot(x, normal, "--", color=GREY, linewidth=1, label="if it were normal")
    axes.axhline(1e-4, color=RED, linewidth=0.8, linestyle=":")
    axes.axvline(limit, color="black", linewidth=1.2)
    axes.set_yscale("log")
    axes.set_ylim(1e-6, 1.5)
    axes.set_xlabel("loss")
    axes.set_ylabel("P(above)")
    axes.legend(fontsize=7, frameon=False, loc="lower left")
