"""Work in several processes, which end when nobody waits for them any more."""

import contextlib
import itertools
import os
import signal
import socket
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from autograder.course import CourseError
from autograder.grading.worker import POLL_SECONDS, DoAgain, Worker, WorkerDied

PAUSES = (0.2, 1, 3)  # seconds after a start that failed, for a machine that is short of something

Finished = tuple[tuple, Future]


def run_in_workers(
    function: Callable, tasks: Iterable[tuple], jobs: int | None = None,
    again: Callable[[tuple], tuple] = tuple,
) -> Generator[Finished, None, None]:  # fmt: skip
    """Each task with the finished future of `function(*task)`, in the order in which they are ready.

    `jobs` processes work, as many as there are cores if None. When one of them dies, say for lack of
    memory, the others go on; its own task is done again at the end, alone and as `again` changes it, and if
    that ends its process, too, its future has the exception BrokenProcessPool. So is a task whose function
    raises DoAgain. Closing the generator early ends the processes,
    and with them their student processes. Raises CourseError when no process can be started.
    """
    with ctrl_c() as stop:
        for task in (yield from _run(function, iter(tasks), jobs or os.cpu_count() or 1, stop)):
            if (yield from _run(function, iter([again(task)]), 1, stop)):
                yield task, _broken()


def in_turn(
    submit: Callable[..., Future], tasks: Iterator[tuple], most: Callable[[], int], stop: threading.Event
) -> Generator[Finished, None, list[tuple]]:
    """The finished tasks, at most `most()` of them under way; returns those that a dead process lost.

    A task is taken from `tasks` when there is room for it, and its future is let go when it is done, so
    memory stays flat. Raises KeyboardInterrupt once `stop` is set, and NoWorkers.
    """
    waiting: dict[Future, tuple] = {}
    lost: list[tuple] = []
    while True:
        for task in itertools.islice(tasks, max(most() - len(waiting), 0)):
            waiting[submit(*task)] = task
        if not waiting:
            return lost
        for future in wait(waiting, POLL_SECONDS, FIRST_COMPLETED).done:
            task = waiting.pop(future)
            if isinstance(error := future.exception(), NoWorkers):
                raise error
            if isinstance(error, DoAgain):
                lost.append(task)
            else:
                yield task, future
        if stop.is_set():
            raise KeyboardInterrupt


@contextlib.contextmanager
def ctrl_c() -> Iterator[threading.Event]:
    """An event for Ctrl-C; a second Ctrl-C interrupts at once.

    Python may raise KeyboardInterrupt where it gets lost, in a weak reference's callback for one.
    """
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def press(*_: object) -> None:
        signal.signal(signal.SIGINT, before)
        stop.set()

    before = signal.signal(signal.SIGINT, press)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def _run(
    function: Callable, tasks: Iterator[tuple], jobs: int, stop: threading.Event
) -> Generator[Finished, None, list[tuple]]:
    """See in_turn; in processes of its own."""
    pool = _Pool(function, jobs)
    try:
        return (yield from in_turn(pool.submit, tasks, lambda: jobs + 1, stop))
    finally:
        pool.end()


def _broken() -> Future:
    future: Future = Future()
    future.set_exception(BrokenProcessPool("its process died, twice"))
    return future


class NoWorkers(CourseError):
    """Not one process can be started, so nothing can be done."""


class _Pool:
    """Threads that hand tasks to processes, each task to a process that nobody else has meanwhile."""

    def __init__(self, function: Callable, jobs: int):
        self._function, self._given_up = function, threading.Event()
        self._idle: list[Worker] = []
        self._threads = ThreadPoolExecutor(jobs)

    def submit(self, *task: Any) -> Future:
        """The future of `function(*task)`; its exception is WorkerDied when that ended its process."""
        try:
            return self._threads.submit(self._do, task)
        except RuntimeError as error:
            raise _no_workers(error) from error

    def end(self) -> None:
        """End all processes; what they were doing is lost."""
        self._given_up.set()
        self._threads.shutdown(cancel_futures=True)
        while self._idle:
            self._idle.pop().end()

    def _do(self, task: tuple) -> Any:
        worker = self._taken() or self._started()
        try:
            error, result = worker.do(task)
        except BaseException:
            worker.end()
            raise
        self._idle.append(worker)
        if error is not None:
            raise error
        return result

    def _taken(self) -> Worker | None:
        """A process that has nothing to do, None when none is left; one that died meanwhile cost nothing."""
        with contextlib.suppress(IndexError):
            while (worker := self._idle.pop()).is_gone():
                worker.end()
            return worker
        return None

    def _started(self) -> Worker:
        for pause in PAUSES:
            try:
                return Worker(self._function, self._given_up)
            except (WorkerDied, OSError, EOFError, RuntimeError) as error:
                problem = error
            if self._given_up.wait(pause):
                break
        raise _no_workers(problem) from problem


def _no_workers(problem: Exception) -> NoWorkers:
    why = f"{type(problem).__name__}: {problem}".removesuffix(": ")
    return NoWorkers(
        f"No process to work in can be started on {socket.gethostname()} ({why}). What was done stays; see "
        "whether it lacks memory or processes, and run the same command again, perhaps with `--jobs 1`."
    )
