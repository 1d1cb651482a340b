"""Which gradients are the derivatives of a wrong forward pass that is as hard to derive as the right one?

Central differences of the student's own forward pass are not enough: of a constant, a sum or a straight line
they are easy to match. So a gradient must also be like the reference's gradient: zero where that is, changed
by what changes that, by about as much, of the same rank over many upstream gradients, and not far from it.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograder.checks.by_cache import jittered, narrowed
from autograder.checks.calls import call, outputs_and_cache, require_float_array, same
from autograder.checks.compare import relative_error
from autograder.checks.outcome import Failure
from autograder.checks.passes import SINGLE_PRECISION, THRESHOLD, Gradients, Passes

CHANGE = 3e-3  # of an input, in parts of its size: within the check's distance to kinks
MOVED, UNMOVED = 1e-8, 1e-13  # of a tensor's largest entry; what lies between says nothing
LESS = 0.25  # of the reference's change is too little, as of a function made almost straight
LESS_BENT = 0.02  # and of its third difference, which a polynomial does not have
ROUNDING = 1e-12  # third differences below it are nothing else
ALIKE = 0.8  # the least cosine with the reference's gradient, over many upstream gradients
UPSTREAMS = 40
SINGLE = 4  # numbers of each array that are changed alone


class Slopes(NamedTuple):
    """How the check takes central differences: `numeric(forward, inputs, douts)`, and `along(gradients)`."""

    numeric: Callable[[Callable, Mapping, tuple], Gradients]
    along: Callable[[Gradients], Gradients]


def proven_by_derivative(
    passes: Passes, inputs: Mapping[str, Any], slopes: Slopes, rng: np.random.Generator
) -> tuple[set[str], set[str]]:
    """The names of gradients that are derivatives of the student's own forward pass, and of those left out.

    Left out is a gradient of zero for what the forward pass ignores, if the right one is a sum of upstream
    gradients, which saves nobody any work.
    """
    left_out: set[str] = set()
    try:
        both = _Both(passes, inputs)
        douts = both.upstream(rng)
        own, right = both.gradients(inputs, douts)
        numeric = slopes.numeric(passes.forward, inputs, douts)
        left_out |= {n for n in own if not own[n].any() and not numeric[n].any()}
        left_out &= _sums(both, inputs, douts, right, rng) if left_out else left_out
        proven = {n for n, a in slopes.along(own).items() if relative_error(a, numeric[n]) < THRESHOLD}
        proven &= _no_easy_ones(both, inputs, douts, own, right, rng) if proven else proven
        if proven:
            _require_no_state(passes, inputs, douts, own, rng)
            _require_single(passes, inputs, douts, own)
        return proven, left_out
    except Failure:
        return set(), left_out


class _Both:
    """The student's and the reference's passes side by side; Failure when their outputs differ in shape."""

    def __init__(self, passes: Passes, inputs: Mapping[str, Any]):
        self.passes, values = passes, list(inputs.values())
        own = outputs_and_cache(passes.forward, values)[0]
        self.outs = [np.asarray(out) for out in outputs_and_cache(passes.right_forward, values)[0]]
        shapes = [require_float_array(out, "the output").shape for out in own]
        if shapes != [out.shape for out in self.outs]:
            raise Failure("The outputs have other shapes.", code="shape")

    def upstream(self, rng: np.random.Generator) -> tuple:
        return tuple(rng.normal(size=out.shape) if out.ndim else float(rng.normal()) for out in self.outs)

    def own(self, inputs: Mapping[str, Any], douts: tuple) -> Gradients:
        return _gradients(self.passes.forward, self.passes.backward, self.passes, inputs, douts)

    def gradients(self, inputs: Mapping[str, Any], douts: tuple) -> tuple[Gradients, Gradients]:
        return self.own(inputs, douts), self.right(inputs, douts)

    def right(self, inputs: Mapping[str, Any], douts: tuple) -> Gradients:
        return _gradients(self.passes.right_forward, self.passes.right_backward, self.passes, inputs, douts)


def _gradients(
    forward: Callable, backward: Callable, passes: Passes, inputs: Mapping, douts: tuple
) -> Gradients:
    cache = outputs_and_cache(forward, list(inputs.values()))[1]
    return passes.named(call(backward, *douts, cache), inputs, backward.__name__)


def _sums(both: _Both, inputs: Mapping, douts: tuple, right: Gradients, rng: np.random.Generator) -> set[str]:
    """The names of the reference's gradients that no number among the inputs changes."""
    moved = set()
    for (changed, _), *_ in _changes(inputs, (), rng):
        now = both.right(changed, douts)
        moved |= {name for name in right if not np.array_equal(now[name], right[name])}
    return set(right) - moved


