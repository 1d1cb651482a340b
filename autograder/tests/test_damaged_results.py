"""Damaged results in the real test cells of all notebooks: each is the student's failure, none the grader's."""

import ast
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell

from autograder.cells import Cell, cells_of, is_check, of_kind
from autograder.checks.outcome import Outcome
from autograder.course import Course
from autograder.diagnosis import engine
from autograder.grading.testcell import run_test_cell
from autograder.hidden import Grading, grading, load_reference
from autograder.sandbox.ends import NoProcess
from autograder.sandbox.wire import WireError
from autograder.tests.hostile.damaged_results import Damaging, damaged
from autograder.tests.mini import ID

COURSE = Course.find(Path(__file__).parent)
FEW, MANY = 400, 20_000
SINGLE = 2e-3  # what a check allows a float32 gradient, with some room


@dataclass
class Trial:
    """One check of a test cell, and how results were damaged on the way."""

    check: Cell
    kind: str
    outcome: Outcome | None = None
    struck: list[tuple[str, int, Any, Any]] = field(default_factory=list)
    words: str = ""
    is_right: bool = False

    def forget(self) -> "Trial":
        """Keep what the tests ask, and not the damaged results."""
        self.words = describe(self) if self.struck else ""
        with np.errstate(all="ignore"):
            self.is_right = is_right(self)
        self.struck.clear()
        return self


@functools.cache
def checks_of(assignment: str) -> list[Cell]:
    """Each check of a notebook, as a test cell in which it is the only one."""
    cells = of_kind(cells_of(nbformat.read(COURSE.source(assignment), as_version=4)), "test")
    return [_alone(cell, check) for cell in cells for check in cell.statements if is_check(check)]


def _alone(cell: Cell, check: ast.stmt) -> Cell:
    lines = cell.source.split("\n")
    for other in (other for other in cell.statements if is_check(other) and other is not check):
        lines[other.lineno - 1 : other.end_lineno] = [""] * (other.end_lineno - other.lineno + 1)
    return cell.replace_source("\n".join(lines))


def kind_of(check: Cell) -> str:
    return next(s.value.func.id for s in check.statements if is_check(s))


def run_trial(assignment: str, check: Cell, seed: int) -> Trial:
    """A check on functions of which one returns damaged results: always, once, from then on, or each time others."""
    rng, trial = np.random.default_rng(seed), Trial(check, kind_of(check))
    first, mode = int(rng.choice([1, 1, 2, 2, 2, 3])), rng.choice(["once", "after", "changing"])
    passed = next(s for s in check.statements if is_check(s)).value.args
    chosen = passed[rng.integers(2) if trial.kind == "check_gradients" else 0].id

    def student(name: str) -> Damaging:
        def strike(call: int, right: Any) -> Any:
            if name != chosen or call < first or (mode == "once" and call > first):
                return right
            wrong = damaged(right, np.random.default_rng((seed, call if mode == "changing" else 0)))
            trial.struck.append((name, call, right, wrong))
            return wrong

        right = getattr(load_reference(COURSE.source(assignment)), name)
        return Damaging(name, untrained if trial.kind == "check_training" else right, strike)

    with grading(Grading(COURSE.source(assignment), "walrus")):
        (judged,) = run_test_cell(check, student)
    trial.outcome = judged.outcome
    return trial


def untrained(*arguments: Any) -> Any:
    """In the place of a training run: what it began with, which is as good a thing to damage."""
    params = next((one for one in arguments if isinstance(one, dict)), {"w": np.zeros(2), "b": np.zeros(1)})
    return params, [2.0, 1.5, 1.0, 0.9, 0.8]


def is_right(trial: Trial) -> bool:
    """Did the check pass because the damage is none, or where it does not look?"""
    return all(_may_pass(trial.kind, *strike) for strike in trial.struck)


def _may_pass(kind: str, name: str, call: int, right: Any, wrong: Any) -> bool:
    if kind in ("check_no_draws", "check_randomness"):  # whatever comes back, only what is drawn counts
        return True
    if name.endswith("_forward"):
        if kind == "check_gradients" and call > 1:  # only the cache counts, which is the student's own
            return True
        if type(wrong) is not tuple or len(wrong) != len(right):
            return False
        right, wrong = right[:-1], wrong[:-1]
    right, wrong = (v[0] if type(v) is tuple and len(v) == 1 else v for v in (right, wrong))
    if kind == "check_sampling":
        return isinstance(wrong, int | np.integer | np.ndarray) and np.size(wrong) == 1
    if kind == "check_shapes":
        return same_shapes(right, wrong)
    return alike(right, wrong, SINGLE if name.endswith("_backward") and call > 2 else 1e-6)


def same_shapes(right: Any, wrong: Any) -> bool:
    """As many finite arrays or numbers, of the same shapes."""
    rights, wrongs = (value if type(value) is tuple else (value,) for value in (right, wrong))
    return len(rights) == len(wrongs) and all(
        isinstance(w, np.ndarray | np.generic | float | int)
        and np.shape(w) == np.shape(r)
        and np.isfinite(w).all()
        for r, w in zip(rights, wrongs, strict=True)
    )


def alike(right: Any, wrong: Any, tolerance: float = 1e-6) -> bool:
    """Equal, or numbers of one shape that differ by rounding."""
    if isinstance(right, Mapping):
        return (
            isinstance(wrong, Mapping)
            and right.keys() == wrong.keys()
            and all(alike(right[k], wrong[k], tolerance) for k in right)
        )
    if isinstance(right, tuple | list):
        return (
            isinstance(wrong, tuple | list)
            and len(right) == len(wrong)
            and all(map(alike, right, wrong, [tolerance] * len(right)))
        )
    if isinstance(right, np.ndarray | np.generic | float | int):
        return _alike_numbers(np.asarray(right), wrong, tolerance)
    return type(right) is type(wrong) and right == wrong


