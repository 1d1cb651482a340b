"""One submission of an audit, and what its result says about it."""

from dataclasses import dataclass
from functools import cached_property

from autograder.cells import is_check
from autograder.grading.result import Result, worths
from autograder.truth.cheats import Cheat, Trained
from autograder.truth.mistakes import Mistake
from autograder.truth.variants import Variant

# Diagnoses of weights that were judged by their loss, and did not just fail to load.
JUDGED = ("target", "did not learn", "diverged")
NOTHING_SAID = "differs"
Place = tuple[str, int]


@dataclass(frozen=True)
class Tried:
    """A submission and its result; `answer` is the known answer or the cheat in it.

    `defines` are the functions of the exercise with the mistake.
    """

    kind: str
    name: str
    answer: Mistake | Variant | Cheat | None
    result: Result
    defines: frozenset[str] = frozenset()

    @cached_property
    def checks(self) -> dict[Place, dict]:
        """The facts of all checks by cell and number in the cell, counted from 0, in order."""
        return {
            (cell["cell"], number): check for cell in self.result.cells
            for number, check in enumerate(cell["checks"])
        }  # fmt: skip

    @cached_property
    def failures(self) -> dict[Place, dict]:
        """Those that failed."""
        return {place: check for place, check in self.checks.items() if check["status"] == "failed"}

    @cached_property
    def lost(self) -> dict[Place, float]:
        """The points that checks take: a cell's are split by weight, and a check may give a share of its."""
        worth = [one for cell in self.result.cells for one in worths(cell["checks"], cell["points"])]
        together = zip(self.checks.items(), worth, strict=True)
        parts = {place: points * (1 - _share(check)) for (place, check), points in together}
        return {place: points for place, points in parts.items() if points > 0}

    @property
    def full_marks(self) -> bool:
        """Did every check pass?"""
        statuses = {check["status"] for check in self.checks.values()}
        return not self.result.problem and statuses == {"passed"}

    @property
    def broken(self) -> list[str]:
        """Why the grader could not judge it, or some of it."""
        lost = [
            f"{cell}, check {number + 1}: {check['cause']}"
            for (cell, number), check in self.checks.items() if check["status"] == "could not run"
        ]  # fmt: skip
        return [self.result.problem] if self.result.problem else lost


def _share(check: dict) -> float:
    """How much of its part of the points a check gives; what could not run takes nothing from the student."""
    return check.get("share", 0.0 if check["status"] == "failed" else 1.0)


class Mistaken(Tried):
    """A submission with a known mistake."""

    answer: Mistake

    @property
    def named(self) -> list[dict]:
        """The failed checks of the name that the mistake gives."""
        return [check for check in self.failures.values() if check["check"] == self.answer.check]

    @property
    def caught(self) -> bool:
        """Did one of these fail?"""
        return bool(self.named)

    @property
    def found(self) -> str:
        """The diagnosis of the first of these, "" without one."""
        return self.named[0]["diagnosis"] if self.named else ""

    @property
    def first_found(self) -> str:
        """The diagnosis of the first check that failed at all."""
        return next((check["diagnosis"] for check in self.failures.values()), "")

    @property
    def right(self) -> bool:
        """Is the diagnosis the expected one, or as true?"""
        return self.answer.is_called(self.found)

    @property
    def first_right(self) -> bool:
        """Is the very first diagnosis the expected one, or as true?"""
        return self.answer.is_called(self.first_found)

    @property
    def silent(self) -> bool:
        """Does the check say only that the result is another one?"""
        return self.found == NOTHING_SAID

    @property
    def blamed(self) -> dict[Place, float]:
        """The points lost in checks of functions that the exercise with the mistake does not define.

        Where a mistake must be seen it may cost: that of a cache shows in the backward pass alone.
        """
        own = self.defines | {self.answer.function, self.answer.check.partition(":")[0]}
        return {place: points for place, points in self.lost.items() if self._subject(place) not in own}

    @property
    def hidden_alone(self) -> bool:
        """Do hidden checks fail, and no visible one?"""
        return bool(self.failures) and all(check["hidden"] for check in self.failures.values())

    def _subject(self, place: Place) -> str:
        """The function that a check is about."""
        return self.checks[place]["check"].partition(":")[0]


class Cheating(Tried):
    """A submission that goes around the work."""

    answer: Cheat

    @property
    def paying(self) -> list[dict]:
        """The facts of the checks that pay for what is avoided; none when the submission was not judged."""
        if not isinstance(self.answer, Trained):
            return [check for check in self.checks.values() if self.answer.avoids(check["check"])]
        target = self.answer.target
        lines = [statement.lineno for statement in target.cell.statements if is_check(statement)]
        place = (target.cell.name, lines.index(target.statement.lineno))
        return [self.checks[place]] if place in self.checks else []

    @property
    def refused(self) -> bool:
        """Does it earn nothing there? Weights must have been judged, and found too bad."""
        earned = any(_share(fact) for fact in self.paying)
        judged = not isinstance(self.answer, Trained) or all(f["diagnosis"] in JUDGED for f in self.paying)
        return bool(self.paying) and judged and not earned
