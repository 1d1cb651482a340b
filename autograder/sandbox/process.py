"""The grader's end of one student process: start, ask, and end it when it breaks a limit."""

import contextlib
import itertools
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autograder.sandbox import bubblewrap, wire
from autograder.sandbox.bubblewrap import Limits

START_SECONDS = 30
MEMORY = 2 * 2**30  # for one call of the reference on behalf of student code
MAX_LENT = 10_000  # caches of a step function over a long sequence
MAX_QUESTION = 200_000  # entries of arrays; the training text has 133,738


class ProcessDied(Exception):
    """The student process ended or was ended; the text says why, for the student."""


class NoProcess(Exception):
    """A student process could not even be started: not the student's fault."""


class StudentProcess:
    """One sealed process. Close it; it also dies with the grader."""

    def __init__(self, sandbox: str, limits: Limits, files: list[Path]):
        self.limits = limits
        self._numbers = itertools.count(1)
        self._freed: list[int] = []
        self._lent: dict[int, Any] = {}
        self._lent_numbers = itertools.count(-1, -1)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self._folder = _working_folder(files) if sandbox == "none" else None
        self._connection, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                bubblewrap.command(sandbox, theirs.fileno(), limits, files),
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=self._errors,
                stderr=self._errors, env=bubblewrap.environment(sandbox), start_new_session=True,
                cwd=self._folder.name if self._folder else None,
            )  # fmt: skip
        try:
            self.ask("supply", {"names": []}, START_SECONDS, {})
        except ProcessDied as error:
            raise NoProcess(f"The student process did not start: {self._complaint()}.") from error

    def ask(self, operation: str, arguments: dict, seconds: float, stand_ins: Mapping[str, Callable]) -> dict:
        """One request and its reply; calls of `stand_ins` on the way are answered here.

        Raises ProcessDied when the process ends, talks nonsense or overruns `seconds`; it is closed
        then.
        """
        number, deadline = next(self._numbers), time.monotonic() + seconds
        freed, self._freed[:] = self._freed[:], []
        request = {"id": number, "op": operation, "arguments": arguments, "free": freed}
        data = wire.pack(request, self._lend)  # too large is the test's fault, not the student's
        try:
            wire.send(self._connection, data, deadline)
            reply = self._reply(deadline)
            while reply["id"] == -1:
                with _bounded(deadline):
                    answer = self._stand_in(reply, stand_ins)
                wire.send(self._connection, wire.pack(answer, self._lend), deadline)
                reply = self._reply(deadline)
            if reply["id"] != number:
                raise wire.WireError("an answer to another question")
            return reply
        except wire.TooSlow as error:
            self.close()
            raise ProcessDied(f"took longer than the {seconds:.0f} seconds that it has") from error
        except wire.Closed as error:
            self.close()
            raise ProcessDied("ended the Python process, or used more memory than it may") from error
        except wire.WireError as error:
            self.close()
            raise ProcessDied("sent something that the grader cannot read") from error

    def close(self) -> None:
        """End the process and everything that it started."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()
        self._connection.close()
        if not self._errors.closed:
            self._last_words = self._read_errors()
            self._errors.close()
        if self._folder:
            self._folder.cleanup()

    def _reply(self, deadline: float) -> dict:
        """The next message; nothing in it is believed but that it is a dict with a whole number."""
        reply = wire.unpack(wire.receive(self._connection, deadline), self._find)
        if type(reply) is not dict or type(reply.get("id")) is not int:
            raise wire.WireError("not an answer")
        dropped = reply.get("dropped")
        for number in dropped if type(dropped) is list else ():
            if type(number) is int:
                self._lent.pop(number, None)
        return reply

    def _stand_in(self, question: dict, stand_ins: Mapping[str, Callable]) -> dict:
        """The reference's answer to a call from student code."""
        name, arguments, keywords = (question.get(key) for key in ("ask", "arguments", "keywords"))
        offered = type(name) is str and name in stand_ins
        if not offered or type(arguments) is not tuple or type(keywords) is not dict:
            raise wire.WireError("a call of something that was not offered")
        if _size(arguments) + _size(keywords) > MAX_QUESTION:
            return {"error": f"{name} is called with arguments that are too large"}
        try:
            value = stand_ins[name](*arguments, **keywords)
            generators = filter(_is_generator, (*arguments, *keywords.values()))
            return {"value": value, "generators": tuple(generators)}
        except wire.TooSlow:
            raise
        except Exception as error:  # the arguments are student code's, so anything can go wrong
            return {"error": f"{name} does not take these arguments ({type(error).__name__})"}

    def _lend(self, value: Any) -> int:
        """Keep something of the grader's that student code may hold but not see, such as a cache."""
        if len(self._lent) >= MAX_LENT:
            raise wire.WireError("too many objects of the grader's are in use")
        number = next(self._lent_numbers)
        self._lent[number] = value
        return number

    def _find(self, number: int) -> Any:
        if number in self._lent:
            return self._lent[number]
        handle = wire.Handle(number)
        weakref.finalize(handle, self._freed.append, number)
        return handle

    def _read_errors(self) -> str:
        self._errors.seek(0)
        return self._errors.read(4000).decode(errors="replace").strip()

    def _complaint(self) -> str:
        lines = self._last_words.splitlines()
        return lines[-1] if lines else "it gave no reason"


def _working_folder(files: list[Path]) -> tempfile.TemporaryDirectory:
    """Where a process without walls works: a folder of its own with copies of the submission's files."""
    folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    for file in files:
        shutil.copy(file, folder.name)
    return folder


@contextlib.contextmanager
def _bounded(deadline: float) -> Iterator[None]:
    """Bound the grader's own work for student code: its memory, and its time by TooSlow at `deadline`.

    Only the main thread can take signals; elsewhere time is bounded by the size of the input alone.
    """

    def ring(*_: object) -> None:
        raise wire.TooSlow

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    in_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGALRM, ring) if in_main else None
    try:
        resource.setrlimit(resource.RLIMIT_AS, (_memory_now() + MEMORY, hard))
        if in_main:
            signal.setitimer(signal.ITIMER_REAL, max(deadline - time.monotonic(), 1e-3))
        yield
    finally:
        if in_main:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _memory_now() -> int:
    """Bytes of addresses that this process uses; where nothing tells, so many that no limit results."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[0]) * resource.getpagesize() if statm.exists() else 2**40


def _is_generator(value: Any) -> bool:
    return isinstance(value, np.random.Generator)


def _size(value: Any) -> int:
    """Entries of the arrays in what student code sent, through containers."""
    if isinstance(value, np.ndarray):
        return value.size
    if isinstance(value, dict):
        return sum(map(_size, value.values()))
    return sum(map(_size, value)) if isinstance(value, tuple | list) else 0
