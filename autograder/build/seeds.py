"""The full trainings of a notebook once more, from other random numbers: how much of a figure is chance?"""

import ast
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from autograder.build.canonical import read_notebook
from autograder.build.results import read_results
from autograder.build.solve import MEND, kernel_environment
from autograder.cells import Cell, cells_of
from autograder.course import Course, CourseError
from autograder.names import free_names
from autograder.truth.targets import needed

# Every generator that the notebook makes from a whole number is another one; those without one stay.
OTHER_SEED = """
import numpy
_made = numpy.random.default_rng
numpy.random.default_rng = lambda seed=None: _made([seed, {seed}] if isinstance(seed, int) else seed)
"""
REPORT = """
import json, pathlib
pathlib.Path({out!r}).write_text(json.dumps({{
    "model": {log}.model, "train": {log}.train_loss, "held_out": {log}.best_loss, "seconds": {log}.seconds,
}}))
"""


def train_again(
    course: Course, assignment: str, seeds: list[int], report: Callable[[int, int, str], None]
) -> list[dict[str, Any]]:
    """What each full training of a notebook reaches with each seed: model, seed, train, held_out, seconds.

    A full training is a cell that finishes a `TrainingLog`; it runs with what it needs of the cells before,
    in a process of its own. Calls `report(done, all, what)` before each. Raises CourseError when one fails,
    and before any of them when the notebook was not solved yet.
    """
    source = read_notebook(course.source(assignment), "run `autograder build`.")
    trainings, found = list(_trainings(cells_of(source))), []
    if trainings and all(result["assignment"] != assignment for result in read_results(course)):
        raise CourseError(f"There is nothing to compare with yet: run `autograder solve {assignment}` first.")
    runs = [(seed, log, code) for seed in seeds for log, code in trainings]
    for done, (seed, log, code) in enumerate(runs):
        report(done, len(runs), f"{log}, seed {seed}")
        found.append({**_run(code, log, seed, course.source(assignment).parent), "seed": seed})
    return found


def _trainings(cells: list[Cell]) -> Iterator[tuple[str, str]]:
    """The name of each log that a cell finishes, and the code that leads there."""
    before: list[ast.stmt] = []
    for cell in cells:
        if cell.kind == "test" or not cell.statements:
            continue
        for log in _finished(cell.statements):
            wanted = free_names(ast.Module(cell.statements, []))
            yield log, ast.unparse(ast.Module([*needed(before, wanted), *cell.statements], []))
        before += cell.statements


def _finished(statements: list[ast.stmt]) -> Iterator[str]:
    """The logs whose `finish` is called at the top of a cell."""
    for statement in statements:
        call = statement.value if isinstance(statement, ast.Expr) else None
        function = call.func if isinstance(call, ast.Call) else None
        if isinstance(function, ast.Attribute) and function.attr == "finish":
            yield ast.unparse(function.value)


def _run(code: str, log: str, seed: int, folder: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "reached.json"
        text = OTHER_SEED.format(seed=seed) + code + REPORT.format(log=log, out=str(out))
        script = Path(place) / "training.py"
        script.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, str(script)], cwd=folder, env=kernel_environment() | {"MPLBACKEND": "agg"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
            raise CourseError(f"The training of {log} with seed {seed} failed: {reason}; {MEND}")
        return json.loads(out.read_text(encoding="utf-8"))
