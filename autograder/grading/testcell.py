"""Running one test cell in the grader: statement by statement, so that each check has its own result."""

import ast
import copy
import dataclasses
import functools
import warnings
from collections.abc import Callable, Collection
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.cells import Cell, Check, is_check, weight_of
from autograder.checks.outcome import NoTimeLeft, Outcome
from autograder.checks.running import listening, unworkable
from autograder.hidden import hidden_seed, reference
from autograder.names import free_names
from autograder.sandbox import wire
from autograder.sandbox.ends import KilledFromOutside, NoProcess

find = functools.partial(getattr, reference)


@dataclass(frozen=True)
class Judged:
    """One check of a test cell and its outcome; `hidden` checks say less to the student.

    The points of a cell are split over its checks by `weight`.
    """

    outcome: Outcome
    hidden: bool
    weight: float = 1.0


def run_test_cell(
    cell: Cell, student: Callable[[str], Callable], proven: Collection[str] = (),
    heard: Callable[[list[Judged]], object] = len,
) -> list[Judged]:  # fmt: skip
    """The outcomes of all checks of a test cell; `student(name)` stands for a student's function.

    Functions in `proven` need no stand-in from the reference where a check has them in `given`. A check
    that ends without an outcome, or for whose inputs the cell broke, could not run, unless it runs with the
    reference's functions: then the student's results broke it. A cell without checks could not run either.
    `heard` is told of the outcomes so far after each check.
    """
    if not cell.tree:
        return [Judged(_could_not_run("test cell", "it does not compile"), hidden=False)]
    scope: dict = {name: student(name) for name in free_names(cell.tree)}
    judged, broken = [], None
    for statement in cell.statements:
        if is_check(statement):
            outcome = _run_check(statement, scope, broken, proven)
            if isinstance(outcome, Exception):
                outcome = _blamed(cell, statement, outcome)
            judged.append(Judged(outcome, cell.is_hidden(statement), weight_of(statement)))
            heard(judged)
        else:
            broken = broken or _execute(statement, scope)
    return judged or [Judged(_could_not_run("test cell", "no check in it"), hidden=False)]


def _run_check(
    statement: ast.stmt, scope: dict, broken: Exception | None, proven: Collection[str]
) -> Outcome | Exception:
    """The outcome, or what broke the check or the cell above it."""
    heard: list[Outcome] = []
    with listening(heard.append, find, proven, hidden_seed()):
        error = broken or _execute(statement, scope)
    if error or len(heard) != 1:
        return error or RuntimeError(f"it reported {len(heard)} outcomes")
    return heard[0]


def _blamed(cell: Cell, check: Check, error: Exception) -> Outcome:
    """The outcome of a check that broke: a failure if the reference, in the student's place, passes it."""
    is_nobodys = isinstance(error, OSError | KilledFromOutside | NoTimeLeft)
    right = None if is_nobodys else _with_reference(cell, check)
    if not right or right.status != "passed":
        return _could_not_run(ast.unparse(check.value.func), error)
    failure = unworkable(right.check.partition(":")[0], error)
    return dataclasses.replace(right, status="failed", cause=failure.cause, diagnosis=failure.code, loss=None)


def _with_reference(cell: Cell, check: ast.stmt) -> Outcome | None:
    """The outcome of a check on the reference's functions; None when it breaks on them as well.

    The cell begins anew, so that generators are where they were; of the checks above only the arguments
    count.
    """
    known = [name for name in free_names(cell.tree) if hasattr(reference, name)]
    scope: dict = {name: _ReferenceFunction(name) for name in known}
    for statement in cell.statements[: cell.statements.index(check)]:
        if _execute(_arguments_of(statement) if is_check(statement) else statement, scope):
            return None
    outcome = _run_check(check, scope, None, ())
    return outcome if isinstance(outcome, Outcome) else None


def _arguments_of(check: Check) -> ast.stmt:
    """A statement that works out a check's arguments and does nothing with them."""
    call = check.value
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    return ast.copy_location(ast.Expr(ast.Tuple(values, ast.Load())), check)


class _ReferenceFunction:
    """The reference's function in the place of a student's: what goes in must fit through the border, too."""

    def __init__(self, name: str):
        self.__name__, self.function = name, find(name)

    def __call__(self, *arguments: Any) -> Any:
        return self.function(*arguments)

    def sealed_call(
        self, arguments: Any, times: int, seconds: float | None, keep: bool = False
    ) -> tuple[list, bool]:
        """As of a student's function."""
        wire.pack(arguments, lambda value: 0)
        copies = copy.deepcopy(arguments)
        return [self.function(*copies) for _ in range(times)], False

    def sealed_supply(self, stand_ins: dict) -> nullcontext:
        """It calls what is right already."""
        return nullcontext()


def _execute(statement: ast.stmt, scope: dict) -> Exception | None:
    """Run one trusted statement; what it raises is returned. A missing sandbox ends the grading."""
    code = compile(ast.fix_missing_locations(ast.Module([statement], [])), "<test cell>", "exec")
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            exec(code, scope)
    except NoProcess:
        raise
    except Exception as error:
        return error
    return None


def _could_not_run(check: str, reason: object) -> Outcome:
    kind = f"{type(reason).__name__}: " if isinstance(reason, Exception) else ""
    return Outcome(check, "could not run", f"{kind}{reason}")
