"""Work in several processes, which end when nobody waits for them any more."""

import contextlib
import functools
import itertools
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from threadpoolctl import threadpool_limits

POLL_SECONDS = 0.2
LAST_SECONDS = 0.3  # a result that is cut off on its way would keep the pool waiting for the rest for ever

Finished = tuple[tuple, Future]


def run_in_workers(function: Callable, tasks: Iterable[tuple], jobs: int | None = None) -> Iterator[Finished]:
    """Each task with the finished future of `function(*task)`, in the order in which they are ready.

    `jobs` processes work, as many as there are cores if None. When one of them dies, say for lack of
    memory, the tasks that may have been its own are done again, each in a process of its own, and the
    future of one that ends that, too, has the exception BrokenProcessPool. Closing the generator early
    ends the processes, and with them their student processes.
    """
    jobs, tasks = jobs or os.cpu_count() or 1, iter(tasks)
    with ctrl_c() as stop:
        while suspects := (yield from _run(function, tasks, jobs, stop)):
            for task in suspects:
                if (yield from _run(function, iter([task]), 1, stop)):
                    yield task, _broken()


def in_turn(
    submit: Callable[..., Future], tasks: Iterator[tuple], most: Callable[[], int], stop: threading.Event
) -> Generator[Finished, None, list[tuple]]:
    """The finished tasks, at most `most()` of them under way; returns those that a dead process lost.

    A task is taken from `tasks` when there is room for it, and its future is let go when it is done, so
    memory stays flat. Raises KeyboardInterrupt once `stop` is set.
    """
    waiting: dict[Future, tuple] = {}
    lost: list[tuple] = []
    while True:
        for task in itertools.islice(tasks, 0 if lost else max(most() - len(waiting), 0)):
            try:
                waiting[submit(*task)] = task
            except BrokenProcessPool:
                lost.append(task)
                break
        if not waiting:
            return lost
        for future in wait(waiting, POLL_SECONDS, FIRST_COMPLETED).done:
            task = waiting.pop(future)
            if isinstance(future.exception(), BrokenProcessPool):
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
    """See in_turn; in a pool of processes of its own."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([function.__module__])
    pool = ProcessPoolExecutor(jobs, context, initializer=_start)
    try:
        return (yield from in_turn(functools.partial(pool.submit, function), tasks, lambda: jobs + 1, stop))
    except BaseException:
        for worker in multiprocessing.active_children():
            worker.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _broken() -> Future:
    future: Future = Future()
    future.set_exception(BrokenProcessPool("its process died, twice"))
    return future


def _start() -> None:
    """Leave Ctrl-C to the main process, end with it, tell the reference that nobody watches, use one core."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: threading.Timer(LAST_SECONDS, os._exit, (1,)).start())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ["NBGRADER_EXECUTION"] = "autograde"
    threadpool_limits(limits=1, user_api="blas")


def _end_with_parent() -> None:
    """A main process that is killed tells nobody; its end of a pipe does."""
    multiprocessing.parent_process().join()
    os._exit(1)
