"""The four functions that a check of gradients is about."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, cast

from numpy.typing import NDArray

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
