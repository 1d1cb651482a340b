"""What a learner's folder remembers, a line of JSON for each event: checks, and exercises given up."""

import contextlib
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from autograder.files import append_jsonl, read_jsonl

RECORD = ".progress.jsonl"
DONE, LOST, TODO = "done", "lost", "todo"
STATES = (DONE, LOST, TODO)
MOST = 1e9  # points


@dataclass(frozen=True)
class Exercise:
    """An exercise as a check found it.

    `about` is the heading above it, `state` DONE with all points, TODO while it is not written, else LOST;
    `first` is what to do first.
    """

    name: str
    about: str
    points: float
    score: float = 0.0
    state: str = TODO
    first: str = ""

    @classmethod
    def from_dict(cls, entry: dict) -> "Exercise":
        """Raises ValueError, TypeError or KeyError for anything that `asdict` did not make."""
        one = cls(**entry)
        texts, numbers = (one.name, one.about, one.state, one.first), (one.points, one.score)
        if not all(type(text) is str for text in texts) or one.state not in STATES:
            raise ValueError("an exercise with a field of the wrong type")
        if not all(type(value) in (int, float) and abs(value) <= MOST for value in numbers):
            raise ValueError("an exercise with points that are none")
        return one


@dataclass(frozen=True)
class Check:
    """One assignment, checked: when, behind which walls, from what (a digest), and what came of it."""

    assignment: str
    at: datetime
    walls: str
    key: str
    exercises: tuple[Exercise, ...]

    @property
    def score(self) -> float:
        """Points of all exercises."""
        return sum(one.score for one in self.exercises)

    def as_dict(self) -> dict:
        """For JSON."""
        return {"what": "checked", **asdict(self), "at": self.at.isoformat()}

    @classmethod
    def from_dict(cls, entry: dict) -> "Check":
        """Raises ValueError, TypeError or KeyError for what `as_dict` did not make."""
        texts = {name: entry[name] for name in ("assignment", "walls", "key")}
        if not all(type(text) is str for text in texts.values()):
            raise ValueError("a check with a field of the wrong type")
        exercises = tuple(map(Exercise.from_dict, entry["exercises"]))
        return cls(at=_time(entry["at"]), exercises=exercises, **texts)


class Record:
    """The events of a folder, oldest first; lines that are damaged count as not there."""

    def __init__(self, folder: Path):
        self.path = folder / RECORD
        self.checks: list[Check] = []
        self.given_up: set[tuple[str, str]] = set()
        for entry in read_jsonl(self.path):
            with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError):
                self._learn(entry)

    def _learn(self, entry: Any) -> None:
        if entry["what"] == "checked":
            self.checks.append(Check.from_dict(entry))
        elif entry["what"] == "given up":
            self.given_up.add((str(entry["assignment"]), str(entry["exercise"])))

    def begin(self) -> None:
        """Write the first line, where there is none."""
        if not self.path.exists():
            append_jsonl(self.path, {"what": "begun", "at": now().isoformat()})

    def add(self, check: Check) -> None:
        """Remember a check."""
        append_jsonl(self.path, check.as_dict())
        self.checks.append(check)

    def give_up(self, assignment: str, exercise: str) -> None:
        """Remember that somebody wants to see a solution."""
        if (assignment, exercise) not in self.given_up:
            at = now().isoformat()
            line = {"what": "given up", "at": at, "assignment": assignment, "exercise": exercise}
            append_jsonl(self.path, line)
            self.given_up.add((assignment, exercise))

    def last(self, assignment: str) -> Check | None:
        """The latest check of an assignment."""
        return next((one for one in reversed(self.checks) if one.assignment == assignment), None)

    def state(self, assignment: str, exercise: str) -> str:
        """That of an exercise when it was last checked."""
        check = self.last(assignment)
        found = (one.state for one in check.exercises if one.name == exercise) if check else ()
        return next(iter(found), TODO)


def now() -> datetime:
    """With the zone of this machine."""
    return datetime.now().astimezone()


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if not time.tzinfo:
        raise ValueError("a time without a zone")
    return time
