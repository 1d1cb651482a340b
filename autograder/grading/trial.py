"""The author's own solution in the student's place: which plain test cells it passes, sealed, and why not."""

import contextlib
import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat

import autograder.hidden
from autograder.cells import Cell, cells_of, is_plain
from autograder.grading.border import Border
from autograder.grading.kernel import judge_in_kernel
from autograder.grading.plain import Known, asks_nothing, could_not_run, judge_plain, never_runs, run, why
from autograder.grading.runs import Plan
from autograder.grading.scope import Scope, names_of_exercises, trusted_names
from autograder.grading.testcell import Judged
from autograder.sandbox.limits import Limits
from autograder.sandbox.session import Session

UNKNOWN = Known(False, "the source notebook does not have this cell", frozenset())
KEPT = 16
_known: OrderedDict[tuple, dict[str, Known]] = OrderedDict()


class PlainCells:
    """The plain test cells of one submission, in its session; `rules` are judge.Rules."""

    def __init__(self, rules: Any, files: list[Path], session: Session):
        self.rules, self.files, self.session = rules, files, session

    def judged(self, cell: Cell) -> list[Judged]:
        """The outcome of one of them."""
        if self.rules.plain == "kernel" and (reason := never_runs(cell)):
            return [could_not_run(cell, reason)]
        if self.rules.plain == "kernel":
            return judge_in_kernel(cell, self.session)
        rules = self.rules
        of_solution = known(rules.source, self.files, rules.sandbox, rules.limits)
        return judge_plain(cell, self._scope, of_solution.get(cell.name, UNKNOWN))

    @cached_property
    def _scope(self) -> Scope:
        """Their names, which they share."""
        source = nbformat.read(self.rules.source, as_version=4)
        return scope_of(cells_of(source), self.session)


def scope_of(source: list[Cell], session: Session) -> Scope:
    """The names of a notebook's test cells; `source` are the cells of the instructor's notebook."""
    try:
        reference = autograder.hidden.current_reference()
    except Exception:  # one that does not run outside of a notebook
        reference = None
    return Scope(Border(session), trusted_names(source, reference), names_of_exercises(source))


def known(source: Path, files: list[Path], sandbox: str, limits: Limits) -> dict[str, Known]:
    """What the solution makes of each plain test cell; it is tried once for each source and its data."""
    data = [file for file in files if file.suffix != ".py"]  # no code but the source's
    digests = tuple((file.name, hashlib.sha256(file.read_bytes()).hexdigest()) for file in data)
    key = source.read_bytes(), digests, sandbox, limits
    if key not in _known:
        _known[key] = try_solution(source, data, sandbox, limits)
        while len(_known) > KEPT:
            _known.popitem(last=False)
    return _known[key]


def try_solution(source: Path, files: list[Path], sandbox: str, limits: Limits) -> dict[str, Known]:
    """What the solution in a source notebook makes of each of its plain test cells."""
    plan = Plan(nbformat.read(source, as_version=4), {})
    with contextlib.closing(Session(sandbox, limits, files)) as session:
        return dict(_trying(plan, session))


def _trying(plan: Plan, session: Session) -> Iterator[tuple[str, Known]]:
    scope = scope_of(plan.cells, session)
    for cell in plan.cells:
        if plan.runs(cell):
            session.run(plan.code(cell))
        elif is_plain(cell):
            scope.border.asked.clear()
            ran = run(cell, scope)
            reason = never_runs(cell) or ("" if ran.passed else why(ran, cell))
            if not reason and not scope.border.questions:
                reason = asks_nothing(cell)
            yield cell.name, Known(not reason, reason, frozenset(scope.border.asked), ran.number)
