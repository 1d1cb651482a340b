"""The four functions that a check of gradients is about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

Gradients = dict[str, NDArray]


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
