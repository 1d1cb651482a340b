"""What the models reach: solutions/results.json, and the table and picture that are made from it."""

import json
import os
import platform
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from traitlets import Dict, Unicode
from traitlets.config import Configurable

from autograder.course import Course, CourseError
from autograder.files import write_whole
from autograder.notebook.log import RESULT

Results = list[dict[str, Any]]

BEGIN, END = "<!-- results -->", "<!-- end of results -->"
COLUMNS = ["notebook", "model", "parameters", "train", "held out", "seconds", "characters per second"]


class Models(Configurable):
    """What the models of the course are called: `c.Models.names` in nbgrader_config.py."""

    names = Dict(
        value_trait=Unicode(), key_trait=Unicode(), help="names by model, in the order of the course"
    ).tag(config=True)


def names_of(course: Course) -> dict[str, str]:
    """The models' names, in the order of the course; one that is not among them has its own."""
    return dict(Models(config=course.config()).names)


def results_in(nb: NotebookNode) -> Results:
    """The figures that the training logs of an executed notebook left."""
    outputs = [output for cell in nb.cells for output in cell.get("outputs", [])]
    return [output.data[RESULT] for output in outputs if RESULT in output.get("data", {})]


def keep_results(course: Course, new: Results, notebook: Mapping[str, Any]) -> Path:
    """Put `new` results, each with what is said about the whole `notebook`, in the place of older ones.

    Results of the same model, and of the same assignment, are replaced. Raises CourseError when the
    file is damaged.
    """
    kept = [old for old in read_results(course) if old.get("assignment") != notebook["assignment"]]
    results = kept + [dict(result) | dict(notebook) for result in new]
    order = list(names_of(course))
    results.sort(key=lambda result: [*order, result["model"]].index(result["model"]))
    write_whole(course.results, json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    return course.results


def keep_others(course: Course, assignment: str, reached: Results) -> Path:
    """Keep what the trainings of a solved notebook reached with other seeds. Raises CourseError."""
    results = read_results(course)
    models = {result["model"] for result in results if result["assignment"] == assignment}
    if missing := {one["model"] for one in reached} - models:
        raise CourseError(f"{', '.join(sorted(missing))}: run `autograder solve {assignment}` first.")
    for result in results:
        if result["model"] in models:
            own = [one for one in reached if one["model"] == result["model"]]
            result["others"] = [{**one, "machine": machine()} for one in own]
    write_whole(course.results, json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    return course.results


def read_results(course: Course) -> Results:
    """All results so far, in the order of the course; none when there is no file yet."""
    try:
        results = json.loads(course.results.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except ValueError as error:
        raise CourseError(f"{course.results} is damaged ({error}); delete it and solve again.") from None
    if not isinstance(results, list) or not all(isinstance(r, dict) and "model" in r for r in results):
        raise CourseError(f"{course.results} is not a list of results; delete it and solve again.")
    return results


def machine() -> str:
    """The processor, its cores and what computes, in a few words."""
    import numpy as np
    from threadpoolctl import threadpool_info

    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    blas = [f"{pool['internal_api']} {pool['architecture']}" for pool in pools]
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}"
    return ", ".join([f"{os.cpu_count()} cores of {processor()}", versions, *blas])


def processor() -> str:
    """The processor's name as the system gives it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def table(results: Results, names: Mapping[str, str]) -> str:
    """The results as a table in Markdown, with the models' `names`."""
    rules = ["---", "---", "---:", "---:", "---:", "---:", "---:"]
    rows = [COLUMNS, rules, *(_row(result, names) for result in results)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(result: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    model = result["model"]
    return [
        f"`{result['assignment']}`", names.get(model, model), f"{result['parameters']:,}",
        _loss(result, "train"), _loss(result, "held_out"), f"{result['seconds']:.0f}",
        f"{result['chars_per_second']:,}",
    ]  # fmt: skip


def _loss(result: Mapping[str, Any], part: str) -> str:
    """A loss, over all seeds that were tried: mean ± standard deviation."""
    losses = [result[part], *(other[part] for other in result.get("others", ()))]
    mean = sum(losses) / len(losses)
    return f"{mean:.3f} ± {statistics.stdev(losses):.3f}" if len(losses) > 1 else f"{mean:.3f}"


def show_results(course: Course) -> list[Path]:
    """Write the table into README.md, where it has the two markers, and draw the loss curves.

    Returns what was written.
    """
    results, readme = read_results(course), course.root / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.exists() else ""
    if not results or BEGIN not in text or END not in text:
        return []
    names = names_of(course)
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    write_whole(readme, f"{before}{BEGIN}\n{table(results, names)}\n{END}{after}")
    picture = course.root / "docs" / "pictures" / "learning_curves.png"
    picture.parent.mkdir(parents=True, exist_ok=True)
    draw(results, names, picture)
    return [readme, picture]


def draw(results: Results, names: Mapping[str, str], path: Path) -> None:
    """The training and the held-out loss of every model over the time of its training."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from autograder.notebook.palette import COLOURS

    figure = Figure(figsize=(11, 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    parts = {"train": "training part (memorising)", "held out": "held-out part"}
    for axes, (part, title) in zip(figure.subplots(1, 2, sharey=True), parts.items(), strict=True):
        for result, colour in zip(results, [*COLOURS, "black"] * len(results), strict=False):
            pace = result["seconds"] / result["steps"]
            points = [(step * pace, loss) for step, loss in result["curves"][part] if step]
            name = names.get(result["model"], result["model"])
            axes.plot(*zip(*points, strict=True), label=name, color=colour, linewidth=1.5)
        axes.set(title=title, xlabel="seconds of training", xscale="log", xlim=(0.1, None), ylim=(0.3, 3.2))
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", alpha=0.25)
    figure.axes[0].set_ylabel("loss (nats per character)")
    figure.axes[1].legend(frameon=False, fontsize=9)
    figure.savefig(path, dpi=110, metadata={"Software": None})
