"""The exercises of an assignment, from its source or from a notebook that was judged."""

import copy
from collections.abc import Iterator
from dataclasses import replace

import nbformat
from nbformat import NotebookNode

from autograder.build.canonical import read_notebook
from autograder.cells import Cell, cells_of, of_kind
from autograder.course import Course, CourseError
from autograder.feedback.exercises import Exercise as Graded
from autograder.feedback.exercises import exercises_of
from autograder.grading.match import grade_id
from autograder.grading.of_record import CellGrade, label
from autograder.learn.record import DONE, LOST, TODO, Exercise

NOT_RUN = "This check could not be run, which is not your fault; run `autograder learn --check` once more."


def outline(course: Course, assignment: str) -> list[Exercise]:
    """The exercises that tests give points for, with nothing done yet. Raises CourseError."""
    return [as_exercise(one, prefix) for prefix, one in _in_source(course, assignment)]


def answers_of(course: Course, assignment: str) -> dict[str, list[Cell]]:
    """The source's cells of each exercise's answers, by the exercise's name. Raises CourseError."""
    found = {}
    for prefix, one in _in_source(course, assignment):
        found[prefix + one.name] = cells_of(nbformat.v4.new_notebook(cells=one.answers))
    return found


def find(course: Course, assignment: str, word: str) -> tuple[str, list[Cell]]:
    """An exercise's name and its answers, by that name, one of its cells or functions, or its number.

    Raises CourseError.
    """
    known = answers_of(course, assignment)
    for number, (name, cells) in enumerate(known.items(), 1):
        if word in {name, str(number), *(own for cell in cells for own in (cell.name, *cell.functions))}:
            return name, cells
    names = "; ".join(f"{number} {name}" for number, name in enumerate(known, 1))
    raise CourseError(f"{assignment} has no exercise {word!r}; it has: {names}.")


def _in_source(course: Course, assignment: str) -> Iterator[tuple[str, Graded]]:
    """The exercises of an assignment's notebooks, and what goes before their names."""
    for name in course.notebooks(assignment):
        source = read_notebook(course.source(assignment, name), "run `autograder build`.")
        for one in graded_in(source):
            yield label("", name, assignment), one


def graded_in(notebook: NotebookNode) -> list[Graded]:
    """The exercises of a notebook with what its tests gave, nothing where it was not judged.

    What a person would mark is left out: nobody is there who does.
    """
    grades = [_grade(cell.node) for cell in of_kind(cells_of(notebook), "test")]
    return [one for one in exercises_of(notebook, {grade.cell: grade for grade in grades}) if one.grades]


def _grade(cell: NotebookNode) -> CellGrade:
    score = cell.metadata.get("autograder", {}).get("score", 0.0)
    points = float(cell.metadata.nbgrader["points"])
    return CellGrade(grade_id(cell) or "", score, None, 0.0, points, waits=False)


def as_exercise(graded: Graded, prefix: str = "") -> Exercise:
    """What is remembered of an exercise."""
    state = DONE if graded.state == "kept" else LOST
    is_todo = graded.is_unfinished or not graded.checks
    score, points = round(graded.score, 4), round(graded.points, 4)
    one = Exercise(prefix + graded.name, graded.about, points, score, state, graded.first)
    return replace(one, state=TODO, first="") if is_todo and state != DONE else one


def for_a_learner(notebook: NotebookNode) -> NotebookNode:
    """A judged notebook whose messages name no instructor."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        for check in cell.metadata.get("autograder", {}).get("checks", []):
            if check["status"] == "could not run":
                check["message"] = NOT_RUN
    return notebook
