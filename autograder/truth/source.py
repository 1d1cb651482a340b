"""The source notebook of an assignment, and the solution as a student would hand it in."""

import copy
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.cells import Cell, cells_of, of_kind, without_hidden
from autograder.course import Course, CourseError


def folder(course: Course, assignment: str) -> Path:
    """Where an assignment's known answers are."""
    return course.source(assignment).parent / "audit"


def read_source(course: Course, assignment: str) -> NotebookNode:
    """The source notebook. Raises CourseError when it cannot be read."""
    try:
        return nbformat.read(course.source(assignment), as_version=4)
    except (OSError, ValueError) as error:
        raise CourseError(f"{course.source(assignment)} cannot be read ({error}); build it again.") from error


def handed_in(source: NotebookNode) -> NotebookNode:
    """The solution as a student would hand it in: the source without hidden tests."""
    notebook = copy.deepcopy(source)
    for cell in of_kind(cells_of(notebook), "test"):
        cell.node.source = without_hidden(cell.source)
    return notebook


def exercises_of(notebook: NotebookNode) -> dict[str, Cell]:
    """The exercise that defines a function, by the function's name."""
    return {name: cell for cell in of_kind(cells_of(notebook), "exercise") for name in cell.functions}
