"""`autograder demo`: source to release to graded class to feedback and report, in a folder of its own."""

import argparse
import shutil
from collections.abc import Callable

from rich.markup import escape

from autograder.build.pair import synchronise
from autograder.build.release import build
from autograder.course import CONFIG, Course
from autograder.demo.search import search
from autograder.demo.students import STUDENTS, Assignment
from autograder.feedback.write import write_feedback
from autograder.grading.result import Result
from autograder.reports.around import around
from autograder.reports.on_terminal import grade_class, show_class
from autograder.reports.page import write_report
from autograder.sandbox.places import BEST, require
from autograder.terminal import console

FOLDER = "demo"
SHOWN = 3  # assignments, from the first on, unless all are asked for
# One student's function never returns; nobody has to wait for that as long as in a real course.
LIMITS = "\nc.SealedExecute.call_seconds = 4\nc.SealedExecute.notebook_seconds = 60\n"


def run(course: Course, options: argparse.Namespace) -> int:
    """Run the demo; 0 when every step did its work, whatever the students did, and no test leaked."""
    require(options.sandbox or BEST)
    assignments = course.assignments if options.full else course.assignments[:SHOWN]
    demo = _make_course(course, assignments)
    _build(demo, assignments)
    _hand_in(demo, assignments)
    results = grade_class(demo, assignments, hear=_firsts(), jobs=options.jobs, sandbox=options.sandbox)
    show_class(results)
    with console.status("writing feedback"):
        pages = write_feedback(demo, assignments, [], lambda done, of: None)
    page = write_report(results, demo.reports, around(demo))
    leaks = _search(demo)
    _say_where(demo, page, pages)
    return int(leaks)


def _make_course(course: Course, assignments: list[str]) -> Course:
    """A fresh course folder with these sources of `course`; an earlier demo's goes away."""
    demo = Course(course.root / FOLDER)
    shutil.rmtree(demo.root, ignore_errors=True)
    for assignment in assignments:
        shutil.copytree(course.source(assignment).parent, demo.source(assignment).parent)
    # Invented students stay out of the gradebook of a real class, wherever that is.
    own = f"\nc.CourseDirectory.db_url = 'sqlite:///{demo.gradebook}'\n"
    (demo.root / CONFIG).write_text((course.root / CONFIG).read_text() + own + LIMITS)
    return demo


def _build(demo: Course, assignments: list[str]) -> None:
    for assignment in assignments:
        with console.status(f"building {assignment}"):
            synchronise(demo, assignment)
            build(demo, assignment)
    console.print(f"[green]✓[/] {len(assignments)} releases built and registered in the gradebook")


def _hand_in(demo: Course, assignments: list[str]) -> None:
    """Write everybody's submissions, and say who is who."""
    for assignment in assignments:
        known = Assignment.load(demo, assignment)
        for student, hand_in in STUDENTS.items():
            path = demo.submitted(student, assignment)
            path.parent.mkdir(parents=True)
            path.write_text(hand_in(known), encoding="utf-8")
    console.print(f"[green]✓[/] {len(STUDENTS)} students handed in:")
    for student, hand_in in STUDENTS.items():
        console.print(f"    {student:8} {hand_in.__doc__}")


def _firsts() -> Callable[[Result], None]:
    """Says of each student what the first submission got, as soon as it is graded."""
    seen: set[str] = set()

    def hear(result: Result) -> None:
        if result.student not in seen:
            seen.add(result.student)
            got = "not graded" if result.score is None else f"{result.score:g} of {result.max_score:g}"
            console.print(f"    {result.student:8} {got} in {result.assignment}")

    return hear


def _search(demo: Course) -> bool:
    """Search the feedback for what students must not see; is there any?"""
    with console.status("searching the feedback"):
        found = search(demo)
    good = not found.leaks and found.lines and found.numbers
    console.print(f"{'[green]✓[/]' if good else '[red]✗[/]'} {found}")
    for leak in found.leaks[:5]:
        console.print(f"    {escape(leak)}", soft_wrap=True)
    return not good


def _say_where(demo: Course, page, pages: int) -> None:
    console.print(
        f"\nReport for the instructor:  {page}\n"
        f"Feedback for {pages} notebooks:  {demo.root / 'feedback'}\n"
        f"Graded notebooks:           {demo.root / 'autograded'}\n"
        f"Gradebook (nbgrader's):     {demo.gradebook}\n\n"
        f"Next: open the report in a browser; `make lab` opens the course; README.md says how to grade a\n"
        f"class of your own.",
        soft_wrap=True,
    )
