"""The grader's end of one student process: start, ask, and end it when it breaks a limit."""

import contextlib
import itertools
import os
import resource
import select
import signal
import socket
import subprocess
import tempfile
import threading
import time
import types
import weakref
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autograder.sandbox import wire
from autograder.sandbox.cgroup import Group
from autograder.sandbox.clock import OverLimit, Patience, Starved
from autograder.sandbox.ends import KilledFromOutside, NoProcess, ProcessDied
from autograder.sandbox.limits import Limits
from autograder.sandbox.places import place_of

START_SECONDS = 30
END_SECONDS = 5
READ_SECONDS = 60  # for a message that takes well below one on a machine that has time
UNLOOKED_SECONDS = 0.005  # of its own, in which nobody writes what a folder may not hold
MEMORY = 2 * 2**30  # for one call of the reference on behalf of student code
MAX_LENT = 10_000  # caches of a step function over a long sequence
MAX_QUESTION = 200_000  # entries of arrays; the training text has 133,738
MAX_FREED = 50_000  # handles let go with one question
MAX_ENTRIES = 5_000  # files and folders where no file system limits them
# Student code can send none of these, so they come from outside, unless a limit of ours sent them.
FROM_OUTSIDE = {signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1,
                signal.SIGUSR2}  # fmt: skip


class StudentProcess:
    """One sealed process. Close it; it also dies with the grader.

    `text` is what it sees in place of the corpus, if there is one. Of the last question, `spent` is the
    student's own time and `lent` the grader's CPU time for it.
    """

    def __init__(self, sandbox: str, limits: Limits, files: list[Path], text: Path | None = None):
        place = place_of(sandbox)
        self.limits, self.spent, self.lent = limits, 0.0, 0.0
        self._numbers, self._unlooked = itertools.count(1), 0.0
        self._freed: list[int] = []
        self._lent: dict[int, Any] = {}
        self._offered: list[Callable] = []
        self._lent_numbers = itertools.count(-1, -1)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self._connection, theirs = socket.socketpair()
        with theirs:
            try:
                self._started = place.start(theirs.fileno(), limits, files, self._errors, text)
            except OSError as error:
                self._connection.close()
                self._errors.close()
                raise NoProcess(f"No student process can be started ({error}).") from error
        self._group = Group(limits)
        self._group.add(self._started.pid)
        _offer_to_the_memory_killer(self._started.pid)
        try:
            self.ask("supply", {"names": []}, START_SECONDS, {})
        except ProcessDied as error:
            raise NoProcess(f"The student process did not start: {self._complaint() or error}.") from error

    def ask(
        self, operation: str, arguments: dict, seconds: float, stand_ins: Mapping[str, Callable],
        seconds_to_lend: float = 0,
    ) -> dict:  # fmt: skip
        """One request and its reply; calls of `stand_ins` on the way are answered here.

        Raises ProcessDied when the process ends, talks nonsense or uses more than `seconds` of CPU time, and
        KilledFromOutside when that is not its own doing; it is closed then.
        """
        number, patience = next(self._numbers), Patience(self._started.pid, seconds, self._is_full)
        self._offered = list(filter(_is_function, arguments.get("arguments", ())))
        freed, self._freed[:MAX_FREED] = self._freed[:MAX_FREED], []
        request = {"id": number, "op": operation, "arguments": arguments, "free": freed}
        data = wire.pack(request, self._lend)  # too large is the test's fault, not the student's
        self.lent = 0.0
        try:
            wire.send(self._connection, data, patience)
            reply = self._reply(patience)
            while reply["id"] == -1:
                began = time.process_time()
                with _bounded(seconds_to_lend - self.lent):
                    answer = wire.pack(self._stand_in(reply, stand_ins), self._lend)
                self.lent += time.process_time() - began
                wire.send(self._connection, answer, patience)
                reply = self._reply(patience)
            if reply["id"] != number:
                raise wire.WireError("an answer to another question")
            self._look_at_the_disk(patience)
            return reply
        except OverLimit as error:
            self.close()
            raise ProcessDied(f"{error}") from error
        except (Starved, wire.TooSlow) as error:
            self.close()
            raise KilledFromOutside("got no time from a machine that is too busy") from error
        except wire.Closed as error:
            raise self._end() from error
        except wire.WireError as error:
            self.close()
            raise ProcessDied("sent something that the grader cannot read") from error
        finally:
            self.spent = max(patience.used, patience.asleep)

    def _look_at_the_disk(self, patience: Patience) -> None:
        """Not after every question: it takes longer than a short one. Raises OverLimit."""
        self._unlooked += patience.used
        if self._unlooked > UNLOOKED_SECONDS:
            self._unlooked = 0.0
            patience.look_at_the_disk()

    def close(self) -> resource.struct_rusage | None:
        """End the process and everything that it started; what it has used, if this ends it."""
        process, usage = self._started.process, None
        self._connection.close()
        if process.returncode is None:
            usage = _kill(process, self._started.pid)
            self._ran_out = self._group.ran_out()
            self._group.remove()
        if not self._errors.closed:
            self._last_words = self._read_errors()
            self._errors.close()
        if self._started.folder:
            self._started.folder.cleanup()
        return usage

    def _end(self) -> ProcessDied:
        """Why a process is gone that hung up."""
        if hasattr(os, "pidfd_open"):
            _wait(self._started.process.pid)
        usage = self.close()
        code = self._started.process.returncode
        number = -code if code < 0 else code - 128  # bubblewrap tells of a signal like this
        if number in FROM_OUTSIDE and not (usage and self._is_over(usage)):
            return KilledFromOutside("was ended from outside")
        return ProcessDied("ended the Python process, or used more memory than it may")

    def _is_over(self, usage: resource.struct_rusage) -> bool:
        """Did it use up a limit of ours, or more memory than any right answer needs?"""
        seconds, memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024
        return self._ran_out or seconds > self.limits.process_seconds or memory > self.limits.memory / 2

    def _reply(self, patience: Patience) -> dict:
        """The next message; nothing in it is believed but that it is a dict with a whole number."""
        frame = wire.receive(self._connection, patience)
        reply = wire.unpack(frame, self._find, time.monotonic() + READ_SECONDS)
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
        function = self._function(name, stand_ins)
        if type(name) is int:
            name = "what was handed in"
            if not function:
                return {"error": "this object is no function"}
        if not function or type(arguments) is not tuple or type(keywords) is not dict:
            raise wire.WireError("a call of something that was not offered")
        theirs = [one for one in (*arguments, *keywords.values()) if not self._is_lent(one)]
        if _size(theirs) > MAX_QUESTION:
            return {"error": f"{name} is called with arguments that are too large"}
        try:
            value = function(*arguments, **keywords)
            if str(name).endswith("_forward"):
                value = _without_large_cache(value)
            generators = filter(_is_generator, (*arguments, *keywords.values()))
            return {"value": value, "generators": tuple(generators)}
        except wire.TooSlow:
            raise
        except Exception as error:  # the arguments are student code's, so anything can go wrong
            return {"error": f"{name} does not take these arguments ({type(error).__name__})"}

    def _function(self, name: Any, stand_ins: Mapping[str, Callable]) -> Callable | None:
        """What student code may call: stand-ins by name, functions among the arguments by number."""
        if type(name) is str:
            return stand_ins.get(name)
        function = self._lent.get(name) if type(name) is int else None
        return function if any(function is one for one in self._offered) else None

    def _is_lent(self, value: Any) -> bool:
        return any(value is one for one in self._lent.values())

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

    def _is_full(self) -> bool:
        """Does it fill its folder, where that is not a file system of a fixed size?"""
        folder = self._started.folder
        if not folder:
            return False
        sizes = [_size_of(file) for file in itertools.islice(Path(folder.name).rglob("*"), MAX_ENTRIES)]
        return len(sizes) == MAX_ENTRIES or sum(sizes) > self.limits.disk

    def _read_errors(self) -> str:
        self._errors.seek(0)
        return self._errors.read(4000).decode(errors="replace").strip()

    def _complaint(self) -> str:
        lines = self._last_words.splitlines()
        return lines[-1] if lines else ""


