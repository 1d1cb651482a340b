"""Without a hypothesis: which results are wrong, and where in them? All that is said was seen each time."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from autograder.diagnosis.contract import Contract, Roles, axes_of
from autograder.diagnosis.inputs import Inputs, arrays, at, replaced
from autograder.diagnosis.question import TIGHT, Finding, Instance, Subject
from autograder.diagnosis.results import adds_up, hidden

ZERO, FIRST = "0", 4  # the latter are so many places in all that are right at first
WHERE = {
    "b": {"True": lambda a: a, "False": lambda a: ~a},
    "f": {ZERO: lambda a: a == 0, "negative": lambda a: a < 0, "positive": lambda a: a > 0},
    "i": {ZERO: lambda a: a == 0}, "u": {ZERO: lambda a: a == 0},
}  # fmt: skip
SIZES: dict[str, Callable[[NDArray], NDArray]] = {
    "large": lambda a: a, "small": lambda a: -a, "far from 0": np.abs, "near 0": lambda a: -np.abs(a)
}  # fmt: skip
SAMPLES, MANY, SOME, NO_CHANCE = ("B", "N"), 64, 2, 8
AXES = {"B": ("batch", "sample"), "N": ("batch", "sample"), "T": ("time", "step"), "steps": ("loop", "step")}


def observed(name: str, instances: Sequence[Instance], contract: Contract, axes_name: str) -> Finding:
    """The first thing that holds for a wrong result in all tries."""
    places = [_wrong_places(instance, name) for instance in instances]
    axes = axes_of(contract, axes_name, instances[0].right[name])
    for finding in _all(name, instances, places, axes):
        if finding:
            return finding
    everywhere = all(p.all() for p in places)
    words = "is wrong everywhere" if everywhere else "is wrong at some places and right at others"
    return Finding("differs", words)


def by_sample(subject: Subject, example: Instance) -> Finding | None:
    """Of a single number for many samples: is it wrong for some of them alone, each taken by itself?"""
    roles, shown = subject.roles(example.inputs), {"b": (True, False), "f": (0.0, 1.0), "i": (), "u": ()}
    symbols = [symbol for symbol in SAMPLES if symbol in roles.sizes]
    for symbol in symbols if example.found[example.wrong[0]].size == 1 else ():
        each = [_alone(example.inputs, roles, symbol, k) for k in range(min(roles.sizes[symbol], MANY))]
        wrong = [bool(subject.tried(one, example.upstream).wrong) for one in each]
        if all(wrong) or not any(wrong):
            continue
        kinds = [[f"`{path[-1]}` is {a[0]:g}" if a.dtype.kind == "f" else f"`{path[-1]}` is {a[0]}"
                  for path, a in arrays(one) if a.shape == (1,) and a[0] in shown[a.dtype.kind]]
                 for one in each]  # fmt: skip
        told = _common(kinds, wrong)
        such = f", those where {' and '.join(told)}" if told else ""
        return Finding("partly", f"is right for some samples alone and wrong for others{such}")
    return None


def _common(kinds: list[list[str]], wrong: list[bool]) -> list[str]:
    """What is said of all wrong samples, if not all of it is also said of a right one."""
    odd = [kind for kind, is_wrong in zip(kinds, wrong, strict=True) if is_wrong]
    common = [words for words in odd[0] if all(words in kind for kind in odd)]
    right = (kind for kind, is_wrong in zip(kinds, wrong, strict=True) if not is_wrong)
    return [] if any(set(common) <= set(kind) for kind in right) else common


def _alone(inputs: Inputs, roles: Roles, symbol: str, place: int) -> Inputs:
    """The inputs of one sample."""
    for path, dims in roles.dims.items():
        for axis, dim in enumerate(dims):
            if dim == (1, (symbol,)):
                inputs = replaced(inputs, path, np.take(at(inputs, path), [place], axis))
    return inputs


def _wrong_places(instance: Instance, name: str) -> NDArray:
    found, right = (np.asarray(array, np.float64) for array in (instance.found[name], instance.right[name]))
    size = np.abs(right).max(initial=0.0)
    return np.abs(found - right) > max(instance.limit, TIGHT) * (size or 1.0)


def _all(
    name: str, instances: Sequence[Instance], places: list[NDArray], axes: tuple
) -> Iterator[Finding | None]:
    found, right = [i.found[name] for i in instances], [i.right[name] for i in instances]
    yield _where_zero(right, places)
    zeros = [(f == 0) & (r != 0) for f, r in zip(found, right, strict=True)]
    if all(w.any() and np.array_equal(w, zero) for w, zero in zip(places, zeros, strict=True)):
        yield Finding("zero", "is 0 at places where it should not be")
    yield _at_ids(instances, places)
    yield _by_an_input(instances, places)
    yield _block(axes, places)
    yield _not_adding_up(found, right)
    ids = not instances[0].is_smooth  # of which 0 is one like any other
    filled = ids or all((r != 0).any(axis=tuple(i for i in range(r.ndim) if i != axis)).all()
                        for r in right for axis in range(r.ndim))  # fmt: skip
    for axis, symbol in enumerate(axes) if filled else ():  # where nothing is, nothing can be wrong
        yield _every_other(symbol, axis, places)
    for axis, symbol in enumerate(axes) if filled else ():
        yield _along(symbol, axis, places)
    if ids:
        yield _from_one_on(places)
    if all(w.mean() < 0.5 for w in places) and all(w.size > 3 for w in places):
        yield Finding("partly", f"is right at most places and {_how(found, right, places)}")
    if all(not r.any() for r in right):
        yield Finding("not zero", "should be zero, and is not")
    both = zip(places, right, strict=True)
    if instances[0].is_smooth and all((w & (r == 0)).any() and r.size > 1 for w, r in both):
        yield Finding("not zero", "is not zero at places where it should be")
    yield _direction(found, right)


def _where_zero(right: list[NDArray], places: list[NDArray]) -> Finding | None:
    if not all(r.any() and (r == 0).any() and r.size > 3 for r in right):
        return None
    if all(not w[r != 0].any() for w, r in zip(places, right, strict=True)):
        code = "mask" if all(hidden(r).any() for r in right) else "not zero"
        return Finding(code, "is wrong only at places where it should be zero")
    return None


def _at_ids(instances: Sequence[Instance], places: list[NDArray]) -> Finding | None:
    """Are just the entries of some ids wrong: of the last axis at each target, or the rows of a table?"""
    for path, example in arrays(instances[0].inputs, "iu"):
        targets = [dict(arrays(i.inputs, "iu"))[path] for i in instances]
        if all(_only_at(ids, wrong) for ids, wrong in zip(targets, places, strict=True)) and example.size > 1:
            return Finding("partly", f"is right but for the entries of the ids in `{path[-1]}`")
        others = all(_only_others(ids, wrong) for ids, wrong in zip(targets, places, strict=True))
        if others and example.size > 1:
            words = f"is right at the entries of the ids in `{path[-1]}` and wrong at the others"
            return Finding("partly", words)
    return None


def _by_an_input(instances: Sequence[Instance], places: list[NDArray]) -> Finding | None:
    """Is a result wrong just where an input, with an entry for each of it or of its rows, is of one kind?"""
    for path, example in arrays(instances[0].inputs, "biuf"):
        for words, holds in WHERE[example.dtype.kind].items() if example.ndim else ():
            kinds = [holds(dict(arrays(i.inputs))[path]) for i in instances]
            both = zip(kinds, places, strict=True)
            told_apart = sum(kind.size for kind in kinds if kind.any() and not kind.all())
            if told_apart >= (3 if words == ZERO else 6) and all(_is_just(*pair) for pair in both):
                return Finding("partly", f"is wrong where `{path[-1]}` is {words}, and right elsewhere")
        for words, size in SIZES.items() if example.dtype.kind == "f" and example.ndim else ():
            sizes = [size(dict(arrays(i.inputs))[path]) for i in instances]
            if all(_are_largest(*pair) for pair in zip(sizes, places, strict=True)):
                return Finding("partly", f"is wrong where `{path[-1]}` is {words}, and right elsewhere")
    return None


def _are_largest(sizes: NDArray, wrong: NDArray) -> bool:
    """Are the wrong entries just those of the largest numbers, and both kinds some?"""
    if sizes.shape != wrong.shape or min(wrong.sum(), (~wrong).sum()) < SOME:
        return False
    return bool(sizes[wrong].min() > sizes[~wrong].max())


def _is_just(kind: NDArray, wrong: NDArray) -> bool:
    """Are the rows, or entries, of a kind those that are wrong?"""
    if kind.ndim > wrong.ndim or kind.shape != wrong.shape[: kind.ndim]:
        return False
    return np.array_equal(kind, wrong.any(axis=tuple(range(kind.ndim, wrong.ndim))))


def _from_one_on(places: list[NDArray]) -> Finding | None:
    """Of whole numbers that are made one after the other, some of which are right by chance."""
    firsts = [int(np.argmax(wrong)) for wrong in places]
    if all(wrong.ndim == 1 and wrong.any() for wrong in places) and min(firsts) and sum(firsts) >= FIRST:
        words = "is right at first, and goes wrong at place " + " or ".join(map(str, sorted(set(firsts))))
        return Finding("time", f"{words} (counted from 0)")
    return None


def _every_other(symbol: str, axis: int, places: list[NDArray]) -> Finding | None:
    lines = [_line(wrong, axis) for wrong in places]
    for start, which in enumerate(("0, 2, ...", "1, 3, ...")):
        if all(len(w) > 3 and w[start::2].all() and not w[1 - start :: 2].any() for w in lines):
            where = f" along `{symbol}`" if symbol else ""
            return Finding("partly", f"is wrong only at every other place{where} ({which})")
    return None


def _line(wrong: NDArray, axis: int) -> NDArray:
    """At which places of an axis is anything wrong?"""
    return np.any(wrong, axis=tuple(i for i in range(wrong.ndim) if i != axis))


def _at(ids: NDArray, wrong: NDArray) -> NDArray | None:
    if (
        wrong.ndim != ids.ndim + 1
        or wrong.shape[:-1] != ids.shape
        or wrong.shape[-1] < 3
        or ids.max() >= wrong.shape[-1]
    ):
        return None
    mask = np.zeros(wrong.shape, bool)
    np.put_along_axis(mask, ids[..., None], True, axis=-1)
    return mask


def _only_at(ids: NDArray, wrong: NDArray) -> bool:
    mask = _at(ids, wrong)
    return mask is not None and bool(wrong.any()) and not wrong[~mask].any()


def _only_others(ids: NDArray, wrong: NDArray) -> bool:
    mask = _at(ids, wrong)
    return mask is not None and bool(wrong.any()) and not wrong[mask].any()


def _along(symbol: str, axis: int, places: list[NDArray]) -> Finding | None:
    """From which place on, or at which places, of an axis?"""
    lines = [_line(wrong, axis) for wrong in places]
    lines = [line for line in lines if len(line) > 2]  # a shorter axis shows nothing
    if not lines or any(line.all() for line in lines):
        return None
    code, noun = AXES.get(symbol, ("partly", "place"))
    where = "" if symbol in AXES or not symbol else f" along `{symbol}`"
    patterns = {
        f"is right but for the first {noun}{where}": lambda w: w[0] and not w[1:].any(),
        f"is right but for the last {noun}{where}": lambda w: w[-1] and not w[:-1].any(),
        f"is right at the first {noun}{where} alone": lambda w: not w[0] and w[1:].all(),
        f"is right at the last {noun}{where} alone": lambda w: not w[-1] and w[:-1].all(),
    }
    for words, holds in patterns.items():
        if all(holds(line) for line in lines):
            return Finding(code, words)
    firsts = {int(np.argmax(line)) for line in lines}
    if all(line[np.argmax(line) :].all() for line in lines):
        place = firsts.pop() if len(firsts) == 1 else None
        where += f" from {noun} {place} on (counted from 0)" if place else f" behind the first {noun}s"
        return Finding(code, f"is right at first and wrong{where}")
    if all(line[: len(line) - np.argmax(line[::-1])].all() for line in lines):
        return Finding(code, f"is wrong at the first {noun}s and right behind them{where}")
    return None


def _block(axes: tuple[str, ...], places: list[NDArray]) -> Finding | None:
    """Of an axis of several blocks, such as 4H, are only some of them wrong?"""
    if not axes or not axes[-1][:1].isdigit() or not axes[-1][1:]:
        return None
    count, symbol = int(axes[-1][0]), axes[-1][1:]
    wrong = {
        tuple(part.any() for part in np.split(w, count, axis=-1)) for w in places if w.shape[-1] % count == 0
    }
    if len(wrong) == 1 and 0 < sum(blocks := wrong.pop()) < count:
        numbers = [str(i + 1) for i, is_wrong in enumerate(blocks) if is_wrong]
        which = f"s {', '.join(numbers[:-1])} and {numbers[-1]}" if len(numbers) > 1 else f" {numbers[0]}"
        return Finding("partly", f"is wrong only in block{which} of its {count} blocks of {symbol}")
    return None


def _not_adding_up(found: list[NDArray], right: list[NDArray]) -> Finding | None:
    rows = sum(r.size // max(1, r.shape[-1]) for r in right if r.ndim)
    if rows < 3 or not all(r.ndim and r.shape[-1] > 1 and np.any(r % 1) for r in right):
        return None
    total = 1 if all(r.min() >= 0 for r in right) else 0
    if all(adds_up(r, -1, total) for r in right) and not any(adds_up(f, -1, total) for f in found):
        return Finding("normalisation", f"does not add up to {total} in each row, as it should")
    return None


def _how(found: list[NDArray], right: list[NDArray], places: list[NDArray]) -> str:
    """How a result is wrong where it is: too small or too large each time, if that is no chance."""
    sizes = [(np.abs(f[w]), np.abs(r[w])) for f, r, w in zip(found, right, places, strict=True)]
    if sum(len(f) for f, _ in sizes) >= NO_CHANCE:
        for words, is_so in (("small", np.less), ("large", np.greater)):
            if all(is_so(f, r).all() for f, r in sizes):
                return f"too {words} at the others"
    return "wrong at some"


def _direction(found: list[NDArray], right: list[NDArray]) -> Finding | None:
    if all(f.size > 2 for f in found):
        if not any(np.any(r % 1) for r in right):  # ids have no direction
            return None
        near = [
            np.vdot(f, r) / (np.linalg.norm(f) * np.linalg.norm(r) or 1)
            for f, r in zip(found, right, strict=True)
        ]
        if all(cosine > 0.95 for cosine in near):
            return Finding("differs", "points nearly in the right direction, and is wrong everywhere")
        return None
    both = list(zip(found, right, strict=True))
    for words, above in (("large", np.greater), ("small", np.less)):
        if all(np.all(above(np.abs(f), np.abs(r))) for f, r in both):
            return Finding("differs", f"is too {words}")
    return None
