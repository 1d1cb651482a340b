"""An entry of the open challenge in Gradescope's container, after the checks."""

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import nbformat

from autograder.challenge.entry import entry_of
from autograder.challenge.run import Measured, Walls, measure
from autograder.challenge.task import make_task
from autograder.files import plain_files
from autograder.grading.restore import restore
from autograder.grading.submission import read_submission
from autograder.notebook.corpus import _corpus_path
from autograder.sandbox.limits import Limits

SETTINGS, TEXT = "settings.json", "challenge.txt"


def settings_of(folder: Path) -> dict[str, Any]:
    """What the zip says of the challenge; nothing where its entries are not to be run."""
    return json.loads((folder / SETTINGS).read_text(encoding="utf-8")).get("challenge", {})


def measured(
    folder: Path, submitted: Path, source: Path, released: frozenset[str], walls: tuple[str, Limits],
    by: float,
) -> Measured | None:  # fmt: skip
    """What an entry reached before `by` (of time.monotonic); None without one.

    `folder` has the zip's files.
    """
    choice, text = settings_of(folder), folder / TEXT
    truth = nbformat.read(source, as_version=4)
    restored = restore(read_submission(submitted), truth, released=released)
    if not choice or not (entry := entry_of(restored.notebook, truth)):
        return None
    other = text.read_text(encoding="utf-8") if text.exists() else None
    given = tuple(plain_files(source.parent))
    task = make_task(truth, choice["minutes"], choice["secret"], other)
    _close_the_book()
    return measure(entry, task, Walls(*walls, given), by=by)


def _close_the_book() -> None:
    """The text lies in the installed package; from now on only the grader reads it, which is root."""
    if os.getuid() == 0:
        with contextlib.suppress(OSError):
            _corpus_path().chmod(0o600)
