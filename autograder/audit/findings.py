"""What an audit finds out about one assignment: pure functions of how its submissions were judged."""

from dataclasses import dataclass
from functools import cached_property

from autograder.audit.cases import HELD_OUT, MISTAKE, REFERENCE, RELEASE, VARIANT
from autograder.audit.tried import Cheating, Mistaken, Place, Tried


@dataclass(frozen=True)
class Check:
    """A check of the notebook, at its place; `turn` counts those of the same name in the cell, from 1."""

    place: Place
    name: str
    hidden: bool
    turn: int = 1

    def __str__(self) -> str:
        turn = f" ({self.turn})" if self.turn > 1 else ""
        return f"{self.place[0]}, {self.name}{turn}{', hidden' if self.hidden else ''}"


@dataclass(frozen=True)
class Findings:
    """One assignment and everything that was tried on it, in the order of the known answers."""

    assignment: str
    tried: list[Tried]

    @cached_property
    def checks(self) -> list[Check]:
        """All checks, in the notebook's order, by what the solution's result calls them."""
        uses: dict[tuple, int] = {}
        found = []
        for place, fact in self.reference.checks.items():
            key = (place[0], fact["check"], fact["hidden"])
            uses[key] = uses.get(key, 0) + 1
            found.append(Check(place, fact["check"], fact["hidden"], uses[key]))
        return found

    @property
    def mistakes(self) -> list[Mistaken]:
        """The submissions with a mistake that rules may have been written for."""
        return [one for one in self.wrong if one.kind == MISTAKE]

    @property
    def held_out(self) -> list[Mistaken]:
        """The submissions with a mistake that no rule was written for."""
        return [one for one in self.wrong if one.kind == HELD_OUT]

    @property
    def wrong(self) -> list[Mistaken]:
        """Both."""
        return [one for one in self.tried if isinstance(one, Mistaken)]

    @property
    def variants(self) -> list[Tried]:
        """The right answers in other styles."""
        return [one for one in self.tried if one.kind == VARIANT]

    @property
    def cheats(self) -> list[Cheating]:
        """The submissions that go around the work."""
        return [one for one in self.tried if isinstance(one, Cheating)]

    @property
    def reference(self) -> Tried:
        """The solution."""
        return self._only(REFERENCE)

    @property
    def release(self) -> Tried:
        """What students get, untouched."""
        return self._only(RELEASE)

    @property
    def survivors(self) -> list[Mistaken]:
        """Mistakes that no check saw."""
        return [one for one in self.wrong if not one.failures]

    @property
    def caught_elsewhere(self) -> list[Mistaken]:
        """Mistakes that only checks of other names saw."""
        return [one for one in self.wrong if one.failures and not one.caught]

    @property
    def wrongly_diagnosed(self) -> list[Mistaken]:
        """Caught mistakes, the held-out ones aside, whose diagnosis is another than the expected one."""
        return [one for one in self.mistakes if one.caught and not one.right]

    @property
    def never_fail(self) -> list[Check]:
        """Checks that no known mistake fails."""
        return [check for check in self.checks if not self._caught_by(check)]

    @property
    def redundant(self) -> list[tuple[Check, Check]]:
        """Hidden checks with another one of the same cell that catches everything that they catch."""
        hidden = [check for check in self.checks if check.hidden and self._caught_by(check)]
        pairs = ((check, self._stronger(check, hidden)) for check in hidden)
        return [(check, other) for check, other in pairs if other]

    @property
    def broken(self) -> list[tuple[Tried, str]]:
        """Where the grader could not judge, and why."""
        return [(one, reason) for one in self.tried for reason in one.broken]

    @property
    def seconds(self) -> float:
        """The work of judging, on one core."""
        return round(sum(one.result.seconds for one in self.tried), 1)

    def _only(self, kind: str) -> Tried:
        return next(one for one in self.tried if one.kind == kind)

    def _caught_by(self, check: Check) -> set[str]:
        """The names of the mistakes that fail a check."""
        return self._catches[check.place]

    @cached_property
    def _catches(self) -> dict[Place, set[str]]:
        return {
            check.place: {one.name for one in self.mistakes if check.place in one.failures}
            for check in self.checks
        }

    def _stronger(self, check: Check, others: list[Check]) -> Check | None:
        """A check of the cell that catches more than `check` does, or the same and stands before it."""
        own = self._caught_by(check)
        for other in others:
            same_cell = other.place[0] == check.place[0] and other != check
            theirs = self._caught_by(other)
            if same_cell and (own < theirs or (own == theirs and other.place < check.place)):
                return other
        return None


@dataclass(frozen=True)
class Audit:
    """All assignments of a run; `seed` made the hidden inputs, `seconds` is wall time."""

    findings: list[Findings]
    seed: int
    seconds: float

    @property
    def release_points(self) -> float:
        """The most that a release gets."""
        return max(one.release.result.score or 0.0 for one in self.findings)
