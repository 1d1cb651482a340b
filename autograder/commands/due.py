"""When an assignment is due, for all or for some; without a time: what is set."""

import argparse

from rich.markup import escape

from autograder.commands.parts import course_of
from autograder.terminal import console

ALONE = True


def add_to(command: argparse.ArgumentParser) -> None:
    """Its arguments."""
    command.add_argument("assignment", metavar="ID", help="one assignment")
    command.add_argument("time", nargs="?", default="", metavar="TIME", help="as '2026-11-23 10:15 +0100'")
    command.add_argument("--students", nargs="+", default=[], metavar="STUDENT", help="only these")


def run(options: argparse.Namespace) -> int:
    """Run it; returns the exit code."""
    from autograder.grading.due import set_due

    course = course_of(options)
    [assignment] = course.choose([options.assignment])
    for line in set_due(course, assignment, options.time, options.students):
        console.print(escape(line), soft_wrap=True)
    if options.time:
        console.print("Late penalties follow at the next `autograder grade`.")
    return 0
