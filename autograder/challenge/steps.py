"""The entries of a class, or a file of our own, one after another."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from autograder.challenge.entry import Entry, baseline_of, entry_of, made_of, with_entry
from autograder.challenge.record import BASELINE, Line, Record, in_order, keep, keep_own, line_of
from autograder.challenge.run import Walls, measure
from autograder.challenge.settings import chosen, other_text
from autograder.challenge.task import Task, make_task
from autograder.course import Course, CourseError
from autograder.grading.batch import sealed_steps, submissions
from autograder.grading.restore import restore
from autograder.grading.submission import SubmissionError, read_submission
from autograder.truth.source import read_source

# report(whose, characters read, of), None for as long as it learns
Report = Callable[[str, int | None, int], object]


@dataclass(frozen=True)
class Place:
    """Where entries of an assignment are measured."""

    course: Course
    assignment: str
    source: NotebookNode
    task: Task
    walls: Walls
    released: frozenset[str]


def place_of(course: Course, assignment: str, sandbox: str | None, say: Callable, end: bool = False) -> Place:
    """Raises CourseError where an assignment has no challenge, or this machine no walls."""
    choice, source = chosen(course), read_source(course, assignment)
    baseline_of(source)
    task = make_task(source, choice.minutes, choice.secret, other_text(course, choice), end)
    steps = sealed_steps(course, sandbox, say)
    rules = steps.rules(course, assignment)
    walls = Walls(steps.sandbox, rules.limits, rules.given)
    return Place(course, assignment, source, task, walls, rules.released)


def run_class(place: Place, students: list[str], report: Report) -> tuple[list[Line], Line]:
    """The places of all who have an entry, and the baseline's line.

    Only the entries of `students` run, of everybody where none is named; of others what is known counts. What
    was measured before and has not changed is not run again. Raises CourseError.
    """
    record, lines = Record(place.course), []
    submissions(place.course, [place.assignment], students)  # are they all there?
    everybody = [student for student, _ in submissions(place.course, [place.assignment], [])]
    own = made_of(place.source, place.source, baseline_of(place.source))
    baseline = _line(place, record, BASELINE, own, report)
    for student, entry in _entries(place, everybody):
        if isinstance(entry, Line):
            lines.append(entry)
        elif not students or student in students:
            lines.append(_line(place, record, student, entry, report))
        elif known := record.find(entry.key(place.task.digest), student):
            lines.append(known)
        keep(place.course, place.assignment, place.task, baseline, in_order(lines))
    keep(place.course, place.assignment, place.task, baseline, in_order(lines))
    return in_order(lines), baseline


def run_file(place: Place, file: Path, where: str, report: Report) -> Line:
    """What `open_reader` of a file reaches in the source's notebook, also written beside it as JSON."""
    try:
        notebook = with_entry(place.source, file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CourseError(f"{file} cannot be read ({error}).") from None
    entry = entry_of(notebook, place.source)
    if not entry:
        raise CourseError(f"{file} defines no open_reader of its own; see docs/challenge.md.")
    line = _line(place, None, file.stem, entry, report)
    if line.loss is None:
        raise CourseError(f"{file}: {line.problem} {line.detail}".strip())
    keep_own(file.with_suffix(".json"), where, place.task, line)
    return line


def _entries(place: Place, students: list[str]) -> Iterator[tuple[str, Entry | Line]]:
    """The entries of those who have one; a line of those whose notebook cannot be read."""
    for student in students:
        path = place.course.submitted(student, place.assignment)
        try:
            restored = restore(read_submission(path), place.source, released=place.released)
            entry = entry_of(restored.notebook, place.source)
        except SubmissionError as error:
            yield student, Line(student, problem=str(error))
        except Exception as error:  # whatever a notebook is, the class goes on
            yield student, Line(student, problem=f"It cannot be read ({type(error).__name__}).")
        else:
            if entry:
                yield student, entry


def _line(place: Place, record: Record | None, student: str, entry: Entry, report: Report) -> Line:
    """What came of an entry, now or before; kept when it is final."""
    key, task = entry.key(place.task.digest), place.task
    if record and (known := record.find(key, student)):
        return known
    measured = measure(entry, task, place.walls, lambda done: report(student, done, task.characters))
    line = line_of(student, entry, measured)
    if record and measured.final:
        record.add(key, line)
    return line
