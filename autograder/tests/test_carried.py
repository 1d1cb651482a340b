"""Error carried forward: a right backward pass behind a wrong forward pass keeps its points, no other does."""


import numpy as np
import pytest

from autograder import check_gradients
from autograder.checks.outcome import listening

FULL = ("passed", "carried")
rng = np.random.default_rng(0)
STEP = {
    "x": rng.normal(size=(4, 3)), "h": rng.normal(size=(4, 5)),
    "params": {"Wx": rng.normal(size=(3, 5)), "Wh": rng.normal(size=(5, 5)), "b": rng.normal(size=5)},
}  # fmt: skip
ROWS = {"z": rng.normal(size=(3, 6))}
NUMBERS = {"z": rng.normal(size=(3, 4))}
NORM = {"x": rng.normal(size=(3, 6)), "gain": rng.normal(size=6), "bias": rng.normal(size=6)}


def step_forward(x, h, params):
    new = np.tanh(x @ params["Wx"] + h @ params["Wh"] + params["b"])
    return new, (x, h, new, params)


def step_backward(dout, cache):
    x, h, new, params = cache
    dz = dout * (1 - new**2)
    grads = {"Wx": x.T @ dz, "Wh": h.T @ dz, "b": dz.sum(axis=0)}
    return dz @ params["Wx"].T, dz @ params["Wh"].T, grads


def softmax_forward(z):
    p = np.exp(z - z.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    return p, p


def softmax_backward(dout, p):
    return p * (dout - (dout * p).sum(axis=-1, keepdims=True))


def gelu_forward(z):
    t = np.tanh(0.8 * (z + 0.045 * z**3))
    return z * (0.5 + 0.5 * t), (z, t)


def gelu_backward(dout, cache):
    z, t = cache
    return dout * (0.5 + 0.5 * t + 0.5 * z * (1 - t * t) * 0.8 * (1 + 0.135 * z * z))


def norm_forward(x, gain, bias):
    centred = x - x.mean(axis=-1, keepdims=True)
    sigma = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
    return centred / sigma * gain + bias, (centred / sigma, sigma, gain)


def norm_backward(dout, cache):
    z, sigma, gain = cache
    dz = dout * gain
    dx = (dz - dz.mean(axis=-1, keepdims=True) - z * (dz * z).mean(axis=-1, keepdims=True)) / sigma
    return dx, (dout * z).sum(axis=0), dout.sum(axis=0)


RIGHT = {
    "step": (step_forward, step_backward, STEP), "softmax": (softmax_forward, softmax_backward, ROWS),
    "gelu": (gelu_forward, gelu_backward, NUMBERS), "norm": (norm_forward, norm_backward, NORM),
}  # fmt: skip


def graded(kind, forward=None, backward=None, seed=7):
    """The outcome of the check in grading; what is not given is the reference's."""
    right = RIGHT[kind]
    pair = (forward or right[0], backward or right[1])
    for function, name in zip(pair, (f"{kind}_forward", f"{kind}_backward"), strict=True):
        function.__name__ = name
    known, heard = {f"{kind}_forward": right[0], f"{kind}_backward": right[1]}, []

    def find(name):
        if name not in known:
            raise AttributeError(name)
        return known[name]

    with listening(heard.append, find, (), seed):
        check_gradients(*pair, right[2])
    return heard[0]


def verdict(outcome):
    return outcome.status, outcome.diagnosis


# Honest work: the forward pass is wrong, the backward pass is right.


def no_bias(x, h, params):
    new = np.tanh(x @ params["Wx"] + h @ params["Wh"])
    return new, (x, h, new, params)


def linear(x, h, params):
    new = x @ params["Wx"] + h @ params["Wh"] + params["b"]
    return new, (x, h, new, params)


@pytest.mark.parametrize("forward", [no_bias, linear])
def test_a_right_backward_pass_keeps_its_points(forward):
    """Is a backward pass that is right once its cache is put right worth its points?"""
    outcome = graded("step", forward)
    assert verdict(outcome) == FULL
    assert outcome.rests_on == "step_forward"
    assert "its points are kept" in outcome.cause