def _alike_numbers(right: np.ndarray, wrong: Any, tolerance: float) -> bool:
    if not isinstance(wrong, np.ndarray | np.generic | float | int) or np.shape(wrong) != right.shape:
        return False
    wrong = np.asarray(wrong)
    if wrong.dtype.kind not in "fiub":
        return False
    distance = np.linalg.norm(wrong.astype(float) - right)
    return bool(
        distance
        <= tolerance * (np.linalg.norm(right) + np.linalg.norm(wrong.astype(float)))
        + 1e-9 * np.sqrt(right.size)
    )


def describe(trial: Trial) -> str:
    name, call, _, wrong = trial.struck[0]
    return f"{name}, call {call}, {wrong!r:.60}: {trial.outcome.status}, {trial.outcome.cause}"


@pytest.fixture(scope="module")
def trials(stress):
    """Trials with damage that came to pass, spread over all checks of all notebooks."""
    everything = [(a, check) for a in COURSE.assignments for check in checks_of(a)]
    order = np.random.default_rng(1).permutation(max(MANY, FEW))
    seconds, engine.SECONDS = engine.SECONDS, 0.2  # the search for a reason is not what is asked here
    try:
        chosen = map(int, order[: MANY if stress else FEW])
        done = [run_trial(*everything[i % len(everything)], i).forget() for i in chosen]
    finally:
        engine.SECONDS = seconds
    return [trial for trial in done if trial.words]


@pytest.mark.slow
def test_no_damaged_result_keeps_a_check_from_running(trials):
    """Is whatever a student's function returns, at whichever call, judged without a person?"""
    assert len(trials) > FEW / 2
    lost = [trial.words for trial in trials if trial.outcome.status == "could not run"]
    assert not lost, f"{len(lost)} of {len(trials)}"


@pytest.mark.slow
def test_no_damaged_result_passes(trials):
    """Is everything refused that is not what the reference returns, unless the check does not look there?

    What rests on a wrong forward pass counts only where that has cost points of its own.
    """
    counted = (trial for trial in trials if trial.outcome.status == "passed" and not trial.outcome.rests_on)
    passed = [trial.words for trial in counted if not trial.is_right]
    assert not passed, f"{len(passed)} of {len(trials)}"


@pytest.mark.slow
def test_each_failure_has_a_sentence_and_a_known_diagnosis(trials):
    """Does each failed check say something that is ours, with a code of diagnosis/codes.py?"""
    from autograder.diagnosis.codes import CODES

    for outcome in (trial.outcome for trial in trials if trial.outcome.status == "failed"):
        assert outcome.cause.endswith(".")
        assert outcome.diagnosis.partition(" `")[0] in CODES


# Whose fault is it? A check that breaks on what `double` returns, or whatever `double` returns.

CELL = """import numpy as np
from autograder import check_values
from autograder.hidden import reference
rng = np.random.default_rng(3)
check_values(double, {"x": rng.normal(size=2)}, np.ones(2), says="Never right.")
x = rng.normal(size=3)
check_values(double, {"x": x}, EXPECTED, says="On random numbers.")"""


class Breaking(Damaging):
    """A student's function whose results make the checks' own code raise `error`."""

    def __init__(self, name: str, error: BaseException):
        super().__init__(name, lambda x: 2 * x, lambda *_: None)
        self.error = error

    def sealed_call(self, *_: Any) -> tuple[list, bool]:
        raise self.error


def outcomes_of(course, expected: str, error: BaseException) -> list[Outcome]:
    cell = Cell(1, new_code_cell(CELL.replace("EXPECTED", expected)))
    with grading(Grading(course.source(ID), "secret")):
        return [judged.outcome for judged in run_test_cell(cell, lambda name: Breaking(name, error))]


@pytest.mark.parametrize(
    "error", [TypeError("odd"), RecursionError(), MemoryError(), FloatingPointError(), WireError("large")]
)
def test_the_reference_is_asked_whose_fault_it_is(course, error):
    """Is it a failure where the reference passes, with the cell's random numbers again, and else none of the student's?"""
    never, right = outcomes_of(course, "2 * x", error)
    assert never.status == "could not run"  # the reference does not pass this one either
    assert (right.status, right.check, right.says) == ("failed", "double: values", "On random numbers.")
    assert right.cause == "`double` returned something that this check cannot work with."


@pytest.mark.parametrize(
    ("expected", "error"),
    [
        ("2 * x / reference.nothing", TypeError()),
        ("undefined", TypeError()),
        ("2 * x", OSError("no more processes")),
    ],
)
def test_what_is_not_the_students_fault_waits_for_a_person(course, expected, error):
    """Could a check not run that is broken itself, or that the machine broke?"""
    assert [outcome.status for outcome in outcomes_of(course, expected, error)] == ["could not run"] * 2


def test_arguments_that_do_not_fit_through_the_border(course):
    """Is a test that sends too much broken, although the reference, which is on this side, could take it?"""
    huge = "2 * (x := np.zeros(2**23))"
    cell = CELL.replace('{"x": x}, EXPECTED', f'{{"y": {huge}}}, np.zeros(2**23)')
    with grading(Grading(course.source(ID), "secret")):
        judged = run_test_cell(Cell(1, new_code_cell(cell)), lambda name: Breaking(name, WireError("large")))
    assert judged[1].outcome.status == "could not run"


def test_a_sandbox_that_does_not_start_ends_the_grading(course):
    """Does NoProcess pass through, as it does when nothing is asked?"""
    with pytest.raises(NoProcess):
        outcomes_of(course, "2 * x", NoProcess("none"))
