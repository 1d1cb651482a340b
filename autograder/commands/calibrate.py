"""Losses that training reaches over many seeds, to thresholds in source/<id>/calibration.json."""

import argparse

from rich.markup import escape

from autograder.commands.parts import add_assignments, course_of, positive
from autograder.terminal import bar_of, console


def add_to(command: argparse.ArgumentParser) -> None:
    """Its arguments."""
    add_assignments(command)
    command.add_argument("--seeds", type=positive, default=200, metavar="N", help="runs of the reference")
    command.add_argument("--mistake-seeds", type=positive, default=40, metavar="N", help="of each mistake")
    about = "measure visible checks only, and leave what is written about hidden ones"
    command.add_argument("--visible", action="store_true", help=about)
    command.add_argument("--jobs", type=positive, metavar="N", help="runs at a time (default: cores)")


def run(options: argparse.Namespace) -> int:
    """Run it; returns the exit code."""
    from autograder.calibrate.run import Plan
    from autograder.calibrate.steps import calibrate as calibrate_targets
    from autograder.calibrate.verdict import table

    course, plan, found = course_of(options), Plan(options.seeds, options.mistake_seeds), []
    with bar_of() as bar:
        for assignment in course.choose(options.assignments):
            task = bar.add_task(assignment, total=None, note="")

            def report(done: int, of: int, task: int = task) -> None:
                bar.update(task, completed=done, total=of)

            calibration, problems = calibrate_targets(
                course, assignment, plan, options.jobs, report, options.visible
            )
            if calibration["checks"]:
                bar.console.print(table(calibration, assignment))
            found += [f"{assignment}: {problem}" for problem in problems]
    for problem in found:
        console.print(f"[yellow]![/] {escape(problem)}", soft_wrap=True)
    return int(bool(found))
