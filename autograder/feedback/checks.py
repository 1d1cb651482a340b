"""The checks of a test cell, as grading left them in the graded notebook."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from nbformat import NotebookNode

from autograder.grading.result import share_of, worths


@dataclass(frozen=True)
class Check:
    """One check as its page shows it, or several; `gained` and `worth` are points."""

    name: str
    status: str
    message: str
    diagnosis: str
    gained: float
    worth: float
    times: int = 1


def checks_of(cell: NotebookNode) -> Iterator[Check]:
    """The checks of a test cell; none when another grader judged it."""
    facts = cell.metadata.get("autograder", {}).get("checks", [])
    for fact, worth in zip(facts, worths(facts, cell.metadata.nbgrader["points"]), strict=True):
        name = "hidden check" if fact["hidden"] else fact["check"]
        yield Check(name, fact["status"], fact["message"], fact["diagnosis"], worth * share_of(fact), worth)


def merged(checks: Iterable[Check]) -> Iterator[Check]:
    """The checks, of which neighbours that say the same are one."""
    for _, group in groupby(checks, lambda check: (check.name, check.status, check.message, check.diagnosis)):
        alike = list(group)
        gained, worth = sum(check.gained for check in alike), sum(check.worth for check in alike)
        yield replace(alike[0], times=len(alike), gained=gained, worth=worth)
