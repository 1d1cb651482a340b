"""Was a gradient derived, or measured by moving each number a little?

At little data and many parameters the two differ by what they cost: a derivation takes about one pass back,
whatever the number of parameters; differences of any kind, taken one by one or stacked into one large batch,
in real or in complex numbers, take at least a pass forward for each of them. Measured in
docs/gradient_checks.md, with what this cannot see.
"""

import copy
import functools
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograder.checks.calls import call_times
from autograder.checks.outcome import Failure, NoTimeLeft
from autograder.checks.passes import Gradients, Passes
from autograder.diagnosis.contract import REST, Roles, contract_of, roles_of
from autograder.diagnosis.fresh import fresh
from autograder.diagnosis.inputs import Inputs, arrays, leaves, replaced

Timed = Callable[[Inputs, np.random.Generator, float], float]  # seconds, of at most so many

PASSES = 0.5  # passes forward for each number that are too many
SECONDS, NUMBERS = 0.1, 40_000  # so long all these passes should take, and so many numbers are enough
LONG_SECONDS = 80e-6  # of one pass over many samples, beside which a loop over them is short
LITTLE, SOME, MUCH, LARGER = 2, 12, 24, 2  # lengths: of data, of rows, of the rest at first, times so much
TRIES, DIRECTIONS = 3, 3
LEAST_SECONDS, LEAST_MENDED = 0.003, 0.02  # the latter where a cache is put right meanwhile
SURE_SECONDS = 0.012  # what loops of Python may take whatever the sizes; differences take 2.9 limits or more
WRONG_THERE = "batch"
STEP, AGREE = 1e-5, 1e-4
CLEARLY = 1.0  # seconds above twice the limit: no second look


def require_derived(
    passes: Passes, inputs: Mapping[str, Any], rng: np.random.Generator, timed: Timed | None = None
) -> None:
    """Raise Failure when the backward pass costs what differences cost. In grading only.

    Both passes run on inputs that nothing has seen before, so that nothing is remembered, and both count, so
    that no work hides in the forward pass. Without `timed`, which runs both in another way, the gradients are
    the slopes of the student's own forward pass, and must be so there, too: what is quick and wrong at these
    sizes shows nothing. What the checks above in the same cell have found is true in this one as well.

    Raises NoTimeLeft when it cannot be known.
    """
    if not hasattr(passes.backward, "sealed_spent"):
        return
    if passes.backward.sealed_measured:
        raise _failure(passes, passes.backward.sealed_measured)
    thin = _thin(passes, dict(inputs), rng)
    seconds, numbers = _seconds(passes, thin), _numbers(thin)
    limit = PASSES * numbers * seconds
    if limit < (LEAST_MENDED if timed else LEAST_SECONDS):  # it would be the clock that is judged
        return
    for number in range(TRIES):
        made = _drawn(passes, thin, rng)
        if not _is_finite(passes.right_forward(*copy.deepcopy(list(made.values())))[:-1]):
            return  # inputs of which nobody can make anything
        most = 2 * limit + CLEARLY
        work = timed or functools.partial(_slopes, passes, not number)
        with passes.backward.sealed_timing():
            spent = _spent(passes, work, made, rng, most)
        if spent <= max(limit, SURE_SECONDS):
            return
    raise _failure(passes, f"{spent / seconds / numbers:.2f} passes for each of {numbers} numbers")


def _failure(passes: Passes, detail: str) -> Failure:
    name, passes.backward.sealed_measured = passes.backward.__name__, detail
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
        if passes.backward.sealed_left <= 0:  # so perhaps it was this that ran out
            raise NoTimeLeft("earlier backward passes used up the seconds for timing them") from failure
        if failure.code == "limit" and "took longer" in failure.cause:
            raise _failure(passes, failure.cause) from failure
        if failure.code != WRONG_THERE:
            failure.cause = f"On inputs of other sizes, such as a single sample: {failure.cause}"
        raise


