"""Code that hangs, dies or takes too much: it spoils its own checks and nothing else."""

import contextlib
import time

import pytest

from autograder.checks.outcome import Failure
from autograder.sandbox.ends import KilledFromOutside
from autograder.sandbox.limits import Limits
from autograder.sandbox.process import StudentProcess
from autograder.sandbox.session import Session
from autograder.tests.mini import (
    DOUBLE,
    FULL,
    ID,
    judged,
    messages,
    scores,
    source_notebook,
    submission,
    write,
)

pytestmark = pytest.mark.slow

BURN = "import time\nend = time.process_time() + {}\nwhile time.process_time() < end: pass\n"


def test_replays_end_with_their_own_budget():
    """Do replays after deaths end when their seconds are used up, and cost the tests none of theirs?"""
    with contextlib.closing(Session("bwrap", Limits(notebook_seconds=4.5), [])) as session:
        session.run("import os\ndef die(): os._exit(1)\ndef fall(): os._exit(1)\ndef live(): return 1")
        for _ in range(4):
            session.run(BURN.format(0.8))
        for function in ("die", "fall"):
            assert session.call("live", (), 1, None) == ([1], False)
            with pytest.raises(Failure, match="ended the Python process"):
                session.call(function, (), 1, None)
        with pytest.raises(Failure, match="earlier calls used up all of their seconds"):
            session.call("live", (), 1, None)


def test_own_cells_have_a_budget_of_their_own():
    """Do cells of the student's own that use up their seconds, asleep or at work, leave exercises theirs?"""
    for waste in (BURN.format(1.5), "import time\ntime.sleep(1.5)"):
        with contextlib.closing(Session("bwrap", Limits(notebook_seconds=2), [])) as session:
            said = [session.run(f"def own{n}(): return {n}\n{waste}", own=True).text for n in range(4)]
            assert said[0] == ""
            assert "your own cells used up all of their seconds" in said[3]
            session.run("def live(): return own3() + 1")
            assert session.call("live", (), 1, None) == ([4], False)


def test_definitions_survive_a_cell_that_overruns():
    """Is what a cell defines there, above and below the line that takes too long, and nothing computed?"""
    with contextlib.closing(Session("bwrap", Limits(cell_seconds=0.5), [])) as session:
        text = session.run(
            "import math as m\nSIZE = 2 * 3\nx = m.sqrt(4)\ndef f(): return SIZE\nwhile True: pass\ndef g(): return m.pi\ndef h(): return x"
        ).text
        assert "took longer than" in text
        assert session.call("f", (), 1, None)[0] == [6]
        assert session.call("g", (), 1, None)[0][0] > 3
        with pytest.raises(Failure, match="a name that no cell defines"):
            session.call("h", (), 1, None)


@pytest.mark.parametrize(
    ("work", "size", "message"),
    [
        (
            "np.array([sum(range(10**4)) * 0 + v for v in x])",
            150_000,
            "asked the reference for more than it has time for",
        ),
        ("(x[:, None] * np.ones(len(x)))[:, 0]", 60_000, "`scale_forward` raised ValueError"),
        ("x", 300_000, "`scale_forward` raised ValueError"),
    ],
    ids=["time", "memory", "arguments"],
)
def test_work_for_student_code_is_bounded(course, work, size, message):
    """Is the reference stopped when a student calls it with what takes too long, too much, or is too large?"""
    source = source_notebook()
    cell = next(one for one in source.cells if one.id == "double")
    cell.source = DOUBLE.replace("2 * x", f"2 * {work}")
    write(course.source(ID), source)
    greedy = f"def scale_forward(x, w):\n    double(np.zeros({size}))\n    return x * w, (x, w)"
    started = time.monotonic()
    unproven = "def double(x):\n    return x"  # so that the reference's takes its place
    result = judged(course, submission({"scale": greedy, "double": unproven}))
    assert message in result.cells[1]["checks"][0]["message"]
    assert time.monotonic() - started < 40


def test_a_cell_that_is_too_long_is_said_to_be(course):
    """Does a cell that does not fit through the border cost nothing but itself?"""
    assert scores(judged(course, submission(extra=f"x = '{'x' * 40_000_000}'"))) == FULL


def test_a_kill_during_a_replay_loses_no_cell(monkeypatch):
    """Is what a cell computed there again when its replay was ended from outside, and only then?"""
    with contextlib.closing(Session("none", Limits(), [])) as session:
        session.run("import math\nx = math.sqrt(16)\ndef live(): return x\ndef die(): import os; os._exit(1)")
        asked, kinds = StudentProcess.ask, [KilledFromOutside("was ended from outside")]

        def ask(self, operation, *rest):
            if operation == "cell" and kinds:
                self.close()
                raise kinds.pop()
            return asked(self, operation, *rest)

        with pytest.raises(Failure):
            session.call("die", (), 1, None)
        monkeypatch.setattr(StudentProcess, "ask", ask)
        with pytest.raises(KilledFromOutside):
            session.call("live", (), 1, None)
        assert session.call("live", (), 1, None) == ([4.0], False)


def test_a_function_that_never_ends_is_tried_twice_and_not_once_for_each_check(course):
    """Is a function that is too slow with the reference's functions below it, too, left alone afterwards?"""
    endless = "def scale_forward(x, w):\n    while True: pass\ndef scale_backward(dout, cache): pass"
    told = messages(judged(course, submission({"scale": endless})))
    assert "took longer than the 2 seconds" in told[2]
    assert "`scale_forward` broke a limit before, and is not called again" in told[3]
