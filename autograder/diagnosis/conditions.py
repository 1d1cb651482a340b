"""Under which condition is a wrong function right, and what does it depend on that it must not?

Each condition makes fresh inputs on which one kind of mistake has no effect: a single step, no id twice, an
upstream gradient of ones. When everything that was wrong is right on all of them, that kind is to be named.
"""

import functools
import itertools
from collections.abc import Callable, Iterator

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from autograder.diagnosis.contract import REST, Roles
from autograder.diagnosis.fresh import fresh, grown
from autograder.diagnosis.inputs import Inputs, arrays, at, leaves, numbers, replaced
from autograder.diagnosis.question import TELLING, Finding, Instance, Subject, Upstream, close
from autograder.diagnosis.reach import (
    Condition,
    backward_leak,
    leaks,
    mixed,
    needless,
    unused_arrays,
    unused_dicts,
)

TRIES, MORE_TRIES = 2, 16  # more where whole numbers are right by chance
OFTEN = 40  # tries where nearly all fresh inputs are right, under any condition
ROUNDS, MANY = 6, 100  # rounds of a loop, and what is large for one that may count them
FEW = 8  # arrays: in a larger model small inputs hide all kinds of mistakes
SINGLE = {"B": ("batch", "a single sample"), "T": ("time", "a single time step"),
          "steps": ("loop", "a single step"), "...0": ("batch", "a single row")}  # fmt: skip
Make = Callable[[Inputs, Roles, Generator], Inputs]


def when(
    code: str, words: str, make: Make, alter: Callable[[Upstream], Upstream] = lambda upstream: upstream,
    but_not: Make | None = None, may_stay: bool = False, telling: bool = False,
    settled: Callable[[Inputs], Inputs] | None = None, rarely: bool = False,
) -> Condition:  # fmt: skip
    """Right on all inputs of `make`, with upstream gradients as `alter` leaves them; wrong with `but_not`.

    `telling` ones must leave every input its part in what is right; else a mistake hides behind a zero.
    With `may_stay`, what stays as it was at its start counts: a limit that is never reached. With
    `settled`, what is right must be the same after that further change. Where most inputs are right without
    the condition, "only when" would be false; `rarely` ones, which name a limit, are said there as well.
    """

    def holds(subject: Subject, example: Instance, rng: Generator) -> bool:
        if example.is_often_right and not rarely:
            return False
        roles, matter, trivial = subject.roles(example.inputs), set(), 0
        is_drawn = any(isinstance(value, Generator) for value in example.inputs.values())
        tries = MORE_TRIES if is_drawn or not example.is_smooth else TRIES
        tries = OFTEN if example.is_often_right else tries
        for _ in range(tries):
            inputs = make(example.inputs, roles, rng)
            instance = subject.tried(inputs, alter(subject.draw(inputs, rng)))
            better = all(_is_better(instance, example, name) for name in example.wrong)
            trivial += any(_is_trivial(instance, name, may_stay) for name in example.wrong)
            if not better or instance.wrong or 2 * trivial > tries:
                return False
            if settled and _moves(subject, instance, settled(inputs), example.wrong):
                return False
            matter |= _moving(subject, instance, example.wrong) if telling else set()
        if telling and not _still_matters(matter, subject, instance, example):
            return False
        if but_not is None:
            return True
        others = (but_not(example.inputs, roles, rng) for _ in range(MORE_TRIES))
        wrong = (subject.tried(inputs, alter(subject.draw(inputs, rng))).wrong for inputs in others)
        return any(wrong) if rarely else sum(map(bool, wrong)) > MORE_TRIES / 2

    return Condition(Finding(code, words), holds)


def _still_matters(matter: set[tuple], subject: Subject, instance: Instance, example: Instance) -> bool:
    """Are these all arrays on which the right results depend in the example, and one at least?"""
    silent = {path for path, array in leaves(instance.inputs) if not array.any()}
    return bool(matter) and _moving(subject, example, example.wrong) <= matter | silent


def _moving(subject: Subject, instance: Instance, names: list[str]) -> set[tuple]:
    """The arrays of numbers or ids on which right results depend."""
    moving: set[tuple] = set()
    for path, array in arrays(instance.inputs, "iuf"):
        other = array * (1 + 0.5 * np.cos(np.arange(array.size)).reshape(array.shape)) + 0.1
        other = other if array.dtype.kind == "f" else np.where(array > 0, array - 1, 1)
        if _moves(subject, instance, replaced(instance.inputs, path, other.astype(array.dtype)), names):
            moving.add(path)
    return moving


