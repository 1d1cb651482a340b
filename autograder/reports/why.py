"""Why a submission lost its points: what was measured, the student's code and the tests, for instructors."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

import nbformat
from rich.text import Text

from autograder.cells import Cell, cells_of
from autograder.course import Course, CourseError
from autograder.grading.of_record import label
from autograder.grading.result import Result
from autograder.words import number, plain, printable


@dataclass(frozen=True)
class Why:
    """A test cell that does not give all of its points.

    `checks` are the facts of those that failed or could not run; `answer` is the student's code, `test` the
    source's, with its hidden part.
    """

    cell: str
    points: float
    score: float
    checks: list[dict]
    answer: str
    test: str


def why(course: Course, results: list[Result], student: str, assignment: str) -> list[Why]:
    """The cells that lost points, in the notebook's order.

    Raises CourseError when there is no such result, or no graded copy.
    """
    result = _result(results, student, assignment)
    if result.problem:
        raise CourseError(f"{student}/{assignment} was not graded: {result.problem}")
    found: list[Why] = []
    for notebook in course.notebooks(assignment):
        source = _cells(course, assignment, notebook)
        graded = _answers(course, student, assignment, notebook)
        found += _lost(result, source, graded, label("", notebook, assignment))
    return found


def _lost(result: Result, source: list[Cell], graded: dict[str, str], prefix: str) -> Iterator[Why]:
    """The cells of one notebook that lost points."""
    tests = {prefix + cell.name: cell.name for cell in source if cell.kind == "test"}
    for cell in result.cells:
        lost = [check for check in cell["checks"] if check["status"] != "passed"]
        if lost and cell["cell"] in tests:
            test, exercises = _test(source, tests[cell["cell"]])
            answer = "\n\n".join(graded[name] for name in exercises if name in graded)
            yield Why(cell["cell"], cell["points"], cell["score"], lost, answer, test)


def _result(results: list[Result], student: str, assignment: str) -> Result:
    for result in results:
        if (result.student, result.assignment) == (student, assignment):
            return result
    of = sorted(result.student for result in results if result.assignment == assignment)
    raise CourseError(
        f"There is no result of {student!r} for {assignment}; there are: {', '.join(of) or 'none'}. "
        "`autograder grade` makes them."
    )


def _cells(course: Course, assignment: str, notebook: str) -> list[Cell]:
    path = course.source(assignment, notebook)
    try:
        return cells_of(nbformat.read(path, as_version=4))
    except (OSError, ValueError):
        raise CourseError(f"{path} cannot be read; run `autograder build`.") from None


def _answers(course: Course, student: str, assignment: str, notebook: str) -> dict[str, str]:
    """The student's code by exercise, from the graded copy."""
    path = course.autograded(student, assignment, notebook)
    try:
        cells = cells_of(nbformat.read(path, as_version=4))
    except (OSError, ValueError):
        raise CourseError(f"{path} cannot be read; run `autograder grade {assignment} --force`.") from None
    return {cell.name: cell.source for cell in cells if cell.kind == "exercise"}


def _test(source: list[Cell], name: str) -> tuple[str, list[str]]:
    """A test cell's text, and the exercises between it and the test before it."""
    exercises: list[str] = []
    for cell in source:
        if cell.kind == "exercise":
            exercises.append(cell.name)
        elif cell.kind == "test" and cell.name == name:
            return cell.source, exercises
        elif cell.kind == "test":
            exercises = []
    return "", []


def as_text(one: Why) -> Text:
    """One cell for the terminal; what a student wrote is only text there."""
    text = Text(f"\n{one.cell}: {number(one.score)} of {number(one.points)} points\n", "bold")
    for check in one.checks:
        hidden = " (hidden)" if check["hidden"] else ""
        text.append(plain(f"✗ {check['check']}{hidden}: {check['cause']}") + "\n", "not bold red")
        for line in check.get("evidence", []):
            text.append(f"    {plain(line)}\n", "not bold")
    for title, code in (("The answer", one.answer), ("The test", one.test)):
        text.append(f"{title}\n", "not bold underline")
        text.append(textwrap.indent(printable(code), "    ") + "\n", "not bold dim")
    return text
