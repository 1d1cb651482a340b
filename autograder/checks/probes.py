"""Under which condition is a wrong function right? The answer says what kind of mistake it makes.

A probe changes the inputs of a failed check so that one kind of mistake has no effect: a single time
step, no repeated ids, an initial state of zero. When the function is right on such inputs, that
kind of mistake is the one to name.
"""

import copy
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks.compare import Explanation, near, relative_error
from autograder.checks.outcome import Row

Inputs = dict[str, Any]
Pairs = dict[str, tuple[NDArray, NDArray]]  # what was found and what is right, by name
SECONDS = 10.0
TINY = 1e-4
LARGE, MANY = 300.0, 1e6  # a large factor must not drown everything else in its own size


@dataclass(frozen=True)
class Probe:
    """Changed inputs, and what it means when a function is right on them.

    With `before`, inputs that have all but the one thing, the function must still be wrong on those.
    With `constant`, the upstream gradients are ones. With `up_to_scale`, a constant factor does not count.
    """

    code: str
    words: str
    inputs: Inputs
    before: Inputs | None = None
    constant: bool = False
    up_to_scale: bool = False


def diagnose(
    rows: list[Row], pairs: Pairs, inputs: Mapping, retry: Callable[[Inputs, bool], Pairs], function: Callable
) -> tuple[Row, Explanation]:
    """The row to name first and what is wrong with it.

    `retry(inputs, constant)` gives the pairs on other inputs; it may raise anything, because not all
    functions take all inputs.
    """
    wrong = [row for row in rows if row.verdict != "ok"]
    if swapped := _swapped([row.name for row in wrong], pairs):
        return wrong[0], swapped
    said = {row.code for row in wrong}
    if len(said) == 1 and said != {"differs"}:
        return wrong[0], Explanation(wrong[0].code, wrong[0].verdict)
    with getattr(function, "sealed_probe", nullcontext)():
        if condition := _condition({row.name for row in wrong}, pairs, dict(inputs), retry):
            return wrong[0], condition
    told = next((row for row in wrong if row.code != "differs"), wrong[0])
    return told, Explanation(told.code, told.verdict)


def _swapped(wrong: list[str], pairs: Pairs) -> Explanation | None:
    if wrong[0] not in pairs:
        return None
    found = pairs[wrong[0]][0]
    for name, (_, right) in pairs.items():
        if name != wrong[0] and right.size > 1 and right.any() and near(found, right):
            return Explanation("swapped", f"is what {name} should be")
    return None


def _condition(wrong: set[str], pairs: Pairs, inputs: Inputs, retry: Callable) -> Explanation | None:
    end = time.monotonic() + SECONDS
    for probe in (*_leaks(inputs), *_probes(inputs)):
        if time.monotonic() > end:
            return None
        try:
            if isinstance(probe, Leak):
                found = probe.shows(pairs, retry(probe.inputs, False), wrong)
            else:
                found = _holds(probe, wrong, retry)
        except Exception:  # inputs that the function, or the reference, does not take
            continue
        if found:
            return Explanation(probe.code, probe.words)
    return None


def _holds(probe: Probe, wrong: set[str], retry: Callable) -> bool:
    """Is everything that was wrong now right, and neither zero nor trivially so?"""
    now = retry(probe.inputs, probe.constant)
    if probe.code == "normalisation":
        return any(_vanishes(now[name][1], now[name][0]) for name in wrong)
    if not all(name in now and now[name][1].any() for name in wrong):
        return False
    if not all(_agree(*pair, probe.up_to_scale) for pair in now.values()):
        return False
    return probe.before is None or not all(near(*pair) for pair in retry(probe.before, False).values())


def _agree(found: NDArray, right: NDArray, up_to_scale: bool) -> bool:
    if up_to_scale and right.any():
        factor = np.vdot(right, found) / np.vdot(right, right)
        found = found / factor if factor else found
    return near(found, right)


def _vanishes(right: NDArray, found: NDArray) -> bool:
    """Does the right result vanish, while the one found does not?"""
    return np.linalg.norm(right) < 1e-6 * np.linalg.norm(found)