def _moves(subject: Subject, instance: Instance, inputs: Inputs, names: list[str]) -> bool:
    """Is something else right for other inputs?"""
    right = subject.right(inputs, instance.upstream) if subject.right else instance.right
    return any(not close(right[name], instance.right[name], 1e-9) for name in names)


def _is_better(instance: Instance, example: Instance, name: str) -> bool:
    """Is it right, clearly more so than before?"""
    rounding = 1e-12 * float(np.linalg.norm(instance.right[name]))
    return instance.error(name) <= max(rounding, TELLING * example.error(name))


def _is_trivial(instance: Instance, name: str, may_stay: bool) -> bool:
    """Zero, or unchanged from its start if it may not stay so, which nearly any function gets right."""
    right, start = instance.right[name], instance.starts.get(name)
    return not right.any() or (start is not None and not may_stay and close(right, start))


def conditions(example: Instance, subject: Subject) -> Iterator[Condition]:
    """From the most telling to the least."""
    roles = subject.roles(example.inputs)
    smooth = example.is_smooth
    if smooth:
        yield when("large", "is right for small numbers only", _small, but_not=_as_they_come)
    yield from _without_repeats(example)
    yield from unused_dicts(example)
    yield from unused_arrays(example, "iu")
    yield from _same(example)
    yield from leaks(roles) if smooth else ()
    yield from mixed(example) if smooth else ()
    yield from backward_leak(example)
    yield from _special_numbers(example) if smooth else ()  # drawn ids are right by chance there
    yield from _special_counts(example, subject)
    yield from _orders(example.inputs)
    yield from _lengths(example.inputs)
    yield from _single(roles)
    yield from _upstreams(example)
    if smooth:
        yield from _symmetric(example)
        yield from _zeros(example)
        yield from unused_arrays(example, "f")
        yield from [_straight()] if len(list(leaves(example.inputs))) <= FEW else ()


def _without_repeats(example: Instance) -> Iterator[Condition]:
    for path, array in arrays(example.inputs, "iu"):
        if not array.ndim:
            continue

        def make(
            inputs: Inputs, roles: Roles, rng: Generator, path: tuple = path, same: bool = False
        ) -> Inputs:
            made = fresh(inputs, roles, _small_sizes(roles, at(inputs, path), path), rng)
            ids = at(made, path)
            if ids.size > (count := at(inputs, path).max() + 1):
                raise ValueError("not so many different ids")
            other = rng.permutation(count)[: ids.size].reshape(ids.shape)
            return replaced(made, path, np.full_like(ids, other.flat[0]) if same else other.astype(ids.dtype))

        def again(inputs: Inputs, roles: Roles, rng: Generator, make: Callable = make) -> Inputs:
            return make(inputs, roles, rng, same=True)

        words = f"is right only when no id stands in `{path[-1]}` twice"
        yield when("repeated ids", words, make, but_not=again)


def _small_sizes(roles: Roles, ids: NDArray, path: tuple) -> dict[str, int]:
    """Along each axis of the ids so much that one id at least is missing; the other axes as they are."""
    own = {symbol for _, symbols in roles.dims.get(path, ()) for symbol in symbols}
    most = int(ids.max() ** (1 / ids.ndim) + 1e-9)
    return {
        symbol: max(1, min(size, most)) if symbol in own else size for symbol, size in roles.sizes.items()
    }


def _same(example: Instance) -> Iterator[Condition]:
    """Two arrays of one kind made the same, and ids the same along each row."""
    found = [(path, a) for path, a in arrays(example.inputs) if a.size > 1 and len(path) == 1]
    for position, (one, left) in enumerate(found):
        for other, right in found[position + 1 :]:
            if left.shape == right.shape and left.dtype == right.dtype:

                def make(
                    inputs: Inputs, roles: Roles, rng: Generator, one: tuple = one, other: tuple = other
                ) -> Inputs:
                    made = fresh(inputs, roles, grown(roles), rng)
                    return replaced(made, other, at(made, one))

                def apart(inputs: Inputs, roles: Roles, rng: Generator) -> Inputs:
                    return fresh(inputs, roles, grown(roles), rng)

                words = f"is right only when `{one[-1]}` and `{other[-1]}` are the same"
                yield when("swapped", words, make, but_not=apart)
    for path, array in arrays(example.inputs, "iu"):
        if array.ndim > 1:
            words = f"is right only when `{path[-1]}` stays the same along each row"
            yield when("shifted", words, _with(path, lambda ids: np.repeat(ids[:, :1], ids.shape[1], 1)))


