"""Grading a class of hostile submissions as a course does, and looking at what is left of it."""

import contextlib
import ctypes
import hashlib
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from autograder.course import Course
from autograder.grading.result import Result
from autograder.grading.results_file import read_results
from autograder.tests import mini
from autograder.tests.mini import ID

PR_SET_CHILD_SUBREAPER = 36
LIMITS = "c.SealedExecute.call_seconds = 2\nc.SealedExecute.cell_seconds = 3\nc.SealedExecute.notebook_seconds = 20\n"


@dataclass(frozen=True)
class Run:
    """What grading a class left: results by student, points in the gradebook, and traces."""

    course: Course
    results: dict[str, Result]
    points: dict[str, float]
    printed: str
    exit_code: int
    seconds: float
    processes_gone: bool
    files: list[str]
    untouched: bool


def built_course(root: Path) -> Course:
    """The tiny course with short limits, its release built."""
    course = mini.built_course(root)
    config = root / "nbgrader_config.py"
    config.write_text(config.read_text() + LIMITS)
    return course


def grade_class(course: Course, around: Path, sandbox: str, seconds: float = 900) -> Run:
    """Run `autograder grade --jobs 2` in a home, a temporary and a working folder of its own, in `around`."""
    places = {name: around / name for name in ("HOME", "TMPDIR", "PWD")}
    for place in places.values():
        place.mkdir()
    repository = str(Path(__file__).resolve().parents[3])
    known = {"PYTHONPATH": repository, "HOSTILE_SECRET": "x", "COLUMNS": "300"}
    environment = os.environ | {name: str(place) for name, place in places.items()} | known
    command = [
        sys.executable,
        "-m",
        "autograder",
        "--course",
        str(course.root),
        "grade",
        "--jobs",
        "2",
        "--sandbox",
        sandbox,
    ]
    before, started, family = (
        digest(course.root / "submitted"),
        time.monotonic(),
        psutil.Process().children(recursive=True),
    )
    with adopting_orphans():
        ended = subprocess.run(
            command, cwd=places["PWD"], env=environment, capture_output=True, timeout=seconds, check=False
        )
        took = time.monotonic() - started
        processes_gone = not left_since(family)
    return Run(
        course, {one.student: one for one in read_results(course.reports / "results.json")}, recorded(course),
        (ended.stdout + ended.stderr).decode(errors="replace"), ended.returncode, took, processes_gone,
        [str(file) for place in places.values() for file in place.rglob("*")],
        before == digest(course.root / "submitted"),
    )  # fmt: skip


@contextlib.contextmanager
def adopting_orphans():
    """While open, processes whose parents end become this process's children instead of getting lost."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def left_since(family: list[psutil.Process], seconds: float = 10) -> list[psutil.Process]:
    """Processes below this one that were not in `family` and do not end within `seconds`."""
    more = [process for process in psutil.Process().children(recursive=True) if process not in family]
    return psutil.wait_procs(more, timeout=seconds)[1]


def digest(folder: Path) -> str:
    """Changes with every name, kind, size, time and small file's content below a folder."""
    about = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        stat = path.lstat()
        about.update(f"{os.fsencode(path)} {stat.st_mode} {stat.st_size} {stat.st_mtime_ns}".encode())
        if path.is_file() and not path.is_symlink() and stat.st_size < 2**20:
            about.update(path.read_bytes())
    return about.hexdigest()


def recorded(course: Course) -> dict[str, float]:
    """Everybody's points in nbgrader's gradebook."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        return {one.student.id: one.score for one in gradebook.find_assignment(ID).submissions}
