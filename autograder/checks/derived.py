"""Was a gradient derived, or measured by moving each number a little?

At little data and many parameters the two differ by what they cost: a derivation takes about one pass back,
whatever the number of parameters; differences of any kind, taken one by one or stacked into one large batch,
in real or in complex numbers, take at least a pass forward for each of them. Measured in
docs/gradient_checks.md, with what this cannot see.
"""

import copy
import functools
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from autograder.checks.calls import call_times
from autograder.checks.outcome import Failure, NoTimeLeft
from autograder.checks.passes import Gradients, Passes, wrong_forward
from autograder.checks.thin import numbers_of, redrawn, seconds_of, thinned
from autograder.diagnosis.inputs import Inputs, leaves

Timed = Callable[[Inputs, np.random.Generator, float], float]  # seconds, of at most so many

PASSES = 0.5  # passes forward for each number that are too many
TRIES, DIRECTIONS = 3, 3
LOOKS = 4  # inputs on which all directions are off: of a thousand kinks one may lie so near that all cross it
LEAST_SECONDS, LEAST_MENDED = 0.003, 0.02  # the latter where a cache is put right meanwhile
SURE_SECONDS = 0.012  # what loops of Python may take whatever the sizes; differences take 2.3 limits or more
WRONG_THERE, FORWARD_THERE = "batch", "forward"
STEP, AGREE = 1e-6, 1e-4
CLEARLY = 1.0  # seconds above twice the limit: no second look


def require_derived(
    passes: Passes, inputs: Mapping[str, Any], rng: np.random.Generator, timed: Timed | None = None,
    names: Collection[str] = (),
) -> None:  # fmt: skip
    """Raise Failure when the backward pass costs what differences cost. In grading only.

    Both passes run on inputs that nothing has seen before, so that nothing is remembered, and both count, so
    that no work hides in the forward pass. The gradients must be right there, too: what is quick and wrong at
    these sizes shows nothing. Without `timed`, which runs both in another way and looks itself, they are the
    slopes of the student's own forward pass, those in `names` or all; when they are not and that is wrong
    there, the Failure's code is FORWARD_THERE. What the checks above in the same cell have found is true in
    this one as well.

    Raises NoTimeLeft when it cannot be known.
    """
    if not hasattr(passes.backward, "sealed_spent"):
        return
    if passes.sealed_backward.sealed_measured:
        raise _failure(passes, passes.sealed_backward.sealed_measured)
    thin = thinned(passes, dict(inputs), rng)
    seconds, numbers = seconds_of(passes, thin), numbers_of(thin)
    limit = PASSES * numbers * seconds
    if limit < (LEAST_MENDED if timed else LEAST_SECONDS):  # it would be the clock that is judged
        return
    wrong = slow = 0
    while slow < TRIES:
        made = redrawn(passes, thin, rng)
        if not _is_finite(passes.right_forward(*copy.deepcopy(list(made.values())))[:-1]):
            return  # inputs of which nobody can make anything
        work = timed or functools.partial(_slopes, passes, not slow, names)
        try:
            with passes.sealed_backward.sealed_timing():
                spent = _spent(passes, work, made, rng, 2 * limit + CLEARLY)
        except Failure as failure:
            wrong += 1
            if failure.code not in (WRONG_THERE, FORWARD_THERE) or wrong == LOOKS:
                raise
            continue
        if spent <= max(limit, SURE_SECONDS):
            return
        slow += 1
    raise _failure(passes, f"{spent / seconds / numbers:.2f} passes for each of {numbers} numbers")


def _failure(passes: Passes, detail: str) -> Failure:
    name, passes.sealed_backward.sealed_measured = passes.backward.__name__, detail
    cause = f"`{name}` takes differences of the forward pass instead of deriving the gradient."
    return Failure(cause, detail, code="numerical")


def _is_finite(outs: tuple) -> bool:
    return all(np.all(np.isfinite(out)) for out in outs)


