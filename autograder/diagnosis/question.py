"""What is asked: a function and its inputs, what it gives and what is right, here and on other inputs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograder.diagnosis.contract import Contract, Roles, roles_of
from autograder.diagnosis.inputs import Inputs

Arrays = Mapping[str, NDArray]
Upstream = tuple
TIGHT = 1e-6  # relative, in float64
TELLING = 1e-3  # a prediction lies so much nearer to what was found than what is right does
WOULD_BE = "is what it would be if"


class Finding(NamedTuple):
    """A kind of mistake: a code of diagnosis/codes.py, and a predicate without its subject."""

    code: str
    words: str


class Diagnosis(NamedTuple):
    """What to say first: a code, a predicate, and the name of the result that it is about."""

    code: str
    words: str
    about: str


@dataclass(frozen=True)
class Instance:
    """One try: inputs and upstream gradients, what was found and what is right, by the names of the results.

    `starts` are the arrays from which an update goes on. What lies nearer than `limit` is right.
    """

    inputs: Inputs
    upstream: Upstream
    found: Arrays
    right: Arrays
    sizes: Mapping[str, int]
    starts: Arrays = field(default_factory=dict)
    limit: float = TIGHT
    is_like_smooth: bool = False  # are they so for fresh inputs?
    is_often_right: bool = False  # are most fresh inputs such that not all of this is wrong?

    @cached_property
    def wrong(self) -> list[str]:
        """The names of the results that are not right."""
        return [name for name in self.right if not close(self.found[name], self.right[name], self.limit)]

    @property
    def is_smooth(self) -> bool:
        """Do the right results hold more than whole numbers?"""
        return self.is_like_smooth or any(bool(np.any(right % 1)) for right in self.right.values())

    def error(self, name: str) -> float:
        """How far a result is from what is right."""
        return float(np.linalg.norm(np.asarray(self.found[name], np.float64) - self.right[name]))

    def hits(self, name: str, predicted: NDArray) -> bool:
        """Is that what was found, and clearly not what is right? A prediction of NaN says nothing.

        Of a result that is right nothing else may be predicted.
        """
        found, right = self.found[name], self.right[name]
        if np.shape(predicted) != found.shape:
            return False
        if name not in self.wrong:
            return close(predicted, right, max(self.limit, TIGHT))
        said = ~np.isnan(predicted)
        if not said.any() or said.mean() < 0.5:
            return False
        found, right, predicted = (np.asarray(array, np.float64)[said] for array in (found, right, predicted))
        error, off = np.linalg.norm(found - predicted), np.linalg.norm(found - right)
        size = np.linalg.norm(found) + np.linalg.norm(predicted)
        return bool(error <= max(self.limit, TIGHT) * size and error <= TELLING * off and off > 0)


def close(left: NDArray, right: NDArray, limit: float = TIGHT) -> bool:
    """Are two arrays the same but for rounding, as a ratio of norms?"""
    if np.shape(left) != np.shape(right):
        return False
    left, right = np.asarray(left, np.float64), np.asarray(right, np.float64)
    scale = np.linalg.norm(left) + np.linalg.norm(right)
    return bool(np.isfinite(scale) and np.linalg.norm(left - right) <= limit * scale)


@dataclass(frozen=True)
class Hypothesis:
    """A finding and `explains(instance, names)`: which of the results are just as it predicts."""

    finding: Finding
    explains: Callable[[Instance, list[str]], set[str]]
    predict: Callable[[Instance], Arrays] | None = None

    def spares(self, instance: Instance) -> bool:
        """Is nothing else predicted of the results that are right? One that does is only second best."""
        if not self.predict:
            return True
        predicted = self.predict(instance)
        return all(
            close(predicted[name], right, max(instance.limit, TIGHT))
            for name, right in instance.right.items()
            if name in predicted and name not in instance.wrong and not np.isnan(predicted[name]).any()
        )


def prediction(finding: Finding, predict: Callable[[Instance], Arrays]) -> Hypothesis:
    """A hypothesis that works out each number; `predict` may leave out names."""

    def explains(instance: Instance, names: list[str]) -> set[str]:
        predicted = predict(instance)
        return {name for name in names if name in predicted and instance.hits(name, predicted[name])}

    return Hypothesis(finding, explains, predict)


def relation(finding: Finding, holds: Callable[[NDArray, NDArray], bool]) -> Hypothesis:
    """A hypothesis about how what was found lies to what is right, `holds(found, right)`."""

    def explains(instance: Instance, names: list[str]) -> set[str]:
        return {
            name for name in names
            if name not in instance.wrong or holds(instance.found[name], instance.right[name])
        }  # fmt: skip

    return Hypothesis(finding, explains)


Another = Callable[[Inputs, Upstream], Arrays]  # the right results, worked out in another way


@dataclass(frozen=True)
class Subject:
    """The function in question. Its callables may raise anything, for not all functions take all inputs.

    `found(inputs, upstream)` gives what the student's code gives, `right(inputs, upstream)` what is right,
    and `draw(inputs, rng)` random upstream gradients, none for a function without. `others(inputs, vague)`
    are other ways to work out the right results, each with what it would mean: a step of the reference taken
    in another way; the vague ones apart.
    """

    found: Another
    right: Another | None
    draw: Callable[[Inputs, np.random.Generator], Upstream]
    contract: Contract = field(default_factory=lambda: Contract({}))
    others: Callable[[Inputs, bool], Iterator[tuple[Finding, Another]]] = lambda inputs, vague: iter(())
    quick: bool = True  # or is `right` worked out by central differences?
    starts: Callable[[Inputs], Arrays] = lambda inputs: {}

    def roles(self, inputs: Mapping[str, Any]) -> Roles:
        """The roles of the inputs' axes."""
        return roles_of(self.contract, inputs)

    def tried(self, inputs: Inputs, upstream: Upstream) -> Instance:
        """An instance of these inputs. Raises whatever one of the functions raises."""
        if not self.right:
            raise ValueError("nobody knows what is right")
        right = self.right(inputs, upstream)
        found = self.found(inputs, upstream)
        if found.keys() != right.keys() or any(np.shape(found[n]) != np.shape(right[n]) for n in right):
            raise ValueError("other results than the right ones")
        return Instance(inputs, upstream, found, right, self.roles(inputs).sizes, self.starts(inputs))
