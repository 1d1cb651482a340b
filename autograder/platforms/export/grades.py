"""Grades as a table: a row for each student, with what every grade is made of."""

from collections.abc import Sequence
from datetime import datetime

from autograder.grading.of_record import GradeOfRecord
from autograder.platforms.export.book import Book
from autograder.platforms.export.spreadsheet import Value
from autograder.words import heads

ABOUT = ("student", "last_name", "first_name", "email", "section", "team")
SUMS = ("automatic", "by_hand", "extra_credit", "late_penalty", "final", "max_score")
TIMES = ("handed_in", "due")
WAITS = "waits"  # how many cells wait for a mark by hand


def about(book: Book, student: str) -> list[Value]:
    """Who a student is."""
    person = book.people[student]
    return [person.id, *(getattr(person, name) for name in ABOUT[1:])]


def columns(book: Book, assignment: str) -> list[str]:
    """What is said of an assignment: times, the sums of a grade, and each graded cell."""
    return [*TIMES, *SUMS, WAITS, *book.cells[assignment]]


def facts(book: Book, student: str, assignment: str) -> list[Value]:
    """The same of one student; nothing where nothing was handed in, or nobody has marked it."""
    grade = book.graded(assignment).get(student)
    if not grade:
        return [None] * len(columns(book, assignment))
    points = {cell.cell: cell.score for cell in grade.cells}
    return [*_times(grade), *(_rounded(getattr(grade, name)) for name in SUMS), len(grade.waits),
            *(points.get(cell) for cell in book.cells[assignment])]  # fmt: skip


def wide(book: Book) -> list[list[Value]]:
    """One table of everything; the columns of an assignment begin with its id."""
    rows: list[list[Value]] = [
        [*ABOUT, *(f"{one} {name}" for one in book.assignments for name in columns(book, one))]
    ]
    return rows + [
        [*about(book, student), *(fact for one in book.assignments for fact in facts(book, student, one))]
        for student in book.students
    ]


def sheets(book: Book) -> dict[str, list[Sequence[Value]]]:
    """A table of final grades, and one for each assignment with all that they are made of."""
    finals = [_finals(book, student) for student in book.students]
    tables: dict[str, list[Sequence[Value]]] = {"grades": [[*ABOUT, *book.assignments], *finals]}
    for assignment, head in heads(book.assignments).items():
        title = assignment if len(assignment) <= 31 else head
        tables[title] = [
            [*ABOUT, *columns(book, assignment)],
            *([*about(book, student), *facts(book, student, assignment)] for student in book.students),
        ]
    return tables


def _finals(book: Book, student: str) -> list[Value]:
    grades = [book.graded(one).get(student) for one in book.assignments]
    return [*about(book, student), *(_rounded(grade.final) if grade else None for grade in grades)]


def _times(grade: GradeOfRecord) -> list[datetime | None]:
    return [getattr(grade, name) for name in TIMES]


def _rounded(value: float) -> float:
    return round(value, 6)
