"""Is a mistake named that no change of inputs or results explains, in functions that no notebook of the course has?"""

import ast

import numpy as np
import pytest

from autograder import check_values
from autograder.checks.running import listening

rng = np.random.default_rng(0)

SHARES = '''
def surprise(scores, places):
    """scores: (..., K). places: (...) ids. Returns out (a number)."""
    z = scores - scores.max(axis=-1, keepdims=True)
    logs = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    return float(-np.mean(np.take_along_axis(logs, places[..., None], axis=-1)))
'''
SPREAD = '''
def spread(table):
    """table: (R, K). Returns out (a number)."""
    rows, columns = np.nonzero(table)
    seen = table[rows, columns]
    return float(np.sum(seen * seen / table.sum(axis=1)[rows]) / np.sum(table))
'''
NEIGHBOURS = '''
def neighbours(marks, size):
    """marks: (N,) ids. size: a number. Returns pairs (size, size)."""
    pairs = np.zeros((size, size))
    np.add.at(pairs, (marks[:-1], marks[1:]), 1)
    return pairs
'''
WALK = '''
def walk(weights, rates, winds):
    """weights: (H,). rates: a list of numbers. winds: (N,). Returns weights and heights (steps,)."""
    heights = []
    for rate in rates:
        wind = winds[len(heights)]
        height = wind * np.sum(np.cos(weights))
        weights = weights + rate * height * np.sin(weights)
        heights.append(height)
    return weights, np.array(heights)
'''
SHORTENED = '''
def shortened(parts, limit):
    """parts: a dict of arrays. limit: a number. Returns short, a dict like parts, and length, a number."""
    length = np.sqrt(sum(float(np.vdot(part, part)) for part in parts.values()))
    factor = min(1.0, limit / length)
    return {name: part * factor for name, part in parts.items()}, float(length)
'''
RAISED = '''
def raised(x, w):
    """x: (N, K). w: (K, K). Returns out (N, K)."""
    x = x + np.tanh(x @ w)
    return x + np.cos(x @ w)
'''
DRAWN = '''
def drawn(values, marks, steps, rng):
    """values: (N,). marks: (N,). Returns sums (steps,)."""
    sums = np.zeros(steps)
    for step in range(steps):
        places = rng.integers(len(values), size=5)
        sums[step] = np.sum(values[places] * marks[places])
    return sums
'''
AGREED = '''
def agreed(one, other):
    """one: (N,) bool. other: (N,) bool. Returns share (a number)."""
    return float(np.sum(one & other) / np.sum(one))
'''
BEFORE = '''
def before(start, steps, w):
    """start: (B, H). steps: (T, B, H). w: (H, K). Returns out (T, B, K)."""
    return np.tanh(np.concatenate([start[None], steps[:-1]])) @ w
'''
HITS = '''
def hits(table, first, second):
    """table: (V, V). first: (B, T) ids. second: (B, T) ids. Returns out (a number)."""
    return float(np.mean(table[first, second]))
'''
BENT = '''
def bent(x, flags):
    """x: (N, K). flags: (N,) bool. Returns out (N, K)."""
    return np.where(flags[:, None], np.sinh(x), np.cosh(np.sin(x)))
'''
SHARED = '''
def shared(scores):
    """scores: (N, K). Returns out (N, K)."""
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)
'''
WAVES = '''
def waves(count, width):
    """count, width: numbers. Returns out (count, width)."""
    out, angles = np.zeros((count, width)), np.arange(count)[:, None] / 7 ** (np.arange(0, width, 2) / width)
    out[:, 0::2], out[:, 1::2] = np.sin(angles), np.cos(angles)
    return out
'''
STEPPED = '''
def stepped(x):
    """x: (N,). Returns out (N,)."""
    def step(x):
        return np.sin(x), x

    x, kept = step(x)
    return np.cos(x) * kept
'''
PAIRED = '''
def paired(q, k):
    """q, k: (N, K). Returns out (N, N, K)."""
    pairs = q[:, None] + k[None]
    np.tanh(pairs, out=pairs)
    return pairs
'''
ROUNDED = '''
def rounded(x, w):
    """x: (N, K). w: (K,). Returns loss (a number), dw (K,)."""
    def back(dp, cache):
        return x.T @ (dp * cache * (1 - cache))

    p = 1 / (1 + np.exp(-x @ w))
    dp = np.ones(len(x)) / len(x)
    return np.mean(p), back(dp, p)
'''
CHAIN = '''
def chain(table, start, length):
    """table: (V,) ids. start: a number. length: a number. Returns places (length,)."""
    places = [start]
    while len(places) < length:
        places.append(int(table[places[-1]]))
    return np.array(places)
'''
SUMMED = '''
def summed(x, y):
    """x: (N, K). y: (N, K). Returns each (N, K) and total (K,)."""
    return x * y, np.einsum("nk,nk->k", x, y)
'''
SCORED = '''
def scored(x, keys, w):
    """x: (N, K). keys: (M, K). w: (K, H). Returns out (N, M) and h (N, H)."""
    h = np.tanh(x + x**2) @ w
    return x @ keys.T / np.sqrt(keys.shape[-1]), h
'''
PILED = '''
def piled(w, rates):
    """w: (H,). rates: a list of numbers. Returns w (H,) and sizes (steps,)."""
    sizes = []
    for rate in rates:
        slopes = {"w": np.sin(w), "all": w.sum() * np.ones(len(w))}
        sizes.append(float(np.cos(w).sum()))
        w = w - rate * (slopes["w"] + 0.1 * slopes["all"])
    return w, np.array(sizes)
'''
BENDS = '''
def bends(i, f, o):
    """i: (N,). f: (N,). o: (N,). Returns out (3 N,)."""
    return np.concatenate([f * i * (1 - i), o * f * (1 - f), i * o * (1 - o)])
'''
GATED = '''
def gated(z, w):
    """z: (N, 4H). w: (4H, K). Returns out (N, K)."""
    return np.cos(z) @ w
'''
MIXED = '''
def mixed(f, a, i, g):
    """f, a, i, g: (N,). Returns out (N,)."""
    return f * a + i * np.tanh(g)
'''
RUNNING = '''
def running(x):
    """x: (B, T). Returns out (B, T)."""
    return np.sin(np.cumsum(x, axis=1))
'''
POSITIVE = '''
def positive(x):
    """x: a table. Returns one like it."""
    return np.sinh(x) * (x > 0)
'''
MOVED = '''
def moved(params, slopes, rate):
    """params: "w" (N,), "b" (N,). slopes: "w" (N,), "b" (N,). rate: a number. Returns new, a dict like params."""
    return {name: params[name] - rate * slopes[name] for name in params}
'''
LOOKED = '''
def looked(ids, labels, places):
    """ids: (N,) ids. labels: (N,). places: (M,) ids. Returns out (M,)."""
    return np.sin(labels[places])
'''
BOTH = '''
def both(x, y):
    """x, y: (N,). Returns sines (N,) and cosines (N,)."""
    return np.sin(x), np.cos(y)
'''
READ = '''
def read(x):
    """x: (N, K). Returns out (N, K)."""
    h, c = halves(x)
    return np.tanh(h) + np.cos(c)

def halves(x):
    """x: (N, K). Returns h (N, K), c (N, K)."""
    return np.sin(x), x**2
'''
BEGUN = '''
def begun(x, w):
    """x: (N, K). w: (K, K). Returns out (N, K)."""
    h = np.zeros_like(x)
    return np.tanh(h @ w) + np.cos(x @ w)
'''
RISE = '''
def rise(step, steps, warmup):
    """step, steps, warmup: numbers. Returns rate (a number)."""
    if step < warmup:
        return (step + 1) / warmup
    return 1 - ((step - warmup) / (steps - warmup)) ** 2
'''
TAIL = '''
def tail(ids, T):
    """ids: (n,) ids. T: how many count. Returns out (a number)."""
    return float(np.sum(np.sin(ids[-T:])))
'''
SIGNED = '''
def signed(x, y):
    """x: (N,). y: (N,) bool. Returns out (a number)."""
    return float(np.mean(np.where(y, np.exp(x), -np.sin(x))))
'''
GATHERED = '''
def gathered(x, d):
    """x: (N, K). d: (N, H). Returns out (K, H)."""
    return x.T @ d
'''
INPUTS = {
    "surprise": {"scores": rng.normal(size=(3, 4, 5)), "places": rng.integers(5, size=(3, 4))},
    "spread": {"table": rng.integers(1, 9, size=(4, 5)).astype(float)},
    "neighbours": {"marks": rng.integers(5, size=60), "size": 6},
    "walk": {"weights": rng.normal(size=4), "rates": [0.5, 0.2, 0.9], "winds": rng.normal(size=9)},
    "raised": {"x": rng.normal(size=(3, 4)), "w": rng.normal(size=(4, 4))},
    "drawn": {
        "values": rng.normal(size=9),
        "marks": rng.normal(size=9),
        "steps": 3,
        "rng": np.random.default_rng(3),
    },
    "agreed": {"one": np.arange(9) % 3 > 0, "other": np.arange(9) % 4 < 2},
    "before": {
        "start": rng.normal(size=(2, 3)),
        "steps": rng.normal(size=(4, 2, 3)),
        "w": rng.normal(size=(3, 5)),
    },
    "hits": {
        "table": rng.normal(size=(6, 6)),
        "first": rng.integers(6, size=(2, 5)),
        "second": rng.integers(6, size=(2, 5)),
    },
    "bent": {"x": rng.normal(size=(8, 3)), "flags": np.arange(8) % 3 > 0},
    "shared": {"scores": rng.normal(size=(4, 3))},
    "waves": {"count": 6, "width": 8},
    "stepped": {"x": rng.normal(size=5)},
    "paired": {"q": rng.normal(size=(3, 4)), "k": rng.normal(size=(3, 4))},
    "rounded": {"x": rng.normal(size=(5, 3)), "w": rng.normal(size=3)},
    "chain": {"table": np.roll(np.arange(9), -1), "start": 2, "length": 12},
    "summed": {"x": rng.normal(size=(3, 3)), "y": rng.normal(size=(3, 3))},
    "scored": {"x": rng.normal(size=(3, 4)), "keys": rng.normal(size=(5, 4)), "w": rng.normal(size=(4, 2))},
    "piled": {"w": rng.normal(size=4), "rates": [0.3, 0.2, 0.1, 0.4]},
    "bends": {name: rng.uniform(0.1, 0.9, size=4) for name in "ifo"},
    "gated": {"z": rng.normal(size=(3, 8)), "w": rng.normal(size=(8, 5))},
    "mixed": {name: rng.normal(size=6) for name in "faig"},
    "running": {"x": rng.normal(size=(3, 4))},
    "positive": {"x": rng.normal(size=(5, 6))},
    "moved": {
        "params": {"w": rng.normal(size=4), "b": rng.normal(size=4)},
        "slopes": {"w": 3 * rng.normal(size=4), "b": 3 * rng.normal(size=4)},
        "rate": 0.3,
    },
    "looked": {
        "ids": rng.integers(8, size=8),
        "labels": rng.normal(size=8),
        "places": rng.integers(8, size=5),
    },
    "both": {"x": rng.normal(size=6), "y": rng.normal(size=6)},
    "read": {"x": rng.normal(size=(3, 4))},
    "begun": {"x": rng.normal(size=(3, 4)), "w": rng.normal(size=(4, 4))},
    "rise": {"step": 60, "steps": 110, "warmup": 10},
    "tail": {"ids": rng.integers(8, size=3), "T": 6},
    "signed": {"x": rng.normal(size=7), "y": np.arange(7) < 2},
    "gathered": {"x": rng.normal(size=(5, 3)), "d": rng.normal(size=(5, 2))},
    "shortened": {"parts": {"a": rng.normal(size=(3, 4)), "b": rng.normal(size=5)}, "limit": 1.5},
}


