"""What grading finds out about one submission."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from nbformat import NotebookNode
from nbgrader.utils import is_task

from autograder.grading.of_record import GradeOfRecord, label
from autograder.grading.restore import is_test

RESULT = {
    "student": str, "assignment": str, "score": float | None, "max_score": float, "seconds": float,
    "problem": str, "restored": list, "cells": list, "fingerprints": dict, "grade": dict | None,
}  # fmt: skip
CELL = {"cell": str, "points": float, "score": float, "checks": list}
CHECK = {"check": str, "status": str, "hidden": bool, "message": str, "cause": str, "diagnosis": str}
# What it counts, where that is not 1; of checks that failed what of its points one keeps, and what was
# measured, for instructors.
OPTIONAL = {"weight": float, "share": float, "evidence": list}
UNSEALED = "unsealed (plain = kernel)"  # in a note: no cell was put back, but students could reach the tests
STATUSES = {"passed", "failed", "could not run"}
Texts = dict[str, str]  # of graded notebooks, by name
LARGEST = 1e9  # of numbers that a file may hold: points and seconds


@dataclass
class Result:
    """One submission after grading; the entry of reports/results.json (docs/results.md).

    `score` is what the tests give, `grade` what the gradebook holds.
    """

    student: str
    assignment: str
    score: float | None = None
    max_score: float = 0.0
    seconds: float = 0.0
    problem: str = ""
    restored: list[str] = field(default_factory=list)
    cells: list[dict] = field(default_factory=list)
    fingerprints: dict[str, str] = field(default_factory=dict)
    grade: GradeOfRecord | None = None

    @property
    def checks(self) -> Iterator[dict]:
        """All checks of all test cells."""
        return (check for cell in self.cells for check in cell["checks"])

    def count(self, status: str) -> int:
        """How many checks ended so."""
        return sum(check["status"] == status for check in self.checks)

    @property
    def put_back(self) -> list[str]:
        """The notes that tell of cells put back."""
        return [note for note in self.restored if UNSEALED not in note]

    @property
    def final(self) -> float | None:
        """The points that count: of the gradebook, where it has any; None when not graded."""
        return self.grade.final if self.grade else self.score

    @property
    def out_of(self) -> float:
        """The most points that there are, where `final` comes from."""
        return self.grade.max_score if self.grade else self.max_score

    @property
    def needs_a_person(self) -> bool:
        """Not graded, or with a check that could not run."""
        return bool(self.problem) or self.count("could not run") > 0

    def as_dict(self) -> dict:
        """For JSON."""
        return {**asdict(replace(self, grade=None)), "grade": self.grade and self.grade.as_dict()}

    @classmethod
    def from_dict(cls, entry: Any) -> "Result":
        """As `as_dict` made it. Raises ValueError when a file holds something else, in whatever field."""
        _require(entry, RESULT, "a result")
        if not all(isinstance(text, str) for text in [*entry["restored"], *entry["fingerprints"].values()]):
            raise ValueError("restored or fingerprints hold something other than text")
        for cell in entry["cells"]:
            _require(cell, CELL, "a cell")
            for check in cell["checks"]:
                _require(check, CHECK | _optional(check), "a check")
                if not all(isinstance(line, str) for line in check.get("evidence", [])):
                    raise ValueError("a check has evidence that is not text")
                if check["status"] not in STATUSES:
                    raise ValueError(f"a check has the status {check['status']!r}")
                if not 0 <= share_of(check) <= 1:
                    raise ValueError(f"a check has the share {check['share']!r}")
                if not check.get("weight", 1) > 0:
                    raise ValueError(f"a check has the weight {check['weight']!r}")
        grade = entry["grade"] and GradeOfRecord.from_dict(entry["grade"])
        return cls(**{**entry, "grade": grade})


def share_of(check: dict) -> float:
    """The share of its points that a check gives, 0 to 1, from its facts."""
    return 1.0 if check["status"] == "passed" else check.get("share", 0.0)


def worths(checks: Sequence[dict], points: float) -> list[float]:
    """The points of each check of a cell, from their facts: the cell's, split by weight."""
    weights = [check.get("weight", 1.0) for check in checks]
    return [points * weight / sum(weights) for weight in weights]


