"""Other inputs for which what was found would be right: exchanged, transposed, zero, moved, ..."""

import functools
import itertools
import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from autograder.diagnosis.inputs import Inputs, alike, at, label, leaves, numbers, replaced
from autograder.diagnosis.question import WOULD_BE, Another, Arrays, Finding, Hypothesis, Instance, prediction
from autograder.diagnosis.results import ACTIVATIONS, softmax

PARTS = {
    "its last character alone": lambda a: a[..., -1:], "without its last character": lambda a: a[..., :-1],
    "without its first character": lambda a: a[..., 1:],
    "read with its last character twice": lambda a: np.concatenate([a, a[..., -1:]], axis=-1),
}  # fmt: skip
TAMED: dict[str, tuple[str, Callable[[NDArray, float], NDArray]]] = {
    "cut off at 1 and -1": ("limited", lambda a, _: np.clip(a, -1, 1)),
    "reduced to its signs": ("sign", lambda a, _: np.sign(a)),
    "divided by its length": ("scale", lambda a, _: a / np.linalg.norm(a)),
    "divided by the length of all of it": ("scale", lambda a, together: a / together),
}
ENDLESS, VAST = 1000, 1e12  # a loop of so many rounds still ends soon
CURVES = (*(("nonlinearity", curve) for curve in ACTIVATIONS), ("normalisation", softmax))
Change = Callable[[Inputs], Inputs]


OTHERWISE_FLAT = "laid flat with the first two axes in the other order"


def inputs_changed(example: Instance, right: Another) -> Iterator[Hypothesis]:
    """From the most telling to the least."""
    bent = () if example.upstream or not example.is_smooth else _bent(example.inputs)
    for finding, change in (*_all_changes(example.inputs, example.is_smooth), *bent):

        def predict(instance: Instance, change: Change = change) -> Arrays:
            return right(change(instance.inputs), instance.upstream)

        yield prediction(finding, predict)
    for finding, alter in _upstreams(example):

        def predict_altered(instance: Instance, alter: Callable = alter) -> Arrays:
            return right(instance.inputs, alter(instance.upstream))

        yield prediction(finding, predict_altered)


def _all_changes(inputs: Inputs, smooth: bool) -> Iterator[tuple[Finding, Change]]:
    yield from _numbers(inputs)
    yield from _decayed(inputs)
    if not smooth:  # ids that are drawn agree by chance too easily
        yield from _moved(inputs)
        yield from _cut(inputs)
        return
    yield from _exchanged(inputs)
    yield from _transposed(inputs)
    yield from _moved(inputs)
    yield from _moved_apart(inputs)
    yield from _blocks(inputs)
    yield from _interleaved(inputs)
    yield from _scaled(inputs)
    yield from _tamed(inputs)
    yield from _without(inputs)


def _would_be(code: str, words: str) -> Finding:
    return Finding(code, f"{WOULD_BE} {words}")


def _numbers(inputs: Inputs) -> Iterator[tuple[Finding, Change]]:
    """Counts off by one, rates at zero or one, and reciprocals."""
    for path, value in numbers(inputs):
        name = path[-1]
        for words, other in _other_values(value).items():

            def change(i: Inputs, path: tuple = path, other: Callable = other) -> Inputs:
                return replaced(i, path, other(at(i, path)))

            yield _would_be(f"option `{name}`", f"`{name}` were {words}"), change


def _other_values(value: float) -> dict[str, Callable[[float], float]]:
    if isinstance(value, int):
        return {"one more": lambda n: n + 1, "one less": lambda n: n - 1, "without end": lambda n: ENDLESS}
    return {
        "without end": lambda x: VAST, "0": lambda x: 0.0, "1": lambda x: 1.0,
        "one minus it": lambda x: 1 - x, "one divided by it": lambda x: 1 / x,
        "its square": lambda x: x * x, "its root": lambda x: math.sqrt(x), "close to 0": lambda x: 1e-6,
        "negative": lambda x: -x, "twice as large": lambda x: 2 * x, "half as large": lambda x: x / 2,
        "its own sigmoid": lambda x: 1 / (1 + math.exp(-x)), "its own exponential": math.exp,
    }  # fmt: skip


