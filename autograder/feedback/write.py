"""Autograded to feedback: one page per student and assignment, written by nbgrader's own converter."""

import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder import faults
from autograder.converters import cause, convert
from autograder.course import Course, CourseError, require_folder
from autograder.files import swap
from autograder.gradebook import require_gradebook


def write_feedback(
    course: Course, assignments: list[str], students: list[str], report: Callable[[int, int], None]
) -> int:
    """Write the pages and return the number of submissions; `report(done, all)` hears of each.

    A page is made elsewhere and moved to its place, so one that cannot be made leaves the old one. Raises
    CourseError, after all others are written.
    """
    graded = [
        (path.parent.name, assignment) for assignment in assignments
        for path in sorted((course.root / "autograded").glob(f"*/{assignment}"))
        if not students or path.parent.name in students
    ]  # fmt: skip
    if not graded:
        raise CourseError("autograded/ holds nothing to give feedback on; run `autograder grade` first.")
    config = course.config()
    problems: dict[str, list[str]] = {}
    require_folder(course.root / "feedback")
    require_gradebook(_folders(course, config).db_url, write=False)
    for done, (student, assignment) in enumerate(graded, 1):
        if problem := _write(course, config, student, assignment):
            problems.setdefault(problem, []).append(f"{student} in {assignment}")
        report(done, len(graded))
    if problems:
        raise CourseError(_unwritten(problems))
    return len(graded)


def _write(course: Course, config: Config, student: str, assignment: str) -> str:
    """Write one page; a problem is returned, so that everybody else still gets theirs."""
    ids = {"student_id": student, "assignment_id": assignment}
    try:
        with tempfile.TemporaryDirectory(dir=course.root, prefix=".feedback-") as workshop:
            place = _folders(course, config, **ids)
            made = _folders(course, config, **ids, feedback_directory=workshop)
            if log := convert(GenerateFeedback, made, config, force=True):
                return re.sub(r": '[^']*'$", "", cause(log))  # a file of the workshop's
            swap(_page(made), _page(place), Path(workshop) / "old")
    except OSError as error:
        return faults.sentence(error)
    return ""


def _folders(course: Course, config: Config, **where: str) -> CourseDirectory:
    return CourseDirectory(config=config, root=str(course.root), **where)


def _page(folders: CourseDirectory) -> Path:
    """The folder of one page."""
    return Path(folders.format_path(folders.feedback_directory, folders.student_id, folders.assignment_id))


def _unwritten(problems: dict[str, list[str]]) -> str:
    reasons = "; ".join(f"{', '.join(names)} ({problem})" for problem, names in problems.items())
    return (
        f"Everybody's feedback was written, but for: {reasons}. Mend that and run it again; old pages stay."
    )
