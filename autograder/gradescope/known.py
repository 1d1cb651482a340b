"""What is known of a submission, as Gradescope's results.json: complete and true after every check.

The format is Gradescope's own (gradescope-autograders.readthedocs.io, "Autograder Specifications").
"""

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

from autograder.cells import Cell, is_check, weight_of
from autograder.gradescope.options import VISIBLE
from autograder.grading.counted import facts_of
from autograder.grading.result import share_of
from autograder.grading.testcell import Judged
from autograder.words import counted, number

STOPPED = (
    "Grading was stopped before it was done: {done} of {all} checks were judged. It took longer than it may, "
    "or the machine ended it. Checks that are missing here have no points yet; that is no judgement."
)
LOST = "{} could not be run, which is not your fault: no points yet. Tell your instructor."


class Known:
    """The checks of a submission so far; `cells` are the test cells, `hidden` says who sees hidden checks."""

    def __init__(self, cells: list[Cell], hidden: str = VISIBLE):
        self.cells, self.hidden = cells, hidden
        self.heard: dict[str, list[Judged]] = {}
        self.score: float | None = None  # once it is the last word
        self.has_ended = False
        self.notes: list[str] = []
        self.challenge: float | None = None  # the loss of an entry, if there is one

    def hear(self, cell: str, checks: list[Judged]) -> None:
        """As Rules.heard: what counts so far in a cell."""
        self.heard[cell] = list(checks)

    def as_dict(self, seconds: float) -> dict[str, Any]:
        """For results.json. Where no check was judged there is no score, which would look like a zero."""
        tests = list(self._tests())
        score = self._score([test["score"] for test in tests if "score" in test])
        entries = {
            "output": "\n\n".join(self._output(score)), "output_format": "text",
            "execution_time": round(seconds, 1), "tests": tests, "leaderboard": self._leaderboard(),
        }  # fmt: skip
        return entries if score is None else {"score": round(score, 4)} | entries

    def _score(self, scores: list[float]) -> float | None:
        """The last word, if there is one and a check was judged, or nothing could be; else what is known."""
        if self.score is not None and (scores or not self.heard):
            return self.score
        return sum(scores) if scores else None

    def _output(self, score: float | None) -> Iterator[str]:
        """The paragraphs on top: what there is to know at once."""
        yield from self.notes
        status = Counter(check.outcome.status for checks in self.heard.values() for check in checks)
        if not self.has_ended:
            total = sum(map(_checks_in, self.cells))
            yield STOPPED.format(done=status.total(), all=total)
        if status["could not run"]:
            yield LOST.format(counted(status["could not run"], "check"))
        if status and score is not None:
            points = sum(map(_points, self.cells))
            parts = [f"{status[one]} {one}" for one in ("passed", "failed") if status[one]]
            yield f"{number(score)} of {number(points)} points: {', '.join(parts)}."

    def _tests(self) -> Iterator[dict[str, Any]]:
        for position, cell in enumerate(self.cells, 1):
            checks = self.heard.get(cell.name, [])
            unit = _points(cell) / _weights_in(cell)
            for place, check in enumerate(checks, 1):
                yield {"number": f"{position}.{place}"} | self._test(cell.name, check, unit * check.weight)

    def _test(self, cell: str, check: Judged, worth: float) -> dict[str, Any]:
        """One check. What could not run has no score, so that it does not look like a zero."""
        facts = facts_of(check)
        name = f"{cell}: hidden check" if check.hidden else facts["check"]
        test = {"name": name, "output": facts["message"]}
        if check.hidden and self.hidden != VISIBLE:
            test["visibility"] = self.hidden
        if facts["status"] == "could not run":
            return test
        score = round(worth * share_of(facts), 4)
        return test | {"score": score, "max_score": round(worth, 4), "status": facts["status"]}

    def _leaderboard(self) -> list[dict[str, Any]]:
        """The loss of each function that trains, on hidden inputs where these may be shown."""
        losses: dict[str, float] = {}
        checks = [check for checks in self.heard.values() for check in checks]
        for check in sorted(checks, key=lambda check: check.hidden):
            loss = check.outcome.loss
            may_be_shown = not check.hidden or self.hidden == VISIBLE
            if loss is not None and math.isfinite(loss) and may_be_shown:
                losses[check.outcome.check.partition(":")[0]] = round(loss, 4)
        if self.challenge is not None:
            losses["challenge"] = round(self.challenge, 4)
        return [{"name": f"{name}: loss", "value": loss, "order": "asc"} for name, loss in losses.items()]


def _checks_in(cell: Cell) -> int:
    """How many outcomes a test cell gives; one without checks, or that does not compile, gives one."""
    return sum(map(is_check, cell.statements)) or 1


def _weights_in(cell: Cell) -> float:
    """What its checks count together."""
    return sum(map(weight_of, filter(is_check, cell.statements))) or 1


def _points(cell: Cell) -> float:
    return float(cell.metadata["points"])
