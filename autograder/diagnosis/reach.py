"""What does a function depend on that it must not, and what does it not depend on that it must?"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from autograder.diagnosis.contract import Roles
from autograder.diagnosis.fresh import fresh, grown
from autograder.diagnosis.inputs import Inputs, arrays, at, every, label, leaves, numbers, replaced
from autograder.diagnosis.question import Finding, Instance, Subject, close


@dataclass(frozen=True)
class Condition:
    """A finding, and whether it holds for a subject, of whose results some names were wrong.

    It may hold for one of them in particular; then `holds` gives its name.
    """

    finding: Finding
    holds: Callable[[Subject, Instance, Generator], bool | str]


def unused_options(example: Instance) -> Iterator[Condition]:
    """Numbers and generators of which nothing depends: a fact, whatever else would explain the results."""
    yield from _unused_numbers(example)
    yield from _unused_generators(example)


def _unused_numbers(example: Instance) -> Iterator[Condition]:
    for path, value in numbers(example.inputs):
        other = value + 1 if isinstance(value, int) else _far_from(value, example.is_smooth)
        code, name = f"option `{path[-1]}`", label(example.inputs, path)
        yield _unused(code, name, path, lambda inputs, rng, other=other: other)


def _far_from(value: float, smooth: bool) -> float:
    """Another number of that kind: a share, which may steer draws, at the other end of what shares can be."""
    if 0 < value < 1:
        return value / 2 if 0.4 < value < 0.6 else 1 - value
    return (0.7 if smooth else 5.0) * value


def _unused_generators(example: Instance) -> Iterator[Condition]:
    for path, value in every(example.inputs):
        if isinstance(value, Generator):
            another = lambda inputs, rng: np.random.default_rng(rng.integers(2**32))  # noqa: E731
            yield _unused("randomness", str(path[-1]), path, another)


def unused_dicts(example: Instance) -> Iterator[Condition]:
    """Arguments that hold several arrays, none of which counts: training that begins from its own."""
    for name, value in example.inputs.items():
        if isinstance(value, dict) and len(list(leaves(value))) > 1:

            def another(inputs: Inputs, rng: Generator, name: str = name) -> Inputs:
                held = inputs[name]
                for path, array in leaves(held):
                    held = replaced(held, path, _moved(array, rng))
                return held

            yield _unused(f"without `{name}`", name, (name,), another)


def unused_arrays(example: Instance, kinds: str) -> Iterator[Condition]:
    for path, array in arrays(example.inputs, kinds):
        if not array.ndim:
            continue

        def another(inputs: Inputs, rng: Generator, path: tuple = path) -> NDArray:
            return _moved(at(inputs, path), rng)

        yield _unused(f"without `{path[-1]}`", label(example.inputs, path), path, another)


def _moved(array: NDArray, rng: Generator) -> NDArray:
    if array.dtype.kind in "iu":  # some of them, so that it is not only their order that changes
        count = int(array.max(initial=1)) + 1
        by = rng.integers(1, max(count, 2), array.shape) * rng.integers(0, 2, array.shape)
        if array.size:
            by.flat[rng.integers(array.size)] = rng.integers(1, max(count, 2))
        return ((array + by) % count).astype(array.dtype)
    turned = array[..., ::-1] if array.ndim else array  # so that another one is the largest
    return (turned + rng.uniform(0.1, 0.5, array.shape)).astype(array.dtype)


def _unused(code: str, name: str, path: tuple, another: Callable[[Inputs, Generator], object]) -> Condition:
    """Nothing that was found changes with an argument on which right results depend that were wrong."""

    def moved(subject: Subject, inputs: Inputs, names: list[str], upstream: tuple, rng: Generator) -> tuple:
        """Does something move in what was found? Which of these in what is right?"""
        before = subject.tried(inputs, upstream)
        after = subject.tried(replaced(inputs, path, another(inputs, rng)), upstream)
        found = any(not np.array_equal(before.found[name], after.found[name]) for name in before.found)
        return found, {name for name in names if not close(before.right[name], after.right[name])}

    def holds(subject: Subject, example: Instance, rng: Generator) -> bool | str:
        if example.is_often_right and not example.is_smooth:  # ids may stay the same by chance
            return False
        roles, tries = subject.roles(example.inputs), [(example.inputs, example.upstream)]
        are_ids = getattr(at(example.inputs, path), "dtype", np.dtype(float)).kind in "iu"
        for _ in range(16 if are_ids else 4 if example.is_smooth else 8):  # what one example cannot show
            inputs = fresh(example.inputs, roles, roles.sizes, rng)
            inputs = replaced(inputs, path, at(example.inputs, path))
            tries.append((inputs, subject.draw(inputs, rng)))
        matter: set[str] = set()
        for inputs, upstream in tries:
            found, right = moved(subject, inputs, example.wrong, upstream, rng)
            if found:
                return False
            matter |= right
        about = next((name for name in example.wrong if name in matter), "")
        return about if about and not anyhow(subject, example, rng) else False

    def anyhow(subject: Subject, example: Instance, rng: Generator) -> bool:
        """Does it move after all where the other counts are larger, as after one more step?"""
        inputs = example.inputs
        for other, value in numbers(inputs):
            if other != path and type(value) is int:
                inputs = replaced(inputs, other, value + 1)
        with contextlib.suppress(Exception):  # counts that do not fit
            return moved(subject, inputs, example.wrong, example.upstream, rng)[0]
        return False

    return Condition(Finding(code, f"does not depend on `{name}`"), holds)


def needless(example: Instance) -> Iterator[Condition]:
    """Numbers and arrays on which a wrong result depends, and must not; not where all ids are the same."""
    if any(array.size and np.ptp(array) == 0 for _, array in arrays(example.inputs, "iu")):
        return
    for path, value in numbers(example.inputs):
        other = value + 1 if isinstance(value, int) else 0.7 * value
        yield _needless("option", example.inputs, path, lambda inputs, rng, other=other: other)
    for path, _ in leaves(example.inputs):
        another = lambda inputs, rng, path=path: _moved(at(inputs, path), rng)  # noqa: E731
        yield _needless("without", example.inputs, path, another)


def _needless(
    kind: str, like: Inputs, path: tuple, another: Callable[[Inputs, Generator], object]
) -> Condition:
    def holds(subject: Subject, example: Instance, rng: Generator) -> bool | str:
        roles, names = subject.roles(example.inputs), set(example.wrong)
        tries = [example.inputs, *(fresh(example.inputs, roles, roles.sizes, rng) for _ in range(3))]
        for inputs in tries:
            upstream = subject.draw(inputs, rng)
            before = subject.tried(inputs, upstream)
            after = subject.tried(replaced(inputs, path, another(inputs, rng)), upstream)
            names &= {name for name in names if close(before.right[name], after.right[name], 1e-12)
                      and not close(before.found[name], after.found[name], 1e-9)}  # fmt: skip
        return next((name for name in example.wrong if name in names), False)

    words = f"depends on `{label(like, path)}`, and should not"
    return Condition(Finding(f"{kind} `{path[-1]}`", words), holds)


def invariances(example: Instance) -> Iterator[Condition]:
    """Changes of an input that leave what was found as it is, and must not; or the other way round."""
    for path, array in arrays(example.inputs, "iuf") if not example.upstream else ():
        for words, least, change in CHANGES:
            if array.ndim >= least:
                words = words.format(path[-1])
                yield _invariance(f"does not change when {words}, and should", path, change, False)
                yield _invariance(f"changes when {words}, and should not", path, change, True)


def _row_doubled(array: NDArray) -> NDArray:
    other = array.copy()
    other[0] *= 2
    return other


CHANGES = (
    ("all of `{}` is doubled", 1, lambda a: 2 * a), ("a row of `{}` is doubled", 2, _row_doubled),
    ("a number is added to all of `{}`", 1, lambda a: a + a.dtype.type(1)),
)  # fmt: skip


def _invariance(words: str, path: tuple, change: Callable, moves: bool) -> Condition:
    """What was found moves with that change of an input, or not, and what is right does the opposite."""

    def holds(subject: Subject, example: Instance, rng: Generator) -> bool:
        roles, tries = subject.roles(example.inputs), [example.inputs]
        tries += [fresh(example.inputs, roles, roles.sizes, rng) for _ in range(2)]
        for inputs in tries:
            before = subject.tried(inputs, ())
            after = subject.tried(replaced(inputs, path, change(at(inputs, path))), ())
            found, right = (
                any(not close(one[name], other[name]) for name in example.wrong)
                for one, other in ((before.found, after.found), (before.right, after.right))
            )
            if found != moves or right == moves:
                return False
        return True

    return Condition(Finding(f"without `{path[-1]}`", words), holds)


def mixed(example: Instance) -> Iterator[Condition]:
    """What should go entry by entry, and does not."""
    for path, array in leaves(example.inputs):
        if array.size > 1 and any(example.right[name].shape == array.shape for name in example.wrong):
            yield _mixed(path, label(example.inputs, path))


def _mixed(path: tuple, name: str) -> Condition:
    def holds(subject: Subject, example: Instance, rng: Generator) -> bool | str:
        roles, names = subject.roles(example.inputs), set(example.wrong)
        for _ in range(2):
            inputs = fresh(example.inputs, roles, roles.sizes, rng)
            array, upstream = at(inputs, path), subject.draw(inputs, rng)
            place = np.arange(array.size).reshape(array.shape) == np.abs(array).argmax()
            other = np.where(place, array.max() + 1, array)
            before, after = (subject.tried(replaced(inputs, path, one), upstream) for one in (array, other))
            names = {name for name in names if before.right[name].shape == array.shape
                     and np.array_equal(before.right[name][~place], after.right[name][~place])
                     and not close(before.found[name][~place], after.found[name][~place])}  # fmt: skip
        return next((name for name in example.wrong if name in names), False)

    words = f"depends at each place on other entries of `{name}` than its own"
    return Condition(Finding("axis", words), holds)


def backward_leak(example: Instance) -> Iterator[Condition]:
    """A gradient at the last of several places that changes with the upstream gradient of the first alone.

    Must it not, then what stands at a place counts for itself and for what comes later.
    """
    for place, dout in enumerate(example.upstream):
        for axis, size in enumerate(np.shape(dout)):
            if size > 2:
                yield _backward_leak(place, axis)


def _backward_leak(place: int, axis: int) -> Condition:
    def holds(subject: Subject, example: Instance, rng: Generator) -> bool | str:
        roles = subject.roles(example.inputs)
        inputs = fresh(example.inputs, roles, grown(roles), rng)
        upstream = subject.draw(inputs, rng)
        size, at_first = upstream[place].shape[axis], np.moveaxis(upstream[place].copy(), axis, 0)
        at_first[0] += 1
        moved = np.moveaxis(at_first, 0, axis)
        before, after = (subject.tried(inputs, (*upstream[:place], one, *upstream[place + 1 :]))
                         for one in (upstream[place], moved))  # fmt: skip
        for name in example.wrong:
            for along in (i for i, n in enumerate(before.right[name].shape) if n == size):
                found, right = (
                    [np.take(one[name], [0, -1], along) for one in both]
                    for both in ((before.found, after.found), (before.right, after.right))
                )
                first, last = (np.moveaxis(np.abs(right[0] - right[1]), along, 0)[i] for i in (0, 1))
                late = np.moveaxis(np.abs(found[0] - found[1]), along, 0)[1]
                if first.any() and not last.any() and late.max() > 1e-9:
                    return name
        return False

    words = "takes a part in what comes before it: a later place counts for an earlier output"
    return Condition(Finding("mask", words), holds)


def leaks(roles: Roles) -> Iterator[Condition]:
    """Results at other places that change with the last place of an axis alone, and must not."""
    for symbol, size in roles.named.items():
        if size > 2 and symbol in ("T", "B"):
            if symbol == "T":
                yield _leak("mask", "depends on positions that come later", symbol, in_order=True)
            words = "mixes the positions" if symbol == "T" else "mixes the samples of the batch"
            yield _leak("axis", words, symbol, in_order=False)


def _leak(code: str, words: str, symbol: str, in_order: bool) -> Condition:
    def holds(subject: Subject, example: Instance, rng: Generator) -> bool:
        roles = subject.roles(example.inputs)
        inputs = fresh(example.inputs, roles, grown(roles), rng)
        upstream = subject.draw(inputs, rng)
        late, early = (_changed_at(inputs, subject.roles(inputs), symbol, place) for place in (-1, 0))
        before, after = subject.tried(inputs, upstream), subject.tried(late, upstream)
        names = [name for name in example.wrong if before.found[name].size > 1]
        size = subject.roles(inputs).sizes[symbol]
        moved = any(
            close(_without(before.right[n], size, -1), _without(after.right[n], size, -1), 1e-9)
            and not close(_without(before.found[n], size, -1), _without(after.found[n], size, -1), 1e-7)
            for n in names
        )  # fmt: skip
        if not moved or not in_order:
            return moved
        after = subject.tried(early, upstream)
        return any(
            not close(_without(before.right[n], size, 0), _without(after.right[n], size, 0), 1e-9)
            for n in names
        )

    return Condition(Finding(code, words), holds)


def _changed_at(inputs: Inputs, roles: Roles, symbol: str, place: int) -> Inputs:
    """Every array changed at one place of the axes of that symbol."""
    for path, dims in roles.dims.items():
        axes = [axis for axis, dim in enumerate(dims) if dim == (1, (symbol,))]
        if axes:
            array = at(inputs, path).copy()
            there = np.moveaxis(array, axes[0], 0)[place : place + 1 or None]
            there[...] = (there + 1) % (array.max() + 1) if array.dtype.kind in "iu" else there + 1
            inputs = replaced(inputs, path, array)
    return inputs


def _without(array: NDArray, length: int, place: int) -> NDArray:
    """The results at the other places of the first axis of that length, which no other axis has."""
    axes = [axis for axis, n in enumerate(array.shape) if n == length]
    return np.delete(array, place, axes[0]) if axes else np.zeros(0)