def _single(roles: Roles) -> Iterator[Condition]:
    """Each axis of length 1."""
    for symbol, (code, words) in SINGLE.items():
        if roles.sizes.get(symbol, 1) > 1:

            def make(inputs: Inputs, roles: Roles, rng: Generator, symbol: str = symbol) -> Inputs:
                return fresh(inputs, roles, {**roles.sizes, symbol: 1}, rng)

            yield when(code, f"is right for {words} only", make, but_not=_as_they_come, telling=True)
    rows = [s for s, n in roles.sizes.items() if n > 1 and (s in ("B", "T") or s.startswith(REST))]
    if len(rows) > 1:

        def alone(inputs: Inputs, roles: Roles, rng: Generator) -> Inputs:
            return fresh(inputs, roles, {**roles.sizes, **dict.fromkeys(rows, 1)}, rng)

        words = "is right for a single row only, one sample of one step"
        yield when("batch", words, alone, but_not=_as_they_come, telling=True)


def single_axes(roles: Roles) -> Iterator[Condition]:
    """Every other axis of length 1."""
    for symbol, size in roles.named.items():
        if size > 1 and symbol not in SINGLE:

            def make(inputs: Inputs, roles: Roles, rng: Generator, symbol: str = symbol) -> Inputs:
                return fresh(inputs, roles, {**roles.sizes, symbol: 1}, rng)

            words = f"is right only where `{symbol}` is 1"
            yield when("partly", words, make, but_not=_as_they_come, telling=True)


def _upstreams(example: Instance) -> Iterator[Condition]:
    shapes = [np.shape(dout) for dout in example.upstream]
    if len(shapes) == 1 and shapes[0]:
        words = "the upstream gradient is the same everywhere: places are mixed up"
        yield _only_with("order", words, lambda up: (np.full_like(up[0], up[0].flat[0]),))
    for place in (place for place, shape in enumerate(shapes) if not shape):
        words = f"upstream gradient {place + 1} is 1" if len(shapes) > 1 else "the upstream gradient is 1"
        unit = lambda up, place=place: (*up[:place], 1.0, *up[place + 1 :])  # noqa: E731
        yield _only_with("upstream", words, unit)
    if any(shapes):
        ones = lambda up: tuple(np.ones_like(dout) if np.ndim(dout) else 1.0 for dout in up)  # noqa: E731
        yield _only_with("upstream", "the upstream gradient is all ones", ones)


def _only_with(code: str, words: str, alter: Callable[[Upstream], Upstream]) -> Condition:
    """Right with such upstream gradients, and wrong on the same inputs without."""

    def holds(subject: Subject, example: Instance, rng: Generator) -> bool:
        roles = subject.roles(example.inputs)
        for _ in range(TRIES):
            inputs = fresh(example.inputs, roles, grown(roles), rng)
            upstream = subject.draw(inputs, rng)
            if subject.tried(inputs, alter(upstream)).wrong or not subject.tried(inputs, upstream).wrong:
                return False
        return True

    return Condition(Finding(code, f"is right only when {words}"), holds)


def last_conditions(example: Instance) -> Iterator[Condition]:
    """What says little: an argument that counts for nothing, the way of which upstream gradient."""
    yield from needless(example) if example.is_smooth else ()
    count = len(example.upstream)
    for places in (places for few in range(1, count) for places in itertools.combinations(range(count), few)):

        def silent(upstream: Upstream, places: tuple = places) -> Upstream:
            return tuple(dout * (place not in places) for place, dout in enumerate(upstream))

        which = " and ".join(str(place + 1) for place in places)
        which = f"output {which} gets" if len(places) == 1 else f"outputs {which} get"
        make = lambda inputs, roles, rng: fresh(inputs, roles, grown(roles), rng)  # noqa: E731
        yield when("upstream", f"is right only when {which} no upstream gradient", make, silent)


