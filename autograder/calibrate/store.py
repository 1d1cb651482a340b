"""Losses that were measured already, so that a calibration that was stopped goes on where it was."""

import json
from pathlib import Path

from autograder.calibrate.measure import Measured
from autograder.course import Course

Key = tuple[str, int, str]


class Store:
    """Losses by (trial's key, seed, rounding); a line of JSON each, in reports/calibration/<id>.jsonl.

    A line that was cut off by an interrupt is measured again. Losses of code that has changed since
    stay and are never asked for.
    """

    def __init__(self, course: Course, assignment: str):
        self.path = course.reports / "calibration" / f"{assignment}.jsonl"
        self._known: dict[Key, Measured | None] = {}
        for line in self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else ():
            try:
                key, seed, rounding, measured = json.loads(line)
                self._known[key, seed, rounding] = measured and Measured(*measured)
            except (ValueError, TypeError):
                continue

    def __contains__(self, key: Key) -> bool:
        return key in self._known

    def __getitem__(self, key: Key) -> Measured | None:
        return self._known[key]

    def add(self, key: Key, measured: Measured | None) -> None:
        """Keep a result, on disk before this returns."""
        self._known[key] = measured
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps([*key, measured and [measured.loss, measured.seconds]])
        with _whole_lines(self.path) as file:
            file.write(line + "\n")


def _whole_lines(path: Path):
    """The file opened to append, after a line break that an interrupt may have left out."""
    file = path.open("a+", encoding="utf-8")
    if file.tell():
        file.seek(file.tell() - 1)
        if file.read() != "\n":
            file.write("\n")
    return file
