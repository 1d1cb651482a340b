"""The class as a grid, student by assignment: what the terminal and the page both show."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from statistics import mean

from autograder.grading.result import Result
from autograder.reports import waits as why
from autograder.reports.waits import TITLES, waits
from autograder.words import heads

NOT_GRADED, OLDER, NOT_RUN, DUE, RESTORED, NOTHING = "!", "<", "?", "~", "*", "–"
SIGNS = {
    why.NOT_GRADED: NOT_GRADED, why.OLDER: OLDER, why.NOT_RUN: NOT_RUN, why.BY_HAND: DUE, why.WRITTEN: DUE,
}  # fmt: skip
MEANING = {
    NOT_GRADED: "not graded",
    OLDER: "an older grade, as what came last was not graded",
    NOT_RUN: "a check could not run",
    DUE: "a mark by hand is due",
    RESTORED: "cells put back",
    NOTHING: "nothing handed in",
}


@dataclass(frozen=True)
class Column:
    """One assignment; `mean` is None when nothing was graded."""

    assignment: str
    head: str
    max_score: float
    mean: float | None


@dataclass(frozen=True)
class Row:
    """One student; `results` go with the columns, None where nothing was handed in.

    `total` adds up what was graded; `mark` says why it may still rise.
    """

    student: str
    results: tuple[Result | None, ...]
    total: float
    mark: str


@dataclass(frozen=True)
class Grid:
    """Columns and rows, both sorted by name."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def max_score(self) -> float:
        """What a student can reach over all columns."""
        return sum(column.max_score for column in self.columns)

    @cached_property
    def decimals(self) -> int:
        """How many decimals all scores are shown with: 0 when all are whole, else 1."""
        scores = [result.final for row in self.rows for result in row.results if result]
        return int(any(round(score, 1) % 1 for score in scores if score is not None))

    @property
    def marks(self) -> dict[str, str]:
        """The marks that occur, each with its meaning."""
        used = "".join(mark(result) for row in self.rows for result in row.results)
        return {sign: meaning for sign, meaning in MEANING.items() if sign in used}


def is_graded(result: Result) -> bool:
    """Does it have a score that counts?"""
    return result.final is not None


def mark(result: Result | None) -> str:
    """The signs behind a score, or in its place."""
    if result is None:
        return NOTHING
    reasons = {waiting.why for waiting in waits([result])}
    found = {SIGNS[why]: True for why in TITLES if why in reasons}
    return "".join(found) + RESTORED * bool(result.put_back and not result.problem)


def class_grid(results: list[Result], others: Iterable[str] = ()) -> Grid:
    """The grid of `results`; `others` are students who may have handed in nothing at all."""
    assignments = sorted({result.assignment for result in results})
    students = sorted({result.student for result in results}.union(others))
    found = {(result.student, result.assignment): result for result in results}
    names = heads(assignments)
    return Grid(
        tuple(_column(name, names[name], results) for name in assignments),
        tuple(_row(who, [found.get((who, name)) for name in assignments]) for who in students),
    )


def _column(assignment: str, head: str, results: list[Result]) -> Column:
    own = [result for result in results if result.assignment == assignment]
    scores = [result.final for result in own if is_graded(result) and result.final is not None]
    max_score = max(result.out_of for result in own)
    return Column(assignment, head, max_score, mean(scores) if scores else None)


def _row(student: str, results: list[Result | None]) -> Row:
    total = sum(result.final or 0.0 for result in results if result and is_graded(result))
    marks = "".join(mark(result) for result in results)
    unsure = "".join(sign for sign in (NOT_GRADED, OLDER, NOT_RUN, DUE) if sign in marks)
    return Row(student, tuple(results), total, unsure)
