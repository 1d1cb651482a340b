"""The report of the last grading, again."""

import argparse

from autograder.commands.parts import course_of
from autograder.terminal import console


def add_to(command: argparse.ArgumentParser) -> None:
    """It has none."""


def run(options: argparse.Namespace) -> int:
    """Run it; returns the exit code."""
    from autograder.grading.record import with_grades
    from autograder.grading.results_file import read_results
    from autograder.reports.around import around
    from autograder.reports.on_terminal import show_class
    from autograder.reports.page import write_report

    course = course_of(options)
    results = with_grades(course, read_results(course.reports / "results.json"))
    show_class(results)
    console.print(f"Report: {write_report(results, course.reports, around(course))}")
    return 0