def _decayed(inputs: Inputs) -> Iterator[tuple[Finding, Change]]:
    """A number times one dict of arrays inside another such dict, and nowhere else: decay in the gradient."""
    dicts = [name for name, value in inputs.items() if isinstance(value, dict)]
    for path, value in numbers(inputs) if len(dicts) > 1 else ():
        for one, other in itertools.permutations(dicts, 2) if isinstance(value, float) else ():
            for least in (0, 2):
                change = functools.partial(_moved_into, path=path, one=one, other=other, least=least)
                yield _would_be(f"option `{path[-1]}`", f"`{path[-1]}` were a part of `{one}`"), change


def _moved_into(inputs: Inputs, path: tuple, one: str, other: str, least: int) -> Inputs:
    """A number times the arrays of one dict, those with so many axes, added to another dict's."""
    factor, more = at(inputs, path) if path else 1.0, inputs[other]
    added = {k: v + factor * more[k] if v.ndim >= least else v for k, v in inputs[one].items()}
    return replaced({**inputs, one: added}, path, 0.0) if path else {**inputs, one: added}


def _exchanged(inputs: Inputs) -> Iterator[tuple[Finding, Change]]:
    """Two arrays of one kind in each other's place, or one in the place of both."""
    for one, other in itertools.permutations([n for n, v in inputs.items() if isinstance(v, dict)], 2):
        if alike(inputs[one], inputs[other]):
            both = functools.partial(_moved_into, path=(), one=one, other=other, least=0)
            yield _would_be("offset", f"`{other}` were a part of `{one}`"), both
    for one, other in itertools.combinations([n for n, v in inputs.items() if isinstance(v, dict)], 2):
        if alike(inputs[one], inputs[other]):

            def turn(i: Inputs, one: str = one, other: str = other) -> Inputs:
                return {**i, one: i[other], other: i[one]}

            yield _would_be("swapped", f"`{one}` and `{other}` were exchanged"), turn
    found = [(path, a) for path, a in _all(inputs) if a.size > 1]
    for (first, left), (second, right) in itertools.combinations(found, 2):
        if left.shape != right.shape or left.dtype != right.dtype or first[:-1] != second[:-1]:
            continue
        a, b = f"`{first[-1]}`", f"`{second[-1]}`"

        def exchange(i: Inputs, first: tuple = first, second: tuple = second) -> Inputs:
            return replaced(replaced(i, first, at(i, second)), second, at(i, first))

        yield _would_be("swapped", f"{a} and {b} were exchanged"), exchange
        for source, target in ((first, second), (second, first)):
            words = f"`{source[-1]}` stood in the place of `{target[-1]}`"
            yield _would_be("swapped", words), lambda i, s=source, t=target: replaced(i, t, at(i, s))


def _all(inputs: Inputs) -> Iterator[tuple[tuple, NDArray]]:
    for name, value in inputs.items():
        if isinstance(value, dict):
            yield from (((name, *path), array) for path, array in leaves(value))
        elif isinstance(value, np.ndarray):
            yield (name,), value


def _transposed(inputs: Inputs) -> Iterator[tuple[Finding, Change]]:
    for path, array in leaves(inputs):
        if array.ndim > 1 and array.shape[-1] == array.shape[-2]:
            words = f"`{path[-1]}` were transposed"
            yield _would_be("transposed", words), _on(path, lambda a: a.swapaxes(-1, -2).copy())
        if array.ndim > 2:
            words = f"`{path[-1]}` were {OTHERWISE_FLAT}"
            yield _would_be("order", words), _on(path, _otherwise_flat)


def _otherwise_flat(array: NDArray) -> NDArray:
    """What reads as the array where its first two axes are laid flat in the other order."""
    return array.swapaxes(0, 1).reshape(array.shape)


def _on(path: tuple, change: Callable[[NDArray], NDArray]) -> Change:
    return lambda inputs: replaced(inputs, path, change(at(inputs, path)).astype(at(inputs, path).dtype))


def _moved(inputs: Inputs) -> Iterator[tuple[Finding, Change]]:
    """Sequences of ids moved by one place, or turned round."""
    for path, array in _all(inputs):
        if array.ndim and array.dtype.kind in "iu":
            yield _would_be("order", f"`{path[-1]}` were read backwards"), _on(path, lambda a: a[..., ::-1])
            for step, size in ((1, "less"), (-1, "more")):
                words = f"`{path[-1]}` were moved by one position"
                yield _would_be("shifted", words), _on(path, lambda a, step=step: np.roll(a, step, axis=-1))
                words = f"each entry of `{path[-1]}` were one {size}"
                yield _would_be("shifted", words), _on(path, lambda a, step=step: a - step)


