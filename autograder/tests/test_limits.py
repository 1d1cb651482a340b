"""Code that hangs, dies or takes too much: it spoils its own checks and nothing else."""

import os
import time
from pathlib import Path

import pytest

from autograder.checks.outcome import Failure
from autograder.sandbox.bubblewrap import Limits
from autograder.sandbox.session import Session
from autograder.tests.mini import (
    DOUBLE,
    FULL,
    ID,
    judged,
    scores,
    source_notebook,
    submission,
    write,
)

BROKEN = {
    "an endless loop": ("while True: pass", "took longer than the 2 seconds"),
    "sleeping": ("import time; time.sleep(60)", "took longer than the 2 seconds"),
    "ending the process": ("import os; os._exit(0)", "ended the Python process"),
    "a crash": ("import ctypes; ctypes.string_at(0)", "ended the Python process"),
    "too much memory": ("return np.ones(10**10)", "raised MemoryError"),
    "a huge reply": ("return np.zeros(10**8)", "returned more than the grader takes"),
    "a strided huge reply": ("return np.broadcast_to(0.0, 10**12)", "returned more than the grader takes"),
    "a self-containing list": ("a = []; a.append(a); return a", "returned more than the grader takes"),
    "deep recursion": ("return double(x)", "raised RecursionError"),
    "an exception of its own": ("raise type('Spy' + str(x.sum()), (Exception,), {})", "an exception of its own"),
    "exit": ("import sys; sys.exit()", "raised SystemExit"),
    "input": ("return input()", "`double` raised"),
    "a signal": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "ended the Python process"),
    "a process": ("import subprocess; subprocess.run('ls')", "raised PermissionError"),
    "a fork": ("import os; os.fork()", "raised PermissionError"),
    "memory without a limit": ("import os; os.memfd_create('x')", "raised PermissionError"),
    "the host's settings": ("open('/proc/sys/vm/swappiness', 'a')", "raised FileNotFoundError"),
    "a number that is too large": ("return 10**399", "not finite"),
    "a reply that is deep": ("a = ()\n    for _ in range(99): a = (a,)\n    return a", "cannot read"),
    "the disk": ("return [open(str(i), 'wb').write(bytes(10**7)) for i in range(99)]", "raised OSError"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "cause"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_code_only_spoils_its_own_checks(course, body, cause):
    """Is the reason given, and do the checks after it still count?"""
    result = judged(course, submission({"double": f"def double(x):\n    {body}"}))
    points = scores(result)
    assert points["test_double"] == 0
    assert points["test_fit"] == 20
    assert cause in result.cells[0]["checks"][0]["message"]


def test_a_cell_that_hangs_is_skipped(course):
    """Does a cell that never ends cost only its own time, and say so in the student's output?"""
    started = time.monotonic()
    result = judged(course, submission(extra="while True: pass"))
    assert scores(result) == FULL
    assert time.monotonic() - started < 15


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


def test_nothing_is_left_behind(course):
    """Is every process of a submission gone once it is judged?"""
    before = set(os.listdir("/proc"))
    judged(course, submission({"double": "import threading\ndef double(x):\n    while True: pass"}))
    time.sleep(0.3)
    names = [_command(pid) for pid in set(os.listdir("/proc")) - before if pid.isdigit()]
    assert not [name for name in names if "autograder.sandbox.worker" in name]


def _command(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""