def _slopes(
    passes: Passes, look: bool, inputs: Inputs, rng: np.random.Generator, most: float
) -> float:
    """As `seconds_of_passes`; with `look` the gradients must also be right."""
    spent, found, douts = _run(passes, inputs, rng, most)
    if look:
        _require_slope(passes, inputs, found, douts, rng)
    return spent


def seconds_of_passes(passes: Passes, inputs: Inputs, rng: np.random.Generator, most: float) -> float:
    """The student's seconds for both passes. Raises Failure."""
    return _run(passes, inputs, rng, most)[0]


def _run(
    passes: Passes, inputs: Inputs, rng: np.random.Generator, most: float
) -> tuple[float, Gradients, tuple]:
    """Those seconds, the gradients, and the upstream gradients."""
    *outs, cache = call_times(passes.forward, list(inputs.values()), 1, most, keep=True)[0]
    forth = passes.forward.sealed_spent
    douts = tuple(rng.normal(size=out.shape) if np.ndim(out) else float(rng.normal()) for out in outs)
    result = call_times(passes.backward, (*douts, cache), 1, most)[0]
    found = passes.named(result, inputs, passes.backward.__name__)
    return forth + passes.backward.sealed_spent, found, douts


def _require_slope(
    passes: Passes, inputs: Inputs, found: Gradients, douts: tuple, rng: np.random.Generator
) -> None:
    """Raise Failure unless the gradients are right along one of some directions; a kink may lie in a few."""

    def objective(moved: Inputs) -> float:
        *outs, _ = call_times(passes.forward, list(moved.values()), 1, keep=True)[0]
        return sum(float(np.sum(out * dout)) for out, dout in zip(outs, douts, strict=True))

    for _ in range(DIRECTIONS):
        ways = {path: rng.normal(size=array.shape) for path, array in leaves(inputs)}
        above, below = (objective(_moved(inputs, ways, step)) for step in (STEP, -STEP))
        slope = (above - below) / (2 * STEP)
        parts = [float(np.vdot(found[f"d{path[-1]}"], way)) for path, way in ways.items()]
        rounding = 1e-15 * (abs(above) + abs(below)) / STEP
        if abs(slope - sum(parts)) <= AGREE * np.linalg.norm(parts) + rounding:
            return
    raise Failure(
        "The gradients are right at the check's own sizes and wrong at others, such as a single sample.",
        code=WRONG_THERE,
    )


def _moved(inputs: Inputs, ways: Mapping, step: float, path: tuple = ()) -> Inputs:
    return {
        name: _moved(value, ways, step, (*path, name)) if isinstance(value, Mapping)
        else value + step * ways[*path, name] if (*path, name) in ways else value
        for name, value in inputs.items()
    }  # fmt: skip


def _thin(passes: Passes, inputs: Inputs, rng: np.random.Generator) -> Inputs:
    """Little data and as many parameters as are needed; the sizes of `inputs` where others do not work."""
    thin, width, roles = inputs, MUCH, _roles(passes, inputs)
    while width <= NUMBERS:
        try:
            larger = _sized(passes, inputs, width, rng)
            seconds = _seconds(passes, larger)
        except Exception:  # sizes that the reference does not take
            break
        if _numbers(larger) <= _numbers(thin) and width > MUCH:  # what grows are not the numbers
            break
        thin, width = larger, width * LARGER
        if _numbers(thin) >= NUMBERS or _is_enough(seconds, _numbers(thin), bool(_widths(inputs, roles))):
            break
    return thin


def _is_enough(seconds: float, numbers: int, wide: bool) -> bool:
    return numbers * seconds >= SECONDS if wide else seconds >= LONG_SECONDS


def _numbers(inputs: Inputs) -> int:
    return sum(array.size for _, array in leaves(inputs))


