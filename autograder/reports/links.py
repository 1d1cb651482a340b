"""Links from the report to what else there is of a submission: the graded notebook, the feedback page."""

import os
from collections.abc import Iterator
from urllib.parse import quote

from autograder.course import Course

PLACES = {"notebook": ("autograded", "ipynb"), "feedback": ("feedback", "html")}


def links(course: Course | None, student: str, assignment: str) -> Iterator[tuple[str, str]]:
    """(name, address relative to reports/) of those of PLACES that exist."""
    if not course:
        return
    for name, (folder, suffix) in PLACES.items():
        notebooks = course.notebooks(assignment)
        for notebook in notebooks:
            parts = (folder, student, assignment, f"{notebook}.{suffix}")
            # os.path's answer for a name that no file can have is no; pathlib's may be an error.
            if os.path.isfile(os.path.join(course.root, *parts)):
                about = f"{name} {notebook}" if notebooks[1:] else name
                yield about, "/".join(("..", *map(_quoted, parts)))


def _quoted(part: str) -> str:
    return quote(os.fsencode(part), safe="")
