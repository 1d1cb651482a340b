"""results.json, read again (docs/results.md); reports/stored.py writes it."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from autograder.course import CourseError
from autograder.grading.result import Result

VERSION = 3


def read_results(path: Path) -> list[Result]:
    """The results in a results.json.

    Raises CourseError when it is missing, damaged or of another version.
    """
    return _as_results(_content(path), path)


def read_run(path: Path) -> tuple[list[Result], datetime]:
    """As `read_results`, and when they were written."""
    content = _content(path)
    results = _as_results(content, path)
    try:
        return results, datetime.fromisoformat(content["written"])
    except (KeyError, TypeError, ValueError):
        raise _damaged(path, "it does not say when it was written") from None


def _content(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CourseError(f"{path} is missing; run `autograder grade` to write it.") from None
    except OSError as error:
        raise CourseError(
            f"{path} cannot be read ({error.strerror}); run `autograder grade` to write it again."
        ) from None
    except (ValueError, RecursionError):
        raise _damaged(path, "it is not JSON") from None


def _as_results(content: Any, path: Path) -> list[Result]:
    found = content.get("version") if isinstance(content, dict) else None
    if found is None:
        raise _damaged(path, "it has no version")
    if found != VERSION:
        raise CourseError(
            f"{path} has version {found!r}, and this autograder reads version {VERSION}; "
            "run `autograder grade` to write it again."
        )
    results = content.get("results")
    if not isinstance(results, list):
        raise _damaged(path, "it has no list of results")
    try:
        return [Result.from_dict(entry) for entry in results]
    except ValueError as error:
        raise _damaged(path, str(error)) from None


def _damaged(path: Path, reason: str) -> CourseError:
    return CourseError(f"{path} is damaged ({reason}); run `autograder grade` to write it again.")
