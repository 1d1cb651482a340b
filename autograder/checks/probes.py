"""Under which condition is a wrong function right? The answer says what kind of mistake it makes.

A probe changes the inputs of a failed check so that one kind of mistake has no effect: a single time
step, no repeated ids, an initial state of zero. When the function is right on such inputs, that
kind of mistake is the one to name.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks.compare import relative_error
from autograder.checks.misread import Inputs, leaves, mapped, numbers, replaced

Pairs = dict[str, tuple[NDArray, NDArray]]  # what was found and what is right, by name
Upstream = int | str | None  # random gradients; but for "ones", or for the one of that number, which is zero
Retry = Callable[[Inputs, Upstream], Pairs]
TINY = 1e-4
FEW = 8  # tensors: in a larger model tiny inputs hide all kinds of mistakes
# With a single round nearly everything is right, so these numbers are tried late.
LOOPS = ("`steps`", "`B`", "`T`", "`length`", "`t`", "`step`")
ATTENTION = {"heads", "q", "k", "scores", "weights", "Wq", "Wk", "Wqkv"}
UP = ("step", "t", "window", "top_k")  # and these are tried at a very large value too
LARGE, MANY = 300.0, 1e6  # a large factor must not drown everything else in its own size


@dataclass(frozen=True)
class Probe:
    """Changed inputs, and what it means when a function is right on each of them.

    With `before`, inputs that have all but the one thing, the function must still be wrong on those; with
    `trivial`, the right results must differ from those. With `up_to_scale`, a constant factor does not count.
    """

    code: str
    words: str
    inputs: tuple[Inputs, ...]
    before: Inputs | None = None
    trivial: Inputs | None = None
    upstream: Upstream = None
    up_to_scale: bool = False


@dataclass(frozen=True)
class Unused:
    """Inputs changed in one argument: results on which it has an effect must change."""

    code: str
    words: str
    inputs: Inputs
    unchanged: Inputs

    def shows(self, retry: Retry, wrong: set[str]) -> bool:
        """Does everything that was found stay the same, while a right result changes that was wrong?"""
        before, after = retry(self.unchanged, None), retry(self.inputs, None)
        still = all(np.array_equal(before[name][0], after[name][0]) for name in before)
        return still and any(relative_error(before[name][1], after[name][1]) > 1e-6 for name in wrong)


@dataclass(frozen=True)
class Leak:
    """Inputs changed at the last place of an axis alone: results at the other places must not change.

    With `early`, inputs changed at the first place alone, right results must depend on earlier places.
    """

    code: str
    words: str
    inputs: Inputs
    length: int
    first: bool
    unchanged: Inputs
    early: Inputs | None = None

    def shows(self, retry: Retry, wrong: set[str]) -> bool:
        """Does a result at another place change that should not?"""
        before, after = retry(self.unchanged, None), retry(self.inputs, None)
        late, moved = self.length - 1, []
        for name in wrong:
            was, should = (self._without(array, late) for array in before[name])
            now, would = (self._without(array, late) for array in after[name])
            moved.append(relative_error(should, would) < 1e-9 < 1e-7 < relative_error(was, now))
        return any(moved) and (self.early is None or self._in_order(before, retry(self.early, None), wrong))

    def _in_order(self, before: Pairs, after: Pairs, wrong: set[str]) -> bool:
        """Do right results depend on earlier places?"""
        pairs = [(self._without(before[name][1], 0), self._without(after[name][1], 0)) for name in wrong]
        return any(relative_error(*pair) > 1e-9 for pair in pairs)

    def _without(self, array: NDArray, place: int) -> NDArray:
        """The results at the other places; nothing of an array that has no such axis."""
        axes = [i for i, n in enumerate(array.shape) if n == self.length and (i == 0) == self.first]
        return np.delete(array, place, axes[0]) if axes else np.zeros(0)


def probes_of(inputs: Inputs, outputs: int, smooth: bool) -> Iterator[Probe]:
    """From the most telling condition to the least; only smooth results say something about matrices."""
    B, T = _batch_and_time(inputs)
    yield from _without_repeats(inputs, B)
    late = tuple(loop for loop in LOOPS if loop != "`T`" or "prompt" not in inputs)
    yield from (probe for probe in _options(inputs) if not probe.code.endswith(late))
    yield from _unused(inputs, _other_numbers(inputs), "option")
    yield from _symmetric(inputs) if smooth else ()
    yield from _exchanges(inputs)
    yield from _leaks(inputs)
    if T and T > 1 and not _attends(inputs):
        steps = tuple(_shortened(inputs, T, "prompt" in inputs, t) for t in range(min(T, 5)))
        yield Probe("time", "is right for a single time step only", steps)
    if B and B > 1:
        samples = tuple(_shortened(inputs, B, True, b) for b in range(min(B, 5)))
        yield Probe("batch", "is right for a single sample only", samples)
    yield from _upstreams(inputs, outputs)
    yield from _zeros(inputs) if smooth else ()
    yield from (probe for probe in _options(inputs) if probe.code.endswith(late))
    if any(np.abs(array).max(initial=0) > 20 for _, array in leaves(inputs)):
        small = mapped(inputs, lambda a: 0.01 * a)
        yield Probe("large", "is right for small numbers only", (small,))


def _upstreams(inputs: Inputs, outputs: int) -> Iterator[Probe]:
    if not outputs:
        return
    words = "is not zero where an upstream gradient that is the same everywhere has no effect"
    yield Probe("normalisation", words, (_plain(inputs),), upstream="ones")
    words = "is not zero where all positions are the same"
    yield Probe("normalisation", words, (_level(inputs),))
    words = "is right only when the upstream gradient is all ones"
    yield Probe("upstream", words, (inputs,), upstream="ones")


def last_probes(inputs: Inputs, outputs: int) -> Iterator[Probe]:
    """What is tried when no explanation fits either."""
    yield from _activations(inputs)
    yield from _unused(inputs, _other_arrays(inputs), "without")
    yield from _missing_matrices(inputs)
    for number in range(outputs if outputs > 1 else 0):
        words = f"is right only when output {number + 1} gets no upstream gradient"
        yield Probe("upstream", words, (inputs,), upstream=number)


def _unused(inputs: Inputs, changed: Mapping[tuple, Any], code: str) -> Iterator[Unused]:
    """Each argument with another value, by its path."""
    for path, value in changed.items():
        words = f"does not depend on `{path[-1]}`"
        yield Unused(f"{code} `{path[-1]}`", words, replaced(inputs, path, value), inputs)


def _other_numbers(inputs: Inputs) -> dict[tuple, float]:
    return {path: value + 1 if isinstance(value, int) else 0.7 * value for path, value in numbers(inputs)}


def _other_arrays(inputs: Inputs) -> dict[tuple, NDArray]:
    rng = np.random.default_rng(0)
    return {path: (a + rng.uniform(0.1, 0.5, a.shape)).astype(a.dtype) for path, a in leaves(inputs)}


def _leaks(inputs: Inputs) -> Iterator[Leak]:
    B, T = _batch_and_time(inputs)
    if T and T > 2:
        late, early = (_with_another(inputs, T, False, place) for place in (T - 1, 0))
        yield Leak("mask", "depends on positions that come later", late, T, False, inputs, early)
        yield Leak("axis", "mixes the positions", late, T, False, inputs)
    if B and B > 1:
        last = _with_another(inputs, B, True, B - 1)
        yield Leak("axis", "mixes the samples of the batch", last, B, True, inputs)


def _with_another(inputs: Inputs, length: int, first: bool, place: int) -> Inputs:
    """Every array input changed at one place of its axis of that length."""

    def change(array: NDArray) -> NDArray:
        axes = [i for i, n in enumerate(array.shape) if n == length and (i == 0) == first]
        if not axes:
            return array
        changed = array.copy()
        there = np.moveaxis(changed, axes[0], 0)[place : place + 1]
        there[...] = (there + 1) % (array.max() + 1) if array.dtype.kind in "iu" else there + 1
        return changed

    return {name: change(v) if isinstance(v, np.ndarray) else v for name, v in inputs.items()}


def _without_repeats(inputs: Inputs, B: int | None) -> Iterator[Probe]:
    name = next((n for n, v in inputs.items() if isinstance(v, np.ndarray) and v.dtype.kind in "iu"), None)
    if name is None or not inputs[name].size:
        return
    rows = [len(a) for _, a in leaves(inputs) if a.ndim == 2]
    rows += [v for _, v in numbers(inputs) if type(v) is int and v > inputs[name].max()]
    size, V = inputs[name].size, max(rows, default=0)
    short = inputs if size <= V else _shortened(inputs, B, True, 0) if B and size <= V * B else None
    if inputs[name].ndim == 1 and not _has_companions(inputs, name):
        short = inputs | {name: inputs[name][:V]}
    if short is None or not V:
        return
    ids = short[name]
    unique = np.random.default_rng(0).permutation(V)[: ids.size].reshape(ids.shape)
    words = "is right only when no id stands there twice"
    again = short | {name: np.full_like(ids, unique.flat[0])}
    yield Probe("repeated ids", words, (short | {name: unique},), before=again)


def _exchanges(inputs: Inputs) -> Iterator[Probe]:
    """Each two arrays of one kind made the same, and ids behind the first array the same along each row."""
    arrays = {name: v for name, v in inputs.items() if isinstance(v, np.ndarray) and v.size > 1}
    for (one, left), (other, right) in itertools.combinations(arrays.items(), 2):
        if left.shape == right.shape and left.dtype == right.dtype:
            words = f"is right only when `{one}` and `{other}` are the same"
            yield Probe("swapped", words, (inputs | {other: left},))
    for name, array in list(arrays.items())[1:]:
        if array.dtype.kind in "iu" and array.ndim > 1:
            words = f"is right only when `{name}` stays the same along each row"
            yield Probe("shifted", words, (inputs | {name: np.repeat(array[:, :1], array.shape[1], 1)},))


def _attends(inputs: Inputs) -> bool:
    """Is attention in it? With a single position there is nothing to choose from."""
    names = {path[-1].rpartition(".")[2] for path, _ in leaves(inputs)} | inputs.keys()
    return not names & {"h0", "Wh"} and bool(names & ATTENTION)


def _has_companions(inputs: Inputs, name: str) -> bool:
    """Do other arrays belong to the same samples?"""
    return any(
        isinstance(value, np.ndarray) and value.ndim and len(value) == len(inputs[name])
        for other, value in inputs.items() if other != name
    )  # fmt: skip


def _symmetric(inputs: Inputs) -> Iterator[Probe]:
    """Each square matrix made symmetric."""
    for path, array in leaves(inputs):
        if array.ndim > 1 and array.shape[-1] == array.shape[-2]:
            words = f"is right only when `{path[-1]}` is its own transpose"
            symmetric = (array + array.swapaxes(-1, -2)) / 2
            yield Probe("transposed", words, (replaced(inputs, path, symmetric),))


def _options(inputs: Inputs) -> Iterator[Probe]:
    """Each number at a value at which it has little to say, each list of numbers with one entry."""
    for special in (0.0, 1.0, 2.0, LARGE, MANY):
        for path, value in numbers(inputs):
            name = path[-1]
            if special not in _specials(name, value):
                continue
            size = "very large" if special in (LARGE, MANY) else f"{special:g}"
            words = f"is right only when `{name}` is {size}"
            yield Probe(f"option `{name}`", words, (replaced(inputs, path, type(value)(special)),))
    for name, value in inputs.items():
        if type(value) in (list, tuple) and len(value) > 1:
            words = f"is right only when `{name}` has a single entry"
            yield Probe(f"option `{name}`", words, (inputs | {name: value[:1]},))


def _specials(name: str, value: float) -> list[float]:
    """The values to try for a number: a limit goes up, a rate to 0, and a count to 1."""
    if name.startswith("max_"):
        values = [LARGE]
    elif isinstance(value, float):
        values = [0.0, 1.0] if name == "temperature" else [0.0]
    else:
        few = [0.0] if name == "warmup" else [2.0] if name == "D" else []
        values = [1.0, *few, *([MANY] if name in UP else [])]
    return [special for special in values if special != value]


def _zeros(inputs: Inputs) -> Iterator[Probe]:
    """Each bias and each array behind the first at zero; without anything else little is left."""
    first = next((name for name, value in inputs.items() if isinstance(value, np.ndarray)), None)
    for path, array in leaves(inputs):
        if path[-1].startswith("gain"):
            words = f"is right only when `{path[-1]}` is one"
            yield Probe(f"without `{path[-1]}`", words, (replaced(inputs, path, np.ones_like(array)),))
            continue
        if path[0] in (first, "grads") or (path[0] == "params" and not path[-1].startswith("b")):
            continue
        words = f"is right only when `{path[-1]}` is zero"
        yield Probe(f"without `{path[-1]}`", words, (replaced(inputs, path, np.zeros_like(array)),))


def _missing_matrices(inputs: Inputs) -> Iterator[Probe]:
    """Each matrix of parameters at zero: what goes through it is wrong, and what goes past it is right."""
    for path, array in leaves(inputs):
        if path[0] == "params" and array.ndim > 1:
            words = f"is right only when `{path[-1]}` is zero"
            yield Probe(f"without `{path[-1]}`", words, (replaced(inputs, path, np.zeros_like(array)),))


def _activations(inputs: Inputs) -> Iterator[Probe]:
    words = "is right only where the activation is as good as a straight line"
    found = list(leaves(inputs))
    activated = not any(path[-1] == "gain" for path, _ in found)  # a layer norm has no activation
    for path, array in found[:1] if len(found) <= FEW else ():
        for changed, trivial in (
            (mapped(inputs, lambda a: TINY * a), mapped(inputs, np.zeros_like)),
            (mapped(inputs, lambda a: TINY * np.abs(a)), mapped(inputs, np.zeros_like)),
            (replaced(inputs, path, TINY * array), replaced(inputs, path, np.zeros_like(array))),
            (mapped(inputs, lambda a: np.abs(a) + 0.1), None),
        ) if activated else ():
            yield Probe("nonlinearity", words, (changed,), trivial=trivial, up_to_scale=True)
        tidy = {"has mean zero": _centred(array), "has the same spread": _equally_spread(array)}
        for what, rows in tidy.items():
            words = f"is right only when each row of `{path[-1]}` {what}"
            yield Probe("normalisation", words, (replaced(inputs, path, rows),))
        small = mapped(inputs, lambda a: 0.01 * a)
        yield Probe("large", "is right for small numbers only", (small,))


def _centred(array: NDArray) -> NDArray:
    return array - array.mean(axis=-1, keepdims=True)


def _equally_spread(array: NDArray) -> NDArray:
    mean = array.mean(axis=-1, keepdims=True)
    return mean + (array - mean) / (array.std(axis=-1, keepdims=True) + 1e-12)


def _level(inputs: Inputs) -> Inputs:
    """Every float array with positions the same at all of them."""

    def flat(array: NDArray) -> NDArray:
        return np.broadcast_to(array.mean(axis=-2, keepdims=True), array.shape) if array.ndim > 2 else array

    return {
        name: flat(value) if isinstance(value, np.ndarray) and value.dtype.kind == "f" else value
        for name, value in inputs.items()
    }


def _plain(inputs: Inputs) -> Inputs:
    """Every vector among the parameters the same everywhere, so that gains weigh all entries alike."""
    changed = inputs
    for path, array in leaves(inputs):
        if array.ndim == 1 and (len(path) > 1 or path[0] == "gain"):
            changed = replaced(changed, path, np.ones_like(array))
    return changed


def _batch_and_time(inputs: Inputs) -> tuple[int | None, int | None]:
    """The lengths of the batch axis and of the time axis of the first array."""
    first = next((n for n, v in inputs.items() if isinstance(v, np.ndarray) and v.ndim), None)
    if first is None:
        return None, None
    array, alone = inputs[first], "params" not in inputs and not _has_companions(inputs, first)
    if array.ndim == 1 and (("ids" in inputs and "rng" in inputs) or (array.dtype.kind == "f" and alone)):
        return None, None
    if array.ndim == 1 and "prompt" in inputs:
        return None, len(array)
    if array.ndim < 2 or (array.ndim == 2 and array.dtype.kind == "f"):
        return len(array), None
    return len(array), array.shape[2 if array.ndim == 4 else 1]


def sizes(inputs: Mapping[str, Any]) -> dict[int, str]:
    """Names for the numbers by which a result may be too large: B, T and their product."""
    B, T = _batch_and_time(dict(inputs))
    named = {n: name for n, name in ((B, "B"), (T, "T")) if n}
    return named | ({B * T: "B·T"} if B and T else {})


def _shortened(inputs: Inputs, length: int, first: bool, place: int) -> Inputs:
    """Every array input cut to one place of its axes of that length; the first axis is the batch."""

    def cut(array: NDArray) -> NDArray:
        picks = [slice(place, place + 1) if n == length and (i == 0) == first else slice(None)
                 for i, n in enumerate(array.shape)]  # fmt: skip
        return array[tuple(picks)].copy()

    return {name: cut(v) if isinstance(v, np.ndarray) else v for name, v in inputs.items()}
