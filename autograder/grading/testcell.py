"""Running one test cell in the grader: statement by statement, so that each check has its own result."""

import ast
import builtins
import functools
import warnings
from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from autograder.cells import Cell, is_check
from autograder.checks.outcome import Outcome, listening
from autograder.hidden import reference
from autograder.names import bound_and_read
from autograder.sandbox.process import NoProcess


@dataclass(frozen=True)
class Judged:
    """One check of a test cell and its outcome; `hidden` checks say less to the student."""

    outcome: Outcome
    hidden: bool


def run_test_cell(
    cell: Cell, student: Callable[[str], Callable], proven: Collection[str] = ()
) -> list[Judged]:
    """The outcomes of all checks of a test cell; `student(name)` stands for a student's function.

    Functions in `proven` need no stand-in from the reference where a check has them in `given`. A check
    that ends without an outcome, or for whose inputs the cell broke, could not run; so does a cell
    without checks.
    """
    if not cell.tree:
        return [Judged(_could_not_run("test cell", "it does not compile"), hidden=False)]
    scope: dict = {name: student(name) for name in free_names(cell.tree)}
    judged, broken = [], None
    for statement in cell.statements:
        if is_check(statement):
            outcome = _run_check(statement, scope, broken, proven)
            judged.append(Judged(outcome, cell.is_hidden(statement)))
        else:
            broken = broken or _execute(statement, scope)
    return judged or [Judged(_could_not_run("test cell", "no check in it"), hidden=False)]


def free_names(tree: ast.Module) -> list[str]:
    """The names that a cell uses without defining, importing or finding them among the built-ins."""
    bound, read = bound_and_read(tree)
    return sorted(name for name in read - bound if not hasattr(builtins, name))


def _run_check(
    statement: ast.stmt, scope: dict, broken: Exception | None, proven: Collection[str]
) -> Outcome:
    name = ast.unparse(statement.value.func)
    if broken:
        return _could_not_run(name, broken)
    heard: list[Outcome] = []
    with listening(heard.append, functools.partial(getattr, reference), proven):
        error = _execute(statement, scope)
    if error or len(heard) != 1:
        return _could_not_run(name, error or f"it reported {len(heard)} outcomes")
    return heard[0]


def _execute(statement: ast.stmt, scope: dict) -> Exception | None:
    """Run one trusted statement; what it raises is returned. A missing sandbox ends the grading."""
    code = compile(ast.Module([statement], []), "<test cell>", "exec")
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
