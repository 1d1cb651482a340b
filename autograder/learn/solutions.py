"""The course's solution of one exercise, for who has done it or gives it up."""

from collections.abc import Iterable
from pathlib import Path

from autograder.cells import SOLUTION, Cell
from autograder.course import Course, CourseError
from autograder.learn.outline import find
from autograder.learn.record import DONE, Record


def shown(course: Course, folder: Path, assignment: str, word: str, give_up: bool) -> tuple[str, str]:
    """The name of an exercise and its solution; with `give_up` it is remembered as given up, if not done.

    Raises CourseError for an exercise that is neither done nor given up, or not there.
    """
    name, cells = find(course, assignment, word)
    record = Record(folder)
    if record.state(assignment, name) != DONE and (assignment, name) not in record.given_up:
        if not give_up:
            raise CourseError(
                f"{name} of {assignment} is not done, as far as the last check knows. Run `autograder learn "
                f"--check {assignment}`, or add --give-up to see the solution all the same; your page of "
                "progress will say so."
            )
        record.give_up(assignment, name)
    return name, solution_of(cells)


def solution_of(answers: Iterable[Cell]) -> str:
    """The text of an exercise's answers in the source, without nbgrader's markers."""
    marks = (f"BEGIN {SOLUTION}", f"END {SOLUTION}")
    texts = (cell.source.split("\n") for cell in answers)
    return "\n\n".join("\n".join(ln for ln in lines if not any(m in ln for m in marks)) for lines in texts)
