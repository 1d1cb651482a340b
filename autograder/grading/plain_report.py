"""Which plain test cells of an assignment run sealed, and which need a change: for build and doctor."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import nbformat

import autograder.hidden
from autograder.cells import cells_of, is_plain
from autograder.course import CourseError
from autograder.grading.given import given_of, names_of_exercises
from autograder.grading.of_record import label
from autograder.grading.plain import AUTOTEST, NOT_AT_TOP
from autograder.grading.taken import sources_of
from autograder.grading.trial import known
from autograder.names import bound_and_read

ADVICE = '; change it (docs/plain.md), or set c.SealedExecute.plain = {{"{}": "kernel"}}'
STUDENTS = "so tests take the student's, which an answer can change: to prevent that, set it in the test."
FAILS = "The grader cannot work out `{}` of a given cell ({}), " + STUDENTS
UNLIKE = "`{}` of a given cell is not the solution's (drawn, changed, or no plain data), " + STUDENTS


@dataclass(frozen=True)
class PlainReport:
    """Of an assignment: its plain test cells, and why some cannot run sealed, by name.

    With `unsealed` the course has chosen nbgrader's way for it. `remarks` are sentences on given names
    that the tests use and that a student can change.
    """

    cells: tuple[str, ...]
    changes: dict[str, str]
    unsealed: bool = False
    remarks: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """How many run how; "" where there are none."""
        if not self.cells:
            return ""
        if self.unsealed:
            return f"{len(self.cells)} plain test cells run unsealed (c.SealedExecute.plain)"
        return f"{len(self.cells) - len(self.changes)} of {len(self.cells)} plain test cells run sealed"

    @property
    def text(self) -> str:
        """The summary, and a line for each remark."""
        return "\n".join([self.summary, *(f"  Note: {remark}" for remark in self.remarks)])


def plain_report(rules: Any, assignment: str) -> PlainReport:
    """Try the solutions of an assignment on its plain test cells; `rules` are judge.Rules.

    Raises CourseError for a source that cannot be read.
    """
    found: dict[str, str] = {}
    remarks: list[str] = []
    for source in sources_of(rules):
        try:
            whys, said = _tried(replace(rules, source=source))
        except (OSError, ValueError) as error:
            raise CourseError(f"{source} cannot be read ({error}); run `autograder build`.") from error
        found |= {label(name, source.stem, assignment): why for name, why in whys.items()}
        remarks += said
    changes = {name: why + _advice(why, assignment) for name, why in found.items() if why}
    return PlainReport(tuple(found), changes, rules.plain == "kernel", tuple(dict.fromkeys(remarks)))


def _advice(why: str, assignment: str) -> str:
    return "" if why in (AUTOTEST, NOT_AT_TOP) else ADVICE.format(assignment)


def _tried(rules: Any) -> tuple[dict[str, str], list[str]]:
    """Why each plain cell of one source does not run sealed, and remarks; neither in nbgrader's way."""
    cells = cells_of(nbformat.read(rules.source, as_version=4))
    plain = [cell for cell in cells if is_plain(cell)]
    whys = dict.fromkeys((cell.name for cell in plain), "")
    if not plain or rules.plain != "sealed":
        return whys, []
    with autograder.hidden.grading(autograder.hidden.Grading(rules.source, "")):
        found = known(rules, list(rules.given))
    used = {name for cell in plain for name in bound_and_read(cell.tree)[1]} - names_of_exercises(cells)
    whys |= {name: one.why for name, one in found.items() if not one.passed}
    return whys, list(_remarks(used, rules, {name for one in found.values() for name in one.unlike}))


def _remarks(used: set[str], rules: Any, unlike: set[str]) -> Iterator[str]:
    """Which given names of those that tests use are looked up in the student's process, and why."""
    failed = given_of(rules.source, list(rules.given)).failed
    for name in sorted(used & failed.keys()):
        yield FAILS.format(name, failed[name])
    for name in sorted(used & unlike):
        yield UNLIKE.format(name)