def _special_counts(example: Instance, subject: Subject) -> Iterator[Condition]:
    """Each whole number that is no size of an axis so large that it no longer counts, at 1 and at 2.

    One that counts a loop, because a result has an entry for each round, is told by the first wrong round.
    """
    counts, shapes = subject.roles(example.inputs).counts, subject.contract.shapes.values()
    whole = [(path, n) for path, n in numbers(example.inputs) if isinstance(n, int) and path not in counts]
    axes = {path for path, _ in whole if any((1, (path[-1],)) in dims for dims in shapes)}
    for path, _ in whole:
        if path not in axes:
            large = 10**6 if len(path) > 1 else MANY  # the count of a loop would be too much
            words = f"is right only when `{path[-1]}` is very large"
            more = lambda i, path=path, large=large: replaced(i, path, 2 * large)  # noqa: E731
            make = _with(path, lambda old, large=large: large)
            yield when(f"option `{path[-1]}`", words, make, settled=more, rarely=True)
    for path, value in whole:
        if path in axes:
            yield from _rounds(path, example, subject) if ((1, (path[-1],)),) in shapes else ()
            continue
        for special in {1, 2} - {value} if example.is_smooth else {1} - {value}:
            words = f"is right only when `{path[-1]}` is {special}"
            there, beside = (_with(path, lambda old, n=n: n) for n in (special, special + 1))
            yield when(f"option `{path[-1]}`", words, there, but_not=beside)


def _orders(inputs: Inputs) -> Iterator[Condition]:
    """Of a function of nothing but numbers: one whole number at most another one, or more than it."""
    whole = [path for path, n in numbers(inputs) if isinstance(n, int) and n > 0]
    for one, other in itertools.permutations(whole, 2) if not any(arrays(inputs)) else ():

        def lower(i: Inputs, roles: Roles, rng: Generator, one: tuple = one, other: tuple = other) -> Inputs:
            made = fresh(i, roles, roles.sizes, rng)
            return replaced(made, one, int(rng.integers(at(made, other) + 1)))

        def higher(i: Inputs, roles: Roles, rng: Generator, one: tuple = one, other: tuple = other) -> Inputs:
            made = fresh(i, roles, roles.sizes, rng)
            return replaced(made, one, int(at(made, other) * rng.uniform(1.5, 3)))

        code = f"option `{one[-1]}`"
        for words, there, elsewhere in (("at most", lower, higher), ("larger than", higher, lower)):
            words = f"is right only where `{one[-1]}` is {words} `{other[-1]}`"
            yield when(code, words, there, but_not=elsewhere)


def _lengths(inputs: Inputs) -> Iterator[Condition]:
    """A sequence of ids as long as a whole number says, or shorter."""
    whole = [path for path, n in numbers(inputs) if isinstance(n, int) and n > 2]
    sequences = [path for path, ids in arrays(inputs, "iu") if ids.ndim == 1 and len(ids)]
    for path, other in itertools.product(sequences, whole):

        def make(
            i: Inputs, roles: Roles, rng: Generator, size: Callable, path: tuple = path, other: tuple = other
        ) -> Inputs:
            ids = rng.choice(at(i, path), size=size(at(i, other), rng))
            return replaced(fresh(i, roles, roles.sizes, rng), path, ids)

        for words, size, beside in (
            ("at least as long as", lambda n, rng: n + rng.integers(FEW), -1),
            ("shorter than", lambda n, rng: rng.integers(1, n), 0),
        ):
            there = functools.partial(make, size=size)
            elsewhere = functools.partial(make, size=lambda n, rng, beside=beside: n + beside)
            words = f"is right only where `{path[-1]}` is {words} `{other[-1]}` says"
            yield when(f"option `{other[-1]}`", words, there, but_not=elsewhere, rarely=True)


def _rounds(path: tuple, example: Instance, subject: Subject) -> Iterator[Condition]:
    for rounds in sorted({*range(1, ROUNDS), _right_rounds(path, example, subject)} - {0}):
        words = f"is right as long as `{path[-1]}` is at most {rounds}"
        more = _with(path, lambda old, rounds=rounds: rounds + 1)
        make = _with(path, lambda old, rounds=rounds: rounds)
        yield when("loop", words, make, but_not=more, rarely=True)


def _right_rounds(path: tuple, example: Instance, subject: Subject) -> int:
    """So many rounds of the example are right, if none is again behind one that is wrong."""
    right, wrong = 0, int(at(example.inputs, path))
    while wrong - right > 1:
        middle = (right + wrong) // 2
        if subject.tried(replaced(example.inputs, path, middle), example.upstream).wrong:
            wrong = middle
        else:
            right = middle
    return right


