"""What a wrong result depends on, for which samples it is wrong, and from which round of a loop on: is it said?"""

import numpy as np
import pytest

from autograder import check_gradients, check_values
from autograder.checks.running import listening

rng = np.random.default_rng(0)
FIND = {}.get  # in grading, where a function's own truth is handed in


def cause(check, *arguments, **options):
    """The code and the sentence of what is found."""
    heard = []
    with listening(heard.append, FIND):
        check(*arguments, **options)
    return heard[0].diagnosis, heard[0].cause


def logistic(z):
    """z: floats of any shape. Returns floats of its shape."""
    return 1 / (1 + np.exp(-z))


def shifted_logistic(z):
    e = np.exp(z - z.max())
    return e / (1 + e)


def velocity_step(w, v, grad, learning_rate):
    """w, v, grad: (N,). Returns w (N,), v (N,)."""
    v = 0.9 * v + grad
    return w - learning_rate * v, v


def rate_in_velocity(w, v, grad, learning_rate):
    v = 0.9 * v - learning_rate * grad
    return w + v, v


def moved(params, grads):
    """params, grads: {"w": (N,), "b": (N,)}. Returns new params."""
    return {name: params[name] - grads[name] for name in params}


def ranked_moved(params, grads):
    return {name: params[name] - grads[name] * np.abs(grads[name]).argsort() for name in params}


def half_moved(params, grads):
    return {"w": params["w"] - grads["w"], "b": params["b"] - 0.1 * np.sqrt(np.arange(len(params["b"])))}


def mean_loss(p, y):
    """p: (B,) probabilities. y: (B,) bool. Returns the loss, a single number."""
    return -np.mean(np.log(np.maximum(np.where(y, p, 1 - p), 1e-7)))


def quiet_loss(p, y):
    q = np.where(y, p, 1 - p)
    return -np.mean(np.where(q > 0, np.log(np.maximum(q, 1e-7)), 0.0))


def places_summed(E, x):
    """E: (V, D). x: (B, C) ids. Returns sums (B, D)."""
    return E[x].sum(axis=1)


def first_and_double(E, x):
    return E[x[:, 0]] * (1 + (x.shape[1] > 1))


def gates(z):
    """z: (B, 3H). Returns h (B, H)."""
    a, b, c = np.split(z, 3, axis=1)
    return np.tanh(a) * b + c


def interleaved(z):
    a, b, c = z.reshape(len(z), -1, 3).transpose(2, 0, 1)
    return np.tanh(a) * b + c


def walk(w, data, steps):
    """w: (N,). data: (M,). Returns w (N,), losses (steps,)."""
    momentum, losses = 0 * w, []
    for step in range(steps):
        losses.append(data[step % len(data)])
        momentum = 0.5 * momentum + data[step % len(data)]
        w = w - 0.1 * momentum
    return w, np.array(losses)


def walk_anew(w, data, steps):
    momentum, losses = 0 * w, []
    for step in range(steps):
        momentum = momentum * (step % len(data) > 0)
        losses.append(data[step % len(data)])
        momentum = 0.5 * momentum + data[step % len(data)]
        w = w - 0.1 * momentum
    return w, np.array(losses)


