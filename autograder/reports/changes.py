"""What is another than after the last run: what was handed in, the grades, and the checks that fail now."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from autograder.course import CourseError
from autograder.files import write_whole
from autograder.grading.result import Result
from autograder.grading.results_file import read_run
from autograder.reports.failures import Failure, failures

FILE = "earlier.json"


@dataclass(frozen=True)
class Earlier:
    """The results of the run before, and when they were written."""

    results: list[Result]
    written: datetime


@dataclass(frozen=True)
class Change:
    """A submission that is graded otherwise; `failures` are those that were not there before."""

    was: Result
    now: Result
    failures: tuple[Failure, ...]

    @property
    def gain(self) -> float:
        """Points more than before; what is not graded counts as none."""
        return (self.now.final or 0.0) - (self.was.final or 0.0)


@dataclass(frozen=True)
class Changes:
    """By assignment, who handed in since and whose submission is gone; and what is graded otherwise."""

    new: dict[str, list[str]]
    gone: dict[str, list[str]]
    graded: list[Change]

    def __bool__(self) -> bool:
        return bool(self.new or self.gone or self.graded)


def keep_earlier(folder: Path) -> None:
    """Put folder/results.json aside, as what the next report is compared with."""
    results = folder / "results.json"
    if results.is_file():
        write_whole(folder / FILE, results.read_bytes())


def read_earlier(folder: Path) -> Earlier | None:
    """What was put aside; None when there is nothing that can be read."""
    try:
        return Earlier(*read_run(folder / FILE))
    except CourseError:
        return None


def changes(before: list[Result], now: list[Result]) -> Changes:
    """From `before` to `now`; the grades that fell most are first."""
    old, new = _by_submission(before), _by_submission(now)
    pairs = [(old[key], new[key]) for key in sorted(old.keys() & new.keys())]
    graded = [Change(was, one, _new_failures(was, one)) for was, one in pairs]
    graded = [change for change in graded if change.was.final != change.now.final or change.failures]
    graded.sort(key=lambda change: change.gain)
    return Changes(_students(new.keys() - old.keys()), _students(old.keys() - new.keys()), graded)


def _by_submission(results: list[Result]) -> dict[tuple[str, str], Result]:
    return {(result.assignment, result.student): result for result in results}


def _students(submissions: set[tuple[str, str]]) -> dict[str, list[str]]:
    found = defaultdict(list)
    for assignment, student in sorted(submissions):
        found[assignment].append(student)
    return dict(found)


def _new_failures(was: Result, now: Result) -> tuple[Failure, ...]:
    """The failures with a check that passed before."""
    passed = {key for key, check in _known(was) if check["status"] == "passed"}
    broken = [id(check) for key, check in _known(now) if check["status"] == "failed" and key in passed]
    return tuple(one for one in failures(now) if any(id(check) in broken for check in one.checks))


def _known(result: Result) -> Iterator[tuple[tuple, dict]]:
    """Each check with what it is known by in both runs: cell, name, and the how manyth of these."""
    turns: Counter = Counter()
    for cell in result.cells:
        for check in cell["checks"]:
            name = (cell["cell"], check["check"], check["hidden"])
            turns[name] += 1
            yield (*name, turns[name]), check
