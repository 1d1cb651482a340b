"""The hidden inputs and right results of one submission, found again by running the reference.

Each submission has hidden inputs of its own, drawn from a secret. The reference goes through its hidden
checks, up to the calls whose results a check compares.
"""

import contextlib
import io
from collections.abc import Callable, Iterator
from typing import Any

import nbformat
import numpy as np
from numpy.typing import NDArray

from autograder.cells import Cell, cells_of, is_check, of_kind
from autograder.course import Course
from autograder.files import plain_files
from autograder.grading.judge import Rules, secret_of
from autograder.grading.restore import restore
from autograder.grading.submission import read_submission
from autograder.grading.testcell import run_test_cell
from autograder.hidden import Grading, grading, reference

CALLS = 4  # of a check: a forward and a backward pass, twice each; then come central differences
LONG = {"check_training"}  # its inputs are text, and what it compares is the loss that the student reached


class Enough(BaseException):
    """The check has called as often as is needed; no check stops this."""


def hidden_numbers(course: Course, student: str, assignment: str) -> NDArray:
    """All numbers, by size and without their sign, that its hidden checks hand over or compare with."""
    source = course.source(assignment)
    notebook = nbformat.read(source, as_version=4)
    path = course.submitted(student, assignment)
    restored = restore(read_submission(path), notebook)
    secret = secret_of(restored.notebook, Rules(source), plain_files(path.parent))
    seen: set[float] = set()
    with grading(Grading(source, secret)):
        for cell in of_kind(cells_of(notebook), "test"):
            for check in _hidden_checks(cell):
                _run(check, seen)
    return np.array(sorted(seen))


def _hidden_checks(cell: Cell) -> Iterator[Cell]:
    """For each hidden check the cell without its other checks."""
    checks = [statement for statement in cell.statements if is_check(statement)]
    for one in checks:
        if cell.is_hidden(one) and one.value.func.id not in LONG:
            lines = cell.source.split("\n")
            for other in checks:
                if other is not one:
                    last = other.end_lineno or other.lineno
                    lines[other.lineno - 1 : last] = [""] * (last - other.lineno + 1)
            yield cell.replace_source("\n".join(lines))


def _run(check: Cell, seen: set[float]) -> None:
    """Add the numbers of one check to `seen`."""
    calls = iter(range(CALLS - 1))

    def recorded(name: str) -> Callable:
        def call(*arguments: Any) -> Any:
            result = getattr(reference, name)(*arguments)
            seen.update(abs(number) for number in _numbers((arguments, result)))
            if next(calls, None) is None:
                raise Enough
            return result

        call.__name__ = name
        return call

    quiet = contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO())
    with contextlib.suppress(Enough), quiet[0], quiet[1]:
        run_test_cell(check, recorded)


def _numbers(value: Any) -> list[float]:
    """The finite fractions in arrays and containers; whole numbers are everywhere."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [number for part in value for number in _numbers(part)]
    if isinstance(value, float | np.floating | np.ndarray) and np.asarray(value).dtype.kind == "f":
        flat = np.ravel(value).astype(float)
        return flat[np.isfinite(flat) & (flat % 1 != 0)].tolist()
    return []
