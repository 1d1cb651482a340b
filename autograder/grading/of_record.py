"""The grade of record: what the gradebook holds for a submission, and what it is made of."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    Gradebook,
    GradeCell,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from sqlalchemy import ColumnElement, func, select


@dataclass(frozen=True)
class CellGrade:
    """The points of one graded cell; `automatic` and `by_hand` are None where there is no such mark.

    `waits` is the gradebook's "needs manual grade".
    """

    cell: str
    automatic: float | None
    by_hand: float | None
    extra_credit: float
    max_score: float
    waits: bool

    @property
    def numbers(self) -> list[float]:
        """All that there are."""
        marks = (self.automatic, self.by_hand, self.extra_credit, self.max_score)
        return [mark for mark in marks if mark is not None]

    @property
    def score(self) -> float:
        """The points that count, as nbgrader adds them up: extra credit alone is nothing."""
        counts = self.automatic if self.by_hand is None else self.by_hand
        return 0.0 if counts is None else counts + self.extra_credit


@dataclass(frozen=True)
class GradeOfRecord:
    """All of a submission; times are UTC without a zone, as in the gradebook."""

    cells: tuple[CellGrade, ...]
    max_score: float
    late_penalty: float = 0.0
    handed_in: datetime | None = None
    due: datetime | None = None

    @property
    def automatic(self) -> float:
        """The points of the tests alone."""
        return sum(cell.automatic or 0.0 for cell in self.cells)

    @property
    def by_hand(self) -> float:
        """What marks by hand add to the automatic points, or take from them."""
        return sum(cell.by_hand - (cell.automatic or 0.0) for cell in self.cells if cell.by_hand is not None)

    @property
    def extra_credit(self) -> float:
        """What was given on top, where it counts."""
        return self.before_penalty - self.automatic - self.by_hand

    @property
    def before_penalty(self) -> float:
        """All points but for a late penalty; nbgrader's raw score."""
        return sum(cell.score for cell in self.cells)

    @property
    def final(self) -> float:
        """The score that `nbgrader export` writes."""
        return max(0.0, self.before_penalty - self.late_penalty)

    @property
    def is_empty(self) -> bool:
        """Is it only an extension that waits for a submission? nbgrader needs an entry for that."""
        marked = any(mark is not None for cell in self.cells for mark in (cell.automatic, cell.by_hand))
        return self.handed_in is None and not marked

    @property
    def is_late(self) -> bool:
        """Was it handed in after it was due, an extension counted?"""
        return bool(self.handed_in and self.due and self.handed_in > self.due)

    @property
    def waits(self) -> list[str]:
        """The cells that need a mark by hand."""
        return [cell.cell for cell in self.cells if cell.waits]

    @property
    def made_of(self) -> dict[str, float]:
        """The parts that are not zero, by name, in the order in which they add up."""
        parts = {
            "automatic": self.automatic, "by hand": self.by_hand,
            "extra credit": self.extra_credit, "late penalty": -self.late_penalty,
        }  # fmt: skip
        return {name: points for name, points in parts.items() if points or name == "automatic"}

    def as_dict(self) -> dict:
        """For JSON: the sums, and each cell."""
        sums = ("automatic", "by_hand", "extra_credit", "late_penalty", "final", "max_score")
        return {
            **{name: round(getattr(self, name), 6) for name in sums},
            "handed_in": _iso(self.handed_in), "due": _iso(self.due),
            "cells": [vars(cell) for cell in self.cells],
        }  # fmt: skip

    @classmethod
    def from_dict(cls, entry: Any) -> "GradeOfRecord":
        """As `as_dict` made it. Raises ValueError when it is something else."""
        try:
            cells = tuple(CellGrade(**cell) for cell in entry["cells"])
            most, late, times = entry["max_score"], entry["late_penalty"], (entry["handed_in"], entry["due"])
            numbers = [most, late, *(number for cell in cells for number in cell.numbers)]
            if all(map(_is_number, numbers)) and all(type(cell.waits) is bool for cell in cells):
                return cls(cells, most, late, *map(_time, times))
        except (TypeError, KeyError, AttributeError):
            pass
        raise ValueError("a grade of record has something of the wrong type")


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < math.inf


def _iso(time: datetime | None) -> str | None:
    return f"{time.isoformat()}Z" if time else None


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text.removesuffix("Z"))


def label(cell: str, notebook: str, assignment: str) -> str:
    """What a cell is called in its assignment: `squares`, or `problem-1/squares` in one of several."""
    return cell if notebook == assignment else f"{notebook}/{cell}"


