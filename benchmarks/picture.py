"""The comparison of a run as bars: how many times as fast as PyTorch and as stock nbgrader; 1 is a line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from autograder.notebook.palette import COLOURS, GREY, style

ROW, HEAD = 0.26, 0.9  # heights in inches

# A panel: its title, the names of the rows, and the ratios by series.
Panel = tuple[str, list[str], dict[str, list[float]]]


def panels(record: dict[str, Any]) -> Iterator[Panel]:
    """What can be drawn of a record; parts that were not measured, or not compared, are left out."""
    by_threads = record.get("speed", {})
    ratios = {_threads(number): list(_ratios(models)) for number, models in by_threads.items()}
    if any(ratios.values()):
        names = [one["model"] for models in by_threads.values() for one in models]
        yield "training speed, times PyTorch's", list(dict.fromkeys(names)), ratios
    for place in record.get("busy", ()):
        title = f"time of an update by default, times that of the best other way, {place['where']}"
        yield title, [one["loop"] for one in place["loops"]], {"": [one["ratio"] for one in place["loops"]]}
    if found := record.get("grading"):
        times = {one["notebook"]: one["stock"] / one["ours"] for one in found["notebooks"]}
        stock, whole = sum(one["stock"] for one in found["notebooks"]), found["whole"]
        times["all in one run, one job"] = stock / whole["one_job"]
        times[f"all in one run, {found['cores']} jobs"] = stock / whole["all_jobs"]
        yield "grading speed, times stock nbgrader's", list(times), {"": list(times.values())}


def draw(record: dict[str, Any], path: Path) -> bool:
    """Write the picture; False without anything to compare."""
    drawn = list(panels(record))
    if not drawn:
        return False
    heights = [HEAD + ROW * len(names) * len(series) for _, names, series in drawn]
    with matplotlib.rc_context(style() | {"svg.hashsalt": "bench"}):
        figure = Figure(figsize=(8, sum(heights) + 0.4), layout="constrained")
        figure.suptitle(f"{record['date']}, {record['machine']}", fontsize=7, color=GREY)
        all_axes = figure.subplots(len(drawn), 1, height_ratios=heights, squeeze=False)[:, 0]
        for axes, panel in zip(all_axes, drawn, strict=True):
            _bars(axes, *panel)
        figure.savefig(path, format="svg", transparent=True, metadata={"Date": None})
    return True


def _bars(axes: Axes, title: str, names: list[str], series: dict[str, list[float]]) -> None:
    """Bars from above; each series beside the others."""
    height = 0.8 / len(series)
    for number, (label, ratios) in enumerate(series.items()):
        places = [row + (number - (len(series) - 1) / 2) * height for row in range(len(ratios))]
        bars = axes.barh(places, ratios, height, color=COLOURS[number], label=label)
        axes.bar_label(bars, fmt="%.2f", padding=3, color=GREY, fontsize=8)
    axes.axvline(1, color=GREY, linestyle=":")
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_title(title, loc="left", fontsize=10)
    if len(series) > 1:
        axes.legend()


def _ratios(models: list[dict]) -> Iterator[float]:
    return (one["numpy"] / one["pytorch"] for one in models if one["pytorch"])


def _threads(number: str) -> str:
    return f"{number} thread{'s' * (number != '1')}"