def function(source):
    """What a text defines, with its formulas as grading knows them."""
    tree, scope = ast.parse(source).body[0], {"np": np}
    exec(source, scope)
    scope[tree.name].tree = tree
    return scope[tree.name]


def said_of(source, old, new):
    """What a check says of a function with another step."""
    assert source.count(old) == 1
    right, wrong, heard = function(source), function(source.replace(old, new)), []
    name = right.__name__
    with listening(heard.append, {name: right}.get):
        check_values(wrong, INPUTS[name], right)
    return heard[0]


@pytest.mark.parametrize(
    ("source", "old", "new", "code", "words"),
    [
        (SHARES, "np.take_along_axis(logs, places[..., None], axis=-1)", "logs", "without `places`", "`places` ask for"),
        (SHARES, "float(-np.mean(np.take_along_axis(logs,", "float(-np.mean(np.take_along_axis(np.exp(logs),", "nonlinearity", "a mean"),
        (SHARES, "places[..., None]", "np.broadcast_to(places[:1], places.shape)[..., None]", "batch", "a single row"),
        (SHARES, "z = scores", "scores = np.tanh(scores)\n    z = scores", "nonlinearity", "`scores` went through"),
        (SPREAD, "table.sum(axis=1)[rows]", "table.sum()", "axis", "everything"),
        (SPREAD, "np.sum(table)", "len(table)", "scale", "a length"),
        (SPREAD, "    rows, ", "    table = table.sum(axis=0, keepdims=True)\n    rows, ", "axis", "rows of `table`"),
        (NEIGHBOURS, "(marks[:-1], marks[1:])", "(marks, np.roll(marks, -1))", "shifted", "joined"),
        (NEIGHBOURS, "np.zeros(", "np.ones(", "offset", "should be zero"),
        (NEIGHBOURS, "return pairs", "return pairs + pairs.T", "offset", "transpose"),
        (WALK, "heights.append(height)", "heights.append(wind * np.sum(np.cos(weights)))", "shifted", "after it"),
        (WALK, "weights + rate *", "weights + rates[0] *", "option `rates`", "all entries"),
        (WALK, "weights + rate *", "weights * (1 + len(heights)) + rate *", "loop", "for a single step"),
        (SHORTENED, "part * factor for", "np.clip(part, -limit, limit) for", "option `limit`", "each entry"),
        (SHORTENED, "np.sqrt(sum(float(np.vdot(part, part)) for part in parts.values()))",
         "sum(np.sqrt(float(np.vdot(part, part))) for part in parts.values())", "scale", "roots were added up"),
        (SHORTENED, "float(length)", "float(length * factor)", "limited", "cut off at `limit`"),
        (RAISED, "x = x + np.tanh(x @ w)\n    return x + np.cos(x @ w)",
         "y = x + np.tanh(x @ w)\n    return x + np.cos(y @ w)", "skipped", "what goes into a step"),
        (DRAWN, "marks[places]", "marks[rng.integers(len(values), size=5)]", "randomness", "drawn anew"),
        (DRAWN, "    for step in range(steps):\n        places = rng.integers(len(values), size=5)",
         "    places = rng.integers(len(values), size=5)\n    for step in range(steps):", "randomness", "were drawn once"),
        (AGREED, "one & other", "one == other", "partly", "had to agree"),
        (AGREED, "one & other", "one | other", "partly", "one of two conditions"),
        (AGREED, "one & other", "other", "partly", "`one` were not asked"),
        (BEFORE, "np.concatenate([start[None], steps[:-1]])", "np.roll(steps, 1, axis=0)", "shifted", "the end stood"),
        (HITS, "table[first, second]", "table[first[:, :-1], second[:, 1:]]", "shifted", "`second` were one position further"),
        (BENT, "np.cosh(np.sin(x))", "np.cosh(np.sin(x) + 1)", "partly", "is wrong where `flags` is False"),
        (SHARED, "scores - scores.max(axis=-1, keepdims=True)", "scores / np.abs(scores).max()", "without `scores`",
         "does not change when all of `scores` is doubled"),
        (SHARED, "np.exp(scores - scores.max(axis=-1, keepdims=True))", "1 / (2 + np.exp(-scores))", "without `scores`",
         "changes when a number is added"),
        (WAVES, "np.cos(angles)", "np.cos(angles + 0.3)", "partly", "every other place (1, 3, ...)"),
        (CHAIN, "places[-1]", "places[-1 if len(places) < 7 else 0]", "loop", "is right as long as `length` is at most 7"),
        (SCORED, "keys.shape[-1]", "keys.shape[0]", "scale", "the length of another axis"),
        (SCORED.replace("return ", "return 1 + "), "np.sqrt(keys.shape[-1])", "np.sqrt(np.prod(keys.shape))",
         "scale", "two axes were multiplied"),
        (PILED, "        sizes", "        more = slopes if not sizes else {k: more[k] + v for k, v in slopes.items()}\n        slopes = more\n"
         "        sizes", "loop", "added to that of all rounds before"),
        (BENDS, "[f * i * (1 - i), o * f * (1 - f), i * o * (1 - o)]", "[a * (s := 1 / (1 + np.exp(-b))) * (1 - s) for a, b in ((f, i), (o, f), (i, o))]",
         "nonlinearity", "gone through it already"),
        (SCORED, "keys.T", "keys.reshape(keys.shape[::-1])", "order", "reshaped where it should be transposed"),
        (SCORED, "np.tanh(x + x**2)", "(np.tanh(x) + np.tanh(x**2))", "nonlinearity", "each of two terms on its own"),
        (GATED, "np.cos(z) @ w", "np.cos(z)[:, : 3 * len(w) // 4] @ w[: 3 * len(w) // 4]", "partly", "one of several blocks"),
        (STEPPED, "    x, kept = step(x)", "    y, kept = step(x)\n    x = x + y", "offset", "added to what comes out of it"),
        (PAIRED, "    pairs = q[:, None] + k[None]\n    np.tanh(pairs, out=pairs)\n",
         "    pairs = np.tanh(q)[:, None] + np.tanh(k)[None]\n", "nonlinearity", "each of two terms on its own"),
        (ROUNDED, "np.ones(len(x)) / len(x)", "p * (1 - p) / len(x)", "nonlinearity",
         "what `back` gets were multiplied by the slope"),
        (SUMMED, "->k", "->n", "axis", "result 1 added up along axis 1"),
        (MIXED, "i * np.tanh", "(1 - f) * np.tanh", "swapped", "leaves of 1"),
        (MIXED, "f * a + i * np.tanh(g)", "(f * a + i) * np.tanh(g)", "scale", "reached both of two terms"),
        (MIXED, "i * np.tanh(g)", "i * np.tanh(g) * f * a", "scale", "one of two terms were multiplied by the other"),
        (RUNNING, "np.cumsum(x, axis=1)", "np.repeat(x.sum(axis=1, keepdims=True), x.shape[1], axis=1)", "overwritten",
         "at each place of axis 1 what belongs to the last one"),
        (POSITIVE, "(x > 0)", "(x[:1] > 0)", "randomness", "zero at the same places all along axis 0"),
        (MOVED, "slopes[name] for", "np.clip(slopes[name], -1, 1) for", "limited", "`slopes` were cut off at 1 and -1"),
        (MOVED, "slopes[name] for", "slopes[name] / np.linalg.norm(slopes[name]) for", "scale", "divided by its length"),
        (MOVED, "rate * slopes", "1 / (1 + np.exp(-rate)) * slopes", "option `rate`", "its own sigmoid"),
        (MOVED, "rate * slopes[name] for", "rate * (slopes[name] if name == 'w' else 1) for", "without `b`",
         "`slopes['b']` were one"),
        (WALK, "        heights.append(height)\n", "        heights.append(height)\n"
         "        best = weights if height <= min(heights) else best\n    weights = best\n", "loop", "its best round"),
        (WALK, "        weights = weights + rate * height * np.sin(weights)\n        heights.append(height)\n    return weights,",
         "        old, weights = weights, weights + rate * height * np.sin(weights)\n        heights.append(height)\n    return old,",
         "loop", "its last round but one"),
        (ROUNDED, "np.ones(len(x)) / len(x)", "np.mean(p) * np.ones(len(x)) / len(x)", "scale", "a factor of `loss`"),
        (SHARED, "np.exp(scores - scores.max(axis=-1, keepdims=True))", "1.0 * (scores == scores.max(axis=-1, keepdims=True))",
         "nonlinearity", "only the largest of several counted"),
        (LOOKED, "labels[places]", "labels[ids[places]]", "swapped", "what stands at a position were looked up"),
        (BOTH, "np.cos(y)", "np.cos(y) + np.sin(x)", "offset", "result"),
        (READ, "np.tanh(h)", "np.tanh(c)", "swapped", "`c` stood in the place of `h`"),
        (BEGUN, "np.zeros_like(x)", "x", "not zero", "handed on as it is"),
        (RISE, ") ** 2", ") ** 3", "option `step`", "only where `step` is at most `warmup`"),
        (TAIL, "float(", "0.1 * max(0, T - len(ids)) + float(", "option `T`", "as long as `T` says"),
        (SIGNED, "np.mean(np.where(y, np.exp(x), -np.sin(x)))", "(np.exp(x)[y].mean() - np.sin(x)[~y].mean()) / 2", "partly", "as many entries of `y`"),
        (GATHERED, "x.T @", "(np.eye(x.shape[1])[x.argmax(axis=1)] * x.max(axis=1, keepdims=True) ** 2).T @", "without `x`", "is one-hot"),
    ],
)  # fmt: skip
def test_other_steps_are_named(source, old, new, code, words):
    """Is the kind of mistake named, in words that point at it?"""
    check = said_of(source, old, new)
    assert check.status == "failed"
    assert words in check.cause
    assert not code or check.diagnosis == code, check.cause


def test_ids_in_another_order_are_not_called_ignored():
    """Is a loss that hears of all ids everywhere, so that their order is lost, told from one that ignores them?"""

    def loss(scores, places):
        """scores: (N, K). places: (N,) ids. Returns out (a number)."""
        return float(np.mean(np.take_along_axis(scores, places[:, None], axis=-1)))

    heard = []
    with listening(heard.append):
        check_values(lambda scores, places: float(np.mean(scores[..., places])),
                     {"scores": rng.normal(size=(2, 2)), "places": np.array([1, 0])}, loss)  # fmt: skip
    assert "does not depend" not in heard[0].cause


def test_what_anybody_gets_right_is_no_condition():
    """Is a wrong softmax not called right for scores of zero, where all scores give the same?"""

    def softmax(scores):
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        return weights / weights.sum(axis=-1, keepdims=True)

    heard = []
    with listening(heard.append):
        check_values(lambda scores: softmax(scores**3), {"scores": rng.normal(size=(3, 5))}, softmax)
    assert "zero" not in heard[0].cause
