"""Threads of NumPy's matrix products: are they limited where that is faster, and given back in any case?"""

import os
import signal
import subprocess
import sys

import pytest
from threadpoolctl import threadpool_limits

from autograder import TrainingLog, load_corpus, progress
from autograder.notebook import cores, training
from autograder.notebook.parallel import threads


@pytest.fixture(autouse=True)
def two_cores(monkeypatch):
    """As if a person opened a notebook on a machine with two cores."""
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(cores, "_found", cores._Found())
    monkeypatch.setattr(training, "PATIENCE", 0.0)
    with threadpool_limits(limits=2, user_api="blas"):
        yield


@pytest.fixture
def busy(monkeypatch):
    """More threads are slower."""
    monkeypatch.setattr(cores._Fit, "_trial", lambda self, threads, at_most: threads)


@pytest.fixture
def idle(monkeypatch):
    """More threads are faster."""
    monkeypatch.setattr(cores._Fit, "_trial", lambda self, threads, at_most: 1 / threads)


def seen_in_a_loop():
    return [threads() for _ in progress(2)]


def test_one_thread_on_a_busy_machine(busy):
    """Is the limit there in each step, and gone after the loop?"""
    assert seen_in_a_loop() == [1, 1]
    assert threads() == 2


def test_all_threads_on_an_idle_machine(idle):
    """Is nothing taken away where nothing is gained?"""
    assert seen_in_a_loop() == [2, 2]


def test_a_loop_begins_with_one_thread_and_follows_what_a_trial_finds(idle, monkeypatch):
    """Does a short loop not wait for a trial, and a long one get its threads?"""
    monkeypatch.setattr(training, "PATIENCE", 0.2)
    seen = []
    for _ in progress(1000):
        seen.append(threads())
        if seen[-1] == 2:
            break
    assert seen[:2] == [1, 1]
    assert seen[-1] == 2
    assert seen_in_a_loop() == [2, 2]  # the next loop knows it


def test_a_machine_that_becomes_busy_is_noticed(idle, monkeypatch):
    """Is there another trial after a while?"""
    monkeypatch.setattr(cores, "APART", 0.0)
    monkeypatch.setattr(cores, "SHARE", 0)
    seen = []
    for step in progress(4):
        seen.append(threads())
        if step == 1:
            monkeypatch.setattr(cores._Fit, "_trial", lambda self, threads, at_most: threads)
    assert seen == [2, 2, 1, 1]


@pytest.mark.parametrize("most", [3, 8])
def test_as_many_as_help(monkeypatch, most):
    """Where three threads are the fastest that can be had, are neither one nor eight taken?"""
    monkeypatch.setattr(
        cores._Fit, "_trial", lambda self, threads, at_most: {1: 1.0, 2: 0.6, 3: 0.5, 4: 0.7}[threads]
    )
    with threadpool_limits(limits=most, user_api="blas"):
        assert seen_in_a_loop() == [3 if most == 3 else 2] * 2


def test_given_back_after_a_break(busy):
    """Is a loop that is left early no reason to keep the limit?"""
    for _ in progress(9):
        break
    assert threads() == 2


def test_given_back_after_an_error(busy):
    """And a loop that fails?"""
    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        for _ in progress(9):
            1 / 0  # noqa: B018
    assert threads() == 2


@pytest.mark.parametrize("times", [1, 2])
def test_given_back_after_an_interrupt(busy, times, capsys):
    """And one that is interrupted, politely or at once?"""
    try:
        for _ in progress(9):
            for _ in range(times):
                os.kill(os.getpid(), signal.SIGINT)
    except KeyboardInterrupt:
        assert times == 2
    assert threads() == 2


def test_looks_at_the_held_out_part(busy):
    """Do looks before and after the loop run with one thread, and those within it change nothing?"""
    seen = []
    log = TrainingLog(
        "test", lambda ids, params: float(seen.append(threads()) or 1), load_corpus(), {}, every=1
    )
    for step in progress(2):
        log(step, {})
        assert threads() == 1
    log.finish({}, [1.0, 1.0], characters=1)
    assert seen == [1] * 4
    assert threads() == 2


def test_one_thread_where_nbgrader_runs_the_notebook(idle, monkeypatch):
    """Is nothing tried there?"""
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    assert seen_in_a_loop() == [1, 1]


def test_one_thread_in_all_cells_that_nbgrader_runs():
    """Does `nbgrader validate` of many notebooks not make their cells wait for one another?"""
    code = "import autograder; from autograder.notebook.parallel import threads; print(threads())"
    environment = os.environ | {"NBGRADER_EXECUTION": "validate", "OPENBLAS_NUM_THREADS": "2"}
    assert subprocess.check_output([sys.executable, "-c", code], env=environment, text=True) == "1\n"


def test_a_trial_of_the_real_thing():
    """Does a trial end, with a number of threads that there are?"""
    with cores.fitting_threads():
        assert threads() in (1, 2)
        assert cores._found.threads == threads()
    assert threads() == 2
