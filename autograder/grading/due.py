"""Due dates and extensions in the gradebook, from times that mean one thing only."""

import warnings
from datetime import datetime

from nbgrader.api import Gradebook, MissingEntry
from sqlalchemy.exc import SAWarning

from autograder.course import Course, CourseError
from autograder.grading.record import Recorder
from autograder.grading.times import as_utc, timezone_of


def set_due(course: Course, assignment: str, text: str, students: list[str]) -> list[str]:
    """Write when an assignment is due, or for some students alone; returns what is true now.

    Raises CourseError when `text` is not one time, or there is nothing yet that an extension could extend.
    """
    recorder = Recorder(course, course.config())
    recorder.require_gradebook()
    recorder.require_assignment(assignment)
    time = _time(text, timezone_of(recorder.config)) if text else None
    with recorder.opened() as gradebook, warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # nbgrader's own order of inserts
        if time and students:
            _extend(gradebook, assignment, time, students)
        elif time:
            gradebook.update_or_create_assignment(assignment, duedate=time)
        return _said(gradebook, assignment)


def _time(text: str, zone: str) -> datetime:
    try:
        return as_utc(text, zone)
    except ValueError as error:
        raise CourseError(f"The due date {error}; write it as in '2026-11-23 10:15 +0100'.") from None


def _extend(gradebook: Gradebook, assignment: str, time: datetime, students: list[str]) -> None:
    due = gradebook.find_assignment(assignment).duedate
    if not due:
        raise CourseError(f"{assignment} has no due date; set it first: `autograder due {assignment} TIME`.")
    for student in students:
        try:
            gradebook.find_student(student)
        except MissingEntry:
            raise CourseError(
                f"The gradebook has no student {student!r}; nothing was changed for anybody after them. "
                "Check the id, or add the student with `nbgrader db student add`."
            ) from None
        submission = gradebook.update_or_create_submission(assignment, student)
        submission.extension = time - due or None
    gradebook.db.commit()


def _said(gradebook: Gradebook, assignment: str) -> list[str]:
    found = gradebook.find_assignment(assignment)
    if not found.duedate:
        return [f"{assignment} has no due date."]
    extended = sorted((one.student_id, one.duedate) for one in found.submissions if one.extension)
    return [
        f"{assignment} is due at {found.duedate:%Y-%m-%d %H:%M:%S} UTC.",
        *(f"{student}: at {due:%Y-%m-%d %H:%M:%S} UTC." for student, due in extended),
    ]
