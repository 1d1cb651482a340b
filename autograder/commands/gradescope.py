"""The zip with which Gradescope grades an assignment."""

import argparse

from autograder.commands.parts import course_of
from autograder.gradescope.options import add_to, answer
from autograder.terminal import console

__all__ = ["add_to", "run"]


def run(options: argparse.Namespace) -> int:
    """Run it; returns the exit code."""
    return answer(course_of(options), options, console)
