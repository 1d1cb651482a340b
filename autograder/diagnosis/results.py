"""Changes of the right results that would give what was found: negated, scaled, transposed, exchanged, ..."""

import itertools
import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from autograder.diagnosis.inputs import at, leaves, numbers
from autograder.diagnosis.question import (
    TIGHT,
    WOULD_BE,
    Finding,
    Hypothesis,
    Instance,
    close,
    prediction,
    relation,
)

Change = Callable[[NDArray], NDArray]
ACTIVATIONS = (lambda a: np.maximum(a, 0), np.tanh, lambda a: 1 / (1 + np.exp(-a)), np.abs, np.exp, np.square)


def results_changed(example: Instance) -> Iterator[Hypothesis]:
    """From the most telling to the least."""
    yield from _updates(example)
    yield from _held(example)
    single = all(right.size == 1 for right in example.right.values())
    yield each("zero", "is 0 here, and should not be" if single else "is all zeros", np.zeros_like)
    yield from _exchanged(example)
    yield each("sign", "has the opposite sign", np.negative)
    yield from _scaled(example)
    yield each("transposed", "is transposed", lambda a: a.swapaxes(-1, -2) if a.ndim > 1 else a * np.nan)
    yield each("offset", "is the right result plus its transpose", lambda a: a + a.swapaxes(-1, -2))
    yield from _shifted(example)
    yield from _offset(example)
    yield from _lowered()
    yield from _shared_out(example)
    yield from _activated()
    yield from _sloped(example)
    yield relation(Finding("axis", "adds up to 1 along the wrong axis"), _sums_elsewhere)
    yield from masks() if not example.upstream else ()
    yield from _laid_out(example)
    yield relation(Finding("order", "holds the right numbers at the wrong places"), _reordered)


def masks() -> Iterator[Hypothesis]:
    """The right places are not the ones that are zero."""
    yield relation(Finding("mask", "is not zero at places that should be hidden"), _shows_hidden)
    yield relation(Finding("mask", "is zero at places that should not be hidden"), _hides_seen)


def alike_results(example: Instance) -> Iterator[Hypothesis]:
    """What is seen without saying where it comes from."""
    yield from _in_proportion(example)
    yield from _alike_along(example)
    yield from _untouched(example)
    yield from _added_up(example)
    yield relation(Finding("sign", "has the opposite sign at some places"), _sign_at_some)
    words = "is right but for what makes each row add up to 1"
    yield relation(Finding("normalisation", words), _lacks_its_sum)
    for words, above in (("large", True), ("small", False)):
        finding = Finding("scale", f"is too {words} by a constant factor")
        yield Hypothesis(finding, lambda i, names, above=above: _by_one_factor(example, i, names, above))
    words = "is right but for a factor, which is another one for other inputs"
    yield relation(Finding("scale", words), _proportional)
    yield _apart_from_updates(Finding("offset", "is off by the same number everywhere"), _off_by_one_number)
    yield _apart_from_updates(Finding("offset", "is off by the same numbers in each row"), _off_by_one_row)


def _apart_from_updates(finding: Finding, holds: Callable[[NDArray, NDArray], bool]) -> Hypothesis:
    """A relation that says nothing of results of an update: an optimizer may move all numbers alike."""

    def explains(instance: Instance, names: list[str]) -> set[str]:
        own = [name for name in names if name not in instance.starts]
        return {name for name in own if holds(instance.found[name], instance.right[name])}

    return Hypothesis(finding, explains)


def each(code: str, words: str, change: Change) -> Hypothesis:
    """The same change of each result that is not zero."""

    def predict(instance: Instance) -> dict[str, NDArray]:
        return {name: change(right) for name, right in instance.right.items() if right.any()}

    return prediction(Finding(code, words), predict)


def _updates(example: Instance) -> Iterator[Hypothesis]:
    """Of what goes on from its start: the way from there changed."""

    def moved(change: Change) -> Callable[[Instance], dict[str, NDArray]]:
        return lambda instance: {
            name: start + change(instance.right[name] - start) for name, start in instance.starts.items()
        }

    if not example.starts:
        return
    yield prediction(Finding("zero", "does not change"), moved(np.zeros_like))
    yield prediction(Finding("sign", "changes in the opposite direction"), moved(np.negative))
    for words, factor in _factors(example):
        by = lambda instance, factor=factor: moved(lambda a: factor(instance) * a)(instance)  # noqa: E731
        changes = words.replace("is too large", "changes too much")
        changes = changes.replace("is too small", "changes too little")
        yield prediction(Finding("scale", changes), by)


