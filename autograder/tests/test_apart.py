"""Work in a process apart: one try that hangs, grows or dies costs only itself."""

import os
import time

import numpy as np
import psutil
import pytest

from autograder.diagnosis import apart
from autograder.diagnosis.apart import tried_apart


def _hang():
    10 ** (10**9)  # one step of Python's that no signal ends


TROUBLE = {
    "hangs": _hang,
    "sleeps": lambda: time.sleep(60),
    "takes memory": lambda: np.ones(2**31),
    "ends": lambda: os._exit(3),
    "raises": lambda: 1 / 0,
    "is killed": lambda: os.kill(os.getpid(), 9),
}


def _work(trouble, count=5):
    def work(first, tell):
        for number in range(first, count):
            tell(number)
            if number in (0, 2):
                trouble()
        return f"from {first}"

    return work


@pytest.mark.parametrize("name", TROUBLE)
def test_what_goes_wrong_is_passed_over(name, monkeypatch):
    """Are the tries behind it made all the same?"""
    monkeypatch.setattr(apart, "SILENT_SECONDS", 1.0)
    assert tried_apart(_work(TROUBLE[name]), 30) == "from 3"


def test_time_is_bounded_and_nothing_stays():
    """Does it end when the time is over, and is no process left?"""
    began, before = time.monotonic(), set(psutil.Process().children())
    assert tried_apart(_work(_hang, 3), 0.5) is None
    assert time.monotonic() - began < 5
    assert set(psutil.Process().children()) <= before


def test_a_large_result_arrives():
    """Is a result of several pipes full whole?"""
    assert tried_apart(lambda first, tell: "x" * 10**6, 30) == "x" * 10**6
