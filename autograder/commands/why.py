"""Why a submission lost points, with measured values and hidden tests: for instructors only."""

import argparse

from autograder.commands.parts import course_of
from autograder.terminal import console


def add_to(command: argparse.ArgumentParser) -> None:
    """Its arguments."""
    command.add_argument("student", metavar="STUDENT", help="the folder in submitted/")
    command.add_argument("assignment", metavar="ID", help="one assignment")


def run(options: argparse.Namespace) -> int:
    """Run it; returns the exit code."""
    from autograder.grading.results_file import read_results
    from autograder.reports.why import as_text
    from autograder.reports.why import why as why_points_were_lost

    course = course_of(options)
    [assignment] = course.choose([options.assignment])
    results = read_results(course.reports / "results.json")
    found = why_points_were_lost(course, results, options.student, assignment)
    for one in found:
        console.print(as_text(one), soft_wrap=True)
    if not found:
        console.print("Every check passed.")
    return 0
