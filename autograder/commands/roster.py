"""Lists that platforms export to roster.csv, and everybody's name to the gradebook."""

import argparse
from pathlib import Path

from rich.markup import escape

from autograder.commands.parts import course_of
from autograder.terminal import console

ALONE = True


def add_to(command: argparse.ArgumentParser) -> None:
    """Its arguments."""
    command.add_argument("files", nargs="*", type=Path, metavar="FILE", help="a list from a platform")


def run(options: argparse.Namespace) -> int:
    """Run it; returns the exit code."""
    from autograder.platforms.roster_command import sentences, update_roster

    joined = update_roster(course_of(options), options.files)
    for line in sentences(joined):
        console.print(escape(line), soft_wrap=True)
    for line in [*joined.remarks, *joined.doubts]:
        console.print(f"[yellow]![/] {escape(line)}", soft_wrap=True)
    return int(bool(joined.doubts))
