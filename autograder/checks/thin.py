"""Inputs at which a derivation is cheap: little data and as many parameters as are needed."""

import copy
import time

import numpy as np

from autograder.checks.passes import Passes
from autograder.diagnosis.contract import REST, Roles, contract_of, roles_of
from autograder.diagnosis.fresh import fresh
from autograder.diagnosis.inputs import Inputs, arrays, leaves, replaced

SECONDS, NUMBERS = 0.1, 40_000  # so long all these passes should take, and so many numbers are enough
LONG_SECONDS = 80e-6  # of one pass over many samples, beside which a loop over them is short
LITTLE, SOME, MUCH, LARGER = 2, 12, 24, 2  # lengths: of data, of rows, of the rest at first, times so much
TRIES = 3


def thinned(passes: Passes, inputs: Inputs, rng: np.random.Generator) -> Inputs:
    """Little data and as many parameters as are needed; the sizes of `inputs` where others do not work."""
    all_roles = roles_of(contract_of(passes.right_forward, whole=True), inputs)
    thin, width = inputs, MUCH
    is_wide = bool(_widths(inputs, all_roles))
    while width <= NUMBERS:
        try:
            larger = _sized(passes, inputs, width, rng)
            is_enough = _is_enough(seconds_of(passes, larger), numbers_of(larger), is_wide)
        except Exception:  # sizes that the reference does not take
            break
        if numbers_of(larger) <= numbers_of(thin) and width > MUCH:  # what grows are not the numbers
            break
        thin, width = larger, width * LARGER
        if is_enough:
            return thin
    return max(thin, _axis_by_axis(passes, inputs, all_roles, rng), key=numbers_of) if is_wide else thin


def _axis_by_axis(passes: Passes, inputs: Inputs, roles: Roles, rng: np.random.Generator) -> Inputs:
    """The same where each axis has another length if that works without the others."""
    thin, width = inputs, MUCH
    while not _is_enough(seconds_of(passes, thin), numbers_of(thin), wide=True):
        sizes = dict(roles.sizes)
        for symbol, length in _sizes(inputs, roles, width).items():
            tried = {**sizes, symbol: length}
            if tried != sizes and _works(passes, fresh(inputs, roles, tried, rng)):
                sizes = tried
        larger = fresh(inputs, roles, sizes, rng)
        if numbers_of(larger) <= numbers_of(thin):
            break
        thin, width = larger, width * LARGER
    return thin


def _works(passes: Passes, inputs: Inputs) -> bool:
    """Do the reference's passes take inputs of these sizes, and give what they should?"""
    try:
        *outs, cache = passes.right_forward(*copy.deepcopy(list(inputs.values())))
        douts = (np.ones_like(out) if np.ndim(out) else 1.0 for out in outs)
        passes.named(passes.right_backward(*douts, cache), inputs, passes.right_backward.__name__)
    except Exception:
        return False
    return True


def _is_enough(seconds: float, numbers: int, wide: bool) -> bool:
    by_time = numbers * seconds >= SECONDS if wide else seconds >= LONG_SECONDS
    return by_time or numbers >= NUMBERS


def numbers_of(inputs: Inputs) -> int:
    """How many numbers are among the inputs, ids aside."""
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
    return redrawn(passes, inputs, rng)


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


def redrawn(passes: Passes, like: Inputs, rng: np.random.Generator) -> Inputs:
    """Other inputs of the same sizes."""
    roles = _roles(passes, like)
    return fresh(like, roles, roles.sizes, rng)


def _roles(passes: Passes, inputs: Inputs) -> Roles:
    return roles_of(contract_of(passes.right_forward), inputs)


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


def seconds_of(passes: Passes, inputs: Inputs) -> float:
    """CPU seconds of one pass forward of the reference, which student code cannot slow down."""

    def once() -> float:
        values = copy.deepcopy(list(inputs.values()))
        began = time.process_time()
        passes.right_forward(*values)
        return time.process_time() - began

    return min(once() for _ in range(TRIES))
