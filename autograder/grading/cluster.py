"""Judging on the workers of a Dask cluster, through its concurrent.futures interface.

Workers have this package and bubblewrap; what they need of the course travels with each submission, and
the gradebook stays here. When a worker is lost, Dask gives its submissions to another one.
"""

import contextlib
import functools
import multiprocessing
import time
import warnings
from collections.abc import Callable, Generator, Iterator

from distributed import Client

from autograder.course import CourseError
from autograder.grading.payload import version
from autograder.grading.workers import POLL_SECONDS, Finished, ctrl_c, in_turn
from autograder.sandbox.places import require

CONNECT_SECONDS = 10
ALONE_SECONDS = 60  # so long a run waits for a first or another worker
AHEAD = 2  # tasks under way for each thread, so that none waits for the network


def run_on_cluster(
    address: str, function: Callable, tasks: Iterator[tuple], sandbox: str
) -> Generator[Finished, None, None]:
    """As run_in_workers, on the cluster whose scheduler is at `address`.

    Raises CourseError when it cannot be reached, when a worker cannot judge, or when there has been none for
    a minute.
    """
    with _connected(address) as client, ctrl_c() as stop:
        workers = _Workers(client)
        while not workers.room():
            if stop.wait(POLL_SECONDS):
                raise KeyboardInterrupt
        _require_able(client, sandbox)
        executor = client.get_executor(pure=False)
        try:
            yield from in_turn(functools.partial(executor.submit, function), tasks, workers.room, stop)
        finally:
            executor.shutdown(wait=False)


class _Workers:
    """How many tasks the cluster's workers may have, and for how long there has been none."""

    def __init__(self, client: Client):
        self.client, self.seen = client, time.monotonic()

    def room(self) -> int:
        """AHEAD for each thread. Raises CourseError when there was no worker for a while."""
        threads = sum(self.client.nthreads().values())
        now = time.monotonic()
        self.seen = now if threads else self.seen
        if now - self.seen > ALONE_SECONDS:
            raise CourseError(
                f"The scheduler has had no worker for {ALONE_SECONDS} seconds. What was graded stays; start "
                "workers (docs/scale.md) and run the same command again."
            )
        return AHEAD * threads


@contextlib.contextmanager
def _connected(address: str) -> Iterator[Client]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Dask's advice on large tasks: a notebook may be one
        try:
            client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, ImportError) as error:
            raise CourseError(
                f"No Dask scheduler answers at {address} ({type(error).__name__}); name it as "
                "`--scheduler tcp://HOST:8786`."
            ) from error
        with client:
            yield client


def _require_able(client: Client, sandbox: str) -> None:
    """Raise CourseError that names the first worker that cannot judge, and why."""
    try:
        found = client.run(about, sandbox, on_error="return")
    except Exception as error:
        raise CourseError(f"The workers cannot be asked ({type(error).__name__}: {error}).") from error
    for worker, (theirs, problem) in sorted((at, _answer(one)) for at, one in found.items()):
        if not problem and theirs != version():
            problem = f"it has {theirs}, and this machine {version()}; install the same on both."
        if problem:
            raise CourseError(f"The worker at {worker} cannot judge: {problem}")


def _answer(answer: tuple[str, str] | BaseException) -> tuple[str, str]:
    if isinstance(answer, BaseException):
        return "", f"{type(answer).__name__}: {answer}; it needs this package, of this version."
    return answer


def about(sandbox: str) -> tuple[str, str]:
    """A worker's version, and what keeps it from judging."""
    if multiprocessing.current_process().daemon:
        return version(), "start it with `--no-nanny`, or with DASK_DISTRIBUTED__WORKER__DAEMON=False."
    try:
        require(sandbox)
    except CourseError as error:
        return version(), str(error)
    return version(), ""