def part_of(whole: GradeOfRecord, notebook: str, assignment: str, penalty: float | None) -> GradeOfRecord:
    """One notebook's part of a grade, with its own late penalty; all where there is one notebook."""
    prefix = label("", notebook, assignment)
    if not any("/" in cell.cell for cell in whole.cells):
        return whole
    own = [cell for cell in whole.cells if cell.cell.rpartition("/")[0] == prefix.rstrip("/")]
    cells = tuple(replace(cell, cell=cell.cell.removeprefix(prefix)) for cell in own)
    most = sum(cell.max_score for cell in cells)
    return replace(whole, cells=cells, max_score=most, late_penalty=penalty or 0.0)


def grades_of(
    gradebook: Gradebook, assignments: Iterable[str], students: Iterable[str] = ()
) -> dict[tuple[str, str], GradeOfRecord]:
    """The grade of record of everything in the gradebook, or of these students, by student and assignment.

    Cells are sorted by name. Who handed in nothing has no entry.
    """
    names, cells = list(assignments), defaultdict(list)
    wanted = [Assignment.name.in_(names)]
    if only := list(students):
        wanted.append(SubmittedAssignment.student_id.in_(only))
    for key, cell in _cells(gradebook, wanted):
        cells[key].append(cell)
    grades = {
        key: GradeOfRecord(tuple(cells[key]), *facts) for key, facts in _submissions(gradebook, names, wanted)
    }
    return {key: grade for key, grade in grades.items() if not grade.is_empty}


def _submissions(
    gradebook: Gradebook, assignments: list[str], wanted: list[ColumnElement]
) -> Iterator[tuple[tuple[str, str], tuple]]:
    """((student, assignment), (maximum, penalty, handed in, due)) of all submissions."""
    penalty = (
        select(func.coalesce(func.sum(SubmittedNotebook.late_submission_penalty), 0.0))
        .where(SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .scalar_subquery()
    )
    rows = gradebook.db.execute(
        select(SubmittedAssignment.student_id, Assignment.name, penalty, SubmittedAssignment.timestamp,
               Assignment.duedate, SubmittedAssignment.extension)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .where(*wanted)
    )  # fmt: skip
    most = _maximum(gradebook, assignments)
    for student, name, late, handed_in, due, extension in rows:
        due = due + extension if due and extension else due
        yield (student, name), (most.get(name, 0.0), float(late), handed_in, due)


def _maximum(gradebook: Gradebook, assignments: list[str]) -> dict[str, float]:
    """The points of each assignment's cells, as the gradebook has them."""
    most: dict[str, float] = defaultdict(float)
    for kind in (GradeCell, TaskCell):
        rows = gradebook.db.execute(
            select(Assignment.name, func.coalesce(func.sum(kind.max_score), 0.0))
            .join(Notebook, kind.notebook_id == Notebook.id)
            .join(Assignment, Notebook.assignment_id == Assignment.id)
            .where(Assignment.name.in_(assignments)).group_by(Assignment.name)
        )  # fmt: skip
        for name, points in rows:
            most[name] += float(points)
    return most


def _cells(gradebook: Gradebook, wanted: list[ColumnElement]) -> Iterator[tuple[tuple[str, str], CellGrade]]:
    """((student, assignment), grade) of every graded cell."""
    grade_cell, task_cell = GradeCell.__table__, TaskCell.__table__
    base, marks = BaseCell.__table__, Grade.__table__
    most = func.coalesce(grade_cell.c.max_score, task_cell.c.max_score, 0.0)
    rows = gradebook.db.execute(
        select(SubmittedAssignment.student_id, Assignment.name, Notebook.name, base.c.name,
               marks.c.auto_score, marks.c.manual_score, func.coalesce(marks.c.extra_credit, 0.0), most,
               marks.c.needs_manual_grade)
        .select_from(marks)
        .join(base, marks.c.cell_id == base.c.id)
        .outerjoin(grade_cell, grade_cell.c.id == base.c.id)
        .outerjoin(task_cell, task_cell.c.id == base.c.id)
        .join(SubmittedNotebook, SubmittedNotebook.id == marks.c.notebook_id)
        .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .where(*wanted)
        .order_by(SubmittedAssignment.student_id, Assignment.name, Notebook.name, base.c.name)
    )  # fmt: skip
    for student, assignment, notebook, cell, automatic, by_hand, extra, points, waits in rows:
        name = label(cell, notebook, assignment)
        yield (student, assignment), CellGrade(name, automatic, by_hand, extra, points, bool(waits))
