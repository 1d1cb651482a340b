"""Fixtures that several test files use."""

import pytest

from autograder.tests.mini import make_course


@pytest.fixture
def course(tmp_path):
    """A course folder with the tiny assignment."""
    return make_course(tmp_path)
