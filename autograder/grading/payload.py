"""A submission with all that judging needs, for a machine that has this package and nothing of the course."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from autograder.course import Course
from autograder.grading.judge import Rules
from autograder.grading.ledger import grader_digest
from autograder.grading.one import judge_taken
from autograder.grading.result import Result, Texts
from autograder.grading.taken import take, taken_rules
from autograder.grading.workers import run_in_workers


class OtherVersion(Exception):
    """This machine would judge with other code; its text says what to install."""


def version() -> str:
    """What has to be the same on every machine: this package's grading code, and NumPy."""
    return f"grader {grader_digest()[:12]}, NumPy {np.__version__}"


@dataclass(frozen=True)
class Payload:
    """The submission's files and the source's by content; the paths in `rules` mean nothing elsewhere."""

    student: str
    assignment: str
    rules: Rules
    source: dict[str, bytes]
    files: dict[str, bytes]
    version: str


def pack(course: Course, student: str, assignment: str, rules: Rules) -> Payload:
    """Read a submission, as `take` does. Raises SubmissionError when it cannot be read."""
    here, rules = take(course, student, assignment, rules, course.taken(student, assignment))
    kinds = here.submitted(student, assignment).parent, rules.source.parent
    files, source = ({name: file.read_bytes() for name, file in _all(folder)} for folder in kinds)
    return Payload(student, assignment, rules, source, files, version())


def judge_payload(payload: Payload) -> tuple[Result, Texts]:
    """Judge in a process of its own, as `judge_taken` does; a thread of a cluster's worker calls this."""
    if payload.version != version():
        raise OtherVersion(f"the worker has {version()}, not {payload.version}; install the same there")
    [(_, future)] = list(run_in_workers(_judge, [(payload,)], 1))
    return future.result()


def _judge(payload: Payload) -> tuple[Result, Texts]:
    with tempfile.TemporaryDirectory(prefix="autograder-") as folder:
        course = Course(Path(folder))
        rules = taken_rules(course, payload.assignment, payload.rules)
        _write(rules.source.parent, payload.source)
        _write(course.submitted(payload.student, payload.assignment).parent, payload.files)
        return judge_taken(course, payload.student, payload.assignment, rules)


def _all(folder: Path) -> Iterator[tuple[str, Path]]:
    return ((file.relative_to(folder).as_posix(), file) for file in folder.rglob("*") if file.is_file())


def _write(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
