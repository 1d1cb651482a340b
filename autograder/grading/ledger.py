"""Grades that stand: grading goes on where it was stopped, and what did not change is not graded again."""

import functools
import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

import autograder
from autograder.course import Course
from autograder.files import append_jsonl, read_jsonl, replace_jsonl
from autograder.grading.judge import Rules
from autograder.grading.result import Result
from autograder.grading.submission import SubmissionError
from autograder.grading.taken import files_beside, notebooks_in, sources_of

# What of the package cannot change a grade.
NOT_GRADING = {
    "audit", "calibrate", "challenge", "commands", "demo", "feedback", "gradescope", "learn", "new",
    "platforms", "reports", "tests",
}  # fmt: skip
SLACK = 100  # lines that may be out of date before the file is written anew


class Ledger:
    """Results by student, assignment and what they came from, in reports/graded.jsonl.

    An entry is dropped before the gradebook changes, and a new one written after the gradebook and the graded
    notebook, so that one that stands there is whole and the gradebook's own.
    """

    def __init__(self, course: Course):
        self.path = course.reports / "graded.jsonl"
        self._known: dict[tuple[str, str], tuple[str, Result]] = {}
        lines = sum(map(self._learn, read_jsonl(self.path)))
        if lines > 2 * len(self._known) + SLACK:
            replace_jsonl(self.path, (_entry(key, result) for key, result in self._known.values()))

    def _learn(self, entry: Any) -> int:
        """Take in one line."""
        try:
            if "dropped" in entry:
                self._known.pop(tuple(entry["dropped"]), None)
            else:
                result = Result.from_dict(entry["result"])
                self._known[result.student, result.assignment] = (str(entry["key"]), result)
        except (TypeError, KeyError, ValueError):  # damaged, or of another version
            pass
        return 1

    def find(self, student: str, assignment: str, key: str) -> Result | None:
        """The result that came from just this, None when there is none."""
        known, result = self._known.get((student, assignment), ("", None))
        return result if key and known == key else None

    def drop(self, student: str, assignment: str) -> None:
        """Forget the result in whose place another one is about to be recorded."""
        if self._known.pop((student, assignment), None):
            append_jsonl(self.path, {"dropped": [student, assignment]})

    def add(self, result: Result, key: str) -> None:
        """Keep a result that is recorded; one that needs a person is graded again next time."""
        if not result.needs_a_person:
            append_jsonl(self.path, _entry(key, result))


def _entry(key: str, result: Result) -> dict:
    return {"key": key, "result": result.as_dict()}


def settings_of(course: Course) -> bytes:
    """Changes with the course's settings; to be read before they are."""
    return b"".join(map(_digest, course.settings))


def key_of(course: Course, student: str, assignment: str, rules: Rules, settings: bytes) -> str:
    """Changes with whatever a grade comes from: what was handed in, the source, the settings, the grader.

    "" for a submission that cannot be read; grading says why. A named pipe would never end.
    """
    sources = sources_of(rules)
    paths = [course.submitted(student, assignment, source.stem) for source in sources]
    limits = json.dumps([rules.sandbox, asdict(rules.limits), rules.salt, np.__version__])
    truth = b"".join(map(_digest, (*sources, *rules.given)))
    about = hashlib.sha256(f"{grader_digest()} {limits}".encode() + truth + settings)
    try:
        there = notebooks_in(paths)
        for file in (*there, *files_beside(paths)):
            name = file.relative_to(paths[0].parent).as_posix()
            about.update(name.encode("utf-8", "surrogateescape") + b"\0" + _digest(file))
    except (SubmissionError, OSError):
        return ""
    return about.hexdigest()


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


@functools.cache
def grader_digest() -> str:
    """Changes with the code of this package that grades."""
    root = Path(autograder.__file__).parent
    modules = {path.relative_to(root): path for path in sorted(root.rglob("*.py"))}
    used = (name for name in modules if name.parts[0] not in NOT_GRADING)
    text = " ".join(f"{name} {_digest(modules[name]).hex()}" for name in used)
    return hashlib.sha256(text.encode()).hexdigest()