def _spent(passes: Passes, timed: Timed, inputs: Inputs, rng: np.random.Generator, most: float) -> float:
    """The student's seconds for both passes. Raises Failure, which accuses of differences only where time
    ran out: who takes much memory need not take them. Raises NoTimeLeft.
    """
    try:
        return timed(inputs, rng, most)
    except Failure as failure:
        if passes.sealed_backward.sealed_left <= 0:  # so perhaps it was this that ran out
            raise NoTimeLeft("earlier backward passes used up the seconds for timing them") from failure
        if failure.code == "limit" and "took longer" in failure.cause:
            raise _failure(passes, failure.cause) from failure
        if failure.code not in (WRONG_THERE, FORWARD_THERE):
            if wrong_forward(passes.forward, passes.right_forward, inputs):  # NaN, say, goes all the way back
                raise wrong_there(FORWARD_THERE) from failure
            failure.cause = f"On inputs of other sizes, such as a single sample: {failure.cause}"
        raise


def _slopes(
    passes: Passes, look: bool, names: Collection[str], inputs: Inputs, rng: np.random.Generator, most: float
) -> float:
    """The student's seconds for both passes; with `look` the gradients must also be right. Raises Failure."""
    spent, found, douts = _run(passes, inputs, rng, most)
    if look:
        asked = {name: gradient for name, gradient in found.items() if name in names or not names}
        _require_slope(passes, inputs, asked, douts, rng)
    return spent


def _run(
    passes: Passes, inputs: Inputs, rng: np.random.Generator, most: float
) -> tuple[float, Gradients, tuple]:
    """Those seconds, the gradients, and the upstream gradients."""
    *outs, cache = call_times(passes.forward, list(inputs.values()), 1, most, keep=True)[0]
    forth = passes.sealed_forward.sealed_spent
    douts = tuple(rng.normal(size=out.shape) if np.ndim(out) else float(rng.normal()) for out in outs)
    result = call_times(passes.backward, (*douts, cache), 1, most)[0]
    found = passes.named(result, inputs, passes.backward.__name__)
    return forth + passes.sealed_backward.sealed_spent, found, douts


def _require_slope(
    passes: Passes, inputs: Inputs, found: Gradients, douts: tuple, rng: np.random.Generator
) -> None:
    """Raise Failure unless these are right along one of some directions; a kink may lie in a few."""

    def objective(moved: Inputs) -> float:
        *outs, _ = call_times(passes.forward, list(moved.values()), 1, keep=True)[0]
        return sum(float(np.sum(out * dout)) for out, dout in zip(outs, douts, strict=True))

    for _ in range(DIRECTIONS):
        moved = [(path, array) for path, array in leaves(inputs) if f"d{path[-1]}" in found]
        ways = {path: rng.normal(size=array.shape) for path, array in moved}
        above, below = (objective(_moved(inputs, ways, step)) for step in (STEP, -STEP))
        slope = (above - below) / (2 * STEP)
        parts = [float(np.vdot(found[f"d{path[-1]}"], way)) for path, way in ways.items()]
        rounding = 1e-15 * (abs(above) + abs(below)) / STEP
        if abs(slope - sum(parts)) <= AGREE * np.linalg.norm(parts) + rounding:
            return
    is_wrong = wrong_forward(passes.forward, passes.right_forward, inputs)
    raise wrong_there(FORWARD_THERE if is_wrong else WRONG_THERE)


def wrong_there(code: str = WRONG_THERE) -> Failure:
    """The Failure of gradients that are not right on such inputs."""
    return Failure(
        "The gradients are right at the check's own sizes and wrong at others, such as a single sample.",
        code=code,
    )


def _moved(inputs: Mapping[str, Any], ways: Mapping, step: float, path: tuple = ()) -> Inputs:
    return {
        name: _moved(value, ways, step, (*path, name)) if isinstance(value, Mapping)
        else value + step * ways[*path, name] if (*path, name) in ways else value
        for name, value in inputs.items()
    }  # fmt: skip
