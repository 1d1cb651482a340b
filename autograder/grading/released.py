"""What was handed out: every version of a release, so that an old one does not look tampered with."""

import json
from collections.abc import Iterator

from nbformat import NotebookNode

from autograder.cells import HIDDEN, split
from autograder.course import Course
from autograder.files import write_whole
from autograder.grading.alike import digest

GUARDED = ("grade", "locked", "points", "solution", "task")
VERSION = 1


def versions(template: NotebookNode) -> set[str]:
    """What the locked cells of a release say, and how each cell is marked, in short words."""
    return {word for cell in template.cells if "nbgrader" in cell.metadata for word in _words(cell)}


def text_word(name: str, cell_type: str, text: str) -> str:
    """Stands for a cell of that grade id that says this."""
    return f"{name} {digest(cell_type, text)}"


def mark_word(name: str, metadata: dict) -> str:
    """Stands for a cell of that grade id that is marked so, points included."""
    marks = [str(float(metadata.get(key) or 0)) for key in GUARDED]
    return f"{name} {' '.join(marks)}"


def released(course: Course, assignment: str) -> frozenset[str]:
    """The words of all versions that were handed out; none where nothing is remembered, or it is damaged."""
    try:
        content = json.loads(course.released(assignment).read_text(encoding="utf-8"))
        return frozenset(map(str, content["words"]))
    except (OSError, ValueError, TypeError, KeyError):
        return frozenset()


def remember(course: Course, assignment: str, template: NotebookNode) -> None:
    """Add a version. Raises CourseError when it cannot be written."""
    known = released(course, assignment)
    if not known >= (new := versions(template)):
        content = {"version": VERSION, "words": sorted(known | new)}
        write_whole(course.released(assignment), json.dumps(content, indent=1) + "\n")


def _words(cell: NotebookNode) -> Iterator[str]:
    name = cell.metadata.nbgrader["grade_id"]
    yield mark_word(name, cell.metadata.nbgrader)
    yield text_word(name, cell.cell_type, "\n".join(split(cell.source, HIDDEN)[0]))
