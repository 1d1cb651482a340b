"""One worker process, and both ends of the pipe that it shares with nobody.

concurrent.futures and loky read all results from one pipe, and pebble from one with a lock around it: a
process that ends or stops while it sends keeps the reader, or the others, waiting for ever.
"""

import contextlib
import gc
import multiprocessing
import os
import pickle
import select
import signal
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing import forkserver, resource_tracker
from pathlib import Path
from typing import Any, TypeVar

from threadpoolctl import threadpool_limits
from tqdm import tqdm

POLL_SECONDS = 0.2
STALL_SECONDS = 10  # who is stopped, or silent in the middle of a message, for so long counts as dead
START_SECONDS = 120  # the first one imports everything, perhaps from a slow disk
MOST_BYTES = 256 * 2**20  # of a result; a submission has 100 MiB at most
SIZE = struct.Struct(">Q")

Some = TypeVar("Some")


class DoAgain(Exception):
    """Work that something outside spoiled: it is to be done once more, alone."""


class WorkerDied(DoAgain):
    """A process ended, stopped or talked nonsense before its result was here."""


class Worker:
    """A process that does `function(*task)` for one task at a time, and ends when the other end closes.

    Each wait ends early, by WorkerDied, once `given_up` is set.
    """

    def __init__(self, function: Callable, given_up: threading.Event):
        """Raises WorkerDied, OSError or EOFError when it cannot be started."""
        self._given_up = given_up
        self._mine, theirs = socket.socketpair()
        self._mine.settimeout(POLL_SECONDS)
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([function.__module__])
        self._process = context.Process(target=_work, args=(theirs, function, _umask()), daemon=True)
        try:
            with theirs, _starting(given_up):
                self._process.start()
            self._receive(START_SECONDS, lambda: True)
        except BaseException:
            self.end()
            raise

    def do(self, task: tuple) -> tuple[BaseException | None, Any]:
        """What the function raised, or None, and its result. Raises WorkerDied; it is of no more use then."""
        left = memoryview(_framed(pickle.dumps(task)))
        while left:
            left = left[self._moved(partial(self._mine.send, left), STALL_SECONDS) :]
        return pickle.loads(self._receive(STALL_SECONDS, self._is_stopped))

    def is_gone(self) -> bool:
        """Has its end of the pipe been closed, which only its death does?"""
        return _is_closed(self._mine, 0)

    def end(self) -> None:
        """End it, whatever it does, and with it its student process; returns when it is gone."""
        if self._process.pid and not self.is_gone():  # as long as it lives, its number is its own
            os.kill(self._process.pid, signal.SIGKILL)
            _is_closed(self._mine, STALL_SECONDS)
        self._mine.close()
        if self._process.pid:
            self._process.join(STALL_SECONDS)
            if self._process.is_alive():
                _end_fork_server()

    def _receive(self, seconds: float, counts: Callable[[], bool]) -> bytes:
        """A message that begins before `seconds` of silence that `counts`, and then goes on."""
        begun = self._moved(partial(self._mine.recv, 1), seconds, counts)
        (size,) = SIZE.unpack(begun + self._rest(SIZE.size - 1))
        if size > MOST_BYTES:
            raise WorkerDied("nonsense came from its process")
        return self._rest(size)

    def _rest(self, size: int) -> bytes:
        rest = bytearray()
        while missing := size - len(rest):
            rest += self._moved(partial(self._mine.recv, min(missing, 2**20)), STALL_SECONDS)
        return bytes(rest)

    def _moved(self, step: Callable[[], Some], seconds: float, counts: Callable = lambda: True) -> Some:
        """What `step` sent or received, at least a byte. Silence is counted in polls: both may have slept."""
        silent = 0.0
        while True:
            try:
                if moved := step():
                    return moved
                raise WorkerDied("its process died")
            except TimeoutError:
                silent = silent + POLL_SECONDS if counts() else 0.0
            except OSError as error:
                raise WorkerDied("its process died") from error
            if silent > seconds or self._given_up.is_set():
                raise WorkerDied("its process stopped")

    def _is_stopped(self) -> bool:
        """By SIGSTOP; one that works is waited for."""
        try:
            return Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(") ")[2].startswith("T")
        except OSError:
            return False


