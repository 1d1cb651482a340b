"""The author's own solution in the student's place: which plain test cells it passes, sealed, and why not."""

import contextlib
import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat

from autograder.cells import Cell, cells_of, is_plain
from autograder.grading.border import Border
from autograder.grading.given import given_of, is_code, is_data, names_of_exercises
from autograder.grading.kernel import judge_in_kernel
from autograder.grading.plain import (
    Known,
    Ran,
    asks_nothing,
    could_not_run,
    judge_plain,
    never_runs,
    run,
    why,
)
from autograder.grading.runs import Plan
from autograder.grading.scope import Scope, trusted_names
from autograder.grading.testcell import Judged
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
        return judge_plain(cell, self._scope, known(self.rules, self.files).get(cell.name, UNKNOWN))

    @cached_property
    def _scope(self) -> Scope:
        """Their names, which they share."""
        scope = scope_of(self.rules, self.session)
        scope.distrust({name for one in known(self.rules, self.files).values() for name in one.unlike})
        return scope


def scope_of(rules: Any, session: Session) -> Scope:
    """The names of the test cells of a source; `rules` are judge.Rules."""
    cells = cells_of(nbformat.read(rules.source, as_version=4))
    given = given_of(rules.source, list(rules.given))
    return Scope(Border(session), trusted_names(cells, given), names_of_exercises(cells))


def known(rules: Any, files: list[Path]) -> dict[str, Known]:
    """What the solution makes of each plain test cell; it is tried once for each source and its data."""
    data = [file for file in files if file.is_file() and file.suffix != ".py"]  # no code but the source's
    digests = tuple((one.name, hashlib.sha256(one.read_bytes()).hexdigest()) for one in (*data, *rules.given))
    key = rules.source.read_bytes(), digests, rules.sandbox, rules.limits
    if key not in _known:
        _known[key] = try_solution(rules, data)
        while len(_known) > KEPT:
            _known.popitem(last=False)
    return _known[key]


def try_solution(rules: Any, files: list[Path]) -> dict[str, Known]:
    """What the solution in a source notebook makes of each of its plain test cells."""
    plan = Plan(nbformat.read(rules.source, as_version=4), {})
    with contextlib.closing(Session(rules.sandbox, rules.limits, files)) as session:
        scope = scope_of(rules, session)
        scope.expected = given_of(rules.source, list(rules.given)).values
        return dict(_trying(plan, scope, session))


def _trying(plan: Plan, scope: Scope, session: Session) -> Iterator[tuple[str, Known]]:
    for cell in plan.cells:
        if code := plan.code(cell):
            session.run(code)
        if is_plain(cell):
            ran = _ran(cell, scope)
            reason = never_runs(cell) or ("" if ran.passed else why(ran, cell))
            if not reason and not scope.border.questions:
                reason = asks_nothing(cell)
            asked, unlike = frozenset(scope.border.asked), frozenset(scope.unlike)
            yield cell.name, Known(not reason, reason, asked, unlike, ran.number)


def _ran(cell: Cell, scope: Scope) -> Ran:
    """How a cell goes with the grader's given values; else with the student's, where only those will do."""
    first = _run_afresh(cell, scope)
    used = scope.used
    objects = {name for name in used if not (is_code(scope.expected[name]) or is_data(scope.expected[name]))}
    for names in filter(None, (objects, used) if not (first.passed or never_runs(cell)) else ()):
        trusted, unlike = dict(scope.trusted), set(scope.unlike)
        scope.distrust(names)
        if (again := _run_afresh(cell, scope)).passed:
            return again
        scope.trusted, scope.unlike = trusted, unlike
    return first


def _run_afresh(cell: Cell, scope: Scope) -> Ran:
    scope.border.asked.clear()
    scope.used = set()
    return run(cell, scope)
