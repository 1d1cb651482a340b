"""Fixtures that several test files use, and the option --stress."""

import pytest

from autograder.tests.mini import make_course


def pytest_addoption(parser):
    parser.addoption("--stress", action="store_true", help="large counts; about half an hour")


@pytest.fixture(scope="session")
def stress(request) -> bool:
    """Are the large counts asked for?"""
    return request.config.getoption("--stress")


@pytest.fixture
def course(tmp_path):
    """A course folder with the tiny assignment."""
    return make_course(tmp_path)
