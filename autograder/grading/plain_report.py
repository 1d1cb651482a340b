"""Which plain test cells of an assignment run sealed, and which need a change: for build and doctor."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat

import autograder.hidden
from autograder.cells import cells_of, is_plain
from autograder.grading.of_record import label
from autograder.grading.plain import AUTOTEST, NOT_AT_TOP
from autograder.grading.taken import sources_of
from autograder.grading.trial import known

ADVICE = '; change it (docs/plain.md), or set c.SealedExecute.plain = {{"{}": "kernel"}}'


@dataclass(frozen=True)
class PlainReport:
    """Of an assignment: its plain test cells, and why some cannot run sealed, by name.

    With `unsealed` the course has chosen nbgrader's way for it.
    """

    cells: tuple[str, ...]
    changes: dict[str, str]
    unsealed: bool = False

    @property
    def summary(self) -> str:
        """How many run how; "" where there are none."""
        if not self.cells:
            return ""
        if self.unsealed:
            return f"{len(self.cells)} plain test cells run unsealed (c.SealedExecute.plain)"
        return f"{len(self.cells) - len(self.changes)} of {len(self.cells)} plain test cells run sealed"


def plain_report(rules: Any, assignment: str) -> PlainReport:
    """Try the solutions of an assignment on its plain test cells; `rules` are judge.Rules.

    Raises OSError or ValueError for a source that cannot be read.
    """
    found = dict(_tried(rules, assignment))
    changes = {name: why + _advice(why, assignment) for name, why in found.items() if why}
    return PlainReport(tuple(found), changes, rules.plain == "kernel")


def _advice(why: str, assignment: str) -> str:
    return "" if why in (AUTOTEST, NOT_AT_TOP) else ADVICE.format(assignment)


def _tried(rules: Any, assignment: str) -> Iterator[tuple[str, str]]:
    """(cell, why it does not run sealed) of all notebooks; of nbgrader's way nothing is asked."""
    for source in sources_of(rules):
        names = [cell.name for cell in cells_of(nbformat.read(source, as_version=4)) if is_plain(cell)]
        whys = _whys(source, replace(rules, source=source)) if names and rules.plain == "sealed" else {}
        yield from ((label(name, source.stem, assignment), whys.get(name, "")) for name in names)


def _whys(source: Path, rules: Any) -> dict[str, str]:
    with autograder.hidden.grading(autograder.hidden.Grading(source, "")):
        found = known(rules, list(rules.given))
    return {name: one.why for name, one in found.items() if not one.passed}
