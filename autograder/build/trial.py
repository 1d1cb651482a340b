"""The solution and the untouched release through the real grader, before anything is released."""

import contextlib
import hashlib
import io
import platform
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from nbformat import NotebookNode

from autograder.course import Course, CourseError
from autograder.files import write_whole
from autograder.grading.batch import sealed_steps
from autograder.grading.judge import Rules
from autograder.grading.ledger import grader_digest, settings_of
from autograder.grading.of_record import label
from autograder.grading.one import judge_known
from autograder.grading.plain_report import PlainReport, plain_report
from autograder.grading.restore import blank
from autograder.grading.result import Result, share_of
from autograder.truth.source import given_files, handed_in

UNTRIED = "Where nothing can be graded, `autograder build --untried` makes the release without trying it."


def try_out(course: Course, assignment: str, sources: dict[str, NotebookNode]) -> str:
    """Grade both of each notebook, unless just this was graded before; returns how plain tests run.

    Raises CourseError when a solution loses points, a release gets some, or nothing can be graded here.
    """
    key = _key(course, assignment, sources)
    tried, _, known = _tried(course, assignment).partition("\n")
    if tried == key:
        return known
    try:
        steps = sealed_steps(course, None)
    except CourseError as error:
        raise CourseError(f"{error} {UNTRIED}") from error
    rules = replace(steps.rules(course, assignment), show=False)
    with _quiet():
        plain = plain_report(rules, assignment)
        both = [_judged(course, assignment, name, source, rules) for name, source in sources.items()]
    _require_right(assignment, plain, *map(_whole, zip(*both, strict=True)))
    with contextlib.suppress(OSError):  # then it is graded again next time
        write_whole(course.tried(assignment), f"{key}\n{plain.text}")
    return plain.text


def _judged(
    course: Course, assignment: str, name: str, source: NotebookNode, rules: Rules
) -> tuple[Result, Result]:
    """The solution and the release of one notebook."""
    own = replace(rules, source=course.source(assignment, name))
    results = (
        judge_known("its solution", assignment, handed_in(source), own),
        judge_known("its release, as it is,", assignment, handed_in(blank(source)), own),
    )
    for one in results:
        one.cells = [{**cell, "cell": label(cell["cell"], name, assignment)} for cell in one.cells]
    return results


def _whole(parts: Sequence[Result]) -> Result:
    """The results of all notebooks as one."""
    scores = [part.score for part in parts if part.score is not None]
    return replace(
        parts[0],
        score=sum(scores) if len(scores) == len(parts) else None,
        max_score=sum(part.max_score for part in parts),
        problem=" ".join(part.problem for part in parts if part.problem),
        cells=[cell for part in parts for cell in part.cells],
    )


def _require_right(assignment: str, plain: PlainReport, solution: Result, release: Result) -> None:
    """Raise CourseError unless the one loses nothing and the other gets nothing."""
    changes = [f"  {name}: {why}" for name, why in plain.changes.items()]
    if lines := [*changes, *_lost(solution, plain.changes), *_gained(release)]:
        scores = f"{_score(solution)} and {_score(release)}"
        head = f"source/{assignment}: {scores}. Mend the checks or the solution; nothing was released."
        if plain.changes:
            head = f"{head} {plain.summary.capitalize()}."
        raise CourseError("\n".join([head, *lines]))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """While open, bars and prints of the reference's functions, which run here, go nowhere."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def _key(course: Course, assignment: str, names: Iterable[str]) -> str:
    """Changes with whatever may change what comes of it: source, settings, grader, Python, NumPy."""
    about = f"{grader_digest()} {np.__version__} {platform.python_version()} ".encode()
    sources = [course.source(assignment, name) for name in names]
    files = (path.name.encode() + path.read_bytes() for path in (*sources, *given_files(course, assignment)))
    return hashlib.sha256(b"\0".join([about, settings_of(course), *files])).hexdigest()


def _tried(course: Course, assignment: str) -> str:
    try:
        return course.tried(assignment).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _score(result: Result) -> str:
    if result.score is None:
        return f"{result.student} is not graded"
    return f"{result.student} gets {result.score:g} of {sum(c['points'] for c in result.cells):g} points"


def _lost(result: Result, known: Collection[str]) -> Iterator[str]:
    """A line for each check that the solution does not pass, but for cells of which it is `known`."""
    if result.problem:
        yield f"  the solution: {result.problem}"
    cells = [cell for cell in result.cells if cell["cell"] not in known]
    for where, check in _checks(cells):
        if check["status"] == "could not run":
            yield f"  {where}: could not be run ({check['cause']})"
        elif share_of(check) < 1:
            yield f"  {where}: the solution fails: {check['cause']}"


def _gained(result: Result) -> Iterator[str]:
    """A line for each check that gives points to somebody who has written nothing."""
    if result.problem:
        yield f"  the release: {result.problem}"
    for where, check in _checks([cell for cell in result.cells if cell["points"]]):
        if share_of(check) > 0:
            yield f"  {where}: passes although nothing is written yet"


def _checks(cells: list[dict]) -> Iterator[tuple[str, dict]]:
    """Where each check stands, and its facts."""
    for cell in cells:
        for number, check in enumerate(cell["checks"], 1):
            hidden = ", hidden" if check["hidden"] else ""
            yield f"{cell['cell']}, check {number} ({check['check']}{hidden})", check