@dataclass(frozen=True)
class Leak:
    """Inputs changed at the last place of an axis alone: results at the other places must not change."""

    code: str
    words: str
    inputs: Inputs
    length: int
    first: bool

    def shows(self, before: Pairs, after: Pairs, wrong: set[str]) -> bool:
        """Does a result at another place change that should not?"""
        return any(self._moved(before[name], after[name]) for name in wrong)

    def _moved(self, before: tuple[NDArray, NDArray], after: tuple[NDArray, NDArray]) -> bool:
        axes = [i for i, n in enumerate(before[1].shape) if n == self.length and (i == 0) == self.first]
        if not axes:
            return False
        others = np.arange(self.length - 1)
        was, should, now, would = (np.take(a, others, axes[0]) for a in (*before, *after))
        return relative_error(should, would) < 1e-9 < 1e-7 < relative_error(was, now)


def _leaks(inputs: Inputs) -> Iterator[Leak]:
    B, T = _batch_and_time(inputs)
    if T and T > 2:
        words = "depends on positions that come later"
        yield Leak("mask", words, _with_another_end(inputs, T, False), T, False)
    if B and B > 1:
        yield Leak("axis", "mixes the samples of the batch", _with_another_end(inputs, B, True), B, True)


def _with_another_end(inputs: Inputs, length: int, first: bool) -> Inputs:
    """Every array input changed at the last place of its axis of that length."""

    def change(array: NDArray) -> NDArray:
        axes = [i for i, n in enumerate(array.shape) if n == length and (i == 0) == first]
        if not axes:
            return array
        changed = array.copy()
        end = np.moveaxis(changed, axes[0], 0)[-1:]
        end[...] = (end + 1) % (array.max() + 1) if array.dtype.kind in "iu" else end + 1
        return changed

    return {name: change(v) if isinstance(v, np.ndarray) else v for name, v in inputs.items()}


def _probes(inputs: Inputs) -> Iterator[Probe]:
    """From the most telling condition to the least."""
    B, T = _batch_and_time(inputs)
    yield from _without_repeats(inputs, B, T)
    if T and T > 1:
        yield Probe("time", "is right for a single time step only", _shortened(inputs, T, False))
    if B and B > 1:
        yield Probe("batch", "is right for a single sample only", _shortened(inputs, B, True))
    words = "is not zero where an upstream gradient that is the same everywhere has no effect"
    yield Probe("normalisation", words, _plain(inputs), constant=True)
    yield Probe("upstream", "is right only when the upstream gradient is all ones", inputs, constant=True)
    yield from _options(inputs)
    yield from _zeros(inputs)
    yield from _activations(inputs)


def _without_repeats(inputs: Inputs, B: int | None, T: int | None) -> Iterator[Probe]:
    name = next((n for n, v in inputs.items() if isinstance(v, np.ndarray) and v.dtype.kind in "iu"), None)
    if name is None:
        return
    tables = [len(a) for _, a in leaves(inputs) if a.ndim == 2]
    size, V = inputs[name].size, max(tables, default=0)
    short = inputs if size <= V else _shortened(inputs, B, True) if B and size <= V * B else None
    if short is None or len(np.unique(short[name])) == short[name].size == size:
        return
    unique = np.random.default_rng(0).permutation(V)[: short[name].size].reshape(short[name].shape)
    repeats = np.full_like(short[name], unique.flat[0])
    words = "is right only when no id stands there twice"
    yield Probe("repeated ids", words, short | {name: unique}, before=short | {name: repeats})


def _options(inputs: Inputs) -> Iterator[Probe]:
    """Each number at a value at which it has little to say."""
    for path, value in _numbers(inputs):
        name = path[-1]
        for special in _specials(name, value):
            size = "very large" if special in (LARGE, MANY) else f"{special:g}"
            words = f"is right only when `{name}` is {size}"
            yield Probe(f"option `{name}`", words, _replaced(inputs, path, type(value)(special)))


