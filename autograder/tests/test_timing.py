"""Where a gradient cannot be timed, nothing is given away: seconds for timing, and sizes at which it shows."""

import ast
import contextlib
from pathlib import Path

import numpy as np
import pytest

from autograder.cells import cells_of, is_check, of_kind
from autograder.checks import derived, gradients, thin
from autograder.checks.outcome import Failure
from autograder.checks.running import listening
from autograder.course import Course
from autograder.hidden import Grading, grading, reference
from autograder.names import free_names
from autograder.sandbox import limits
from autograder.sandbox.limits import Limits
from autograder.sandbox.session import Session, StudentFunction
from autograder.tests.mini import FULL, judged, make_course, scores, submission
from autograder.truth.source import read_source

COURSE = Course.find(Path(__file__).parent)
SCALE = """def scale_forward(x, w):
    return double(x) * w / 2, (x, w)

def scale_backward(dout, cache):
    x, w = cache
    if len(x) > 100:
        {}
    return dout * w, dout * x"""
FOREVER, LEAVES = "while True: pass", "import os; os._exit(1)"
LEAST_OF_CHEATS = 1.0  # passes forward for each number


@pytest.fixture
def course(tmp_path):
    return make_course(tmp_path)


def checks_of(result):
    """(status, code) of each check of the gradients."""
    return [(check["status"], check["diagnosis"]) for check in result.cells[1]["checks"]]


def test_who_takes_too_long_measures(course, monkeypatch):
    """Is a call without an end, where there is time for it, known for differences, and found so only once?"""
    timed = []
    monkeypatch.setattr(derived, "seconds_of", lambda *given: timed.append(given) or thin.seconds_of(*given))
    result = judged(course, submission({"scale": SCALE.format(FOREVER)}))
    assert checks_of(result) == [("failed", "numerical")] * 2
    assert scores(result) == FULL | {"test_scale": 0}
    assert len(timed) == 1


@pytest.mark.parametrize(("off", "status"), [(derived.LOOKS - 1, "passed"), (derived.LOOKS, "failed")])
def test_a_kink_beside_one_input_is_nobodys_mistake(course, monkeypatch, off, status):
    """Are gradients that look wrong on some inputs, as beside a ReLU's kink, wrong only if they are on all?"""
    seen = []

    def slopes(passes, look, names, inputs, rng, most):
        if look and len(seen) < off:
            seen.append(inputs["x"])
            raise Failure("wrong there", code=derived.WRONG_THERE)
        return derived._run(passes, inputs, rng, most)[0]

    monkeypatch.setattr(derived, "_slopes", slopes)
    assert checks_of(judged(course, submission()))[0][0] == status
    assert len(seen) == off
    assert not any(np.array_equal(one, seen[0]) for one in seen[1:])


def test_nothing_passes_when_the_time_for_timing_is_used_up(course, monkeypatch):
    """Could its check not run, without points and without blame, and is what takes no time judged as ever?"""
    monkeypatch.setattr(limits, "TIMING", 0.01)
    result = judged(course, submission({"scale": SCALE.format(FOREVER)}))
    assert checks_of(result) == [("could not run", "")] * 2
    assert "seconds for timing" in result.cells[1]["checks"][0]["cause"]
    assert scores(result)["test_scale"] == 0
    assert scores(judged(course, submission())) == FULL


def test_who_leaves_before_the_time_is_taken_earns_nothing(course):
    """Does a process that ends itself at these sizes fail, without being accused of anything else?"""
    result = judged(course, submission({"scale": SCALE.format(LEAVES)}))
    assert checks_of(result) == [("failed", "limit")] * 2
    assert "On inputs of other sizes" in result.cells[1]["checks"][0]["message"]


def test_timing_pays_for_the_replays_that_it_causes():
    """Does a call that dies while its time is taken, with its replay, cost nothing but the seconds for timing?"""
    with contextlib.closing(Session("none", Limits(notebook_seconds=2), [])) as session:
        work = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
        session.run(f"{work}\ndef die(): import os; os._exit(1)\ndef live(): return 1")
        die, live = (StudentFunction(session, name) for name in ("die", "live"))
        before = dict(session._left)
        for left in (4.7, 4.4):
            with pytest.raises(Failure, match="ended the Python process"), die.sealed_timing():
                die()
            assert live() == 1
            assert live.sealed_left == pytest.approx(left, abs=0.15)
        for account in ("own cells", "exercises", "tests", "grader", "proofs"):
            assert session._left[account] == pytest.approx(before[account], abs=0.1)
        session._left["timing"] = 0.0
        with pytest.raises(Failure, match="timings of backward passes used up"), die.sealed_timing():
            die()
        with pytest.raises(Failure, match="ended the Python process"):
            die()
        assert live() == 1  # a replay is paid by the grader then
        assert session._left["grader"] == pytest.approx(before["grader"] - 0.3, abs=0.15)


@pytest.mark.parametrize("assignment", COURSE.assignments)
def test_sizes_are_such_that_differences_show(assignment):
    """Are there, for all checks of gradients, inputs of which differences cost more than loops may?"""
    asked, short = [], {}
    for passes, inputs in pairs_of(assignment):
        little = thin.thinned(passes, inputs, np.random.default_rng(0))
        seconds = LEAST_OF_CHEATS * thin.numbers_of(little) * thin.seconds_of(passes, little)
        asked.append(passes.backward.__name__)
        if seconds < derived.SURE_SECONDS:
            short[passes.backward.__name__] = seconds
    assert asked
    assert not short


def pairs_of(assignment):
    """(passes, inputs) of all checks of gradients, of the reference itself."""
    found = []
    with grading(Grading(COURSE.source(assignment), "mine")), pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            gradients, "require_derived", lambda passes, inputs, rng: found.append((passes, dict(inputs)))
        )
        for cell in of_kind(cells_of(read_source(COURSE, assignment)), "test"):
            scope = {name: getattr(reference, name) for name in free_names(cell.tree)}
            for statement in cell.statements:
                if not is_check(statement) or statement.value.func.id == "check_gradients":
                    with listening(lambda outcome: None, lambda name: getattr(reference, name)):
                        exec(compile(ast.Module([statement], []), "<test cell>", "exec"), scope)
        yield from found
