"""Losses that were measured already, so that a calibration that was stopped goes on where it was."""

from dataclasses import astuple

from autograder.calibrate.measure import Measured
from autograder.course import Course, CourseError
from autograder.files import append_jsonl, read_jsonl

Key = tuple[str, int, str]


class Store:
    """Losses by (trial's key, seed, rounding), in reports/calibration/<id>.jsonl.

    Losses of code that has changed since stay and are never asked for.
    """

    def __init__(self, course: Course, assignment: str):
        self.path = course.reports / "calibration" / f"{assignment}.jsonl"
        self._known: dict[Key, Measured | None] = {}
        for entry in read_jsonl(self.path):
            try:
                key, seed, rounding, measured = entry
                self._known[key, seed, rounding] = measured and Measured(*measured)
            except (ValueError, TypeError):
                continue

    def __contains__(self, key: Key) -> bool:
        return key in self._known

    def __getitem__(self, key: Key) -> Measured | None:
        return self._known[key]

    def usual(self, key: str, seed: int) -> Measured:
        """A run with the usual rounding, which every machine can have. Raises CourseError without one."""
        if (measured := self[key, seed, ""]) is None:
            raise CourseError(f"{self.path} holds a run without a result; delete it and calibrate again.")
        return measured

    def add(self, key: Key, measured: Measured | None) -> None:
        """Keep a result, on disk before this returns."""
        self._known[key] = measured
        append_jsonl(self.path, [*key, measured and list(astuple(measured))])
