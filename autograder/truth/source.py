"""The source notebook of an assignment, and the solution as a student would hand it in."""

import copy
from fnmatch import fnmatch
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from traitlets.config import Config

from autograder.cells import Cell, cells_of, of_kind, without_hidden
from autograder.course import Course, CourseError
from autograder.files import plain_files


def folder(course: Course, assignment: str) -> Path:
    """Where an assignment's known answers are."""
    return course.source(assignment).parent / "audit"


def read_source(course: Course, assignment: str) -> NotebookNode:
    """The source notebook. Raises CourseError when it cannot be read, or is not the only one."""
    course.only_notebook(assignment, "an audit or a calibration")
    try:
        return nbformat.read(course.source(assignment), as_version=4)
    except (OSError, ValueError) as error:
        raise CourseError(f"{course.source(assignment)} cannot be read ({error}); build it again.") from error


def given_files(course: Course, assignment: str, config: Config | None = None) -> tuple[Path, ...]:
    """The files beside an assignment's notebooks that students get: data, pictures; none in folders."""
    from nbgrader.coursedir import CourseDirectory

    ignored = CourseDirectory(config=config or course.config()).ignore
    texts = {course.text(assignment, notebook) for notebook in course.notebooks(assignment)}
    files = [file for file in plain_files(course.source(assignment).parent) if file not in texts]
    return tuple(file for file in files if not any(fnmatch(file.name, one) for one in ignored))


def handed_in(source: NotebookNode) -> NotebookNode:
    """The solution as a student would hand it in: the source without hidden tests."""
    notebook = copy.deepcopy(source)
    for cell in of_kind(cells_of(notebook), "test"):
        cell.node.source = without_hidden(cell.source)
    return notebook


def exercises_of(notebook: NotebookNode) -> dict[str, Cell]:
    """The exercise that defines a function, by the function's name."""
    return {name: cell for cell in of_kind(cells_of(notebook), "exercise") for name in cell.functions}
