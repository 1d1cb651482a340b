"""Grades and feedback pages to a learning platform, or grades to a table."""

import argparse

from autograder.commands.parts import course_of
from autograder.platforms.export.options import add_options as add_to
from autograder.terminal import console

__all__ = ["add_to", "run"]


def run(options: argparse.Namespace) -> int:
    """Run it; returns the exit code."""
    from autograder.platforms.export.command import export as export_grades

    return export_grades(course_of(options), options, console)
