"""Work in several processes, which end when nobody waits for them any more."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

from threadpoolctl import threadpool_limits


def run_in_workers(
    function: Callable, tasks: Sequence[tuple], jobs: int | None = None
) -> Iterator[tuple[tuple, Future]]:
    """Each task with the finished future of `function(*task)`, in the order in which they are ready.

    `jobs` processes work, as many as there are cores if None. When one of them dies, say for lack of
    memory, the tasks that may have been its own are done again, each in a process of its own, and the
    future of one that ends that, too, has the exception BrokenProcessPool. Closing the generator early
    ends the processes, and with them their student processes.
    """
    jobs, left = jobs or os.cpu_count() or 1, list(tasks)
    while left:
        lost = yield from _run(function, left, jobs)
        suspects, left = lost[: jobs + 1], lost[jobs + 1 :]  # tasks start in order, one waits ahead
        for task in suspects:
            if (yield from _run(function, [task], 1)):
                yield task, _broken()


def _run(
    function: Callable, tasks: list[tuple], jobs: int
) -> Generator[tuple[tuple, Future], None, list[tuple]]:
    """The finished tasks; returns those that were lost because a process died, in order."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([function.__module__])
    pool = ProcessPoolExecutor(min(jobs, len(tasks)), context, initializer=_start)
    waiting: dict[Future, tuple] = {}
    try:
        with contextlib.suppress(BrokenProcessPool):
            waiting |= ((pool.submit(function, *task), task) for task in tasks)
        begun = len(waiting)
        for future in as_completed(waiting):
            if not isinstance(future.exception(), BrokenProcessPool):
                yield waiting.pop(future), future  # nobody else holds the result: memory stays flat
    except BaseException:
        for worker in multiprocessing.active_children():
            worker.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    return [*waiting.values(), *tasks[begun:]]


def _broken() -> Future:
    future: Future = Future()
    future.set_exception(BrokenProcessPool("its process died, twice"))
    return future


def _start() -> None:
    """Leave Ctrl-C to the main process, end with it, tell the reference that nobody watches, use one core."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ["NBGRADER_EXECUTION"] = "autograde"
    threadpool_limits(limits=1, user_api="blas")


def _end_with_parent() -> None:
    """A main process that is killed tells nobody; its end of a pipe does."""
    multiprocessing.parent_process().join()
    os._exit(1)