PAIR = {"w": rng.normal(size=4), "b": rng.normal(size=4)}
GRADS = {"w": rng.normal(size=4), "b": rng.normal(size=4)}
CASES = {
    "the largest score": (shifted_logistic, logistic, {"z": rng.normal(size=5)},
                          "axis", "the result depends at each place on other entries of `z` than its own"),
    "the rate in the velocity": (rate_in_velocity, velocity_step,
                                 {"w": rng.normal(size=4), "v": rng.normal(size=4), "grad": rng.normal(size=4), "learning_rate": 0.3},
                                 "option `learning_rate`", "depends on `learning_rate`, and should not"),
    "the other gradients": (ranked_moved, moved, {"params": PAIR, "grads": GRADS},
                                 "axis", "depends at each place on other entries of `grads["),
    "of two with one name": (half_moved, moved, {"params": PAIR, "grads": GRADS},
                             "without `b`", "the result['b'] does not depend on `grads['b']`"),
    "a sample of probability 0": (quiet_loss, mean_loss,
                                  {"p": np.array([0.3, 0.0, 0.8, 0.6]), "y": np.array([True, True, False, True])},
                                  "partly", "wrong for others, those where `p` is 0 and `y` is True"),
    "where numbers are large": (lambda x: x**3 + np.maximum(x - np.sort(x)[-3], 0), lambda x: x**3, {"x": rng.normal(size=9)},
                               "", "is wrong where `x` is large, and right elsewhere"),
    "gates by turns": (interleaved, gates, {"z": rng.normal(size=(3, 12))},
                       "order", "if each of the 3 blocks of `z` were every third column"),
    "a later round": (walk_anew, walk, {"w": rng.normal(size=3), "data": rng.normal(size=9), "steps": 25},
                      "loop", "is right as long as `steps` is at most 9"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_seen_is_said(case):
    """Is the argument, the sample or the round named?"""
    wrong, right, inputs, code, words = CASES[case]
    found = cause(check_values, wrong, inputs, right)
    assert found[0] == (code or found[0])
    assert words in found[1]


def test_a_single_axis_is_named():
    """Is it said of an axis of which nothing else is known that the result is right where it has length 1?"""
    found = cause(
        check_values, lambda E, x: np.tanh(E[x[:, 0]]) * (x.shape[1] > 1) + E[x[:, 0]] * (x.shape[1] == 1),
        {"E": rng.normal(size=(7, 3)), "x": rng.integers(0, 7, size=(4, 5))}, places_summed,
    )  # fmt: skip
    assert found == ("partly", "`sums` is right only where `C` is 1.")


def test_ranks_are_not_ids():
    """Is a rank among the ids that occur not taken for something about ids that occur twice?"""

    def one_hot(ids, V):
        """ids: (B,) ids. V: the number of characters. Returns (B, V)."""
        return np.eye(V)[ids]

    found = cause(
        check_values, lambda ids, V: np.eye(V)[np.unique(ids, return_inverse=True)[1]],
        {"ids": np.array([2, 0, 4, 2]), "V": 6}, one_hot,
    )  # fmt: skip
    assert "twice" not in found[1]


def shares(T):
    return 1 / (1 + np.arange(T)[:, None] + 0.3 * np.arange(T) ** 2)


def so_far_forward(x):
    """x: (B, T, H). Returns sums (B, T, H), each of what stands up to its place, and a cache."""
    return np.tril(shares(x.shape[1])) @ x, x


def so_far_backward(dout, x):
    return np.tril(shares(x.shape[1])).T @ dout


def from_all_backward(dout, x):
    return shares(x.shape[1]).T @ dout


def test_a_gradient_that_looks_ahead_is_named():
    """Is it said that the gradient of a later place takes a part in an earlier output, which cannot have seen it?"""
    right = {"so_far_forward": so_far_forward, "from_all_backward": so_far_backward}
    heard = []
    with listening(heard.append, right.get):
        check_gradients(so_far_forward, from_all_backward, {"x": rng.normal(size=(2, 4, 3))})
    assert heard[0].diagnosis == "mask"
    assert "a later place counts for an earlier output" in heard[0].cause


def scaled_forward(x, h):
    """x: (B, H). h: (B, H). Returns loss, h_last (B, H) and a cache; loss is a number."""
    return np.float64(np.sum(np.sin(x))), np.tanh(h) * 2, (x, h)


def scaled_backward(dloss, dh_last, cache):
    x, h = cache
    return dloss * np.cos(x), dh_last * 2 * (1 - np.tanh(h) ** 2)


def twice_scaled_backward(dloss, dh_last, cache):
    x, h = cache
    return dloss * np.cos(x), dloss * dh_last * 2 * (1 - np.tanh(h) ** 2)


def test_an_upstream_gradient_that_must_be_one_is_named():
    """Is the number named by which the other gradient is multiplied, and not all of them together?"""
    right = {"scaled_forward": scaled_forward, "twice_scaled_backward": scaled_backward}
    heard = []
    with listening(heard.append, right.get):
        check_gradients(
            scaled_forward,
            twice_scaled_backward,
            {"x": rng.normal(size=(2, 3)), "h": rng.normal(size=(2, 3))},
        )
    assert heard[0].cause == "dh is right only when upstream gradient 1 is 1."


@pytest.mark.parametrize("bad", [lambda a, b: a + 1.1 * b, lambda a, b: np.sin(a) + b])
def test_nothing_needless_is_seen_where_both_belong(bad):
    """Is an argument that belongs in a sum never called needless, nor its entries mixed?"""

    def added(a, b):
        """a, b: (N,). Returns the sum (N,)."""
        return a + b

    words = cause(check_values, bad, {"a": rng.normal(size=4), "b": rng.normal(size=4)}, added)[1]
    assert "should not" not in words
    assert "other entries" not in words
