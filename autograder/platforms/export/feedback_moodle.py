"""Names by which Moodle gives feedback files to students: a folder for each, with the participant's number.

The part before the number is not looked at, and what follows is the file's own name
(moodle/moodle:mod/assign/feedback/file/importziplib.php).
"""

import re

from autograder.course import Course
from autograder.platforms.export.book import Book
from autograder.platforms.export.identities import identities, names_in, worksheet_in
from autograder.platforms.export.moodle_file import IDENTIFIER, Worksheet, number_of
from autograder.platforms.export.people import NAME, Row, match

FOLDER = re.compile(r"(?P<name>((?!_[0-9]+_).)+?)_(?P<number>[0-9]+)_assignsubmission_file(_.*)?", re.DOTALL)
LOST = re.compile(r"[\x00-\x1f&<>\"`'|:/\\]")  # what Moodle takes out of names


def moodle_names(course: Course, book: Book, assignment: str) -> dict[str, str]:
    """The name for each student's page; members of a team have one each, if the worksheet is there."""
    numbers = _from_worksheet(course, book, assignment) or _from_download(course, assignment)
    rows = {row.number: (row, number) for row, number in numbers}
    found = match([row for row, _ in numbers], book.people.values(), book.roster)
    return {
        student: f"{_clean(rows[at][0].name)}_{rows[at][1]}_assignsubmission_file/{assignment}.html"
        for at, student in found.students.items()
    }


def _from_worksheet(course: Course, book: Book, assignment: str) -> list[tuple[Row, str]]:
    """Everybody with the participant's number; nobody without a worksheet."""
    path = worksheet_in(course, assignment)
    if not path:
        return []
    words = course.config().MoodleExport.get("words", {})
    sheet = Worksheet(path, words, identities(course, assignment, "moodle"))
    return [(row, number_of(sheet.said(row, IDENTIFIER))) for row in sheet.rows]


def _from_download(course: Course, assignment: str) -> list[tuple[Row, str]]:
    """Who handed in, as the names of folders say."""
    known = identities(course, assignment, "moodle")
    found = {(match["name"], match["number"]) for path in names_in(course, assignment)
             for part in path.parts if (match := FOLDER.fullmatch(part))}  # fmt: skip
    return [
        (Row(at, name, {NAME: name}, known[number].student if number in known else ""), number)
        for at, (name, number) in enumerate(sorted(found))
    ]


def _clean(name: str) -> str:
    """A name as part of a folder's: Moodle splits at `_`."""
    return " ".join(LOST.sub("", name).replace("_", " ").split()) or "Participant"
