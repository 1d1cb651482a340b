"""What several commands have in common: the course, arguments."""

import argparse
from pathlib import Path

from autograder.course import Course
from autograder.sandbox.places import BEST, PLACES


def course_of(options: argparse.Namespace) -> Course:
    """The course that the command is about. Raises CourseError where there is none."""
    return Course.find(Path(options.course))


def add_assignments(command: argparse.ArgumentParser, *, students: bool = False) -> None:
    """Which assignments, and of whom."""
    command.add_argument("assignments", nargs="*", metavar="ID", help="assignments (default: all)")
    if students:
        command.add_argument("--students", nargs="+", default=[], metavar="STUDENT", help="only these")


def add_grading(command: argparse.ArgumentParser, *, cluster: bool = False) -> None:
    """How many at a time, and behind which walls."""
    where = command.add_mutually_exclusive_group()
    where.add_argument("--jobs", type=positive, metavar="N", help="submissions at a time (default: cores)")
    if cluster:
        where.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster that judges instead")
    command.add_argument(
        "--sandbox", choices=[BEST, *PLACES], help="walls (default: the best there are here); "
        "'none' only for code that you trust",
    )  # fmt: skip


def positive(text: str) -> int:
    """A whole number from 1 on, for argparse."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return number
