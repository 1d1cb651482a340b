"""Run the source notebook with the full training budget, and keep what it shows."""

import os
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.build.canonical import canonical, read_notebook, without_outputs, write_text
from autograder.build.cells import HIDDEN, Cell, cells_of
from autograder.build.leaks import require_no_leak_in_text, secret_lines
from autograder.course import Course, CourseError

Report = Callable[[int, int, str], None]
# NBGRADER_EXECUTION asks for the tiny budget; a MPLBACKEND from outside would hide the plots.
NOT_FOR_THE_KERNEL = {"NBGRADER_EXECUTION", "MPLBACKEND"}


def solve(course: Course, assignment: str, report: Report) -> Path:
    """Execute the source without its hidden tests and write solutions/<id>/<id>.ipynb.

    After each code cell calls `report(done, all, title)`; the title is the heading above the cell.
    Nothing is written unless every cell ran. Raises CourseError when one fails.
    """
    source = read_notebook(course.source(assignment), "run `autograder build`.")
    nb = without_hidden_tests(source)
    _execute(nb, course.source(assignment).parent, report)
    text = nbformat.writes(canonical(nb)) + "\n"
    require_no_leak_in_text(text, secret_lines(source, HIDDEN))
    write_text(course.solution(assignment), text)
    return course.solution(assignment)


def without_hidden_tests(source: NotebookNode) -> NotebookNode:
    """A canonical copy without outputs and without the hidden part of each test cell."""
    from nbgrader.preprocessors import ClearHiddenTests

    nb = without_outputs(canonical(source))
    try:
        nb, _ = ClearHiddenTests().preprocess(nb, {})
    except RuntimeError as error:
        raise CourseError(f"Hidden tests cannot be removed ({error}); run `autograder build`.") from error
    for cell in nb.cells:
        cell.source = cell.source.rstrip("\n")
    return nb


def _execute(nb: NotebookNode, folder: Path, report: Report) -> None:
    """Run each code cell in one kernel, which is gone afterwards, also after Ctrl-C."""
    client = _client(nb, folder)
    code = [cell for cell in cells_of(nb) if cell.node.cell_type == "code"]
    titles = _titles(nb)
    with client.setup_kernel(env=_environment()):
        for done, cell in enumerate(code, 1):
            _run(client, cell)
            report(done, len(code), titles[cell.position])
