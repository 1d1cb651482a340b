"""One run of one target check: the check itself, in this process, with a recorder at its threshold."""

import functools
import math
import time
import warnings
from ast import Module, stmt
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import nbformat
import numpy as np
from nbformat import NotebookNode

import autograder.checks.training
from autograder.cells import cells_of, is_check
from autograder.checks.outcome import Outcome
from autograder.checks.running import listening
from autograder.course import CourseError
from autograder.hidden import Grading, grading, module_of, reference
from autograder.names import free_names
from autograder.truth.targets import CHECK, Target, targets_of


@dataclass(frozen=True)
class Run:
    """What to measure: the functions of the notebook `answer` in a target check of the notebook `source`.

    `seed` makes the hidden inputs. `rounding` names a setting of rounding.py, "" for the usual one.
    """

    source: Path
    answer: Path
    cell: str
    position: int
    seed: int
    rounding: str = ""


@dataclass(frozen=True)
class Measured:
    """The loss that a run reached, infinite when the check did not come to a finite one, and its time.

    `before` is the loss of the parameters among the check's inputs, None when there are none.
    """

    loss: float
    seconds: float
    before: float | None = None


def measure(run: Run) -> Measured:
    """Train and evaluate as grading does. Raises CourseError when the test cell itself breaks."""
    target = _target(run.source, run.cell, run.position)
    module = module_of(_read(run.answer), run.answer)
    began = time.perf_counter()
    with grading(Grading(run.source, f"calibrate {run.seed}")):
        loss, before = losses_of(target, module)
    return Measured(loss, round(time.perf_counter() - began, 3), before)


def losses_of(target: Target, module: ModuleType) -> tuple[float, float | None]:
    """The loss after training and the one before it, with the functions of `module`.

    The statements before the check run, other checks do not.
    """
    names = [name for name in free_names(target.cell.tree) if hasattr(module, name)]
    scope = {name: getattr(module, name) for name in names}
    losses: list[float] = []
    before: list[float] = []
    for statement in target.cell.statements:
        if statement.lineno == target.statement.lineno:
            break
        if not is_check(statement):
            _execute(statement, scope, target)
    scope[CHECK] = functools.partial(_record, losses, before)
    heard: list[Outcome] = []
    with listening(heard.append, functools.partial(getattr, reference)):
        _execute(target.statement, scope, target)
    passed = heard[0].status == "passed" and math.isfinite(losses[0])
    return losses[0] if passed else math.inf, next(filter(math.isfinite, before), None)


def _record(
    losses: list[float], before: list[float], train, inputs, evaluate, *, at_most: float, few=None, **options
) -> None:  # fmt: skip
    """Stand in for `check_training`: the real one with a target that everybody reaches; keeps the losses."""
    start = (one for one in inputs.values() if isinstance(one, dict) and one.keys() == options["like"].keys())
    before += [float(evaluate(params)) for params in start]

    def recorded(params):
        losses.append(float(evaluate(params)))
        return losses[-1]

    autograder.checks.training.check_training(train, inputs, recorded, at_most=math.inf, **options)


def _execute(statement: stmt, scope: dict, target: Target) -> None:
    code = compile(Module([statement], []), "<test cell>", "exec")
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            exec(code, scope)
    except Exception as error:
        raise CourseError(
            f"{target.where} cannot be measured ({type(error).__name__}: {error}, line {statement.lineno} of "
            "the cell); mend it."
        ) from error


@functools.cache
def _target(source: Path, cell: str, position: int) -> Target:
    targets = targets_of(cells_of(_read(source)))
    return next(t for t in targets if (t.cell.name, t.position) == (cell, position))


@functools.cache
def _read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)