def earned(checks: Sequence[dict], points: float) -> float:
    """What the checks of a cell give of its points."""
    weights = [check.get("weight", 1.0) for check in checks]
    gained = sum(weight * share_of(check) for weight, check in zip(weights, checks, strict=True))
    return min(points, round(points * gained / sum(weights), 4))


def _optional(check: Any) -> dict:
    """Of the fields that a check may have, those that it has."""
    return {name: kind for name, kind in OPTIONAL.items() if isinstance(check, dict) and name in check}


def _require(entry: Any, fields: dict, what: str) -> None:
    if not isinstance(entry, dict) or entry.keys() != fields.keys():
        raise ValueError(f"{what} does not have the fields {', '.join(fields)}")
    for name, kind in fields.items():
        if not _is_a(entry[name], kind):
            raise ValueError(f"{what} has a {name} of the wrong type")


def _is_a(value: Any, kind: Any) -> bool:
    """Is it of that type? A number is finite, not huge, and neither true nor false."""
    if kind is float:
        return type(value) in (int, float) and abs(value) <= LARGEST
    return isinstance(value, kind) if kind != float | None else value is None or _is_a(value, float)


def failed(student: str, assignment: str, error: BaseException) -> Result:
    """The result when the grader itself broke: not the student's fault, and no zero."""
    problem = f"The grader itself failed ({type(error).__name__}: {error}); grade it again."
    return Result(student, assignment, problem=problem)


def _facts_of(cell: NotebookNode) -> list[dict]:
    return [dict(check) for check in cell.metadata["autograder"]["checks"]]


def most_of(source: NotebookNode) -> float:
    """The points of a source notebook: tests, answers marked by hand, and tasks."""
    cells = (cell.metadata.nbgrader for cell in source.cells if is_test(cell) or is_task(cell))
    return sum(float(nbgrader["points"]) for nbgrader in cells)


def add(whole: Result, part: Result, notebook: str) -> None:
    """Put the result of one notebook of a submission into the whole one."""
    prefix = label("", notebook, whole.assignment)
    whole.max_score += part.max_score
    whole.score = (whole.score or 0.0) + (part.score or 0.0)
    whole.seconds = round(whole.seconds + part.seconds, 2)
    whole.restored += [_in_notebook(note, prefix) for note in part.restored]
    whole.cells += [{**cell, "cell": prefix + cell["cell"]} for cell in part.cells]
    for kind, words in part.fingerprints.items():
        whole.fingerprints[kind] = f"{whole.fingerprints.get(kind, '')} {words}".strip()


def _in_notebook(note: str, prefix: str) -> str:
    """A note on what was put right, its cells called as in the assignment."""
    about, colon, names = note.partition(": ")
    if not colon:
        return f"In {prefix.rstrip('/')}: {note}" if prefix else note
    return about + colon + ", ".join(prefix + name for name in names.split(", "))


def fill(result: Result, notebook: NotebookNode) -> None:
    """Take points, checks and notes from a judged notebook."""
    facts = notebook.metadata["autograder"]
    result.restored, result.seconds = list(facts["restored"]), facts["seconds"]
    result.cells = [
        {"cell": cell.metadata.nbgrader["grade_id"], "points": float(cell.metadata.nbgrader["points"]),
         "score": cell.metadata["autograder"]["score"], "checks": _facts_of(cell)}
        for cell in notebook.cells
        if cell.cell_type == "code" and is_test(cell) and "autograder" in cell.metadata  # none marked by hand
    ]  # fmt: skip
    result.score = sum(cell["score"] for cell in result.cells)