def start_ahead(module: str) -> None:
    """Begin to import in the fork server what a worker with a function of that module needs, and go on."""
    multiprocessing.get_context("forkserver").set_forkserver_preload([module])
    with contextlib.suppress(OSError), _starting(threading.Event()):  # who needs a worker says what is wrong
        forkserver.ensure_running()


def _umask() -> int:
    """The one of this process; asked by `os.umask`, it would be another one for a moment."""
    (line,) = (one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("Umask:"))
    return int(line.split()[1], 8)


def _framed(message: bytes) -> bytes:
    return SIZE.pack(len(message)) + message


def _is_closed(connection: socket.socket, seconds: float | None = None) -> bool:
    """Is the other end closed, or is it within `seconds` (None: however long it takes)?"""
    poll = select.poll()
    poll.register(connection, 0)  # no event but the end, which is always told
    return bool(poll.poll(None if seconds is None else 1000 * seconds))


@contextlib.contextmanager
def _starting(given_up: threading.Event) -> Iterator[None]:
    """Keep Ctrl-C from the new process, and from the fork server, until they ignore it themselves.

    A start that hangs, say because somebody stopped the fork server, or is given up, ends the fork server;
    the next start has another.
    """
    resource_tracker.ensure_running()  # it would let Ctrl-C through again
    done = threading.Event()
    threading.Thread(target=_hurry, args=(done, given_up), daemon=True).start()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        done.set()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _hurry(done: threading.Event, given_up: threading.Event) -> None:
    waited = 0.0
    while waited < START_SECONDS and not given_up.is_set():
        if done.wait(POLL_SECONDS):
            return
        waited += POLL_SECONDS
    _end_fork_server()


def _end_fork_server() -> None:
    if pid := getattr(forkserver._forkserver, "_forkserver_pid", None):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _work(connection: socket.socket, function: Callable, umask: int) -> None:
    """The life of a worker: say that it is there, then answer each task."""
    os.umask(umask)  # the fork server may have been there before it was set
    _start(connection)
    with connection, connection.makefile("rb") as tasks:
        connection.sendall(_framed(b"!"))
        while size := tasks.read(SIZE.size):
            answer = _answer(function, tasks.read(*SIZE.unpack(size)))
            connection.sendall(_framed(answer))


def _answer(function: Callable, task: bytes) -> bytes:
    """(error, result), pickled."""
    try:
        answer = pickle.dumps((None, function(*pickle.loads(task))))
        if len(answer) > MOST_BYTES:
            raise ValueError(f"a result of {len(answer) >> 20} MiB")
        return answer
    except BaseException as error:
        return _told(error)


def _told(error: BaseException) -> bytes:
    """An error for the other side, by its text if it would not arrive."""
    with contextlib.suppress(Exception):
        told = pickle.dumps((error, None))
        pickle.loads(told)
        if len(told) <= MOST_BYTES:
            return told
    return pickle.dumps((RuntimeError(f"{type(error).__name__}: {error}"[:1000]), None))


def _start(connection: socket.socket) -> None:
    """Leave Ctrl-C to the main process, end with it, tell the reference that nobody watches, use one core."""
    gc.freeze()  # what was imported is no garbage, and need not be looked through again
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    threading.Thread(target=_end_with, args=[connection], daemon=True).start()
    os.environ["NBGRADER_EXECUTION"] = "autograde"
    tqdm.set_lock(threading.RLock())  # its own one is left behind when this process is ended, with a warning
    threadpool_limits(limits=1, user_api="blas")


def _end_with(connection: socket.socket) -> None:
    """A main process that is killed tells nobody; its end of the pipe does."""
    _is_closed(connection)
    os._exit(1)
