"""What was handed in, read once: the copy on disk that is judged, recorded, and known by its digest."""

import contextlib
import os
import shutil
import stat
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

import nbformat

from autograder.course import Course, notebooks_of
from autograder.files import MAX_FILE, files_below, naming
from autograder.grading.judge import Rules
from autograder.grading.submission import MAX_BYTES, SubmissionError, other_notebooks, require_file
from autograder.grading.times import TIMESTAMP, handed_in_at

NOTHING = nbformat.writes(nbformat.v4.new_notebook()).encode()  # in the place of one of several notebooks


def take(course: Course, student: str, assignment: str, rules: Rules, place: Path) -> tuple[Course, Rules]:
    """Copy a submission and its source to `place`; returns that as a course, and rules with that source.

    What changes later changes nothing of this grade. Raises SubmissionError when it cannot be read, or nobody
    knows when it came.
    """
    here, sources = Course(place), sources_of(rules)
    paths = [course.submitted(student, assignment, source.stem) for source in sources]
    shutil.rmtree(place, ignore_errors=True)
    with _sentence(paths[0]):
        there = notebooks_in(paths)
        others = other_notebooks(paths[0], paths)
        handed_in_at(paths[0].with_name(TIMESTAMP), rules.timezone)
        files = [*there, *files_beside(paths)]
    for file in files:
        name = file.relative_to(paths[0].parent)
        _write(here.submitted(student, assignment).parent / name, _read(file, len(name.parts)))
    for path in set(paths) - set(there):
        _write(here.submitted(student, assignment, path.stem), NOTHING)
    mine = taken_rules(here, assignment, rules)
    for file in (*sources, *rules.given):
        _write(mine.source.with_name(file.name), file.read_bytes())
    return here, replace(mine, beside=tuple(others))


def taken_rules(here: Course, assignment: str, rules: Rules) -> Rules:
    """Rules whose paths are those of a taken submission's source."""
    folder = here.source(assignment).parent
    given = tuple(folder / file.name for file in rules.given)
    return replace(rules, source=folder / rules.source.name, given=given)


def sources_of(rules: Rules) -> list[Path]:
    """The notebooks of an assignment, in the order of their names."""
    return notebooks_of(rules.source.parent) or [rules.source]


def notebooks_in(paths: list[Path]) -> list[Path]:
    """Of the notebooks that an assignment has, those that were handed in.

    Raises SubmissionError where none was, or one has a wrong name or is no file.
    """
    there = [path for path in paths if path.exists() or path.is_symlink()]
    if paths[0].parent.is_symlink() or not there:
        require_file(paths[0], paths)
    may_be_named_wrong = len(there) < len(paths) and other_notebooks(paths[0], paths)
    for path in paths if may_be_named_wrong else there:
        require_file(path, paths)
    return there


def files_beside(notebooks: list[Path]) -> list[Path]:
    """The files of a submission that count besides its notebooks, also in folders, and when it came."""
    folder = notebooks[0].parent
    files, time = files_below(folder, {path.name for path in notebooks}), folder / TIMESTAMP
    if time not in files and not time.is_symlink() and time.is_file():
        files.append(time)
    return files


def with_given(files: list[Path], given: Collection[Path]) -> list[Path]:
    """What lies beside a notebook that runs: the student's files, and in their place the course's own."""
    names = {file.name for file in given}
    return [*(file for file in files if file.name not in names), *given]


def _read(path: Path, parts: int) -> bytes:
    """All of a plain file. Raises SubmissionError when it is no longer one, or grew too large.

    Of its path the last so many parts must be no links, whatever was there a moment ago.
    """
    most = MAX_BYTES if path.suffix == ".ipynb" else MAX_FILE
    with _sentence(path), open(_opened(path, parts), "rb") as file:
        content = file.read(most + 1) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else None
    if content is None or len(content) > most:
        raise SubmissionError(f"{path.name} changed while it was read; grade it again.")
    return content


def _opened(path: Path, parts: int) -> int:
    place = os.open(path.parents[parts - 1], os.O_DIRECTORY)
    try:
        for part in path.parts[-parts:-1]:
            above, place = place, os.open(part, os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=place)
            os.close(above)
        return os.open(path.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=place)
    finally:
        os.close(place)


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
