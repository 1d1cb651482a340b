"""Code that hangs, dies or takes too much: it spoils its own checks and nothing else."""

import time

import pytest

from autograder.checks.outcome import Failure
from autograder.sandbox.bubblewrap import Limits
from autograder.sandbox.session import Session
from autograder.tests.mini import (
    DOUBLE,
    ID,
    judged,
    source_notebook,
    submission,
    write,
)


def test_replays_end_with_the_notebooks_time():
    """Are slow cells, replayed after a death, cut off when the notebook's seconds are used up?"""
    session = Session("bwrap", Limits(notebook_seconds=4.5), [])
    started = time.monotonic()
    session.run("def die(): import os; os._exit(1)\ndef live(): return 1")
    for _ in range(4):
        session.run("import time; time.sleep(0.8)")
    for function in ("die", "live"):
        with pytest.raises(Failure):
            session.call(function, (), 1, None)
    session.close()
    assert time.monotonic() - started < 6, "a whole replay would end after 7 seconds"


@pytest.mark.parametrize(
    ("work", "size", "message"),
    [
        ("np.array([sum(range(10**4)) * 0 + v for v in x])", 150_000, "took longer than"),
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
    assert time.monotonic() - started < 12