def _sized(passes: Passes, inputs: Inputs, width: int, rng: np.random.Generator) -> Inputs:
    """Inputs of other sizes. Without names of two axes, the first one grows if it is one of samples."""
    roles = _roles(passes, inputs)
    if any(array.ndim > 1 or array.dtype.kind != "f" for _, array in arrays(inputs)) and roles.sizes:
        return fresh(inputs, roles, _sizes(inputs, roles, width), rng)
    if not _goes_sample_by_sample(passes, inputs):
        return inputs
    for path, array in leaves(inputs):
        inputs = replaced(inputs, path, np.resize(array, (width, *array.shape[1:])))
    return _drawn(passes, inputs, rng)


def _goes_sample_by_sample(passes: Passes, inputs: Inputs) -> bool:
    """Are all arrays as long as each other, and do their first entries move the outputs' first one alone?"""
    lengths = {len(array) if array.ndim else 0 for _, array in leaves(inputs)}
    if len(lengths) != 1 or lengths <= {0, 1}:
        return False
    moved = inputs
    for path, array in leaves(inputs):
        first = np.arange(len(array)).reshape(-1, *[1] * (array.ndim - 1)) == 0
        moved = replaced(moved, path, np.where(first, array + 0.1, array))
    before, after = (passes.right_forward(*copy.deepcopy(list(one.values())))[:-1] for one in (inputs, moved))
    return all(
        np.shape(one)[:1] == (*lengths,) and np.array_equal(one[1:], other[1:])
        for one, other in zip(before, after, strict=True)
    )


def _drawn(passes: Passes, like: Inputs, rng: np.random.Generator) -> Inputs:
    """Other inputs of the same sizes."""
    roles = _roles(passes, like)
    return fresh(like, roles, roles.sizes, rng)


def _roles(passes: Passes, inputs: Inputs) -> Roles:
    return roles_of(contract_of(passes.right_forward.__doc__), inputs)


def _sizes(inputs: Inputs, roles: Roles, width: int) -> dict[str, int]:
    """The length of each axis: one sample and few places, and `width` along the axes of matrices.

    Where there is no matrix of parameters, entries of a row may come together, and an honest loop may go over
    all pairs of them: then rows are short, and `width` samples of them many.
    """
    data, wide, fixed = _data(inputs, roles), _widths(inputs, roles), set(roles.counts.values())
    steps = any(array.ndim > 1 for _, array in arrays(inputs, "iu"))  # of one alone nothing may be left
    lengths = {symbol: LITTLE if symbol in data else min(size, SOME) for symbol, size in roles.sizes.items()}
    lengths |= dict.fromkeys(data[:1] if steps else data, 1) if wide else dict.fromkeys(data[:1], width)
    lengths |= dict.fromkeys(wide, width)
    return lengths | {symbol: roles.sizes[symbol] for symbol in fixed}


def _data(inputs: Inputs, roles: Roles) -> list[str]:
    """The axes along which samples and places lie: those of ids, else all but the last of the first array."""
    ids = [s for path, _ in arrays(inputs, "iub") for _, symbols in roles.dims.get(path, ()) for s in symbols]
    rest = [symbol for symbol in roles.sizes if symbol.startswith(REST)]
    first = next((roles.dims.get(path, ()) for path, array in leaves(inputs) if array.ndim > 1), ())
    last = {symbol for _, symbols in first[-1:] for symbol in symbols}
    found = [*ids, *rest] or [symbol for _, symbols in first[:-1] for symbol in symbols if symbol not in last]
    return list(dict.fromkeys(found))


def _widths(inputs: Inputs, roles: Roles) -> set[str]:
    """The axes of matrices that hold no data."""
    data, wide = set(_data(inputs, roles)), set()
    for path, array in leaves(inputs):
        symbols = [symbol for _, each in roles.dims.get(path, ()) for symbol in each]
        if array.ndim > 1 and not data & set(symbols):
            wide |= set(symbols)
    return wide


def _seconds(passes: Passes, inputs: Inputs) -> float:
    """CPU seconds of one pass forward of the reference, which student code cannot slow down."""

    def once() -> float:
        values = copy.deepcopy(list(inputs.values()))
        began = time.process_time()
        passes.right_forward(*values)
        return time.process_time() - began

    return min(once() for _ in range(TRIES))
