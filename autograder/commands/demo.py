"""The whole way on a simulated class."""

import argparse

from autograder.commands.parts import add_grading, course_of
from autograder.course import CourseError

ALONE = True


def add_to(command: argparse.ArgumentParser) -> None:
    """Its arguments."""
    add_grading(command)
    command.add_argument("--full", action="store_true", help="all assignments instead of the first three")


def run(options: argparse.Namespace) -> int:
    """Run it; returns the exit code."""
    try:
        from autograder.demo.run import run
    except ModuleNotFoundError:
        raise CourseError(
            "The demo is part of the course's repository, not of the installed package."
        ) from None
    return run(course_of(options), options)
