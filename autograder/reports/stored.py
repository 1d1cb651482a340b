"""results.json, written (docs/results.md); grading/results_file.py reads it."""

import json
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

from autograder.grading.result import Result
from autograder.grading.results_file import VERSION
from autograder.reports.suspicion import alike, copied, tampered
from autograder.reports.waits import waits

PACKAGE = "neuron-to-transformer"


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
            "published": [
                {"student": one.student, "assignment": one.assignment, "functions": places, "others": others}
                for one, places, others in copied(results)
            ],
        },
        "waits": [asdict(waiting) for waiting in waits(results)],
        "results": [result.as_dict() for result in results],
    }
    return json.dumps(content, indent=1) + "\n"
