"""Known mistakes and right answers through the grader: what do the tests see?"""

import argparse
from pathlib import Path

from autograder.commands.parts import add_assignments, add_grading, course_of
from autograder.course import CourseError
from autograder.terminal import bar_of, console


def add_to(command: argparse.ArgumentParser) -> None:
    """Its arguments."""
    add_assignments(command)
    add_grading(command)
    command.add_argument("--all", action="store_true", help="all assignments")
    command.add_argument("--seed", type=int, default=0, metavar="N", help="other hidden inputs (default: 0)")
    command.add_argument("--json", type=Path, metavar="FILE", help="write what was found as JSON, too")


def run(options: argparse.Namespace) -> int:
    """Run it; returns the exit code."""
    from autograder.audit.counts import holds
    from autograder.audit.page import write_page
    from autograder.audit.run import audit as audit_assignments
    from autograder.audit.stored import write_json
    from autograder.audit.table import audit_table, beyond_table, lines, progress_note

    course = course_of(options)
    if not options.assignments and not options.all:
        raise CourseError("Name the assignments to audit, or say `autograder audit --all`.")
    with bar_of() as bar:
        task = bar.add_task("auditing", total=None, note="")
        found = audit_assignments(
            course, course.choose(options.assignments), seed=options.seed, jobs=options.jobs,
            sandbox=options.sandbox, report=lambda tried, of: bar.update(
                task, completed=len(tried), total=of, note=progress_note(tried)
            ),
        )  # fmt: skip
    console.print(audit_table(found))
    console.print()
    console.print(beyond_table(found))
    for line in lines(found.findings):
        console.print(line, soft_wrap=True)
    if options.json:
        write_json(found, options.json)
    console.print(f"Which mistake fails which check: {write_page(found, course.reports)}", soft_wrap=True)
    return int(not holds(found))
