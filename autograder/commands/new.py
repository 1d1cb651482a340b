"""A new assignment to start from, and a course around it where there is none."""

import argparse
from pathlib import Path

from rich.markup import escape

from autograder.terminal import console


def add_to(command: argparse.ArgumentParser) -> None:
    """Its arguments."""
    command.add_argument("assignment", metavar="ID", help="its name: letters, digits, - and _")
    command.add_argument("--plain", action="store_true", help="with plain asserts, as other nbgrader courses")
    command.add_argument("--here", action="store_true", help="begin a course among other files")


def run(options: argparse.Namespace) -> int:
    """Run it; returns the exit code."""
    from autograder.new.make import begin

    course, made = begin(Path(options.course).absolute(), options.assignment, options.here, options.plain)
    for path in made:
        console.print(f"[green]✓[/] {escape(str(path.relative_to(course.root)))}", soft_wrap=True)
    console.print(f"Next: `autograder build`, then `autograder audit {options.assignment}`.", soft_wrap=True)
    return 0
