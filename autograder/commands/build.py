"""Source to release."""

import argparse

from autograder.commands.parts import add_assignments, course_of
from autograder.terminal import console

ALONE = True


def add_to(command: argparse.ArgumentParser) -> None:
    """Its arguments."""
    add_assignments(command)
    kept = "when both changed: which one counts"
    command.add_argument("--keep", choices=["text", "notebook"], help=kept)
    command.add_argument("--untried", action="store_true", help="without grading the solution first")


def run(options: argparse.Namespace) -> int:
    """Run it; returns the exit code."""
    from autograder.build.pair import synchronise
    from autograder.build.release import build as build_release

    course = course_of(options)
    for assignment in course.choose(options.assignments):
        with console.status(f"building {assignment}"):
            notebooks = course.notebooks(assignment)
            pairs = [synchronise(course, assignment, options.keep, one) for one in notebooks]
            pair = ", ".join(dict.fromkeys(pairs))
            release = build_release(course, assignment, trial=not options.untried)
        console.print(f"[green]✓[/] {assignment}: {pair}; {release}", soft_wrap=True)
    if options.untried:
        console.print("[yellow]![/] Nobody has graded the solutions: `autograder build` does, where it can.")
    return 0