def _moved_apart(inputs: Inputs) -> Iterator[tuple[Finding, Change]]:
    """Of two sequences of ids that go together, one without its end and the other without its beginning."""
    found = [(path, a) for path, a in _all(inputs) if a.ndim and a.shape[-1] > 2 and a.dtype.kind in "iu"]
    for (early, left), (late, right) in itertools.permutations(found, 2):
        if left.shape == right.shape:

            def change(i: Inputs, early: tuple = early, late: tuple = late) -> Inputs:
                return replaced(replaced(i, early, at(i, early)[..., :-1]), late, at(i, late)[..., 1:])

            yield _would_be("shifted", f"`{late[-1]}` were one position further on than it is"), change


def _cut(inputs: Inputs) -> Iterator[tuple[Finding, Change]]:
    """Sequences of ids without an end, or with more of it."""
    for path, array in _all(inputs):
        for words, part in PARTS.items() if array.ndim and array.dtype.kind in "iu" else ():
            other = lambda i, path=path, part=part: replaced(i, path, part(at(i, path)))  # noqa: E731
            yield _would_be("time", f"`{path[-1]}` were {words}"), other


def _blocks(inputs: Inputs) -> Iterator[tuple[Finding, Change]]:
    """Of arrays with three or four parts side by side, such as gates, two parts in each other's place."""
    for count in (4, 3):
        members = [path for path, a in leaves(inputs) if a.shape and a.shape[-1] % count == 0]
        for one, other in itertools.combinations(range(count), 2):
            order = list(range(count))
            order[one], order[other] = other, one
            turn = lambda a, order=tuple(order): _reordered(a, order)  # noqa: E731
            for path in members:
                words = f"two of the {count} blocks of `{path[-1]}` were exchanged"
                yield _would_be("swapped", words), _on(path, turn)
            for width in {at(inputs, path).shape[-1] for path in members}:
                together = [path for path in members if at(inputs, path).shape[-1] == width]

                def change(i: Inputs, together: list = together, turn: Callable = turn) -> Inputs:
                    for path in together:
                        i = _on(path, turn)(i)
                    return i

                if len(together) > 1:
                    yield _would_be("swapped", f"two of the {count} blocks were exchanged"), change