def _no_easy_ones(
    both: _Both, inputs: Mapping, douts: tuple, own: Gradients, right: Gradients, rng: np.random.Generator
) -> set[str]:
    """The names of the gradients that behave as the reference's do."""
    names = {name for name in right if right[name].any() and _same_places(own[name], right[name])}
    for points in _changes(inputs, douts, rng):
        found, truth = zip((own, right), *(both.gradients(*point) for point in points), strict=True)
        names = {n for n in names if _moves_alike([one[n] for one in found], [one[n] for one in truth])}
    draws = [both.gradients(inputs, both.upstream(rng)) for _ in range(UPSTREAMS)] if names else []
    rows = {n: [np.stack([draw[i][n].ravel() for draw in draws]) for i in (0, 1)] for n in names}
    return {name for name in names if _are_alike(*rows[name])}


def _changes(inputs: Mapping, douts: tuple, rng: np.random.Generator) -> Iterator[list[tuple[dict, tuple]]]:
    """Inputs and upstream gradients with one thing changed, as `_changed` does."""
    for name, value in inputs.items():
        if isinstance(value, Mapping):
            for points in _changes(value, (), rng):
                yield [({**inputs, name: changed}, douts) for changed, _ in points]
        elif isinstance(value, np.ndarray) and value.size:
            for arrays in _changed(value, rng):
                yield [({**inputs, name: array}, douts) for array in arrays]
    for i, dout in enumerate(douts):
        for array, *_ in _changed(np.asarray(dout), rng):
            new = array if array.ndim else float(array)
            yield [(dict(inputs), (*douts[:i], new, *douts[i + 1 :]))]


def _changed(array: NDArray, rng: np.random.Generator) -> Iterator[list[NDArray]]:
    """Ids in another order; an array one and two steps on and one back; single numbers of it a step on."""
    if array.dtype.kind != "f":
        yield [rng.permutation(array.ravel()).reshape(array.shape)]
        return
    size = CHANGE * np.sqrt(np.mean(array**2))
    step = size * rng.normal(size=array.shape)
    yield [array + step, array + 2 * step, array - step]
    for place in rng.permutation(array.size)[:SINGLE] if array.ndim else ():
        one = np.zeros(array.size)
        one[place] = size
        yield [array + one.reshape(array.shape)]


def _same_places(own: NDArray, right: NDArray) -> bool:
    """Are the same entries zero?"""
    return bool(np.array_equal(own != 0, right != 0))


def _moves_alike(own: list[NDArray], right: list[NDArray]) -> bool:
    """Does the gradient move just where the reference's does? Over several steps, as much and as bent?

    The first of each is the start, the others come after changes.
    """
    moved, wanted = (_relative(one[1] - one[0], one[0]) for one in (own, right))
    if np.any(moved[wanted > MOVED] < UNMOVED) or np.any(moved[wanted < UNMOVED] > MOVED):
        return False
    if len(own) == 2:
        return True
    bent, due = (_relative(two - 3 * one + 3 * start - back, start) for start, one, two, back in (own, right))
    return _enough(moved, wanted, LESS, UNMOVED) and _enough(bent, due, LESS_BENT, ROUNDING)


def _enough(own: NDArray, right: NDArray, share: float, floor: float) -> bool:
    """Is it at least that share of the reference's, if that is more than rounding?"""
    return bool(np.linalg.norm(right) < floor or np.linalg.norm(own) >= share * np.linalg.norm(right))


def _relative(change: NDArray, array: NDArray) -> NDArray:
    return np.abs(change) / np.abs(array).max()


def _are_alike(own: NDArray, right: NDArray) -> bool:
    """Rows are gradients for many upstream gradients: have they the same rank, and a common direction?"""
    ranks = [np.linalg.matrix_rank(rows, 1e-8 * np.linalg.norm(rows)) for rows in (own, right)]
    cosine = np.vdot(own, right) / (np.linalg.norm(own) * np.linalg.norm(right))
    return ranks[0] == ranks[1] and abs(cosine) >= ALIKE


def _require_no_state(
    passes: Passes, inputs: Mapping, douts: tuple, own: Gradients, rng: np.random.Generator
) -> None:
    """Raise Failure when gradients are others once the forward pass has seen other inputs."""
    cache = outputs_and_cache(passes.forward, list(inputs.values()))[1]
    call(passes.forward, *jittered(inputs, rng).values())
    again = passes.named(call(passes.backward, *douts, cache), inputs, passes.backward.__name__)
    if not same(again, own):
        raise Failure("The backward pass keeps state between calls.", code="state kept")


def _require_single(passes: Passes, inputs: Mapping, douts: tuple, own: Gradients) -> None:
    """Raise Failure when gradients for float32 are not float32, or others."""
    single = [d.astype(np.float32) if isinstance(d, np.ndarray) else d for d in douts]
    found = _gradients(passes.forward, passes.backward, passes, narrowed(inputs), tuple(single))
    if any(relative_error(found[name], own[name]) > SINGLE_PRECISION for name in own):
        raise Failure("The gradients are others in float32.", code="dtype")
