"""Submitted to autograded, gradebook and report."""

import argparse

from rich.markup import escape

from autograder.commands.parts import add_assignments, add_grading, course_of
from autograder.course import Course, CourseError
from autograder.terminal import console

ALONE = True
WORKS = "autograder.grading.one"  # what its workers import, while this process reads the settings


def add_to(command: argparse.ArgumentParser) -> None:
    """Its arguments."""
    add_assignments(command, students=True)
    add_grading(command, cluster=True)
    command.add_argument("--force", action="store_true", help="also what has not changed since it was graded")


def run(options: argparse.Namespace) -> int:
    """Run it; returns the exit code."""
    from autograder.platforms.collect.teams import mark_teams
    from autograder.platforms.roster import read_roster
    from autograder.reports.around import around
    from autograder.reports.changes import keep_earlier
    from autograder.reports.on_terminal import grade_class, show_class
    from autograder.reports.page import write_report
    from autograder.reports.table import changes
    from autograder.reports.waits import waits

    course = course_of(options)
    read_roster(course)  # a damaged one is told now, and not after everybody was graded
    before = earlier_results(course)
    results = grade_class(
        course, course.choose(options.assignments), options.students, jobs=options.jobs,
        scheduler=options.scheduler, sandbox=options.sandbox, force=options.force,
    )  # fmt: skip
    mark_teams(course, [*results, *before])
    graded = with_earlier(course, results, before)
    keep_earlier(course.reports)
    page = write_report(graded, course.reports, around(course))
    show_class(results)
    for change in changes(before, results):
        console.print(f"[yellow]![/] {escape(change)}", soft_wrap=True)
    console.print(
        f"Report: {page}\nNext: `autograder feedback`, or marks by hand in `jupyter lab`'s formgrader."
    )
    return int(bool(waits(results)))


def earlier_results(course: Course) -> list:
    """The results of earlier runs; none when there are none that can be read."""
    from autograder.grading.results_file import read_results

    try:
        return read_results(course.reports / "results.json")
    except CourseError:
        return []


def with_earlier(course: Course, results: list, before: list) -> list:
    """`results`, and those of `before` for what is still in submitted/ and was not graded now.

    Their grades of record are those of now, too.
    """
    from autograder.grading.record import with_grades

    now = {(result.student, result.assignment) for result in results}
    kept = [
        result for result in before if (result.student, result.assignment) not in now
        and course.submitted(result.student, result.assignment).parent.is_dir()
    ]  # fmt: skip
    return [*results, *with_grades(course, kept)] if kept else results
