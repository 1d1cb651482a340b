"""What entries reached: kept while nothing changes, and put in order."""

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from autograder.challenge.entry import Entry
from autograder.challenge.run import Measured
from autograder.challenge.task import Task
from autograder.course import Course
from autograder.files import append_jsonl, read_jsonl, write_whole

VERSION = 1  # of challenge.json
BASELINE = "baseline"
NOT_OURS = ("student", "place", "problem", "detail", "final")


@dataclass(frozen=True)
class Line:
    """What came of one entry: a loss in nats per character and a place, or a problem. See run.Measured."""

    student: str
    place: int | None = None
    loss: float | None = None
    bits: float | None = None
    seconds: float = 0.0
    literals: int = 0
    code: int = 0
    problem: str = ""
    detail: str = ""
    final: bool = True


class Record:
    """Entries that need not run again, in reports/challenge.jsonl: by their code, and what was asked."""

    def __init__(self, course: Course):
        self.path = course.reports / "challenge.jsonl"
        self._known: dict[str, dict[str, Any]] = {}
        for entry in read_jsonl(self.path):
            if isinstance(entry, dict) and isinstance(entry.get("line"), dict):
                self._known[str(entry.get("key"))] = entry["line"]

    def find(self, key: str, student: str) -> Line | None:
        """What came of it, whoever handed it in; None when that is not known, or not readable."""
        try:
            return Line(**{**self._known[key], "student": student})
        except (KeyError, TypeError):
            return None

    def add(self, key: str, line: Line) -> None:
        """Keep what came of an entry."""
        self._known[key] = asdict(line)
        append_jsonl(self.path, {"key": key, "line": self._known[key]})


def line_of(student: str, entry: Entry, measured: Measured) -> Line:
    """An entry's line, without its place."""
    loss = measured.loss
    bits = None if loss is None else round(loss / math.log(2), 4)
    return Line(
        student, None, None if loss is None else round(loss, 5), bits, round(measured.seconds, 1),
        entry.literals, entry.code, measured.problem, measured.detail, measured.final,
    )  # fmt: skip


def in_order(lines: Iterable[Line]) -> list[Line]:
    """The lines by their losses, those with none at the end; the same loss has the same place."""
    placed = sorted((one for one in lines if one.loss is not None), key=lambda one: (one.loss, one.student))
    losses = [one.loss for one in placed]
    others = sorted((one for one in lines if one.loss is None), key=lambda one: one.student)
    return [*(replace(one, place=1 + losses.index(one.loss)) for one in placed), *others]


def about(task: Task) -> dict[str, Any]:
    """What was asked, for the files that tell of it."""
    return {"task": task.digest, "minutes": task.minutes, "characters": task.characters, "alphabet": task.V}


def keep(course: Course, assignment: str, task: Task, baseline: Line, lines: list[Line]) -> None:
    """Write an assignment's places into reports/challenge.json, beside those of others."""
    path = course.reports / "challenge.json"
    found = {"written": _now(), **about(task), BASELINE: asdict(baseline), "entries": [*map(asdict, lines)]}
    assignments = {**read(path).get("assignments", {}), assignment: found}
    write_whole(path, json.dumps({"version": VERSION, "assignments": assignments}, indent=1) + "\n")


def keep_own(path: Path, where: str, task: Task, line: Line) -> None:
    """Write what a file of our own reached, on the "stretches" or at the "end", into the JSON beside it."""
    facts = {key: value for key, value in asdict(line).items() if key not in NOT_OURS}
    found = {**read(path), "version": VERSION, where: {"measured": _now(), **about(task), **facts}}
    write_whole(path, json.dumps(found, indent=1) + "\n")


def read(path: Path) -> dict[str, Any]:
    """The content of one of these files; nothing where there is none that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and found.get("version") == VERSION else {}


def own_of(course: Course, assignment: str) -> dict[str, Any]:
    """What the course's own entry reached, as `keep_own` wrote it."""
    return read(course.source(assignment).with_name("challenge.json"))


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")
