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
INPUTS = {
    "surprise": {"scores": rng.normal(size=(3, 4, 5)), "places": rng.integers(5, size=(3, 4))},
    "spread": {"table": rng.integers(1, 9, size=(4, 5)).astype(float)},
    "neighbours": {"marks": rng.integers(5, size=60), "size": 6},
    "walk": {"weights": rng.normal(size=4), "rates": [0.5, 0.2, 0.9], "winds": rng.normal(size=9)},
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
         "sum(np.sqrt(float(np.vdot(part, part))) for part in parts.values())", "order", "roots were added up"),
        (SHORTENED, "float(length)", "float(length * factor)", "limited", "cut off at `limit`"),
    ],
)  # fmt: skip
def test_other_steps_are_named(source, old, new, code, words):
    """Is the kind of mistake named, in words that point at it?"""
    check = said_of(source, old, new)
    assert check.status == "failed"
    assert words in check.cause
    assert not code or check.diagnosis == code, check.cause


def test_what_anybody_gets_right_is_no_condition():
    """Is a wrong softmax not called right for scores of zero, where all scores give the same?"""

    def softmax(scores):
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        return weights / weights.sum(axis=-1, keepdims=True)

    heard = []
    with listening(heard.append):
        check_values(lambda scores: softmax(scores**3), {"scores": rng.normal(size=(3, 5))}, softmax)
    assert "zero" not in heard[0].cause
