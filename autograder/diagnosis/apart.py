"""Work in a process apart: whatever a changed step does, it costs seconds and no memory of the grader's."""

import contextlib
import math
import os
import pickle
import select
import signal
import struct
import time
from collections.abc import Callable
from typing import Any

BUSY = 3  # times as long on the wall as in CPU time, at most
SILENT_SECONDS = BUSY * 1.0  # after which one try counts as stuck
MEMORY = 2**30  # that the process may take on top of what it has
NUMBER = struct.Struct("<q")
DONE = -1
MOST_FILES = 4096


def tried_apart(work: Callable[[int, Callable[[int], None]], Any], seconds: float) -> Any:
    """What `work(first, tell)` returns in a copy of this process, None after `seconds` of its CPU time.

    It tries one thing after the other from number `first` on, and tells the number of each before. One that
    is stuck, or takes too much memory, is passed over. None at once where no process can be copied.
    """
    if not hasattr(os, "fork"):
        return None
    end, first = time.monotonic() + BUSY * seconds, 0
    while (left := (end - time.monotonic()) / BUSY) > 0:
        last, result = _copied(work, first, left)
        if last == DONE:
            return result
        first = max(first, last) + 1
    return None


def _copied(work: Callable, first: int, seconds: float) -> tuple[int, Any]:
    """The number that was told last, and the result if that is DONE."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _work_and_end(work, first, writing, seconds)
    os.close(writing)
    try:
        return _heard(reading, seconds)
    finally:
        os.close(reading)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _work_and_end(work: Callable, first: int, writing: int, seconds: float) -> None:
    """In the copy; never returns. It holds none of the grader's files, and ends without it as well."""
    try:
        os.closerange(3, writing)
        os.closerange(writing + 1, MOST_FILES)
        _limit(math.ceil(seconds) + 1)
        result = work(first, lambda number: _send(writing, NUMBER.pack(number)))
        _send(writing, NUMBER.pack(DONE) + pickle.dumps(result))
    finally:
        os._exit(0)


def _limit(seconds: int) -> None:
    import resource  # which only systems with fork have

    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    with contextlib.suppress(OSError, ValueError), open("/proc/self/statm") as statm:
        now = int(statm.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _send(writing: int, data: bytes) -> None:
    while data:
        data = data[os.write(writing, data) :]


def _heard(reading: int, seconds: float) -> tuple[int, Any]:
    """As _copied; what comes is read until it ends, or is silent for too long."""
    end, data, last = time.monotonic() + BUSY * seconds, b"", 0
    while (left := end - time.monotonic()) > 0:
        if not select.select([reading], [], [], min(left, SILENT_SECONDS))[0]:
            break
        if not (more := os.read(reading, 2**16)):
            break
        data += more
        while last != DONE and len(data) >= NUMBER.size:
            last, data = NUMBER.unpack(data[: NUMBER.size])[0], data[NUMBER.size :]
    try:
        return last, pickle.loads(data) if last == DONE else None
    except (pickle.UnpicklingError, EOFError):  # cut off
        return 0, None
