"""Autograded to feedback: one page per student and assignment, written by nbgrader's own converter."""

import logging
import warnings
from collections.abc import Callable

from nbgrader.converters import GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory

from autograder.course import Course, CourseError
from autograder.gradebook import require_server


def write_feedback(
    course: Course, assignments: list[str], students: list[str], report: Callable[[int, int], None]
) -> int:
    """Write the pages and return their number; `report(done, all)` hears of each. Raises CourseError."""
    graded = [
        (path.parent.name, assignment) for assignment in assignments
        for path in sorted((course.root / "autograded").glob(f"*/{assignment}"))
        if not students or path.parent.name in students
    ]  # fmt: skip
    if not graded:
        raise CourseError("autograded/ holds nothing to give feedback on; run `autograder grade` first.")
    config, problems = course.config(), []
    require_server(CourseDirectory(config=config, root=str(course.root)).db_url)
    for done, (student, assignment) in enumerate(graded, 1):
        folders = CourseDirectory(
            config=config, root=str(course.root), student_id=student, assignment_id=assignment
        )
        problems += _convert(GenerateFeedback(coursedir=folders, config=config, force=True), student)
        report(done, len(graded))
    if problems:
        raise CourseError(f"Everybody's feedback was written, but for: {'; '.join(problems)}.")
    return len(graded)


def _convert(converter: GenerateFeedback, student: str) -> list[str]:
    """Write one page; a problem is returned, so that everybody else still gets theirs."""
    converter.log = _quiet()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            converter.start()
    except NbGraderException as error:
        return [f"{student} in {converter.coursedir.assignment_id} ({error})"]
    return []


def _quiet() -> logging.Logger:
    """nbgrader logs each file that it writes; here the progress bar tells."""
    log = logging.getLogger("autograder.feedback")
    log.setLevel(logging.ERROR)
    return log
