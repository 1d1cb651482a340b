"""What a run of `make bench` measured, kept: JSON with date, machine and versions, and a picture."""

import importlib.metadata
import json
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import picture

from autograder.build.results import machine
from autograder.files import write_whole

FOLDER = Path(__file__).parent / "results"
PACKAGES = ("neuron-to-transformer", "nbgrader", "numpy", "torch")


def begun() -> dict[str, Any]:
    """What is known of a run before anything is measured."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": machine(),
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}},
        "commit": _commit(),
    }


def keep(record: dict[str, Any], folder: Path) -> list[Path]:
    """Write a record, named for when it began, and a picture of what it compares; returns their paths."""
    began = datetime.strptime(record["date"], "%Y-%m-%d %H:%M UTC")
    file = folder / f"{began:%Y-%m-%d_%H%M}.json"
    write_whole(file, json.dumps(record, indent=1) + "\n")
    return [file, file.with_suffix(".svg")] if picture.draw(record, file.with_suffix(".svg")) else [file]


def _version(package: str) -> str | None:
    """None where it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _commit() -> str:
    """The commit that is measured, with a + where files differ from it."""
    asked = ["git", "describe", "--always", "--abbrev=12", "--dirty=+"]
    done = subprocess.run(asked, cwd=FOLDER.parent, capture_output=True, text=True, check=False)
    return done.stdout.strip()
