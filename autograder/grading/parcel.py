"""A submission with all that judging needs, for a machine that has this package and nothing of the course."""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from autograder.course import Course
from autograder.grading.judge import Rules
from autograder.grading.one import judge_taken
from autograder.grading.result import Result
from autograder.grading.standing import grader_digest
from autograder.grading.taken import handed_in, take
from autograder.grading.workers import run_in_workers


class OtherVersion(Exception):
    """This machine would judge with other code; its text says what to install."""


def version() -> str:
    """What has to be the same on every machine: this package's grading code, and NumPy."""
    return f"grader {grader_digest()[:12]}, NumPy {np.__version__}"


@dataclass(frozen=True)
class Parcel:
    """The submission's files and the source notebook by content; `rules.source` means nothing elsewhere."""

    student: str
    assignment: str
    rules: Rules
    source: bytes
    files: dict[str, bytes]
    version: str


def pack(course: Course, student: str, assignment: str, rules: Rules) -> Parcel:
    """Read a submission, as `take` does. Raises SubmissionError when it cannot be read."""
    here, rules = take(course, student, assignment, rules, course.taken(student, assignment))
    files = {file.name: file.read_bytes() for file in handed_in(here.submitted(student, assignment))}
    return Parcel(student, assignment, rules, rules.source.read_bytes(), files, version())


def judge_parcel(parcel: Parcel) -> tuple[Result, str]:
    """Judge in a process of its own, as `judge_taken` does; a thread of a cluster's worker calls this."""
    if parcel.version != version():
        raise OtherVersion(f"the worker has {version()}, not {parcel.version}; install the same there")
    [(_, future)] = list(run_in_workers(_judge, [(parcel,)], 1))
    return future.result()


def _judge(parcel: Parcel) -> tuple[Result, str]:
    with tempfile.TemporaryDirectory(prefix="autograder-") as folder:
        course = Course(Path(folder))
        rules = replace(parcel.rules, source=course.source(parcel.assignment))
        submitted = course.submitted(parcel.student, parcel.assignment)
        _write(rules.source.parent, {rules.source.name: parcel.source})
        _write(submitted.parent, parcel.files)
        return judge_taken(course, parcel.student, parcel.assignment, rules)


def _write(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
