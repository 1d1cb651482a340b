"""What `autograder gradescope` can be asked for, and its answer on the terminal."""

import argparse
from pathlib import Path

from rich.markup import escape

from autograder.course import Course
from autograder.terminal import Terminal

VISIBLE = "visible"
VISIBILITIES = (VISIBLE, "after_due_date", "after_published", "hidden")
MINUTES, MOST_MINUTES = 10, 40  # Gradescope's default for a run, and the most that it allows


def add_to(command: argparse.ArgumentParser) -> None:
    """Give the command its arguments."""
    command.add_argument("assignment", metavar="ID", help="the assignment")
    command.add_argument(
        "--output", type=Path, metavar="FILE", help="the zip (default: reports/gradescope/<id>.zip)"
    )
    command.add_argument(
        "--minutes", type=int, choices=range(1, MOST_MINUTES + 1), default=MINUTES, metavar="N",
        help=f"the assignment's time limit in Gradescope, 1 to {MOST_MINUTES} (default: {MINUTES})",
    )  # fmt: skip
    command.add_argument(
        "--hidden-checks", choices=VISIBILITIES, default=VISIBLE, help="when students see what came of "
        f"hidden checks (default: {VISIBLE}; with any other, Gradescope does not show them their total)",
    )  # fmt: skip
    command.add_argument(
        "--challenge", action="store_true", help="also measure entries of the open challenge, for the "
        "leaderboard; needs a whole CPU and more time (docs/challenge.md)",
    )  # fmt: skip


def answer(course: Course, options: argparse.Namespace, console: Terminal) -> int:
    """Write the zip, and say what to do with it."""
    from autograder.gradescope.pack import pack

    [assignment] = course.choose([options.assignment])
    path = options.output or course.reports / "gradescope" / f"{assignment}.zip"
    points = pack(course, assignment, path, options.minutes, options.hidden_checks, options.challenge)
    size = path.stat().st_size / 2**20
    lines = [
        f"[green]✓[/] {escape(str(path))}: {size:.1f} MB, with the solutions: for Gradescope alone.",
        f"Next: upload it to a programming assignment of {points:g} autograder points, "
        f"whose time limit is {options.minutes} minutes (docs/gradescope.md).",
    ]
    console.print("\n".join(lines), soft_wrap=True)
    return 0
