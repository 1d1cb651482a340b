"""Where somebody stands in the whole course, what to do next, and how the points grew."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from autograder.build.canonical import read_notebook
from autograder.course import Course
from autograder.feedback.headings import headings_of
from autograder.learn.outline import outline
from autograder.learn.record import DONE, Check, Exercise, Record


@dataclass(frozen=True)
class Standing:
    """One assignment: its last check, None before there was one, and its exercises as they are by that."""

    assignment: str
    title: str
    check: Check | None
    exercises: tuple[Exercise, ...]
    given_up: frozenset[str]

    @property
    def score(self) -> float:
        """Points by the last check."""
        return sum(one.score for one in self.exercises)

    @property
    def points(self) -> float:
        """What there is to get."""
        return sum(one.points for one in self.exercises)

    @property
    def done(self) -> int:
        """How many exercises have all points."""
        return sum(one.state == DONE for one in self.exercises)

    @property
    def open(self) -> list[Exercise]:
        """What is neither done nor given up."""
        return [one for one in self.exercises if one.state != DONE and one.name not in self.given_up]


@dataclass(frozen=True)
class Step:
    """What to do next: an exercise, the `number`-th of its assignment."""

    assignment: str
    title: str
    exercise: Exercise
    number: int


@dataclass(frozen=True)
class Day:
    """A day on which something was checked: the points of all assignments at its end, and what was gained."""

    day: date
    score: float
    gained: float


def standings(course: Course, record: Record) -> list[Standing]:
    """All assignments, in the course's order. Raises CourseError when a source cannot be read."""
    found = []
    for one in course.choose([]):
        check = record.last(one)
        exercises = check.exercises if check else tuple(outline(course, one))
        given_up = frozenset(name for assignment, name in record.given_up if assignment == one)
        found.append(Standing(one, _title(course, one), check, exercises, given_up))
    return found


def next_step(standings: Iterable[Standing]) -> Step | None:
    """The first exercise that is still to do; None at the end."""
    for one in standings:
        if one.open:
            first = one.open[0]
            return Step(one.assignment, one.title, first, one.exercises.index(first) + 1)
    return None


def days(checks: Sequence[Check]) -> list[Day]:
    """How the points of all assignments together grew, day by day as the learner's clock had it."""
    found: dict[date, float] = {}
    scores: dict[str, float] = {}
    for check in checks:
        scores[check.assignment] = check.score
        found[check.at.date()] = sum(scores.values())
    totals = [0.0, *found.values()]
    gains = (now - before for before, now in itertools.pairwise(totals))
    return [Day(day, score, gained) for (day, score), gained in zip(found.items(), gains, strict=True)]


def _title(course: Course, assignment: str) -> str:
    """The first heading of a notebook; of several notebooks the assignment's id."""
    names = course.notebooks(assignment)
    if len(names) > 1:
        return assignment
    notebook = read_notebook(course.source(assignment, names[0]), "run `autograder build`.")
    return next((words for cell in notebook.cells for _, words in headings_of(cell)), assignment)
