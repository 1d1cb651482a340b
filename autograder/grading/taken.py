"""What was handed in, read once: the copy on disk that is judged, recorded, and known by its digest."""

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from autograder.course import Course
from autograder.files import naming
from autograder.grading.judge import Rules
from autograder.grading.submission import (
    MAX_BYTES,
    MAX_FILE,
    SubmissionError,
    other_notebooks,
    plain_files,
    require_file,
)
from autograder.grading.times import TIMESTAMP, handed_in_at


def take(course: Course, student: str, assignment: str, rules: Rules, place: Path) -> tuple[Course, Rules]:
    """Copy a submission and its source to `place`; returns that as a course, and rules with that source.

    What changes later changes nothing of this grade. Raises SubmissionError when it cannot be read, or nobody
    knows when it came.
    """
    here, path = Course(place), course.submitted(student, assignment)
    shutil.rmtree(place, ignore_errors=True)
    with _sentence(path):
        require_file(path)
        handed_in_at(path.with_name(TIMESTAMP), rules.timezone)
        files = handed_in(path)
    for file in files:
        _write(here.submitted(student, assignment).with_name(file.name), _read(file))
    _write(here.source(assignment), rules.source.read_bytes())
    return here, replace(rules, source=here.source(assignment), beside=tuple(other_notebooks(path)))


def handed_in(notebook: Path) -> list[Path]:
    """The files of a submission that count: the notebook, plain files beside it, and when it came."""
    files, time = plain_files(notebook.parent), notebook.with_name(TIMESTAMP)
    if time not in files and not time.is_symlink() and time.is_file():
        files.append(time)
    return [notebook, *files]


def _read(path: Path) -> bytes:
    """All of a plain file. Raises SubmissionError when it is no longer one, or grew too large."""
    most = MAX_BYTES if path.suffix == ".ipynb" else MAX_FILE
    with _sentence(path), open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        content = file.read(most + 1) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else None
    if content is None or len(content) > most:
        raise SubmissionError(f"{path.name} changed while it was read; grade it again.")
    return content


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with naming(path):
        path.write_bytes(content)


@contextlib.contextmanager
def _sentence(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SubmissionError(f"{path.name} cannot be read ({error.strerror}).") from None
