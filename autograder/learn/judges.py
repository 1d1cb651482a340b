"""Who judges: a class's graders, behind the best walls there are, or without any where there are none."""

import contextlib
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from autograder.course import Course, CourseError
from autograder.grading.result import Result, Texts
from autograder.learn.folder import Desk

LEARNER = "learner"
OPEN = "none"
NOT_SEALED = "Not sealed: your code may do all that you may, as in the notebook."
FREE = "Nothing limits its time here; Ctrl-C ends it."
POSIX = {"fcntl", "resource"}  # modules that Windows does not have


@dataclass(frozen=True)
class How:
    """How to judge: behind which walls ("" for the best), how many at a time, and who hears of it.

    `say(sentence)` hears of walls that are not the best, `report(done, all)` of each assignment.
    """

    sandbox: str = ""
    jobs: int | None = None
    say: Callable[[str], object] = str
    report: Callable[[int, int], object] = max


def judges(
    course: Course, desk: Desk, assignments: list[str], how: How
) -> Generator[tuple[Result, Texts, str], None, None]:
    """Results with the judged notebooks and the name of the walls, in the order in which they are ready.

    Raises CourseError when nothing can be judged behind the walls that were asked for.
    """
    steps = _steps(course, how)
    work = course, desk, assignments
    with contextlib.closing(_by_graders(*work, how, steps) if steps else _inside(*work)) as results:
        how.report(0, len(assignments))
        for done, found in enumerate(results, 1):
            how.report(done, len(assignments))
            yield found


def _by_graders(
    course: Course, desk: Desk, assignments: list[str], how: How, steps: Any
) -> Generator[tuple[Result, Texts, str], None, None]:
    """As a class is graded."""
    from autograder.grading.batch import judge_all

    tasks = [(desk, LEARNER, one, steps.rules(course, one)) for one in assignments]
    with contextlib.closing(judge_all(tasks, how.jobs)) as results:
        for result, texts in results:
            yield result, texts, steps.sandbox


def _inside(
    course: Course, desk: Desk, assignments: list[str]
) -> Generator[tuple[Result, Texts, str], None, None]:
    """One after the other in a plain Python process."""
    from autograder.learn.inside import judge_inside

    for one in assignments:
        yield *judge_inside(course, desk, one), OPEN


def _steps(course: Course, how: How) -> Any:
    """The course's settings with the walls that are named, or the best ones, or none where there are none.

    None where graders cannot even do without. Raises CourseError where the named walls are not to be had.
    """
    try:
        from autograder.grading.batch import sealed_steps
    except ModuleNotFoundError as error:
        if error.name not in POSIX:
            raise
        if how.sandbox not in ("", OPEN):
            raise CourseError(f"There is no sandbox {how.sandbox} on this system; leave it out.") from None
        how.say(f"{NOT_SEALED} {FREE}")
        return None
    if how.sandbox:
        if how.sandbox == OPEN:
            how.say(NOT_SEALED)
        return sealed_steps(course, how.sandbox, how.say)
    try:
        return sealed_steps(course, None, how.say)
    except CourseError as error:
        how.say(f"{NOT_SEALED} Why: {error}")
    try:
        return sealed_steps(course, OPEN)
    except CourseError:
        how.say(FREE)
        return None