def _specials(name: str, value: float) -> list[float]:
    counts = isinstance(value, int)
    values = [1.0] if counts else [0.0, 1.0, LARGE]
    if counts and name in ("step", "t"):
        values.append(MANY)
    return [special for special in values if special != value]


def _numbers(inputs: Mapping, path: tuple = ()) -> Iterator[tuple[tuple, float]]:
    for name, value in inputs.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, (*path, name))
        elif type(value) in (int, float):
            yield (*path, name), value


def _zeros(inputs: Inputs) -> Iterator[Probe]:
    """Each float array at zero, one at a time."""
    for path, array in leaves(inputs):
        words = f"is right only when `{path[-1]}` is zero"
        yield Probe(f"without `{path[-1]}`", words, _replaced(inputs, path, np.zeros_like(array)))


def _activations(inputs: Inputs) -> Iterator[Probe]:
    words = "is right only where the activation is as good as a straight line"
    floats = [path for path, _ in leaves(inputs)]
    for path in floats[:1]:
        small = _mapped(inputs, lambda a: TINY * a)
        yield Probe("nonlinearity", words, small, up_to_scale=True)
        one = _replaced(inputs, path, TINY * _at(inputs, path))
        yield Probe("nonlinearity", words, one, up_to_scale=True)
        yield Probe("nonlinearity", words, _mapped(inputs, lambda a: np.abs(a) + 0.1), up_to_scale=True)
        yield Probe("large", "is right for small numbers only", _mapped(inputs, lambda a: 0.01 * a))


def _plain(inputs: Inputs) -> Inputs:
    """Every vector among the parameters the same everywhere, so that gains weigh all entries alike."""
    changed = inputs
    for path, array in leaves(inputs):
        if len(path) > 1 and array.ndim == 1:
            changed = _replaced(changed, path, np.ones_like(array))
    return changed


def leaves(inputs: Mapping, path: tuple = ()) -> Iterator[tuple[tuple, NDArray]]:
    """The float arrays among the inputs, with their paths through dicts."""
    for name, value in inputs.items():
        if isinstance(value, Mapping):
            yield from leaves(value, (*path, name))
        elif isinstance(value, np.ndarray) and value.dtype.kind == "f":
            yield (*path, name), value


def _at(inputs: Mapping, path: tuple) -> Any:
    for name in path:
        inputs = inputs[name]
    return inputs


def _replaced(inputs: Mapping, path: tuple, value: Any) -> Inputs:
    head, *rest = path
    return {**inputs, head: _replaced(inputs[head], tuple(rest), value) if rest else value}


def _mapped(inputs: Inputs, change: Callable[[NDArray], NDArray]) -> Inputs:
    changed = copy.copy(inputs)
    for path, array in leaves(inputs):
        changed = _replaced(changed, path, change(array).astype(array.dtype))
    return changed


def _batch_and_time(inputs: Inputs) -> tuple[int | None, int | None]:
    """The lengths of the batch axis and of the time axis of the first array."""
    array = next((v for v in inputs.values() if isinstance(v, np.ndarray) and v.ndim), None)
    if array is None:
        return None, None
    if array.ndim < 2 or (array.ndim == 2 and array.dtype.kind == "f"):
        return len(array), None
    return len(array), array.shape[2 if array.ndim == 4 else 1]


def sizes(inputs: Mapping[str, Any]) -> dict[int, str]:
    """Names for the numbers by which a result may be too large: B, T and their product."""
    B, T = _batch_and_time(dict(inputs))
    named = {n: name for n, name in ((B, "B"), (T, "T")) if n}
    return named | ({B * T: "B·T"} if B and T else {})


def _shortened(inputs: Inputs, length: int, first: bool) -> Inputs:
    """Every array input with its axes of that length cut to 1; the first axis is the batch."""

    def cut(array: NDArray) -> NDArray:
        picks = [slice(0, 1) if n == length and (i == 0) == first else slice(None)
                 for i, n in enumerate(array.shape)]  # fmt: skip
        return array[tuple(picks)].copy()

    return {name: cut(v) if isinstance(v, np.ndarray) else v for name, v in inputs.items()}

