"""How it stands in numbers, for one assignment or for several, and whether that is good enough."""

from typing import NamedTuple

from autograder.audit.findings import Audit, Findings

# What the numbers have to be, as shares.
AT_LEAST = {
    "caught": 1.0,
    "right": 0.9,
    "held out caught": 1.0,
    "held out right": 0.85,
    "full marks": 1.0,
    "refused": 1.0,
}
AT_MOST = {"held out silent": 0.05, "false blame": 0.02, "hidden alone": 0.05}


class Count(NamedTuple):
    """So many of so many: submissions, or points."""

    part: float
    of: float

    @property
    def all(self) -> bool:
        """Is none missing?"""
        return self.part == self.of

    @property
    def share(self) -> float:
        """The part of the whole; 0 where there is nothing."""
        return self.part / self.of if self.of else 0.0


def counts(findings: list[Findings]) -> dict[str, Count]:
    """All numbers: the keys are those of AT_LEAST and AT_MOST, "first right" and "held out first right".

    "false blame" counts points, lost beside the mistaken exercise, of all that mistakes lost. "hidden alone"
    counts mistakes that no visible check sees and that give no reason, of all that a check sees.
    """
    variants = [one for each in findings for one in each.variants]
    cheats = [one for each in findings for one in each.cheats]
    return {
        **_told([one for each in findings for one in each.mistakes], ""),
        **_told([one for each in findings for one in each.held_out], "held out "),
        **_cost([one for each in findings for one in each.wrong]),
        "full marks": Count(sum(one.full_marks for one in variants), len(variants)),
        "refused": Count(sum(one.refused for one in cheats), len(cheats)),
    }


def _told(mistakes: list, kind: str) -> dict[str, Count]:
    """How many mistakes are caught, and what is said of them."""
    of = len(mistakes)
    return {
        f"{kind}caught": Count(sum(one.caught for one in mistakes), of),
        f"{kind}right": Count(sum(one.right for one in mistakes), of),
        f"{kind}first right": Count(sum(one.first_right for one in mistakes), of),
        f"{kind}silent": Count(sum(one.silent for one in mistakes), of),
    }


def _cost(mistakes: list) -> dict[str, Count]:
    """What mistakes cost beside their exercise, and how many only hidden checks see."""
    lost = sum(sum(one.lost.values()) for one in mistakes)
    blamed = sum(sum(one.blamed.values()) for one in mistakes)
    unexplained = [one for one in mistakes if one.hidden_alone and not one.answer.hidden_only]
    return {
        "false blame": Count(round(blamed, 4), round(lost, 4)),
        "hidden alone": Count(len(unexplained), sum(bool(one.failures) for one in mistakes)),
    }


def good_enough(key: str, count: Count) -> bool:
    """Is a number of `counts` as it must be?"""
    if key in AT_MOST:
        return count.part <= AT_MOST[key] * count.of
    return count.part >= AT_LEAST.get(key, 0.0) * count.of


def holds(audit: Audit) -> bool:
    """Is everything as it must be?"""
    sound = (
        one.reference.full_marks and one.release.result.score == 0 and not one.broken
        for one in audit.findings
    )  # fmt: skip
    return all(good_enough(key, count) for key, count in counts(audit.findings).items()) and all(sound)
