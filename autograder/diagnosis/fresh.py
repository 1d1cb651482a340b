"""Fresh inputs of an example's kind: other values, and other sizes where the contract names the axes."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from autograder.diagnosis.contract import Roles
from autograder.diagnosis.inputs import Inputs, every, replaced


def proposals(inputs: Inputs, roles: Roles, rng: Generator) -> Iterator[Inputs]:
    """From very different inputs to nearly the example's; not all functions take the first ones."""
    yield fresh(inputs, roles, grown(roles), rng)
    yield fresh(inputs, roles, grown(roles, 1), rng, whole=lambda n: n + 1)
    doubled = {s: n if s in roles.counts.values() else 2 * n for s, n in roles.sizes.items()}
    yield fresh(inputs, roles, doubled, rng, whole=lambda n: 2 * n)  # an even number stays one
    yield fresh(inputs, roles, doubled, rng)
    for _ in range(3):
        yield fresh(inputs, roles, roles.sizes, rng)
    for _ in range(2):
        yield fresh(inputs, roles, roles.sizes, rng, values=jittered)


def grown(roles: Roles, more: int = 0) -> dict[str, int]:
    """Larger sizes that are all different."""
    sizes: dict[str, int] = {}
    for symbol, size in sorted(roles.sizes.items(), key=lambda item: item[1]):
        sizes[symbol] = max([size, *sizes.values()]) + 1 + more
    return sizes


def fresh(
    inputs: Inputs,
    roles: Roles,
    sizes: Mapping[str, int],
    rng: Generator,
    *,
    whole: Callable[[int], int] = int,
    values: Any = None,
) -> Inputs:
    """Inputs of these sizes, in float64; whole numbers that are no size become `whole` of them."""
    made = inputs
    for path, value in every(inputs):
        if isinstance(value, np.ndarray):
            shape = roles.shape(path, sizes)
            new = (values or drawn)(value, value.shape if shape is None else shape, rng)
        elif path in roles.counts:
            new = sizes[roles.counts[path]]
        elif isinstance(value, Generator):
            new = np.random.default_rng(rng.integers(2**32))
        elif type(value) is float and values is None:
            new = _another(value, rng)
        elif type(value) is int:
            new = whole(value)
        else:
            continue
        made = replaced(made, path, new)
    return made


def _another(value: float, rng: Generator) -> float:
    """A number of the same kind: a rate stays below 1."""
    if 0 < value < 1:
        return value * float(rng.uniform(0.3, 0.9))
    return value * float(rng.choice((rng.uniform(0.2, 0.6), rng.uniform(1.5, 3))))


def jittered(example: NDArray, shape: tuple[int, ...], rng: Generator) -> NDArray:
    """The example itself, its floats moved by some per cent."""
    if example.dtype.kind != "f":
        return example
    return example.astype(np.float64) * (1 + 0.02 * rng.normal(size=shape))


def drawn(example: NDArray, shape: tuple[int, ...], rng: Generator) -> NDArray:
    """Random values of the example's range and kind: ids, truth values, probabilities, masked or not."""
    if example.dtype.kind == "b":
        return rng.random(shape) < 0.5
    if example.dtype.kind in "iu":
        return rng.integers(example.min(initial=0), example.max(initial=0) + 1, size=shape).astype(
            example.dtype
        )
    if example.dtype.kind != "f" or not example.size:
        return example
    if np.isin(example, (0, 1)).all() and example.size > 1 and np.ptp(example):
        return rng.integers(0, 2, size=shape).astype(np.float64)
    return _floats(example.astype(np.float64), shape, rng)


def _floats(example: NDArray, shape: tuple[int, ...], rng: Generator) -> NDArray:
    spread = example.std() or max(abs(example.flat[0]), 1.0)
    new = rng.normal(size=shape)
    seen = _seen(example, shape)
    if example.min() >= 0 and example.any():
        if example.ndim and _adds_up(example):
            rows = np.exp(new) * seen
            return rows / np.maximum(rows.sum(axis=-1, keepdims=True), 1e-300)
        if example.max() <= 1:
            return rng.uniform(0.05, 0.95, size=shape) * seen
        return np.abs(spread * new) + 0.1 * example.mean()
    return rng.choice((0.5, 1, 2)) * (example.mean() + spread * new) * seen


def _adds_up(example: NDArray) -> bool:
    sums = example.sum(axis=-1)
    if sums.size < 2:  # a single row may do so by chance
        return False
    return bool(example.shape[-1] > 1 and np.all((np.abs(sums - 1) < 1e-4) | (sums == 0)) and sums.any())


def _seen(example: NDArray, shape: tuple[int, ...]) -> NDArray:
    """Which places of the last two axes are not zero by a triangular mask; all of them without one."""
    square = example.ndim > 1 and example.shape[-1] == example.shape[-2] > 1 and shape[-1] == shape[-2]
    for diagonal in (0, -1) if square else ():
        mask = np.tril(np.ones(example.shape[-2:], bool), diagonal)
        if not example[..., ~mask].any() and (example != 0)[..., mask].all():
            return np.tril(np.ones(shape[-2:], bool), diagonal)
    return np.ones((), bool)
