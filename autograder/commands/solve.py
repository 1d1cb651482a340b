"""Source to executed solutions, with full training; their results to README.md."""

import argparse

from autograder.commands.parts import add_assignments, course_of
from autograder.terminal import bar_of


def add_to(command: argparse.ArgumentParser) -> None:
    """Its arguments."""
    add_assignments(command)
    command.add_argument(
        "--seeds", type=int, default=0, metavar="N",
        help="do not run the notebooks; train their models with N other seeds and keep what that reaches",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Run it; returns the exit code."""
    from autograder.build.results import keep_others, show_results
    from autograder.build.seeds import train_again
    from autograder.build.solve import solve as solve_notebook
    from autograder.course import CourseError

    course = course_of(options)
    if options.seeds < 0:
        raise CourseError("--seeds is a number of further trainings: 1 or more.")
    assignments = course.choose(options.assignments)
    with bar_of() as bar:
        for assignment in assignments:
            task = bar.add_task(assignment, total=None, note="")

            def report(done: int, of: int, title: str, task: int = task) -> None:
                bar.update(task, completed=done, total=of, note=title)

            if options.seeds:
                reached = train_again(course, assignment, list(range(1, options.seeds + 1)), report)
                path = keep_others(course, assignment, reached) if reached else course.results
            else:
                path = solve_notebook(course, assignment, report)
            bar.update(task, note=str(path.relative_to(course.root)))
            show_results(course)
    return 0