def _in_proportion(example: Instance) -> Iterator[Hypothesis]:
    """Of what goes on from its start: a way from there of the right direction."""

    def proportional(instance: Instance, names: list[str]) -> set[str]:
        return {name for name in names if name in instance.starts and _proportional(
            *(array[name] - instance.starts[name] for array in (instance.found, instance.right))
        )}  # fmt: skip

    if example.starts:
        words = "changes too much or too little, by a constant factor"
        yield Hypothesis(Finding("scale", words), proportional)


def limits(example: Instance) -> Iterator[Hypothesis]:
    """Of what is to be limited as a whole: each entry, or each array, limited on its own."""
    for path, _ in numbers(example.inputs):
        for what, kept in (
            ("entry", lambda start, limit: np.clip(start, -limit, limit)),
            ("array", lambda start, limit: start * min(1.0, limit / (np.linalg.norm(start) or 1.0))),
        ):

            def predict(instance: Instance, path: tuple = path, kept: Callable = kept) -> dict[str, NDArray]:
                limit = abs(at(instance.inputs, path))
                return {name: kept(start, limit) for name, start in instance.starts.items()}

            words = f"{WOULD_BE} `{path[-1]}` limited each {what} on its own"
            yield prediction(Finding(f"option `{path[-1]}`", words), predict)
        for cut in (np.minimum, np.maximum):
            cut_off = Finding("limited", f"is the right result cut off at `{path[-1]}`")
            yield prediction(cut_off, lambda i, path=path, cut=cut: {
                name: cut(right, at(i.inputs, path)) for name, right in i.right.items()
            })  # fmt: skip


def _factors(example: Instance) -> Iterator[tuple[str, Callable[[Instance], float]]]:
    """Factors with a name: sizes, their products and roots, numbers among the inputs, logarithms' bases."""
    symbols = [s for s, n in example.sizes.items() if n > 1]
    named: dict[str, Callable[[Instance], float]] = {}
    for one in symbols:
        words = "the length of an axis" if one.startswith(".") else one
        named[f"a factor of {words}{' ' * len(named)}"] = lambda i, one=one: i.sizes[one]
    symbols = [symbol for symbol in symbols if not symbol.startswith(".")]
    for one, other in itertools.combinations(symbols, 2):
        named[f"a factor of {one}·{other}"] = lambda i, one=one, other=other: i.sizes[one] * i.sizes[other]
    named["a factor of 2"] = lambda i: 2
    for one in symbols:
        named[f"the root of {one}"] = lambda i, one=one: math.sqrt(i.sizes[one])
    for path, _ in numbers(example.inputs):

        def value(i: Instance, path: tuple = path) -> float:
            return dict(numbers(i.inputs))[path]

        named[f"a factor of `{path[-1]}`"] = value
        named[f"a factor of 1 - `{path[-1]}`"] = lambda i, value=value: 1 - value(i)
    for name in [name for name, right in example.right.items() if not right.ndim]:
        named[f"a factor of {{{name}}}"] = lambda i, name=name: float(i.right[name])
    named["the factor between two bases of the logarithm"] = lambda i: math.log(2)
    named["the factor between two bases of the logarithm "] = lambda i: math.log(10)
    for words, factor in named.items():
        words = words.rstrip()
        yield f"is {_too(factor(example), True)} by {words}", factor
        yield f"is {_too(factor(example), False)} by {words}", lambda i, factor=factor: 1 / factor(i)
    for words, factor in list(named.items())[: len(symbols) + 1]:
        both = " and has the opposite sign"
        yield f"is too large by {words}{both}", lambda i, factor=factor: -factor(i)
        yield f"is too small by {words}{both}", lambda i, factor=factor: -1 / factor(i)


def _too(factor: float, times: bool) -> str:
    return "too large" if (abs(factor) > 1) == times else "too small"


def _scaled(example: Instance) -> Iterator[Hypothesis]:
    for words, factor in _factors(example):
        yield prediction(Finding("scale", words), lambda instance, factor=factor: {
            name: factor(instance) * right for name, right in instance.right.items() if right.any()
        })  # fmt: skip


