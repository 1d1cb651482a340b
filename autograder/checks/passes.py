"""The four functions that a check of gradients is about; is the student's forward pass right?"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from autograder.checks.calls import is_number, outputs_and_cache
from autograder.checks.compare import relative_error
from autograder.checks.outcome import Failure

THRESHOLD, SINGLE_PRECISION = 1e-6, 1e-3
WITHOUT_OUTPUT = {"not implemented", "undefined", "limit", "raised"}
Gradients = dict[str, NDArray]


class Sealed(Protocol):
    """What the grader knows of a student's function in grading (autograder/sandbox/session.py)."""

    sealed_measured: str

    @property
    def sealed_spent(self) -> float: ...

    @property
    def sealed_left(self) -> float: ...

    def sealed_timing(self) -> AbstractContextManager[None]: ...


@dataclass(frozen=True)
class Passes:
    """A student's forward and backward pass and the reference's.

    `named(result, inputs, function)` gives the gradients by name, after the ladder.
    """

    forward: Callable
    backward: Callable
    right_forward: Callable
    right_backward: Callable
    named: Callable[[Any, Mapping, str], Gradients]

    @property
    def sealed_forward(self) -> Sealed:
        """The student's forward pass in grading."""
        return cast(Sealed, self.forward)

    @property
    def sealed_backward(self) -> Sealed:
        """The student's backward pass in grading."""
        return cast(Sealed, self.backward)


def wrong_forward(
    forward: Callable, reference: Callable, inputs: Mapping, limit: float | None = None
) -> Failure | None:
    """Why a forward pass is wrong on `inputs`, dtype included; None when it is right, to that limit.

    Raises the Failure of one that has no outputs.
    """
    try:
        outs = outputs_and_cache(forward, list(inputs.values()))[0]
    except Failure as failure:
        if failure.code in WITHOUT_OUTPUT:
            raise
        return failure
    right = outputs_and_cache(reference, list(inputs.values()))[0]
    if len(outs) == len(right) and all(_agree(*pair, limit) for pair in zip(outs, right, strict=True)):
        return None
    return Failure(
        f"The backward pass needs a right forward pass, and `{forward.__name__}` is not right yet; "
        "mend it first.",
        code="forward",
    )


def _agree(out: Any, right: Any, limit: float | None) -> bool:
    """The same output, in the same dtype, as exactly as the limit says, else the dtype?"""
    right = np.asarray(right)
    if not is_number(out) or np.shape(out) != right.shape:
        return False
    if right.ndim and out.dtype != right.dtype:
        return False
    usual = SINGLE_PRECISION if right.dtype == np.float32 else THRESHOLD
    return relative_error(out, right) < (limit or usual)
