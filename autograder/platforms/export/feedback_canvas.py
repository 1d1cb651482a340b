"""Names by which Canvas gives feedback files to students: those of its download, with our ending.

Canvas splits a name at `_` and takes the first two parts that are numbers, the student's and the upload's. It
passes over a file whose last part begins with `link`; the rest is free
(instructure/canvas-lms:app/models/abstract_assignment.rb, `infer_comment_context_from_filename`).
"""

import re
from typing import NamedTuple

from autograder.course import Course
from autograder.platforms.export.book import Book
from autograder.platforms.export.identities import names_in, owners

ANONYMOUS = re.compile(
    r"(LATE_)?anon_(?P<user>[1-9A-HJ-NP-Za-km-z]{5})_(?P<upload>[0-9]+)_(?P<file>.+)", re.DOTALL
)


class Upload(NamedTuple):
    """One file that a student handed in, as Canvas's download names it."""

    user: str  # a number, or `anon_` and five characters
    upload: int
    file: str

    @property
    def rank(self) -> tuple:
        """Notebooks before other files, and the last one before earlier ones."""
        return self.file.endswith(".ipynb"), self.upload


def canvas_names(course: Course, book: Book, assignment: str) -> dict[str, str]:
    """The name for each student's page, one for all of a team; none for who is not in the download."""
    known = _known(course, book, assignment)
    best: dict[str, Upload] = {}
    for path in names_in(course, assignment):
        for upload in readings(path.name):
            if students := known.get(upload.user):
                for student in students:
                    best[student] = max(best.get(student, upload), upload, key=lambda one: one.rank)
                break
    return {student: name_for(upload, assignment) for student, upload in best.items()}


def _known(course: Course, book: Book, assignment: str) -> dict[str, list[str]]:
    """Students by what Canvas calls them: as collecting noted it, else the roster's number or the id."""
    by_number = {person.canvas_id or person.id: [person.id] for person in book.people.values()}
    collected = owners(course, assignment, "canvas").items()
    return by_number | {key: [one.student for one in people] for key, people in collected}


def readings(name: str) -> list[Upload]:
    """What a name can mean, the likeliest first: a name that ends in a number shifts the two that count."""
    if found := ANONYMOUS.fullmatch(name):
        return [Upload(f"anon_{found['user']}", int(found["upload"]), found["file"])]
    parts = name.split("_")
    pairs = [at for at in range(1, len(parts) - 2) if all(map(_is_number, parts[at : at + 2]))]
    return [Upload(parts[at], int(parts[at + 1]), "_".join(parts[at + 2 :])) for at in pairs[:2]]


def name_for(upload: Upload, assignment: str) -> str:
    """A name in which the first two numbers are the right ones, and whose last part is not `link`."""
    who = upload.user if upload.user.startswith("anon_") else f"student_{upload.user}"
    return f"{who}_{upload.upload}_{assignment}_feedback.html"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
