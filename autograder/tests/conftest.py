"""Fixtures that several test files use, the option --stress, and the time limit of each test."""

import pytest

from autograder.tests.downloads import runner
from autograder.tests.mini import make_course
from autograder.tests.time_limit import pytest_timeout_set_timer

__all__ = ["pytest_timeout_set_timer"]


# The files that take longest, the longest first: what runs at the end is short, and no process waits long for another.
LONGEST = [
    "test_hostile", "test_course", "test_busy", "test_audit", "test_audit_beyond", "test_moving", "test_student_wheel",
    "test_faults", "test_workers", "test_learn", "test_gradescope", "test_learn_wheel", "test_killed", "test_calibrate",
    "test_finding", "test_plain", "test_timing", "test_commands", "test_feedback", "test_damaged_results", "test_build_tried",
]  # fmt: skip


def pytest_collection_modifyitems(items):
    """The longest files first, the others in their order; `--no-loadscope-reorder` leaves it so."""
    ranks = {name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path.stem, len(ranks)))


def pytest_addoption(parser):
    parser.addoption("--stress", action="store_true", help="large counts; some hours")


@pytest.fixture(scope="session")
def stress(request) -> bool:
    """Are the large counts asked for?"""
    return request.config.getoption("--stress")


@pytest.fixture
def course(tmp_path):
    """A course folder with the tiny assignment."""
    return make_course(tmp_path)


@pytest.fixture
def nbgrader(monkeypatch, tmp_path, capsys):
    """Runs one of nbgrader's commands in a course's folder; returns what it said."""
    return runner(monkeypatch, tmp_path / "home", capsys)
