"""Checking what one person wrote, as grading does a class, and remembering what came of it."""

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import nbformat
import numpy as np

from autograder.course import Course
from autograder.feedback.exporter import render
from autograder.files import plain_files, write_whole
from autograder.grading.of_record import GradeOfRecord, label
from autograder.grading.result import Result, Texts
from autograder.learn.folder import Desk, is_untouched
from autograder.learn.judges import How, judges
from autograder.learn.outline import as_exercise, for_a_learner, graded_in
from autograder.learn.record import Check, Exercise, Record, now

PACKAGE = "neuron-to-transformer"


@dataclass
class Found:
    """What a check found: assignments checked now, those that stayed as they were, and those not begun.

    `problems` says of others why they could not be checked.
    """

    checks: list[Check] = field(default_factory=list)
    kept: list[Check] = field(default_factory=list)
    blank: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)


def check(course: Course, folder: Path, assignments: list[str], how: How, force: bool = False) -> Found:
    """Grade what has changed since it was last checked, or all of it with `force`; remember each result.

    Raises CourseError when nothing can be graded at all.
    """
    record, found = Record(folder), Found()
    with tempfile.TemporaryDirectory(prefix="autograder-") as work:
        desk = Desk(folder, Path(work))
        todo = list(_to_check(course, desk, assignments, record, found, force))
        keys = {one: _key(course, desk, one) for one in todo}
        for result, texts, walls in judges(course, desk, todo, how) if todo else ():
            key = keys[result.assignment]
            if result.problem:
                found.problems[result.assignment] = _for_a_learner(result.problem)
                continue
            exercises = _taken_in(folder, result, texts)
            found.checks.append(Check(result.assignment, now(), walls, key, exercises))
            record.add(found.checks[-1])
    return found


def _to_check(
    course: Course, desk: Desk, assignments: list[str], record: Record, found: Found, force: bool
) -> Iterator[str]:
    """The assignments to grade; `found` takes the others."""
    for one in assignments:
        last = record.last(one)
        if force or (last and last.key != _key(course, desk, one)):
            yield one
        elif last:
            found.kept.append(last)
        elif is_untouched(course, desk, one):
            found.blank.append(one)
        else:
            yield one


def _for_a_learner(problem: str) -> str:
    """Why a notebook cannot be graded, with what its own author can do."""
    said, asks, _ = problem.partition("; ask ")
    return f"{said}. Rename or remove it, and `autograder learn` brings a new one." if asks else problem


def _key(course: Course, desk: Desk, assignment: str) -> str:
    """Changes with what the learner wrote, with the source, the course's settings and the grader."""
    folders = course.source(assignment).parent, desk.submitted("", assignment).parent
    notebooks = [path for folder in folders for path in sorted(folder.glob("*.ipynb")) if path.is_file()]
    files = [*notebooks, *(path for folder in folders for path in plain_files(folder)), *course.settings]
    about = hashlib.sha256(f"{version(PACKAGE)} {np.__version__}".encode())
    for file in files:
        about.update(f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return about.hexdigest()


def _taken_in(folder: Path, result: Result, texts: Texts) -> tuple[Exercise, ...]:
    """The exercises of what was judged; a feedback page is written for each notebook."""
    exercises: list[Exercise] = []
    for name, text in sorted(texts.items()):
        notebook = for_a_learner(nbformat.reads(text, as_version=4))
        graded = graded_in(notebook)
        prefix = label("", name, result.assignment)
        exercises += [as_exercise(one, prefix) for one in graded]
        grades = tuple(grade for one in graded for grade in one.grades)
        of_record = GradeOfRecord(grades, sum(grade.max_score for grade in grades))
        page = render(notebook, {"notebook": name, "of_record": of_record})
        write_whole(feedback_of(folder, result.assignment, name), page)
    return tuple(exercises)


def feedback_of(folder: Path, assignment: str, notebook: str) -> Path:
    """Where the feedback page of a notebook is."""
    return folder / "feedback" / assignment / f"{notebook}.html"
