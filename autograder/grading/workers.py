"""Work in several processes, which end when nobody waits for them any more."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed

from threadpoolctl import threadpool_limits


def run_in_workers(
    function: Callable, tasks: Sequence[tuple], jobs: int | None = None
) -> Iterator[tuple[tuple, Future]]:
    """Each task with the finished future of `function(*task)`, in the order in which they are ready.

    `jobs` processes work, as many as there are cores if None. Closing the generator early ends them,
    and with them their student processes.
    """
    if not tasks:
        return
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([function.__module__])
    pool = ProcessPoolExecutor(min(jobs or os.cpu_count() or 1, len(tasks)), context, initializer=_start)
    try:
        waiting = {pool.submit(function, *task): task for task in tasks}
        for future in as_completed(waiting):
            yield waiting[future], future
    except BaseException:
        for worker in multiprocessing.active_children():
            worker.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _start() -> None:
    """Leave Ctrl-C to the main process, tell the reference that nobody watches, and use one core."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["NBGRADER_EXECUTION"] = "autograde"
    threadpool_limits(limits=1, user_api="blas")
