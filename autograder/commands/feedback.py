"""Autograded to a page per student, by nbgrader."""

import argparse

from autograder.commands.parts import add_assignments, course_of
from autograder.terminal import bar_of, console


def add_to(command: argparse.ArgumentParser) -> None:
    """Its arguments."""
    add_assignments(command, students=True)


def run(options: argparse.Namespace) -> int:
    """Run it; returns the exit code."""
    from autograder.feedback.write import write_feedback
    from autograder.reports.page import renew

    course = course_of(options)
    with bar_of() as bar:
        task = bar.add_task("feedback", visible=False, note="")
        written = write_feedback(
            course, course.choose(options.assignments), options.students,
            lambda done, of: bar.update(task, completed=done, total=of, visible=True),
        )  # fmt: skip
    renew(course)
    console.print(f"Feedback on {written} submissions in {course.root / 'feedback'}")
    return 0
