"""An entry in a sealed process: it learns, then says what comes next, and is told what came."""

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from autograder.cells import ENTRY
from autograder.challenge.entry import Entry
from autograder.challenge.task import Task
from autograder.checks.outcome import Failure
from autograder.course import CourseError
from autograder.notebook.challenge import NoProbabilities, surprises
from autograder.notebook.corpus import _corpus_path
from autograder.sandbox.ends import KilledFromOutside, NoProcess, ProcessDied
from autograder.sandbox.limits import Limits
from autograder.sandbox.session import Session
from autograder.sandbox.wire import Handle

READ = "read(previous)"  # the name of a function, which no code of a student's can take
HELPER = f"globals()[{READ!r}] = lambda reader, previous: reader(previous)"
WAIT = 3  # times its seconds of the processor that an entry may take by the clock
SLACK = 60.0  # and seconds more, to start
CAN_OPEN = """
def _size_of_corpus():
    try:
        with open({path!r}, "rb") as file:
            return len(file.read())
    except OSError:
        return 0
_size_of_corpus()
"""
UNDEFINED = "uses a name that no cell defines; of other cells of one's own only definitions run"
TOO_LONG = "It took longer than the {:,.0f} seconds of the processor that learning and reading have."

Report = Callable[[int | None], object]


@dataclass(frozen=True)
class Walls:
    """Behind what an entry runs, and the course's own files beside its notebook."""

    sandbox: str
    limits: Limits
    files: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Measured:
    """What came of an entry: a loss in nats per character, or the problem, in a sentence about `it`.

    `detail` may hold text that student code made up. `seconds` are of the processor. What is not `final` was
    disturbed from outside, and is to be run again.
    """

    loss: float | None
    problem: str = ""
    detail: str = ""
    seconds: float = 0.0
    final: bool = True


class _TooLate(Exception):
    """It took longer by the clock than it may, be it that it sleeps or that the machine is busy."""


def measure(
    entry: Entry, task: Task, walls: Walls, report: Report = bool, by: float = float("inf")
) -> Measured:
    """Run an entry. `report(n)` hears of each character that was read, and of None while it learns.

    `by` is when it has to be done, of time.monotonic. Raises CourseError where the walls do not hide what is
    left out.
    """
    if entry.refusal:
        return Measured(None, f"It {entry.refusal}")
    limits = replace(
        walls.limits, call_seconds=task.seconds, notebook_seconds=task.seconds,
        cell_seconds=min(walls.limits.cell_seconds, task.seconds),
    )  # fmt: skip
    with _shown(task) as text:
        session = Session(walls.sandbox, limits, list(walls.files), text)
        try:
            return _measured(_Reading(session, task, by), entry, walls, report)
        finally:
            session.close()


def _measured(reading: "_Reading", entry: Entry, walls: Walls, report: Report) -> Measured:
    """The loss, or why there is none."""
    losses: list[float] = []
    try:
        report(None)
        reading.prepare(entry, hides=walls.sandbox != "none")
        for loss in surprises(reading.open(), reading.task.stretches, reading.task.V):
            losses.append(loss)
            report(len(losses))
        return Measured(float(np.mean(losses)), seconds=reading.seconds)
    except (KilledFromOutside, NoProcess, _TooLate) as error:
        return Measured(None, _disturbed(error), "", reading.seconds, final=False)
    except NoProbabilities as error:
        problem, detail = f"`read` {error}.", ""
    except Failure as error:
        problem, detail = _sentence(error, reading), error.detail
    where = f" That was at character {len(losses) + 1:,} of {reading.task.characters:,}." if losses else ""
    return Measured(None, problem + where, detail, reading.seconds)


class _Reading:
    """A session of one entry, all of whose time comes from one account."""

    def __init__(self, session: Session, task: Task, by: float):
        self.session, self.task = session, task
        self._by = min(by, time.monotonic() + WAIT * task.seconds + SLACK)

    @property
    def seconds(self) -> float:
        """Of the processor, so far."""
        return self.task.seconds - self.session.left_for_tests

    def prepare(self, entry: Entry, hides: bool) -> None:
        """Run the notebook's cells; what raises is passed over. Raises Failure, CourseError."""
        if self.task.shown is not None and hides:
            self._require_hidden()
        for code in entry.cells:
            try:
                self.session.define(code)
            except KilledFromOutside:
                raise
            except ProcessDied as error:
                raise Failure(f"A cell of the notebook {error}.", code="limit") from error
        self.session.run_test(HELPER)

    def open(self) -> Callable[[int | None], Any]:
        """Let it learn; what it returned, to be called with what came."""
        reader = self._call(ENTRY, self.task.train, self.task.V, np.random.default_rng(self.task.seed))
        if not isinstance(reader, Handle):
            raise Failure(f"`{ENTRY}` returned no function.", code="returns")
        return lambda previous: self._call(READ, reader, previous)

    def _call(self, name: str, *arguments: Any) -> Any:
        if time.monotonic() > self._by:
            raise _TooLate
        return self.session.call(name, arguments, 1, self.task.seconds)[0][0]

    def _require_hidden(self) -> None:
        """Before any student code runs: can it read the whole text? Then nothing would be measured."""
        path = _corpus_path().resolve()
        reply = self.session.run_test(CAN_OPEN.format(path=str(path)))
        if reply.get("last") == path.stat().st_size:
            raise CourseError(
                f"Entries could read {path}, which holds what is left out; behind these walls there is no "
                "challenge. Use bubblewrap, or run this from a clone of the course."
            )


@contextlib.contextmanager
def _shown(task: Task) -> Iterator[Path | None]:
    """A file of the text that an entry may see."""
    if task.shown is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="autograder-") as folder:
        path = Path(folder, "train.txt")
        path.write_text(task.shown, encoding="utf-8")
        Path(folder).chmod(0o755)
        yield path


def _disturbed(error: Exception) -> str:
    """Why an entry is to be run again."""
    if isinstance(error, NoProcess):
        return f"{error}"
    if isinstance(error, _TooLate):
        return "It took too long by the clock: it sleeps, or the machine is busy. Run it again on a free one."
    return "Its process was ended from outside. Run it again."


def _sentence(error: Failure, reading: "_Reading") -> str:
    """A failure's cause, but for those whose words are about checks."""
    if error.code == "outside":
        return f"{error.cause.partition(' ')[0]} {UNDEFINED}."
    is_over = error.code == "limit" and reading.session.left_for_tests <= 0 and "asleep" not in error.cause
    return TOO_LONG.format(reading.task.seconds) if is_over else error.cause
