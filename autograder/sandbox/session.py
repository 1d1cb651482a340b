"""A submission's state, which outlives its process: cells are replayed after a death."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.checks.calls import raised
from autograder.checks.outcome import Failure
from autograder.sandbox import wire
from autograder.sandbox.bubblewrap import Limits
from autograder.sandbox.process import ProcessDied, StudentProcess

MIN_SECONDS = 1.0
PROBE_SECONDS = 2.0
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+")


@dataclass
class CellOutput:
    """What a cell of the student printed and drew; `text` also says when it broke a limit."""

    text: str = ""
    images: list[str] = field(default_factory=list)


class Session:
    """Runs cells and calls functions of one submission, in as many processes as it takes."""

    def __init__(self, sandbox: str, limits: Limits, files: list[Path]):
        self.sandbox, self.limits, self.files = sandbox, limits, files
        self._process: StudentProcess | None = None
        self._cells: list[str] = []
        self._supplied: dict[str, Callable] = {}
        self._overran: set[str] = set()
        self._probing = False
        self._end = time.monotonic() + limits.notebook_seconds

    def run(self, source: str) -> CellOutput:
        """Run a cell. One that breaks a limit is left out of later replays."""
        try:
            reply = self._ask("cell", {"source": source}, self.limits.cell_seconds)
        except ProcessDied as error:
            return CellOutput(f"This cell {error}.")
        self._cells.append(source)
        return CellOutput(_text(reply.get("text"), self.limits.output), _images(reply.get("images")))

    def call(self, name: str, arguments: tuple, times: int, seconds: float | None) -> tuple[list, bool]:
        """A function's results, one per call, and whether it changed its arguments. Raises Failure."""
        if name in self._overran:
            raise Failure(f"`{name}` broke a limit before, and is not called again.", code="limit")
        seconds = PROBE_SECONDS if self._probing else seconds or self.limits.call_seconds
        try:
            reply = self._ask("call", {"name": name, "arguments": arguments, "times": times}, seconds)
        except ProcessDied as error:
            if not self._probing:
                self._overran.add(name)
            raise Failure(f"`{name}` {error}.", code="limit") from error
        if "error" in reply:
            raise _failure(name, reply["error"])
        values = reply.get("values")
        if type(values) is not list or len(values) != times:
            raise Failure(f"`{name}` ran, but its process reports no result.", code="returns")
        return values, reply.get("changed") is True

    @contextmanager
    def supply(self, stand_ins: Mapping[str, Callable]) -> Iterator[None]:
        """While open, student code that calls these names reaches the functions given here."""
        self._supplied = dict(stand_ins)
        if self._process and stand_ins:
            self._quietly("supply", {"names": list(stand_ins)})
        try:
            yield
        finally:
            self._supplied = {}
            if self._process and stand_ins:
                self._quietly("withdraw", {})

    @contextmanager
    def probe(self) -> Iterator[None]:
        """While open, calls look for a diagnosis: they are short, and a broken limit has no consequence."""
        self._probing = True
        try:
            yield
        finally:
            self._probing = False

    def close(self) -> None:
        """End the process, if there is one."""
        if self._process:
            self._process.close()
            self._process = None

    def _ask(self, operation: str, arguments: dict, seconds: float) -> dict:
        left = self._end - time.monotonic()
        if left < MIN_SECONDS:
            raise ProcessDied("had no time left: the notebook used up all of its seconds")
        process = self._process or self._restart()
        try:
            return process.ask(operation, arguments, min(seconds, left), self._supplied)
        except ProcessDied:
            self._process = None
            raise

    def _restart(self) -> StudentProcess:
        """A new process in the state that the cells so far leave behind."""
        process = StudentProcess(self.sandbox, self.limits, self.files)
        try:
            for source in self._cells:
                seconds = min(self.limits.cell_seconds, self._end - time.monotonic())
                process.ask("cell", {"source": source}, seconds, {})
            if self._supplied:
                process.ask("supply", {"names": list(self._supplied)}, self.limits.call_seconds, {})
        except BaseException:
            process.close()
            raise
        self._process = process
        return process

    def _quietly(self, operation: str, arguments: dict) -> None:
        """A request whose failure shows at the next call."""
        try:
            self._ask(operation, arguments, self.limits.call_seconds)
        except ProcessDied:
            self.close()


class StudentFunction:
    """A student's function by its name; calling it crosses the border."""

    def __init__(self, session: Session, name: str):
        self.session, self.__name__ = session, name

    def __call__(self, *arguments: Any) -> Any:
        return self.sealed_call(arguments)[0][0]

    def sealed_call(
        self, arguments: tuple, times: int = 1, seconds: float | None = None
    ) -> tuple[list, bool]:
        """The results of `times` calls, and whether the arguments were changed. Raises Failure."""
        return self.session.call(self.__name__, tuple(arguments), times, seconds)

    def sealed_probe(self):
        """See Session.probe."""
        return self.session.probe()

    def sealed_supply(self, stand_ins: Mapping[str, Callable]):
        """See Session.supply."""
        return self.session.supply(stand_ins)


def _failure(name: str, error: Any) -> Failure:
    """The Failure for what the student process says went wrong; its words are only repeated as detail."""
    fields = error if type(error) is dict else {}
    kind, message, line = (_text(fields.get(key), 300) for key in ("kind", "message", "line"))
    if kind == "Undefined":
        return Failure(f"`{name}` is not defined.", code="undefined")
    if kind == "TooLarge":
        return Failure(f"`{name}` returned more than the grader takes.", code="limit")
    return raised(name, kind, f"{message} (in `{line}`)" if line else message)


def _text(value: Any, limit: int) -> str:
    return value[: limit + 100] if type(value) is str else ""


def _images(value: Any) -> list[str]:
    """At most a few pictures of a reasonable size, in base64."""
    found = value[: wire.MAX_IMAGES] if type(value) is list else []
    return [v for v in found if type(v) is str and len(v) <= wire.MAX_IMAGE and BASE64.fullmatch(v)]
