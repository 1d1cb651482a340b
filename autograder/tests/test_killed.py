"""Graders and workers that are killed, and large classes: nothing lost, nothing left, memory flat."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from itertools import cycle, islice

import psutil
import pytest

from autograder.course import Course
from autograder.files import read_jsonl
from autograder.grading.workers import run_in_workers
from autograder.tests.mini import ID, built_course, release_notebook, submission, write

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
]  # half a minute, ten times as long on a busy machine
MIXED = {
    "right": submission(),
    "blank": release_notebook(),
    "wrong": submission({"double": "def double(x):\n    return x"}),
    "slow": submission({"double": "def double(x):\n    import time; time.sleep(0.2)\n    return 2 * x"}),
    "dies": submission({"double": "def double(x):\n    import os; os._exit(1)"}),
    "own_cells": submission(extra="print('notes')"),
    "edited": submission({"test_double": "check_values = print"}),
    "damaged": "Dear teacher",
}


@pytest.fixture
def course(tmp_path):
    """The tiny course, built."""
    return built_course(tmp_path)


def hand_in(course, count):
    """Submissions of all kinds in turn."""
    for number, (kind, notebook) in enumerate(islice(cycle(MIXED.items()), count)):
        write(course.submitted(f"{kind}{number}", ID), notebook)


def grading(course, *arguments):
    """A grader in a session of its own."""
    command = [sys.executable, "-m", "autograder", "--course", str(course.root), "grade", *arguments]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, start_new_session=True, **quiet)


def points(course):
    """Everybody's score in nbgrader's gradebook, as often as it is there."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        return sorted((one.student.id, one.score) for one in gradebook.find_assignment(ID).submissions)


def entries(course):
    """The results that stand, each as often as it was graded to the end, without the time that it took."""
    results = [entry["result"] for entry in read_jsonl(course.reports / "graded.jsonl")]
    return sorted(({**result, "seconds": 0} for result in results), key=lambda result: result["student"])


def test_a_killed_grader_goes_on_and_leaves_nothing(course, tmp_path, stress):
    """After kill -9 at random moments, is each submission graded once, as if nothing had been, by no process left?"""
    count, kills, moments = (60, 20, random.Random(7)) if stress else (8, 4, random.Random(1))
    hand_in(course, count)
    undisturbed = Course(shutil.copytree(course.root, tmp_path / "undisturbed"))
    assert grading(undisturbed).wait() == 1, "the damaged ones need a person"
    for number in range(kills):
        process = grading(course, "--jobs", "2")
        time.sleep(moments.uniform(0.8, 3.2))
        family = psutil.Process(process.pid).children(recursive=True)
        assert process.poll() is None, "the kill came too late"
        os.killpg(process.pid, signal.SIGKILL) if number % 2 else process.kill()
        process.wait()
        assert not psutil.wait_procs(family, timeout=10)[1]
    assert grading(course).wait() == 1
    assert points(course) == points(undisturbed)
    assert entries(course) == entries(undisturbed)
    assert len(entries(course)) == sum(
        not name.startswith("damaged") for name in os.listdir(course.root / "submitted")
    )


def test_a_large_class_takes_no_more_memory(course, stress):
    """Does the main process grow by little from a tenth of 1,000 submissions to the last?"""
    if not stress:
        pytest.skip("six minutes: run pytest with --stress")
    count = 1000
    for number in range(count):
        write(course.submitted(f"student{number}", ID), MIXED["right"])
    process, sizes = grading(course), {}
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        done = len(list(read_jsonl(course.reports / "graded.jsonl")))
        sizes[done] = watched.memory_info().rss
        time.sleep(0.2)
    assert process.returncode == 0
    assert len(points(course)) == count
    grown = max(sizes.values()) - max(size for done, size in sizes.items() if done <= count / 10)
    print(
        f"{count} submissions: {max(sizes.values()) / 2**20:.0f} MiB at most, {grown / 2**20:.1f} more than after a tenth"
    )
    assert grown < 32 * 2**20


def _large(number: int) -> bytes:
    return bytes(2**20)


def test_results_are_let_go():
    """Do 300 results of one MiB each pass through without staying?"""
    before = psutil.Process().memory_info().rss
    for _, future in run_in_workers(_large, [(number,) for number in range(300)], 2):
        assert len(future.result()) == 2**20
        assert psutil.Process().memory_info().rss - before < 100 * 2**20


def test_work_that_is_given_up_waits_for_no_half_result():
    """Does closing early return at once, although a worker may be in the middle of sending a large result?"""
    for _ in range(5):
        work = run_in_workers(_large, [(number,) for number in range(300)], 2)
        assert next(work)
        began = time.monotonic()
        work.close()
        assert time.monotonic() - began < 10


def _square_or_die(number: int) -> int:
    if number == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def test_a_task_that_ends_its_process_costs_only_its_own_result():
    """Do all other tasks get done when one is killed, as by a machine out of memory?"""
    done = {task[0]: future for task, future in run_in_workers(_square_or_die, [(n,) for n in range(12)], 2)}
    assert isinstance(done.pop(5).exception(), BrokenProcessPool)
    assert {n: future.result() for n, future in done.items()} == {n: n * n for n in range(12) if n != 5}


def test_ctrl_c_is_not_lost_where_python_loses_exceptions():
    """Does work end when the signal arrives in a finaliser, where Python ignores what is raised?"""

    class Last:
        def __del__(self):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)

    work = run_in_workers(_square_or_die, [(n,) for n in range(5)], 1)
    next(work)
    Last()
    with pytest.raises(KeyboardInterrupt):
        list(work)
