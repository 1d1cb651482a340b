"""How far right and wrong gradients are from central differences: the numbers in docs/gradient_checks.md.

Every gradient check of the seven notebooks, over many seeds of the hidden inputs. Right are the references'
gradients, wrong those of the known mistakes in source/<id>/audit/. `benchmarks/gradient_errors.py [SEEDS]`
prints the table and draws docs/pictures/gradient_errors.png.
"""

import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import nbformat
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

import autograder
from autograder.cells import cells_of, of_kind
from autograder.checks.compare import relative_error
from autograder.checks.gradients import THRESHOLD, _along, _numeric, _rounding, _run, _upstream
from autograder.checks.outcome import Failure
from autograder.course import Course
from autograder.hidden import Grading, grading, load_reference
from autograder.truth.mistakes import load_mistakes, with_mistake
from autograder.truth.source import read_source

SEEDS = 30
PICTURE = Path("docs", "pictures", "gradient_errors.png")
ELEMENT_WISE = 1e-6


def main() -> None:
    course = Course.find(Path(__file__).parent)
    seeds = int(sys.argv[1]) if sys.argv[1:] else SEEDS
    table = Table(
        "notebook", "checks", "right: largest", "by rounding", "element-wise fails", "mistakes",
        "wrong: smallest", "by",
    )
    right, wrong = [], []
    for assignment in course.assignments:
        own, others, row = _measure(course, assignment, seeds)
        right, wrong = right + own, wrong + others
        table.add_row(assignment.partition("_")[0], *row)
    Console().print(table)
    _draw(right, wrong, course.root / PICTURE)


def _measure(course: Course, assignment: str, seeds: int) -> tuple[list, list, tuple]:
    source = course.source(assignment)
    reference = vars(load_reference(source))
    right, saved, element_wise, wrong = [], 0, [], {}
    for seed in track(range(seeds), assignment, transient=True):
        for forward, backward, inputs, options in _checks(source, reference, seed):
            errors = _errors(forward, backward, forward, inputs, options)
            saved += sum(one.ratio >= THRESHOLD and one.rounding for one in errors)
            right += [one.ratio for one in errors if one.ratio < THRESHOLD or not one.rounding]
            element_wise.append(max(one.worst_entry for one in errors) > ELEMENT_WISE)
    for mistake in track(load_mistakes(course, assignment), "mistakes", transient=True):
        if mistake.check.endswith(": gradients"):
            wrong |= _of_mistake(course, assignment, mistake, reference)
    name = min(wrong, key=wrong.get, default="")
    return right, list(wrong.values()), (
        str(len(element_wise) // seeds), f"{max(right):.1e}", str(saved), f"{np.mean(element_wise):.1%}",
        str(len(wrong)), f"{wrong.get(name, 0):.1e}", name,
    )  # fmt: skip


def _of_mistake(course: Course, assignment: str, mistake, reference: dict) -> dict[str, float]:
    """The largest error in the checks that the mistake names, none when it fails before values count."""
    source = course.source(assignment)
    notebook = with_mistake(read_source(course, assignment), mistake)
    made = _function(notebook, mistake.function, reference)
    subject, worst = mistake.check.partition(":")[0], 0.0
    for forward, backward, inputs, options in _checks(source, reference, 0):
        if backward.__name__ != subject:
            continue
        pair = [made if f.__name__ == mistake.function else f for f in (forward, backward)]
        try:
            errors = _errors(*pair, forward, inputs, options)
            worst = max([worst, *(one.ratio for one in errors if not one.rounding)])
        except Failure:
            return {}
    return {mistake.name: worst} if worst else {}


def _function(notebook: nbformat.NotebookNode, name: str, reference: dict) -> Callable:
    """The function of an exercise cell, among the reference's."""
    scope = dict(reference)
    cell = next(c for c in of_kind(cells_of(notebook), "exercise") if name in c.functions)
    exec(compile(cell.source, name, "exec"), scope)
    return scope[name]


def _checks(source: Path, functions: dict, seed: int) -> Iterator[tuple]:
    """(forward, backward, inputs, options) of each gradient check in a notebook's test cells."""
    found: list[tuple] = []
    checks = [name for name in autograder.__all__ if name.startswith("check_")]
    quiet = dict.fromkeys(checks, lambda *arguments, **options: None)
    quiet["check_gradients"] = lambda f, b, inputs, **options: found.append((f, b, inputs, options))
    with mock.patch.multiple(autograder, **quiet), grading(Grading(source, f"errors {seed}")):
        for cell in of_kind(cells_of(nbformat.read(source, as_version=4)), "test"):
            if "check_gradients" in cell.source:
                exec(compile(cell.source, cell.name, "exec"), dict(functions))
    return iter(found)


class Error(NamedTuple):
    """How far a gradient tensor is from the numerical one: as norms, in its worst entry, within rounding."""

    ratio: float
    worst_entry: float
    rounding: bool


def _errors(
    forward: Callable, backward: Callable, truth: Callable, inputs: dict, options: dict
) -> list[Error]:
    projections = options.get("projections", 0)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        outs, douts, found = _run(forward, backward, inputs, _upstream(0))
        numeric = _numeric(truth, inputs, douts, projections, 0)
    compared, noise = _along(found, projections, 0), _rounding(outs, douts)
    pairs = [(compared[name], numeric[name]) for name in numeric]
    return [
        Error(relative_error(a, n), _worst_entry(a, n), np.linalg.norm(a - n) < noise * np.sqrt(n.size))
        for a, n in pairs
    ]  # fmt: skip


def _worst_entry(found: np.ndarray, numeric: np.ndarray) -> float:
    """The rule that many courses use: the largest |a - n| / max(1e-8, |a| + |n|) over entries."""
    return float((abs(found - numeric) / np.maximum(1e-8, abs(found) + abs(numeric))).max())


def _draw(right: list[float], wrong: list[float], path: Path) -> None:
    """Both distributions on one logarithmic axis, with the threshold between them."""
    figure, axes = plt.subplots(figsize=(9, 3.6))
    bins = np.arange(-13, 0.01, 0.25)
    for values, label, colour in (
        (right, f"right: {len(right):,} tensors of the references", "#1b7f4d"),
        (wrong, f"wrong: {len(wrong)} known mistakes, their worst tensor", "#b3392f"),
    ):
        logs = np.log10(np.clip(values, 1e-13, 1))
        shares = np.full(len(logs), 100 / len(logs))
        axes.hist(logs, bins, weights=shares, color=colour, alpha=0.75, label=label)
    limit = np.log10(THRESHOLD)
    axes.axvline(limit, color="black", linestyle="--", linewidth=1)
    axes.annotate("threshold 1e-6", (limit, axes.get_ylim()[1]), (4, -12), textcoords="offset points")
    axes.set_xticks(range(-12, 1, 2), [f"1e{n}" if n else "1" for n in range(-12, 1, 2)])
    axes.set_xlabel("norm ratio |a - n| / (|a| + |n|)")
    axes.set_ylabel("per cent of each")
    axes.legend(frameon=False, loc="upper left")
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
