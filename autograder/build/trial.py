"""The solution and the untouched release through the real grader, before anything is released."""

import contextlib
import hashlib
import io
import platform
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from nbformat import NotebookNode

from autograder.course import Course, CourseError
from autograder.files import write_whole
from autograder.grading.batch import sealed_steps
from autograder.grading.one import judge_known
from autograder.grading.restore import blank
from autograder.grading.result import Result, share_of
from autograder.grading.standing import grader_digest, settings_of
from autograder.truth.source import handed_in

UNTRIED = "Where nothing can be graded, `autograder build --untried` makes the release without trying it."


def try_out(course: Course, assignment: str, source: NotebookNode) -> None:
    """Grade both, unless just this was graded before.

    Raises CourseError when the solution loses points, the release gets some, or nothing can be graded here.
    """
    key = _key(course, assignment)
    if _tried(course, assignment) == key:
        return
    try:
        steps = sealed_steps(course, None)
    except CourseError as error:
        raise CourseError(f"{error} {UNTRIED}") from error
    rules = replace(steps.rules(course, assignment), show=False)
    with _quiet():
        solution = judge_known("its solution", assignment, handed_in(source), rules)
        release = judge_known("its release, as it is,", assignment, handed_in(blank(source)), rules)
    if lines := [*_lost(solution), *_gained(release)]:
        scores = f"{_score(solution)} and {_score(release)}"
        head = f"source/{assignment}: {scores}. Mend the checks or the solution; nothing was released."
        raise CourseError("\n".join([head, *lines]))
    with contextlib.suppress(OSError):  # then it is graded again next time
        write_whole(course.tried(assignment), key)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """While open, bars and prints of the reference's functions, which run here, go nowhere."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def _key(course: Course, assignment: str) -> str:
    """Changes with whatever may change what comes of it: source, settings, grader, Python, NumPy."""
    about = f"{grader_digest()} {np.__version__} {platform.python_version()} ".encode()
    content = about + settings_of(course) + course.source(assignment).read_bytes()
    return hashlib.sha256(content).hexdigest()


def _tried(course: Course, assignment: str) -> str:
    try:
        return course.tried(assignment).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _score(result: Result) -> str:
    if result.score is None:
        return f"{result.student} is not graded"
    return f"{result.student} gets {result.score:g} of {result.max_score:g} points"


def _lost(result: Result) -> Iterator[str]:
    """A line for each check that the solution does not pass."""
    if result.problem:
        yield f"  the solution: {result.problem}"
    for where, check in _checks(result):
        if check["status"] == "could not run":
            yield f"  {where}: could not be run ({check['cause']})"
        elif share_of(check) < 1:
            yield f"  {where}: the solution fails: {check['cause']}"


def _gained(result: Result) -> Iterator[str]:
    """A line for each check that gives points to somebody who has written nothing."""
    if result.problem:
        yield f"  the release: {result.problem}"
    for where, check in _checks(result):
        if share_of(check) > 0:
            yield f"  {where}: passes although nothing is written yet"


def _checks(result: Result) -> Iterator[tuple[str, dict]]:
    """Where each check stands, and its facts."""
    for cell in result.cells:
        for number, check in enumerate(cell["checks"], 1):
            hidden = ", hidden" if check["hidden"] else ""
            yield f"{cell['cell']}, check {number} ({check['check']}{hidden})", check
