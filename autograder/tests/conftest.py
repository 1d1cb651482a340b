"""Fixtures that several test files use, the option --stress, and the time limit of each test."""

import pytest

from autograder.tests.downloads import runner
from autograder.tests.mini import make_course
from autograder.tests.time_limit import pytest_timeout_set_timer

__all__ = ["pytest_timeout_set_timer"]


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
