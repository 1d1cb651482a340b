"""A few words on a grade, for a platform's comment: points for each exercise, and what failed first."""

import html
import re

from autograder.grading.of_record import GradeOfRecord
from autograder.grading.result import Result
from autograder.platforms.export.book import Book
from autograder.words import number, plain

MOST = 1500  # characters
RUNS = "=+-@"  # what a spreadsheet takes for the beginning of a formula


def comment_on(book: Book, student: str, assignment: str) -> str:
    """One line of text for a cell of a worksheet that is shown as HTML."""
    key = (student, assignment)
    return sanitize_html(comment(book.grades[key], book.results.get(key)))


def comment(grade: GradeOfRecord, result: Result | None) -> str:
    """`75 of 100 points. double: 30 of 30. scale: 45 of 50; dx has the opposite sign. ...`"""
    parts = [f"{number(grade.final)} of {number(grade.max_score)} points"]
    if grade.late_penalty:
        parts.append(f"{number(grade.late_penalty)} taken off because it was late")
    why = {cell["cell"]: _first_failure(cell) for cell in result.cells} if result else {}
    for cell in grade.cells:
        said = f"{cell.cell.removeprefix('test_')}: {number(cell.score)} of {number(cell.max_score)}"
        lost = cell.score < cell.max_score and cell.by_hand is None
        parts.append(f"{said}; {why[cell.cell]}" if lost and why.get(cell.cell) else said)
    text = plain(". ".join(part.rstrip(".") for part in parts))
    return text[: MOST - 1] + "…" if len(text) >= MOST else f"{text}."


def _first_failure(cell: dict) -> str:
    """What the student is told of the first check that failed."""
    return next((check["message"] for check in cell["checks"] if check["status"] == "failed"), "")


def sanitize_html(text: str) -> str:
    """As text in HTML, in which no spreadsheet finds a formula, and no reader of CSV an escape.

    Moodle's reader takes a backslash before quotes for one.
    """
    safe = html.escape(re.sub(r"\s+", " ", text)).replace("\\", "&#92;")
    return f"· {safe}" if safe.lstrip()[:1] in RUNS else safe
