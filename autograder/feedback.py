"""Autograded to feedback: one page per student and assignment, written by nbgrader's own converter."""

import logging
import warnings
from collections.abc import Callable

from nbgrader.converters import GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory

from autograder.course import Course, CourseError


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
    config = course.config()
    for done, (student, assignment) in enumerate(graded, 1):
        folders = CourseDirectory(
            config=config, root=str(course.root), student_id=student, assignment_id=assignment
        )
        _convert(GenerateFeedback(coursedir=folders, config=config, force=True), student)
        report(done, len(graded))
    return len(graded)


def _convert(converter: GenerateFeedback, student: str) -> None:
    converter.log = _quiet()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            converter.start()
    except NbGraderException as error:
        raise CourseError(f"nbgrader could not write the feedback of {student}: {error}") from error


def _quiet() -> logging.Logger:
    """nbgrader logs each file that it writes; here the progress bar tells."""
    log = logging.getLogger("autograder.feedback")
    log.setLevel(logging.ERROR)
    return log
