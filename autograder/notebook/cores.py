"""How many threads NumPy's matrix products get: as many as make them faster at the moment."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from threadpoolctl import ThreadpoolController, threadpool_limits

from autograder.notebook.budget import unattended

PRODUCTS = 40  # in a trial, of the size that a step of an RNN has
GAIN = 0.9  # of the time of a trial; more threads are taken when they need less than that
APART, SHARE = 2.0, 50  # seconds between two trials, of which a trial takes a fiftieth at most


@contextmanager
def fitting_threads(patience: float = 0.0) -> Iterator[Callable[[], None]]:
    """Within it, NumPy's matrix products get as many threads as are good for them; after it, as before.

        with fitting_threads() as fit:
            for ...:
                fit()  # between two steps: tries again now and then

    Threads wait for one another at every product. On idle cores two are faster than one; where other
    programs want the cores too, two can take many times as long, and only a trial tells. The results do
    not depend on it. Where nothing was tried lately it begins with one thread, for `patience` seconds.
    Within another one it changes nothing. Where a grader or nbgrader runs the notebook, it is one thread.
    """
    if _found.in_use:
        yield lambda: None
        return
    pools = ThreadpoolController().select(user_api="blas").lib_controllers
    before = [pool.get_num_threads() for pool in pools]
    _found.in_use = True
    try:
        yield _Fit(pools, before, patience)
    finally:
        _found.in_use = False
        for pool, threads in zip(pools, before, strict=True):
            pool.set_num_threads(threads)


class _Found:
    """What the last trial found, and until when it holds."""

    in_use, threads, until = False, 1, -math.inf


class _Fit:
    """Gives the pools the number of threads that was found, and finds it anew at a call when it is time."""

    def __init__(self, pools: list, before: list[int], patience: float):
        self._pools, self._before = pools, before
        self._most = 1 if unattended() else max(before, default=1)
        now = time.perf_counter()
        if now >= _found.until:
            _found.threads, _found.until = 1, now + patience
        self._set(min(_found.threads, self._most))
        self()

    def __call__(self) -> None:
        began = time.perf_counter()
        if self._most > 1 and began >= _found.until:
            _found.threads = self._best()
            self._set(_found.threads)
            ended = time.perf_counter()
            _found.until = ended + max(APART, SHARE * (ended - began))

    def _best(self) -> int:
        """1, 2, 4, ... threads, as far as each time more of them were faster."""
        best, seconds = 1, self._trial(1, math.inf)
        while best < self._most:
            more = min(2 * best, self._most)
            needed = self._trial(more, GAIN * seconds)
            if needed > GAIN * seconds:
                break
            best, seconds = more, needed
        return best

    def _trial(self, threads: int, at_most: float) -> float:
        """Seconds of some products, after one that wakes the threads; given up once it takes too long."""
        self._set(threads)
        needed = _seconds(1, at_most)
        return needed if needed > at_most else _seconds(PRODUCTS, at_most)

    def _set(self, threads: int) -> None:
        for pool, most in zip(self._pools, self._before, strict=True):
            pool.set_num_threads(min(threads, most))


def _seconds(products: int, at_most: float) -> float:
    began, needed = time.perf_counter(), 0.0
    for _ in range(products):
        _STATE @ _WEIGHTS
        needed = time.perf_counter() - began
        if needed > at_most:
            break
    return needed


_found = _Found()
_STATE, _WEIGHTS = np.ones((32, 256), np.float32), np.ones((256, 256), np.float32)
if unattended():  # all cells of the notebook share the machine with a class, or with the student's editor
    threadpool_limits(limits=1, user_api="blas")