def _special_numbers(example: Instance) -> Iterator[Condition]:
    """Each float at a value at which it has little to say, each list with one entry."""
    for path, value in numbers(example.inputs):
        for special in (0.0, 1e6, 1.0) if isinstance(value, float) else ():
            if special != value:
                size = "very large" if special == 1e6 else f"{special:g}"
                words = f"is right only when `{path[-1]}` is {size}"
                make = _with(path, lambda old, special=special: special)
                more = lambda i, path=path: replaced(i, path, 2e6)  # noqa: E731
                is_large = special == 1e6
                yield when(
                    f"option `{path[-1]}`", words, make, may_stay=is_large, settled=more if is_large else None
                )
    for name, value in example.inputs.items():
        if type(value) in (list, tuple) and len(value) > 1:
            words = f"is right only when all entries of `{name}` are the same"
            yield when(f"option `{name}`", words, _with((name,), lambda old: [old[0]] * len(old)))
            words = f"is right only when `{name}` has a single entry, for a single step"
            yield when("loop", words, _with((name,), lambda old: old[:1]))


def _symmetric(example: Instance) -> Iterator[Condition]:
    for path, array in leaves(example.inputs):
        if array.ndim > 1 and array.shape[-1] == array.shape[-2]:
            words = f"is right only when `{path[-1]}` is its own transpose"
            yield when("transposed", words, _with(path, lambda a: (a + a.swapaxes(-1, -2)) / 2))


def counted(example: Instance) -> Iterator[Condition]:
    """Truth values of which as many are true as false, and one-hot rows."""
    for path, array in arrays(example.inputs, "b"):
        if array.ndim:
            words = f"is right only when as many entries of `{path[-1]}` are true as false"
            half = _sized(path, lambda a: (np.arange(a.size) % 2 == 0).reshape(a.shape))
            one = _sized(path, lambda a: (np.arange(a.size) == 0).reshape(a.shape))
            yield when("partly", words, half, but_not=one)
    for path, array in leaves(example.inputs):
        if array.ndim > 1 and array.shape[-1] > 1:
            words = f"is right only when each row of `{path[-1]}` is one-hot"
            make = _with(path, lambda a: np.eye(a.shape[-1])[a.argmax(axis=-1)])
            yield when(f"without `{path[-1]}`", words, make, but_not=_as_they_come, telling=True)


def _sized(path: tuple, change: Callable) -> Make:
    """As `_with`, with each size even."""

    def make(inputs: Inputs, roles: Roles, rng: Generator) -> Inputs:
        made = fresh(inputs, roles, {symbol: 2 * size for symbol, size in roles.sizes.items()}, rng)
        return replaced(made, path, change(at(made, path)))

    return make


def _zeros(example: Instance) -> Iterator[Condition]:
    """Each array at zero; one that all the rest hangs on makes the right result trivial, and is not said."""
    for path, _ in leaves(example.inputs):
        words = f"is right when `{path[-1]}` is zero"
        yield when(f"without `{path[-1]}`", words, _with(path, np.zeros_like), telling=True)


def _with(path: tuple, change: Callable) -> Make:
    def make(inputs: Inputs, roles: Roles, rng: Generator) -> Inputs:
        made = fresh(inputs, roles, roles.sizes, rng)
        return replaced(made, path, change(at(made, path)))

    return make


def _straight() -> Condition:
    """Right for numbers so small that curves are straight lines, and not because nothing is left there."""

    def holds(subject: Subject, example: Instance, rng: Generator) -> bool:
        upstream = example.upstream
        tiny, zero = (subject.tried(_times(example.inputs, factor), upstream) for factor in (1e-4, 0.0))
        wrong = example.wrong
        return all(
            close(tiny.found[n], tiny.right[n]) and not close(tiny.right[n], zero.right[n]) for n in wrong
        )

    words = "is right only for numbers so small that a curve is as good as a straight line"
    return Condition(Finding("nonlinearity", words), holds)


def _times(inputs: Inputs, factor: float) -> Inputs:
    for path, array in leaves(inputs):
        inputs = replaced(inputs, path, (factor * array).astype(array.dtype))
    return inputs


def _as_they_come(inputs: Inputs, roles: Roles, rng: Generator) -> Inputs:
    return fresh(inputs, roles, roles.sizes, rng)


def _small(inputs: Inputs, roles: Roles, rng: Generator) -> Inputs:
    made = fresh(inputs, roles, roles.sizes, rng)
    for path, array in leaves(made):
        made = replaced(made, path, array / max(1.0, 1.5 * np.abs(array).max(initial=0)))
    return made