def _exchanged(example: Instance) -> Iterator[Hypothesis]:
    """Two results in each other's place, one in the place of another, or the last step of one."""
    for one, other in itertools.combinations(example.wrong, 2):
        if example.right[one].shape == example.right[other].shape:
            finding = Finding("swapped", f"is what {{{other}}} should be, and the other way round")
            yield prediction(
                finding, lambda i, one=one, other=other: {one: i.right[other], other: i.right[one]}
            )
    for one, other in itertools.permutations(example.right, 2):
        shape, there = example.right[one].shape, example.right[other].shape
        finding = Finding("swapped", f"is what {{{other}}} should be")
        if shape == there:
            yield prediction(finding, lambda i, one=one, other=other: {one: i.right[other]})
        elif len(there) == len(shape) + 1 and (there[0], *there[2:]) == shape:
            finding = Finding("swapped", f"is the last step of {{{other}}}")
            yield prediction(finding, lambda i, one=one, other=other: {one: i.right[other][:, -1]})


def _added_up(example: Instance) -> Iterator[Hypothesis]:
    """A result that is another one added up along an axis."""
    for one, other in itertools.permutations(example.right, 2):
        shape, there = example.right[one].shape, example.right[other].shape
        for axis in range(len(there)):
            if len(there) > 1 and there[:axis] + there[axis + 1 :] == shape:
                finding = Finding("axis", f"is {{{other}}} added up along axis {axis}")
                yield prediction(finding, lambda i, one=one, other=other, axis=axis: {
                    one: i.right[other].sum(axis=axis)
                })  # fmt: skip


def _shifted(example: Instance) -> Iterator[Hypothesis]:
    """Moved by one place along an axis; what comes in at the end, nobody knows."""
    for axis in range(max((right.ndim for right in example.right.values()), default=0)):
        for step in (1, -1):

            def change(array: NDArray, axis: int = axis, step: int = step) -> NDArray:
                if array.ndim <= axis or array.shape[axis] < 3:
                    return np.full(array.shape, np.nan)
                moved = np.roll(array, step, axis).astype(np.float64)
                np.moveaxis(moved, axis, 0)[0 if step > 0 else -1] = np.nan
                return moved

            yield each("shifted", "is shifted by one position", change)


def _lowered() -> Iterator[Hypothesis]:
    """Less the largest entry of each row, or their mean, as in a softmax that none of it would change."""
    for words, of in (("largest entry", np.max), ("mean", np.mean)):
        change = lambda a, of=of: a - of(a, axis=-1, keepdims=True) if a.ndim else a * np.nan  # noqa: E731
        yield each("offset", f"is the right result less the {words} of each row", change)


def _shared_out(example: Instance) -> Iterator[Hypothesis]:
    """A sum over the batch, divided by what an input adds up to: a mean over where it is not zero."""
    for path, array in leaves(example.inputs):
        if array.ndim < 2:
            continue

        def predict(instance: Instance, path: tuple = path) -> dict[str, NDArray]:
            sums = at(instance.inputs, path).sum(axis=0)
            fitting = {n: r for n, r in instance.right.items() if r.shape == sums.shape and r.any()}
            return {name: right / np.where(sums == 0, 1, sums) for name, right in fitting.items()}

        words = f"is divided by what `{path[-1]}` adds up to over the batch"
        yield prediction(Finding("scale", words), predict)


def _laid_out(example: Instance) -> Iterator[Hypothesis]:
    """The right numbers with the axes in another order, but in the right shape."""
    most = max((right.ndim for right in example.right.values()), default=0)
    for order in list(itertools.permutations(range(most)))[1:] if most < 5 else ():

        def flat(array: NDArray, order: tuple = order) -> NDArray:
            fits = array.ndim == len(order)
            return array.transpose(order).reshape(array.shape) if fits else array * np.nan

        def back(array: NDArray, order: tuple = order) -> NDArray:
            fits = array.ndim == len(order)
            shape = [array.shape[axis] for axis in order] if fits else []
            return array.reshape(shape).transpose(np.argsort(order)) if fits else array * np.nan

        for change in (flat, back):
            yield each("order", "holds the right numbers, laid out with its axes in another order", change)


def _activated() -> Iterator[Hypothesis]:
    """One curve too many behind the right numbers, or one too few."""
    for curve in ACTIVATIONS:
        yield each("nonlinearity", "is the right result put through one more curve", curve)

        def lacks(found: NDArray, right: NDArray, curve: Change = curve) -> bool:
            return right.size > 2 and close(curve(found), right) and not close(found, right)

        yield relation(Finding("nonlinearity", "is what goes into a curve, not what comes out"), lacks)
    yield each("normalisation", "is the right result put through one more softmax", softmax)
    words = "is what goes into a softmax, not what comes out"
    yield relation(Finding("normalisation", words), lambda f, r: r.size > 2 and close(softmax(f), r))


