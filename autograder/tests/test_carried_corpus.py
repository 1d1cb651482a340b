"""Known mistakes of forward passes: are the points of the backward passes behind them kept, and no others?"""

import importlib
from pathlib import Path

import numpy as np
import pytest

from autograder.course import Course

pytestmark = pytest.mark.slow

COURSE = Course.find(Path(__file__))
# Known mistakes of these notebooks are tried every day: all, or one in so many.
EVERY = {"01a_single_neuron_classification": 1, "03_RNN_text_generation": 3}


@pytest.fixture
def benchmark(monkeypatch):
    """benchmarks/carried_forward.py, which measures it for the documentation."""
    monkeypatch.syspath_prepend(str(COURSE.root / "benchmarks"))
    return importlib.import_module("carried_forward")


@pytest.mark.parametrize("assignment", COURSE.assignments)
def test_right_backward_passes_keep_their_points(benchmark, assignment, stress):
    """Do right backward passes keep at least four in five of their points behind known forward mistakes?"""
    if assignment not in EVERY and not stress:
        pytest.skip("only with --stress")
    found = list(benchmark.behind(COURSE, assignment, 1 if stress else EVERY[assignment]))
    assert len(found) >= 4
    assert np.mean([share for one in found for share in one.shares]) >= 0.8


@pytest.mark.timeout(900)
@pytest.mark.parametrize("assignment", COURSE.assignments)
def test_wrong_backward_passes_keep_nothing_more(benchmark, assignment, stress):
    """Does a wrong backward pass behind a wrong forward pass keep nothing that it would not have anyway?"""
    if assignment != min(EVERY) and not stress:
        pytest.skip("only with --stress")
    found = list(benchmark.behind_both(COURSE, assignment))
    assert found
    assert [one for one in found if any(one.shares)] == []
