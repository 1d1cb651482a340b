"""What is missing on this machine, and how to get it."""

import argparse

from rich.markup import escape

from autograder.commands.parts import course_of
from autograder.terminal import console


def add_to(command: argparse.ArgumentParser) -> None:
    """Its arguments."""
    command.add_argument("--install", action="store_true", help="install what apt-get can")
    told = "also which plain test cells of the course run sealed"
    command.add_argument("--course", dest="plain", action="store_true", help=told)


def run(options: argparse.Namespace) -> int:
    """Run it; returns the exit code."""
    from autograder.doctor import examine, examine_course

    findings = examine(install=options.install)
    findings += examine_course(course_of(options)) if options.plain else []
    for finding in findings:
        mark = {True: "[green]✓[/]", False: "[red]✗[/]", None: "[yellow]-[/]"}[finding.fine]
        console.print(f"{mark} {finding.name}: {escape(finding.text)}", soft_wrap=True)
    return int(any(finding.fine is False for finding in findings))
