"""A file of a platform's with our grades in it: what changes, and what a person has to see to."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from autograder.grading.of_record import GradeOfRecord
from autograder.platforms.export.book import Book, listed
from autograder.platforms.export.people import Matched, Row, match
from autograder.words import number, plain


@dataclass(frozen=True)
class Change:
    """One cell of the file, for a student in an assignment."""

    student: str
    name: str
    assignment: str
    old: str
    new: str
    what: str = "grade"


@dataclass
class Filled:
    """The new content of a file, and how it differs; `notes` are to know, `unsettled` are to do.

    `folder` is where it goes, below the one of all exports.
    """

    source: Path
    folder: str
    content: str = ""
    changes: list[Change] = field(default_factory=list)
    same: int = 0
    notes: list[str] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)


def matched(filled: Filled, rows: Iterable[Row], book: Book) -> Matched:
    """Whose row each is; notes for rows of nobody known here."""
    rows = list(rows)
    found = match(rows, book.people.values(), book.roster)
    filled.unsettled += [f"{doubt}: say who is who in roster.csv" for doubt in found.doubts]
    if strangers := [row.name for row in rows if row.number not in found.students]:
        filled.notes.append(f"left as they are, because no grade here is theirs: {listed(strangers)}")
    return found


def say_who_is_left(filled: Filled, book: Book, assignment: str, students: Iterable[str]) -> None:
    """Sentences on the grades that are not in the file, and those that are not final."""
    graded, there = book.graded(assignment), set(students)
    if missing := [book.name(student) for student in graded if student not in there]:
        filled.unsettled.append(
            f"{assignment}: a grade, but no row in {filled.source.name}: {listed(missing)}; "
            "have they left the course, or are their keys missing in roster.csv?"
        )
    if older := [book.name(student) for student in book.older(assignment)]:
        filled.unsettled.append(
            f"{assignment}: the grade of an earlier submission, because the last one could not be graded: "
            f"{listed(older)}; `autograder report` says what to do"
        )
    if waiting := [book.name(student) for student in book.waiting(assignment)]:
        filled.unsettled.append(
            f"{assignment}: not final, because a cell waits for a mark by hand: {listed(waiting)}; "
            "give the mark and export again"
        )
    if unmarked := [book.name(student) for student in book.unmarked(assignment)]:
        filled.unsettled.append(
            f"{assignment}: handed in, but not graded, so left as it is: {listed(unmarked)}; "
            "run `autograder grade`"
        )


def factor(most: float | None, grades: Iterable[GradeOfRecord], scale: bool) -> float:
    """What to multiply points with, where the platform gives at most `most`.

    Raises ValueError, with a sentence, when the maxima differ and `scale` is not asked for.
    """
    ours = max((grade.max_score for grade in grades), default=0.0)
    if most is None or not ours or abs(most - ours) < 0.005:
        return 1.0
    if not scale:
        raise ValueError(
            f"the platform gives {number(most)} points and the gradebook {number(ours)}: "
            "change the maximum there and export anew, or say --scale to have the grades converted"
        )
    return most / ours


def quoted(names: Iterable[str]) -> str:
    """Names of columns, for a sentence."""
    return ", ".join(repr(plain(name)) for name in names)