def _interleaved(inputs: Inputs) -> Iterator[tuple[Finding, Change]]:
    """Of arrays with parts side by side, every third or fourth column for a part, alone and all together."""
    for count in (4, 3, 2):
        widths = ((path, a.shape[-1]) for path, a in leaves(inputs) if a.ndim)
        members = [path for path, width in widths if width % count == 0 and width > count]
        turns = (lambda a, n=count: _by_turns(a, n), lambda a, n=count: _by_turns(a, a.shape[-1] // n))
        together = [
            [path for path in members if at(inputs, path).shape[-1] == width]
            for width in {at(inputs, path).shape[-1] for path in members}
        ]
        for turn, paths in itertools.product(turns, [*([path] for path in members), *together]):

            def change(i: Inputs, paths: list = paths, turn: Callable = turn) -> Inputs:
                for path in paths:
                    i = _on(path, turn)(i)
                return i

            of = f" of `{paths[0][-1]}`" if len(paths) == 1 else ""
            nth = {2: "second", 3: "third", 4: "fourth"}[count]
            yield _would_be("order", f"each of the {count} blocks{of} were every {nth} column"), change


def _by_turns(array: NDArray, count: int) -> NDArray:
    """The columns of that many blocks by turns: the first of each block, the second of each, ..."""
    return array.reshape(*array.shape[:-1], count, -1).swapaxes(-1, -2).reshape(array.shape)


def _reordered(array: NDArray, order: tuple[int, ...]) -> NDArray:
    parts = np.split(array, len(order), axis=-1)
    return np.concatenate([parts[i] for i in order], axis=-1)


def _scaled(inputs: Inputs) -> Iterator[tuple[Finding, Change]]:
    """Each array with the opposite sign, or as if a root of a width were missing or there twice."""
    for path, array in leaves(inputs):
        name = label(inputs, path)
        yield _would_be("sign", f"`{name}` had the opposite sign"), _on(path, np.negative)
        if array.ndim and array.shape[-1] > 1:
            words = f"`{name}` were multiplied by the root of its width once more"
            yield _would_be("scale", words), _on(path, lambda a: a * math.sqrt(a.shape[-1]))
            words = f"`{name}` were divided by the root of its width once more"
            yield _would_be("scale", words), _on(path, lambda a: a / math.sqrt(a.shape[-1]))
            words = f"`{name}` were divided by its width once more"
            yield _would_be("scale", words), _on(path, lambda a: a / a.shape[-1])


def _tamed(inputs: Inputs) -> Iterator[tuple[Finding, Change]]:
    """Each argument's arrays cut off at 1, reduced to their signs, or made of length 1, alone or together."""
    for name, value in inputs.items():
        found = [path for path, _ in leaves({name: value})]
        for words, (code, tame) in TAMED.items() if found else ():

            def change(i: Inputs, found: list = found, tame: Callable = tame) -> Inputs:
                together = math.sqrt(sum(np.sum(at(i, path) ** 2) for path in found))
                for path in found:
                    i = _on(path, lambda a: tame(a, together))(i)
                return i

            yield _would_be(code, f"`{name}` were {words}"), change


def _bent(inputs: Inputs) -> Iterator[tuple[Finding, Change]]:
    """Each array put through a curve, or averaged."""
    for path, array in leaves(inputs):
        for code, curve in CURVES if array.ndim else ():
            words = f"`{label(inputs, path)}` went through a softmax or another curve first"
            yield _would_be(code, words), _on(path, curve)
        for axis, what in ((0, "rows"), (-1, "columns")) if array.ndim > 1 else ():
            mean = lambda a, axis=axis: np.broadcast_to(a.mean(axis=axis, keepdims=True), a.shape)  # noqa: E731
            yield _would_be("axis", f"all {what} of `{label(inputs, path)}` were their mean"), _on(path, mean)


def _without(inputs: Inputs) -> Iterator[tuple[Finding, Change]]:
    """Each array at zero, at one, or twice as large."""
    for path, _ in leaves(inputs):
        name = label(inputs, path)
        for words, value in (
            ("zero", np.zeros_like),
            ("one", np.ones_like),
            ("twice as large", lambda a: 2 * a),
        ):
            yield _would_be(f"without `{path[-1]}`", f"`{name}` were {words}"), _on(path, value)


def _upstreams(example: Instance) -> Iterator[tuple[Finding, Callable[[tuple], tuple]]]:
    """Upstream gradients that do not arrive, are taken for ones, or for each other."""
    shapes = [np.shape(dout) for dout in example.upstream]
    for one, other in itertools.permutations(range(len(shapes)), 2):
        if shapes[one] == shapes[other]:

            def alter(upstream: tuple, one: int = one, other: int = other) -> tuple:
                return tuple(upstream[one] if i == other else dout for i, dout in enumerate(upstream))

            words = f"output {other + 1} got the upstream gradient of output {one + 1}"
            yield _would_be("swapped", words), alter
    for place, dout in enumerate(example.upstream):
        which = (
            "the upstream gradient"
            if len(example.upstream) == 1
            else f"the upstream gradient of output {place + 1}"
        )
        for words, value in (("one", np.ones_like), ("zero", np.zeros_like)):

            def replace(upstream: tuple, place: int = place, value: Callable = value) -> tuple:
                changed = value(upstream[place])
                new = changed if np.ndim(changed) else float(changed)
                return (*upstream[:place], new, *upstream[place + 1 :])

            yield _would_be("upstream", f"{which} were {words}"), replace
        if np.ndim(dout) > 2:

            def turned(upstream: tuple, place: int = place) -> tuple:
                return (*upstream[:place], _otherwise_flat(upstream[place]), *upstream[place + 1 :])

            yield _would_be("order", f"{which} were {OTHERWISE_FLAT}"), turned
        if np.ndim(dout) > 1:

            def last(upstream: tuple, place: int = place) -> tuple:
                only = np.zeros_like(upstream[place])
                only[:, -1] = upstream[place][:, -1]
                return (*upstream[:place], only, *upstream[place + 1 :])

            yield _would_be("time", f"{which} reached only its last place"), last
