"""results.json: the results of a grading for other programs (docs/results.md)."""

import json
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from autograder.course import CourseError
from autograder.grading.result import Result
from autograder.reports.suspicion import alike, tampered

VERSION = 2
PACKAGE = "neuron-to-transformer"
RESULT = {
    "student": str, "assignment": str, "score": (int, float, type(None)), "max_score": (int, float),
    "seconds": (int, float), "problem": str, "restored": list, "cells": list,
    "fingerprints": dict,
}  # fmt: skip
CELL = {"cell": str, "points": (int, float), "score": (int, float), "checks": list}
CHECK = {"check": str, "status": str, "hidden": bool, "message": str, "cause": str, "diagnosis": str}
STATUSES = {"passed", "failed", "could not run"}


def grader_version() -> str:
    """The installed version of this package."""
    try:
        return version(PACKAGE)
    except PackageNotFoundError:
        return "unknown"


def as_json(results: list[Result], written: datetime) -> str:
    """The text of results.json."""
    content = {
        "version": VERSION,
        "grader": f"{PACKAGE} {grader_version()}",
        "written": written.isoformat(timespec="seconds"),
        "suspicious": {
            "changed": [[result.student, result.assignment] for result in tampered(results)],
            "alike": [asdict(pair) for pair in alike(results)],
        },
        "results": [result.as_dict() for result in results],
    }
    return json.dumps(content, indent=1) + "\n"


def read_results(path: Path) -> list[Result]:
    """The results in a results.json.

    Raises CourseError when it is missing, damaged or of another version.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CourseError(f"{path} is missing; run `autograder grade` to write it.") from None
    except OSError as error:
        raise CourseError(
            f"{path} cannot be read ({error.strerror}); run `autograder grade` to write it again."
        ) from None
    except (ValueError, RecursionError):
        raise _damaged(path, "it is not JSON") from None
    return _as_results(content, path)


def _as_results(content: Any, path: Path) -> list[Result]:
    found = content.get("version") if isinstance(content, dict) else None
    if found is None:
        raise _damaged(path, "it has no version")
    if found != VERSION:
        raise CourseError(
            f"{path} has version {found!r}, and this autograder reads version {VERSION}; "
            "run `autograder grade` to write it again."
        )
    try:
        return [_as_result(entry) for entry in content["results"]]
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, str(error)) from None


def _as_result(entry: Any) -> Result:
    """The entry as a Result. Raises ValueError when it is not one in every field."""
    _require(entry, RESULT, "a result")
    if not all(isinstance(note, str) for note in entry["restored"]):
        raise ValueError("restored holds something other than text")
    if not all(isinstance(words, str) for words in entry["fingerprints"].values()):
        raise ValueError("fingerprints hold something other than text")
    for cell in entry["cells"]:
        _require(cell, CELL, "a cell")
        for check in cell["checks"]:
            _require(check, CHECK, "a check")
            if check["status"] not in STATUSES:
                raise ValueError(f"a check has the status {check['status']!r}")
    return Result(**entry)


def _require(entry: Any, fields: dict, what: str) -> None:
    if not isinstance(entry, dict) or entry.keys() != fields.keys():
        raise ValueError(f"{what} does not have the fields {', '.join(fields)}")
    for name, types in fields.items():
        if not isinstance(entry[name], types):
            raise ValueError(f"{what} has a {name} of the wrong type")


def _damaged(path: Path, reason: str) -> CourseError:
    return CourseError(f"{path} is damaged ({reason}); run `autograder grade` to write it again.")
