"""A part of the batch on each core: data parallelism with threads."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import ThreadpoolController

MOST = 4  # more, and the parts of a batch get too small for fast matrix products


def threads() -> int:
    """How many threads NumPy's matrix products use now; the cores where it cannot be told."""
    found = [pool["num_threads"] for pool in ThreadpoolController().info() if pool["user_api"] == "blas"]
    return max(found, default=os.cpu_count() or 1)


def in_threads(function: Callable, workers: int | None = None) -> Callable:
    """`function` on equal parts of the batch at the same time, its results put together.

    function(*batch, **others) takes arrays (B, ...), None or random generators by position, and the rest
    by name. It returns a tuple of means over the batch (numbers), arrays (B, ...), and dicts of arrays that
    are gradients of that mean. Numbers and dicts are averaged, arrays joined. A generator is split into one
    for each part. NumPy lets go of Python's lock while it computes, so threads are enough; each uses one
    thread for its matrix products. `workers` defaults to `threads()`, at most 4; with one worker `function`
    is called as it is. Where B is not a multiple of the workers, fewer are used.
    """
    workers = workers or min(threads(), MOST)
    if workers == 1:
        return function
    pool, blas = ThreadPoolExecutor(workers), ThreadpoolController()

    def call(*batch, **others):
        with blas.limit(limits=1, user_api="blas"):
            results = list(pool.map(lambda part: function(*part, **others), _parts(batch, workers)))
        return tuple(map(_together, zip(*results, strict=True)))

    return call


def _parts(batch: tuple, workers: int) -> list[tuple]:
    """`batch` cut along its first axis into as many equal parts as there are workers, or fewer."""
    B = next(len(argument) for argument in batch if isinstance(argument, np.ndarray))
    n = max(n for n in range(1, workers + 1) if B % n == 0)
    return list(zip(*(_split(argument, n) for argument in batch), strict=True))


def _split(argument, n: int) -> list:
    if isinstance(argument, np.ndarray):
        return np.split(argument, n)
    return argument.spawn(n) if isinstance(argument, np.random.Generator) else [argument] * n


def _together(results: tuple):
    """The same result of all parts as one."""
    if isinstance(results[0], dict):
        return {name: sum(part[name] for part in results) / len(results) for name in results[0]}
    if isinstance(results[0], np.ndarray) and results[0].ndim:
        return np.concatenate(results)
    return sum(results) / len(results)
