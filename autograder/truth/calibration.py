"""source/<id>/calibration.json, and the picture beside it (docs/calibration.md)."""

import json
from pathlib import Path
from typing import Any

from autograder.course import Course, CourseError
from autograder.files import write_whole

VERSION = 1
AS_WRITTEN = {"threshold", "at_most"}  # compared with what stands in the notebook
# The most that may be: right answers that fail, mistakes that pass.
MOST_FAILURES, MOST_PASSES = 1e-4, 0.01
# Fewer seeds are a quick look, on which no threshold is built.
ENOUGH_SEEDS = 200


def path_of(course: Course, assignment: str) -> Path:
    """Where the calibration of an assignment is kept."""
    return course.source(assignment).parent / "calibration.json"


def read(course: Course, assignment: str) -> dict[str, Any] | None:
    """The calibration, None when there is none. Raises CourseError when the file is damaged."""
    path = path_of(course, assignment)
    try:
        calibration = json.loads(path.read_text(encoding="utf-8"))
        if calibration["version"] != VERSION:
            raise ValueError(f"it has version {calibration['version']}")
        calibration["checks"] = [dict(check) for check in calibration["checks"]]
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError) as error:
        advice = f"run `autograder calibrate {assignment}`."
        raise CourseError(f"{path} cannot be used ({error!r}); {advice}") from None
    return calibration


def save(calibration: dict[str, Any], path: Path) -> None:
    """Write the file; measured numbers have five significant digits."""
    write_whole(path, json.dumps(_rounded(calibration), indent=1, ensure_ascii=False) + "\n")


def _rounded(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _rounded(entry, key) for key, entry in value.items()}
    if isinstance(value, list):
        return [_rounded(entry) for entry in value]
    return float(f"{value:.5g}") if isinstance(value, float) and name not in AS_WRITTEN else value