def softmax(array: NDArray) -> NDArray:
    if not array.ndim:
        return array * np.nan
    weights = np.exp(array - array.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def repeated(example: Instance) -> Iterator[Hypothesis]:
    """One place of an axis, such as the last step, at all of its places."""
    for axis in range(max((right.ndim for right in example.right.values()), default=0)):
        for place, which in ((-1, "last"), (0, "first")):

            def change(array: NDArray, axis: int = axis, place: int = place) -> NDArray:
                if array.ndim <= axis or array.shape[axis] < 2:
                    return np.full(array.shape, np.nan)
                return np.broadcast_to(np.take(array, [place], axis), array.shape)

            words = f"holds at each place of axis {axis} what belongs to the {which} one"
            yield each("overwritten", words, change)


def _alike_along(example: Instance) -> Iterator[Hypothesis]:
    """The same places zero all along an axis, as of a mask that is drawn once for all."""
    for axis in range(max((right.ndim for right in example.right.values()), default=0)):
        words = f"is zero at the same places all along axis {axis}, and should not be"
        yield relation(
            Finding("randomness", words),
            lambda f, r, axis=axis: (r == 0).any() and _same_zeros(f, axis) and not _same_zeros(r, axis),
        )


def _same_zeros(array: NDArray, axis: int) -> bool:
    """Is some of it zero, and that everywhere along an axis alike?"""
    if array.ndim <= axis or array.shape[axis] < 2:
        return False
    zero = array == 0
    return bool(zero.any() and not zero.all() and (zero == np.take(zero, [0], axis)).all())


def _offset(example: Instance) -> Iterator[Hypothesis]:
    """An input, or an upstream gradient, added once too often or not at all."""
    for words, part_of in _parts(example):
        for sign, verb in ((1, "too large"), (-1, "too small")):

            def predict(instance: Instance, part_of: Callable = part_of, sign: int = sign) -> dict:
                part = part_of(instance)
                fitting = {n: r for n, r in instance.right.items() if _fits(np.shape(part), r.shape)}
                return {name: right + sign * part for name, right in fitting.items()}

            code = f"without {words}" if sign < 0 and words.startswith("`") else "offset"
            yield prediction(Finding(code, f"is {verb} by exactly {words}"), predict)


def _parts(example: Instance) -> Iterator[tuple[str, Callable[[Instance], NDArray]]]:
    """The inputs and the upstream gradients, each with its name."""
    for path, _ in leaves(example.inputs):
        yield f"`{path[-1]}`", lambda instance, path=path: at(instance.inputs, path)
    for place, dout in enumerate(example.upstream):
        if np.ndim(dout):
            yield _upstream_name(place, example), lambda instance, place=place: instance.upstream[place]


def _untouched(example: Instance) -> Iterator[Hypothesis]:
    """Nothing but an array that came in."""
    for words, part_of in _parts(example):
        yield prediction(Finding("swapped", f"is just {words}"), lambda i, part_of=part_of: {
            name: part_of(i) for name in i.right
        })  # fmt: skip


def _held(example: Instance) -> Iterator[Hypothesis]:
    """Nothing but what a dict holds that came in."""
    for one in [name for name, value in example.inputs.items() if isinstance(value, dict)]:

        def held(instance: Instance, one: str = one) -> dict[str, NDArray]:
            entries = {f"['{key}']": value for key, value in instance.inputs[one].items()}
            found = itertools.product(instance.right, entries.items())
            return {name: value for name, (end, value) in found if name.endswith(end)}

        yield prediction(Finding("swapped", f"is just what `{one}` holds"), held)


def _sloped(example: Instance) -> Iterator[Hypothesis]:
    """One slope too many: each entry times that of an input, or what may be taken for its slope."""
    for path, _ in leaves(example.inputs):
        for slope in (lambda a: a, lambda a: a > 0, lambda a: 1 - a**2, lambda a: a * (1 - a)):

            def predict(instance: Instance, path: tuple = path, slope: Change = slope) -> dict[str, NDArray]:
                part = slope(at(instance.inputs, path))
                same = [name for name, right in instance.right.items() if right.shape == part.shape]
                return {name: part * instance.right[name] for name in same}

            words = f"is the right result times `{path[-1]}`, or a slope of it"
            yield prediction(Finding("nonlinearity", words), predict)


def _fits(part: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Can an array of that shape be added without making the other larger?"""
    try:
        return np.broadcast_shapes(part, shape) == shape
    except ValueError:
        return False


def _upstream_name(position: int, example: Instance) -> str:
    single = len(example.upstream) == 1
    return "the upstream gradient" if single else f"upstream gradient {position + 1}"


def _proportional(found: NDArray, right: NDArray) -> bool:
    """A constant factor other than 0."""
    factor = _factor(found, right)
    return bool(np.count_nonzero(right) > 1) and bool(factor) and close(found, factor * right)


def _factor(found: NDArray, right: NDArray) -> float:
    return float(np.vdot(right, found) / (np.vdot(right, right) or 1.0))


def _by_one_factor(example: Instance, instance: Instance, names: list[str], above: bool) -> set[str]:
    """The results with the same factor here as in the example, of a size above 1 or below it."""
    factors = {n: [_factor(i.found[n], i.right[n]) for i in (example, instance)] for n in names}
    return {
        name for name, (there, here) in factors.items()
        if (abs(here) > 1) == above and abs(here - there) <= TIGHT * abs(there)
        and _proportional(instance.found[name], instance.right[name])
    }  # fmt: skip


def _lacks_its_sum(found: NDArray, right: NDArray) -> bool:
    """Are these the right probabilities, but for what makes them add up to 1?"""
    if not right.ndim or right.shape[-1] < 2 or right.min() < 0 or not adds_up(right, -1, 1):
        return False
    sums = found.sum(axis=-1, keepdims=True)
    return bool(np.all(sums)) and close(found / sums, right)


def _sign_at_some(found: NDArray, right: NDArray) -> bool:
    return bool(np.count_nonzero(right) > 2) and close(np.abs(found), np.abs(right))


def _off_by_one_number(found: NDArray, right: NDArray) -> bool:
    difference = found - right
    enough = difference.size > (2 if _smooth(right) else 8)
    return enough and bool(np.ptp(difference) < TIGHT * np.abs(difference).max())


def _off_by_one_row(found: NDArray, right: NDArray) -> bool:
    difference = found - right
    if difference.ndim < 2 or not _smooth(right):
        return False
    rows = difference.reshape(-1, difference.shape[-1])
    return len(rows) > 1 and bool(np.ptp(rows, axis=0).max() < TIGHT * np.abs(rows).max())


def _reordered(found: NDArray, right: NDArray) -> bool:
    if right.size < 6 or len(np.unique(np.round(right, 9))) < 3:
        return False
    return close(np.sort(found, None), np.sort(right, None))


def _smooth(array: NDArray) -> bool:
    """Is there more than whole numbers?"""
    return bool(np.any(array % 1))


def _sums_elsewhere(found: NDArray, right: NDArray) -> bool:
    if right.ndim < 2 or right.shape[-1] < 2 or right.min() < 0:
        return False
    if not _smooth(right) or not adds_up(right, -1, 1):
        return False
    others = [axis for axis in range(right.ndim - 1) if right.shape[axis] > 1]
    return any(adds_up(found, axis, 1) and not adds_up(found, -1, 1) for axis in others)


def adds_up(array: NDArray, axis: int, total: int) -> bool:
    """Do all sums along an axis have that value, where they have any numbers?"""
    sums, size = array.sum(axis=axis), np.abs(array).sum(axis=axis)
    return bool(np.all((np.abs(sums - total) < 1e-6 * size) | (size == 0)))


def hidden(array: NDArray) -> NDArray:
    """Which of the last two axes' places hold nothing at all, when they are a triangle; else nowhere."""
    if array.ndim < 2 or array.shape[-1] != array.shape[-2] or array.shape[-1] < 3:
        return np.zeros(1, bool)
    nothing = ~array.any(axis=tuple(range(array.ndim - 2)))
    diagonal = int(not np.diagonal(nothing).all())  # which may hold a 0 that no mask has put there
    return np.triu(nothing, diagonal) & ~np.tril(nothing, -1).any()


def _shows_hidden(found: NDArray, right: NDArray) -> bool:
    places = hidden(right)
    return bool(places.any() and (places & found.any(axis=tuple(range(found.ndim - 2)))).any())


def _hides_seen(found: NDArray, right: NDArray) -> bool:
    places = hidden(right)
    if not places.any():
        return False
    leading = tuple(range(found.ndim - 2))
    lost = ~found.any(axis=leading) & right.any(axis=leading)
    return bool((lost & ~places).any() and found.any())