def _kill(process: subprocess.Popen, pid: int) -> resource.struct_rusage:
    """End the student's process, then its wall's program, which follows it once it has seen it end."""
    if not hasattr(os, "pidfd_open"):  # not Linux, so there is no wall
        process.kill()
        process.wait()
        return resource.getrusage(resource.RUSAGE_CHILDREN)
    has_ended = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid if has_ended else pid, signal.SIGKILL)
    if not _wait(process.pid):
        os.kill(process.pid, signal.SIGKILL)  # not Popen's, which would take the usage
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage


def _wait(pid: int) -> bool:
    """Does a child end within some seconds? It is left to be waited for."""
    try:
        watch = os.pidfd_open(pid)
    except ProcessLookupError:  # it has ended already
        return True
    try:
        return bool(select.select([watch], [], [], END_SECONDS)[0])
    finally:
        os.close(watch)


def _offer_to_the_memory_killer(pid: int) -> None:
    """Where memory runs out the kernel should end a student process, not a grader."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/oom_score_adj").write_text("1000")


@contextlib.contextmanager
def _bounded(seconds: float) -> Iterator[None]:
    """Bound the grader's own work for student code: its memory, and its CPU time by OverLimit.

    Only the main thread can take signals; elsewhere time is bounded by the size of the input alone.
    """

    def ring(*_: object) -> None:
        raise OverLimit("asked the reference for more than it has time for")

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    room = memory_now() + MEMORY
    in_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGPROF, ring) if in_main else None
    try:
        if soft == resource.RLIM_INFINITY or room < soft:
            resource.setrlimit(resource.RLIMIT_AS, (room, hard))
        if in_main:
            signal.setitimer(signal.ITIMER_PROF, max(seconds, 1e-3))
        yield
    finally:
        if in_main:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def memory_now() -> int:
    """Bytes of addresses that this process uses; where nothing tells, so many that no limit results."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[0]) * resource.getpagesize() if statm.exists() else 2**40


def _is_function(value: Any) -> bool:
    return isinstance(value, types.FunctionType)


def _is_generator(value: Any) -> bool:
    return isinstance(value, np.random.Generator)


def _without_large_cache(result: Any) -> Any:
    """A forward pass's result; a cache that is too large to come back beside upstream gradients stays here.

    One that stays cannot be put right, so that a right backward pass behind a wrong forward pass is lost.
    """
    if isinstance(result, tuple) and len(result) > 1 and _size(result) > MAX_QUESTION:
        return (*result[:-1], wire.Kept(result[-1]))
    return result


def _size(value: Any) -> int:
    """Entries of the arrays in what student code sent, through containers."""
    if isinstance(value, np.ndarray):
        return value.size
    if isinstance(value, dict):
        return sum(map(_size, value.values()))
    return sum(map(_size, value)) if isinstance(value, tuple | list) else 0


def _size_of(file: Path) -> int:
    try:
        return file.lstat().st_blocks * 512
    except OSError:  # gone meanwhile
        return 0
