"""Why a submission lost points: its checks that did not pass, those of one cause together."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.diagnosis.codes import UNFINISHED
from autograder.grading.result import Result
from autograder.words import short_check

LINES = 3


@dataclass(frozen=True)
class Failure:
    """Checks of one cell that ended the same way for one cause, as results.json has them."""

    cell: str
    status: str
    cause: str
    checks: tuple[dict, ...]

    @property
    def names(self) -> str:
        """What the checks are called, each kind once."""
        return ", ".join(dict.fromkeys(self._name(check) for check in self.checks))

    @property
    def evidence(self) -> list[str]:
        """What was measured, of the first check that has any; a few lines."""
        return next((check["evidence"][:LINES] for check in self.checks if check.get("evidence")), [])

    def _name(self, check: dict) -> str:
        return short_check(self.cell, check["check"]) + " (hidden)" * check["hidden"]


def failures(result: Result) -> list[Failure]:
    """What did not pass, in the source's order; what is not written yet is left out."""
    found: dict[tuple[str, str, str], list[dict]] = defaultdict(list)
    for cell, check in _not_passed(result):
        if check["diagnosis"] != UNFINISHED:
            found[cell, check["status"], check["cause"]].append(check)
    return [Failure(*key, tuple(checks)) for key, checks in found.items()]


def unwritten(result: Result) -> list[str]:
    """The cells of which a check found an exercise that is not written yet."""
    cells = (cell for cell, check in _not_passed(result) if check["diagnosis"] == UNFINISHED)
    return list(dict.fromkeys(cells))


def _not_passed(result: Result) -> Iterator[tuple[str, dict]]:
    for cell in result.cells:
        for check in cell["checks"]:
            if check["status"] != "passed":
                yield cell["cell"], check
