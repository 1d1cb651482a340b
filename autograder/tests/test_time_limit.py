"""The time limit of tests themselves: a test that hangs is named, the others go on, and nothing is left."""

import subprocess
import sys

import psutil
import pytest

pytestmark = pytest.mark.slow

HANGS = """
import signal, subprocess, sys, time
import pytest
from autograder.grading.workers import run_in_workers

def wait(number):
    time.sleep(600)

def sleeper():
    command = [sys.executable, "-c", "import time; time.sleep(600)", {mark!r}]
    return subprocess.Popen(command, start_new_session=True)

@pytest.fixture
def kept():
    process = sleeper()
    yield
    process.kill()
    open({mark!r}, "a").write("cleaned up")

def test_before():
    pass

def test_hangs(kept):
    signal.setitimer(signal.ITIMER_REAL, 0)
    process = sleeper()
    try:
        list(run_in_workers(wait, [(1,)], 1))
    except Exception:
        pass

@pytest.mark.skipif({deaf}, reason="the other case")
def test_after():
    pass

def test_deaf():
    if {deaf}:
        sleeper()
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
        time.sleep(600)
"""


@pytest.mark.parametrize(("how", "deaf"), [("--numprocesses=2", False), ("--numprocesses=0", True)])
def test_a_test_that_hangs_is_named_and_leaves_nothing(tmp_path, how, deaf):
    """Does a run with tests that wait for ever end, say which, and end what they started?"""
    mark = tmp_path / "mark"
    (tmp_path / "test_it.py").write_text(HANGS.format(mark=str(mark), deaf=deaf))
    (tmp_path / "conftest.py").write_text(
        "from autograder.tests import time_limit\ntime_limit.GRACE_SECONDS = 3\n"
        "from autograder.tests.time_limit import pytest_timeout_set_timer\n"
    )
    command = [sys.executable, "-m", "pytest", "--timeout=8", "--rootdir=.", how]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=90)
    told = done.stdout + done.stderr
    assert done.returncode
    assert "took longer than 8 seconds" in told or deaf
    assert "test_it.py::test_deaf" in told or not deaf
    assert ("1 failed, 3 passed" in told) != deaf
    assert mark.read_text() == "cleaned up"
    left = [one.pid for one in psutil.process_iter(["cmdline"]) if str(mark) in (one.info["cmdline"] or ())]
    assert left == []
