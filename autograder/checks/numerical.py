"""Was a right gradient derived, or measured by moving each number a little?

Two traces together tell, measured in docs/gradient_checks.md. Differences are not exact: derived gradients
agree with the reference's to 1e-14, central differences to 3e-12 at best, five-point ones to 8e-14. And they
take at least one forward pass for each number, where a derivation costs a few in all. Both are CPU times.
"""

import time
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from autograder.checks.outcome import Failure

EXACT = 3e-14
SMALL = 1e-3  # of the largest tensor: what is smaller may be all rounding
PASSES = 0.7  # forward passes for each number that are too many
BORDER_SECONDS = 2e-4  # what packing one result costs, some times over
TRIES, AT_ONCE, ENOUGH_SECONDS = 4, 20, 0.05


def require_derived(
    backward: Callable, arguments: Callable[[], tuple], found: Mapping[str, NDArray],
    right: Mapping[str, NDArray], forward_pass: Callable[[], object],
) -> None:  # fmt: skip
    """Raise Failure when `found`, which `backward(*arguments())` returned, looks like differences.

    `right` is the reference's gradient, with the same names and shapes. `forward_pass()` is one of the
    reference's forward passes: it takes about as long as the student's, which student code could slow down.
    """
    if not hasattr(backward, "sealed_seconds"):
        return
    numbers = sum(right[name].size for name in inexact(found, right))
    if not numbers:
        return
    limit = PASSES * numbers * fastest(forward_pass) + BORDER_SECONDS
    if seconds_of_call(backward, arguments()) > limit:
        raise Failure(
            f"`{backward.__name__}` takes differences of the forward pass instead of deriving the gradient.",
            code="numerical",
        )


def inexact(found: Mapping[str, NDArray], right: Mapping[str, NDArray]) -> list[str]:
    """The tensors with a norm ratio |found - right| / (|found| + |right|) above EXACT, if not tiny."""
    norm = np.linalg.norm
    floor = SMALL * max(norm(array) for array in right.values())
    return [
        name for name, truth in right.items()
        if norm(found[name] - truth) > EXACT * (norm(found[name]) + norm(truth) + floor)
    ]  # fmt: skip


def seconds_of_call(function: Callable, arguments: tuple) -> float:
    """The student's own seconds for one call, of several in a row that share the way across the border."""

    def work(times: int) -> float:
        return min(function.sealed_seconds(arguments, times) for _ in range(TRIES))

    times = max(1, min(AT_ONCE, int(ENOUGH_SECONDS / max(work(1), 1e-6))))
    return work(times) / times


def fastest(work: Callable[[], object]) -> float:
    """CPU seconds that `work` takes here when nothing disturbs it."""

    def once() -> float:
        began = time.process_time()
        work()
        return time.process_time() - began

    return min(once() for _ in range(TRIES))
