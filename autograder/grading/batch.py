"""Grading a class: submissions side by side in worker processes, one writer."""

import contextlib
import functools
import shutil
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import nbformat

from autograder.course import Course, CourseError, require_folder
from autograder.faults import is_everybodys
from autograder.grading.judge import Rules
from autograder.grading.ledger import Ledger, key_of, settings_of
from autograder.grading.nbgrader_steps import SealedExecute
from autograder.grading.one import judge_one
from autograder.grading.record import Recorder, with_grades
from autograder.grading.released import remember
from autograder.grading.restore import blank
from autograder.grading.result import Result, Texts, failed
from autograder.grading.submission import SubmissionError
from autograder.grading.taken import sources_of, taken_rules
from autograder.grading.workers import run_in_workers
from autograder.sandbox.ends import NoProcess
from autograder.sandbox.limits import Limits
from autograder.sandbox.places import place_of, require
from autograder.sandbox.process import StudentProcess


def submissions(course: Course, assignments: list[str], students: list[str]) -> list[tuple[str, str]]:
    """(student, assignment) of everything handed in. Raises CourseError when there is nothing."""
    folder = course.root / "submitted"
    present = sorted(path.name for path in folder.glob("*") if path.is_dir())
    for unknown in sorted(set(students) - set(present)):
        raise CourseError(f"submitted/ has no student {unknown!r}; it has: {', '.join(present) or 'nobody'}.")
    found = [
        (student, assignment) for assignment in assignments for student in students or present
        if course.submitted(student, assignment).parent.is_dir()
    ]  # fmt: skip
    if not found:
        raise CourseError(
            f"submitted/ holds nothing for {', '.join(assignments)}; "
            "put notebooks at submitted/<student>/<assignment>/<assignment>.ipynb, or run `nbgrader collect`."
        )
    return found


def grade(
    course: Course, assignments: list[str], students: list[str], *, jobs: int | None = None,
    scheduler: str | None = None, sandbox: str | None = None, force: bool = False,
    report: Callable[[Result | None, int, int], None], say: Callable[[str], object] = str,
) -> list[Result]:  # fmt: skip
    """Grade and record; `report(result, done, all)` hears of each one when it is on disk, and of the start,
    `say(sentence)` of walls that are not the best.

    `jobs` processes of this machine judge, or the Dask cluster of `scheduler`; recording is done here.
    What was graded before and has not changed since keeps its result, unless `force`. Raises CourseError
    when grading cannot start; a single bad submission only spoils its own result.
    """
    settings, steps = settings_of(course), sealed_steps(course, sandbox, say)
    for folder in ("submitted", "autograded", "reports"):
        require_folder(course.root / folder)
    recorder, ledger = Recorder(course, steps.config), Ledger(course)
    work = submissions(course, assignments, students)
    recorder.require_gradebook()
    rules = {assignment: steps.rules(course, assignment) for _, assignment in work}
    for assignment in rules:
        recorder.require_assignment(assignment)
        with contextlib.suppress(OSError):  # where the source is only lent; nothing but notes depends on it
            for source in sources_of(rules[assignment]):
                remember(course, assignment, blank(nbformat.read(source, as_version=4)))
    recorded = set() if force else recorder.recorded(rules)
    kept = {pair: ledger.find(*pair, key_of(course, *pair, rules[pair[1]], settings))
            for pair in work if pair in recorded}  # fmt: skip
    results = [result for result in kept.values() if result]
    recorder.work_out_penalties([pair for pair, result in kept.items() if result])
    report(None, len(results), len(work))
    todo = [(course, *pair, rules[pair[1]]) for pair in work if not kept.get(pair)]
    judging = _judged_on_cluster(todo, scheduler, jobs) if scheduler and todo else judge_all(todo, jobs)
    with _emptied(course.judging), contextlib.closing(judging) as judged:
        for result, texts in judged:
            ledger.drop(result.student, result.assignment)
            key = _record(recorder, result, texts, rules[result.assignment], settings)
            shutil.rmtree(course.taken(result.student, result.assignment), ignore_errors=True)
            ledger.add(result, key)
            results.append(result)
            report(result, len(results), len(work))
    return sorted(with_grades(course, results), key=lambda result: (result.assignment, result.student))


def _record(recorder: Recorder, result: Result, texts: Texts, rules: Rules, settings: bytes) -> str:
    """Write what was judged, and return its key; when that fails the result says so, and the class goes on.

    What would fail for everybody else, too, ends the run.
    """
    if not texts:
        return ""
    pair = result.student, result.assignment
    here = Course(recorder.course.taken(*pair))
    try:
        notebooks = {name: nbformat.reads(text, as_version=4) for name, text in texts.items()}
        recorder.record(*pair, notebooks, here.submitted(*pair).parent)
        return key_of(here, *pair, taken_rules(here, result.assignment, rules), settings)
    except Exception as error:
        if isinstance(error, CourseError) or is_everybodys(error):
            raise
        reason = f"{type(error).__name__}: {error}"
        result.problem = f"The grade could not be written ({reason}); mend and grade it again."
        result.score = None
        return ""


@contextlib.contextmanager
def _emptied(folder: Path) -> Iterator[None]:
    """Without `folder` at the start, where a killed run may have left it, and at the end."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sealed_steps(course: Course, sandbox: str | None, say: Callable[[str], object] = str) -> SealedExecute:
    """The course's settings for grading, with another sandbox if one is named.

    Raises CourseError when no student process starts here, before everybody's submission says so.
    """
    steps = SealedExecute(config=course.config())
    steps.sandbox, why = require(sandbox or steps.sandbox)
    place_of(steps.sandbox).keep(course.root)
    if why:
        say(why)
    try:
        StudentProcess(steps.sandbox, Limits(), []).close()
    except NoProcess as error:
        raise CourseError(f"{error} Run `autograder doctor`.") from error
    return steps


def judge_all(tasks: list[tuple], jobs: int | None) -> Generator[tuple[Result, Texts], None, None]:
    """Results with the graded notebooks' text, in the order in which they are ready.

    One that something outside disturbs is judged once more when all others are done.
    """
    beside, again = (functools.partial(_with_rules, alone=alone) for alone in (False, True))
    with contextlib.closing(run_in_workers(judge_one, map(beside, tasks), jobs, again)) as finished:
        for (_, student, assignment, _), future in finished:
            yield _outcome(student, assignment, future)


def _with_rules(task: tuple, **changes: bool) -> tuple:
    return (*task[:3], replace(task[3], **changes))


def _judged_on_cluster(
    tasks: list[tuple], scheduler: str, jobs: int | None
) -> Generator[tuple[Result, Texts], None, None]:
    """As judge_all, elsewhere; a submission that cannot even be packed gets its sentence here."""
    from autograder.grading.cluster import run_on_cluster
    from autograder.grading.payload import judge_payload, pack

    left: list[tuple] = []

    def payloads() -> Iterator[tuple]:
        for task in tasks:
            try:
                yield (pack(*task),)
            except (SubmissionError, OSError):
                left.append(task)

    work = run_on_cluster(scheduler, judge_payload, payloads(), tasks[0][3].sandbox)
    with contextlib.closing(work) as finished:
        for (payload,), future in finished:
            yield _outcome(payload.student, payload.assignment, future)
    yield from judge_all(left, jobs)


def _outcome(student: str, assignment: str, future: Future) -> tuple[Result, Texts]:
    error = future.exception()
    if error and (isinstance(error, CourseError) or is_everybodys(error)):
        raise error
    return (failed(student, assignment, error), {}) if error else future.result()
