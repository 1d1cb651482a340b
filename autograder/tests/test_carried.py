"""Error carried forward: a right backward pass behind a wrong forward pass keeps its points, no other does."""

import numpy as np
import pytest

from autograder import check_gradients
from autograder.checks.gradients import measuring
from autograder.checks.mend import Truth, mended
from autograder.checks.running import listening

FULL = ("passed", "carried")
rng = np.random.default_rng(0)
STEP = {
    "x": rng.normal(size=(4, 3)), "h": rng.normal(size=(4, 5)),
    "params": {"Wx": rng.normal(size=(3, 5)), "Wh": rng.normal(size=(5, 5)), "b": rng.normal(size=5)},
}  # fmt: skip
ROWS = {"z": rng.normal(size=(3, 6))}
NUMBERS = {"z": rng.normal(size=(3, 4))}
CELL = {"z": rng.normal(scale=2, size=(4, 15)), "c": rng.normal(size=(4, 5))}
RUN = {"z": rng.normal(size=(6, 4, 3)), "h": rng.normal(size=(4, 3)), "w": rng.normal(size=3)}
WIDE = {"z": rng.normal(scale=4.6, size=(3, 6)), "w": rng.normal(size=6)}
PAIRS = {"x": rng.normal(size=(2, 4, 3)), "w": rng.normal(size=(3, 5)), "u": rng.normal(size=(3, 5))}
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


def cell_forward(z, c):
    i, f, o = (1 / (1 + np.exp(-block)) for block in np.split(z, 3, axis=1))
    new = f * c + i
    return o * np.tanh(new), new, (i, f, o, c, np.tanh(new))


def cell_backward(dh, dc, cache):
    i, f, o, c, t = cache
    dc = dc + dh * o * (1 - t * t)
    blocks = dc * i * (1 - i), dc * c * f * (1 - f), dh * t * o * (1 - o)
    return np.concatenate(blocks, axis=1), dc * f


def run_forward(z, h, w, start=None):
    hs = np.empty((len(z) + 1, *h.shape), z.dtype)
    hs[0] = h if start is None else start
    for t in range(len(z)):
        hs[t + 1] = np.tanh(z[t] + w * hs[t])
    return hs[1:], (hs, w)


def run_backward(dhs, cache):
    hs, w = cache
    dz, dh, dw = np.empty_like(dhs), np.zeros_like(hs[0]), np.zeros_like(w)
    for t in reversed(range(len(dhs))):
        dz[t] = (dhs[t] + dh) * (1 - hs[t + 1] ** 2)
        dh, dw = dz[t] * w, dw + (dz[t] * hs[t]).sum(axis=0)
    return dz, dh, dw


def root_forward(z, w):
    size = np.sqrt((z * z).mean(axis=-1, keepdims=True) + 1e-5)
    return z / size * w, (z / size, size, w)


def root_backward(dout, cache):
    y, size, w = cache
    dy = dout * w
    return (dy - y * (dy * y).mean(axis=-1, keepdims=True)) / size, (dout * y).sum(axis=0)


def pairs_forward(x, w, u):
    p = np.tanh((x @ w)[:, :, None] + (x @ u)[:, None])
    return p.sum(axis=-1), (x, p, w, u)


def pairs_backward(dout, cache):
    x, p, w, u = cache
    dp = dout[..., None] * (1 - p * p)
    dq, dk = dp.sum(axis=2), dp.sum(axis=1)
    return dq @ w.T + dk @ u.T, np.einsum("bth,bta->ha", x, dq), np.einsum("bth,bta->ha", x, dk)


RIGHT = {
    "cell": (cell_forward, cell_backward, CELL), "run": (run_forward, run_backward, RUN),
    "pairs": (pairs_forward, pairs_backward, PAIRS), "root": (root_forward, root_backward, WIDE),
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


class Cache:
    """A cache that is an object."""

    def __init__(self, **arrays):
        vars(self).update(arrays)


def no_bias(x, h, params):
    new = np.tanh(x @ params["Wx"] + h @ params["Wh"])
    return new, (x, h, new, params)


def linear(x, h, params):
    new = x @ params["Wx"] + h @ params["Wh"] + params["b"]
    return new, (x, h, new, params)


def in_float32(x, h, params):
    new, cache = step_forward(x, h, params)
    return new.astype(np.float32), (*cache[:2], new.astype(np.float32), params)


def joined(x, h, params):
    """Own layout: everything along the batch in one list, the state before and after in one array."""
    new = no_bias(x, h, params)[0]
    return new, {"states": [np.stack([h, new])], "x": x, "params": params}


def joined_backward(dout, cache):
    h, new = cache["states"][0]
    return step_backward(dout, (cache["x"], h, new, cache["params"]))


def turned(x, h, params):
    new = linear(x, h, params)[0]
    return new, Cache(x=x, h=h, new=new.T, params=params)


def turned_backward(dout, cache):
    return step_backward(dout, (cache.x, cache.h, cache.new.T, cache.params))


def held(x, h, params):
    new = no_bias(x, h, params)[0]
    return new, lambda dout: step_backward(dout, (x, h, new, params))


@pytest.mark.parametrize(
    ("forward", "backward"),
    [(no_bias, None), (linear, None), (in_float32, None), (joined, joined_backward), (turned, turned_backward),
     (held, lambda dout, cache: cache(dout))],
)  # fmt: skip
def test_a_backward_pass_that_is_right_from_a_cache_put_right_keeps_its_points(forward, backward):
    """Whatever the cache looks like, is the reference's gradient from the right outputs worth its points?"""
    outcome = graded("step", forward, backward)
    assert verdict(outcome) == FULL
    assert outcome.rests_on == "step_forward"
    assert "its points are kept" in outcome.cause


def through_statistics(change):
    """Layer norm with wrong statistics."""

    def forward(x, gain, bias):
        centred = x - x.mean(axis=-1, keepdims=True)
        sigma = np.sqrt(change * (centred**2).mean(axis=-1, keepdims=True) + 1e-5)
        return centred / sigma * gain + bias, (centred / sigma, sigma, gain)

    return forward


def test_wrong_numbers_between_are_put_right_as_well():
    """Is a right backward pass worth its points whose cache holds wrong numbers that are no outputs?"""
    assert verdict(graded("norm", through_statistics(1.3))) == FULL


def state_overwritten(z, c):
    i, f, o = (1 / (1 + np.exp(-block)) for block in np.split(z, 3, axis=1))
    new = c
    new *= f
    new += i
    return o * np.tanh(new), new, (i, f, o, c, np.tanh(new))


def memory_overwritten(x, h, params):
    """The memory before and after the step are one array, in the cache as well."""
    new = np.tanh(x @ params["Wx"] + h @ params["Wh"] + params["b"])
    h[...] = new
    return h, (x, h, h, params)


def straight_gates(z, c):
    """Some gates are exactly 1, so that an output is the number that it is a factor of."""
    i, f, o = (np.clip(0.25 * block + 0.5, 0, 1) for block in np.split(z, 3, axis=1))
    new = f * c + i
    return o * np.tanh(new), new, (i, f, o, c, np.tanh(new))


def start_thrown_away(z, h, w):
    return run_forward(z, h, w, start=0)


def own_place_only(x, w, u):
    """The wrong shape, in what is kept as well."""
    p = np.tanh(x @ w + x @ u)
    return p.sum(axis=-1), (x, p, w, u)


@pytest.mark.parametrize(
    ("kind", "forward"),
    [("cell", state_overwritten), ("step", memory_overwritten), ("cell", straight_gates), ("run", start_thrown_away), ("pairs", own_place_only)],
)  # fmt: skip
def test_a_cache_is_put_right_where_no_array_in_it_is_an_output_in_whole(kind, forward):
    """Overwritten inputs, numbers that equal outputs by chance, a wrong start, another shape?"""
    assert verdict(graded(kind, forward)) == FULL


def one_gate_lost(dh, dc, cache):
    dz, dc = cell_backward(dh, dc, cache)
    return dz * (np.arange(dz.shape[1]) > 4), dc


def nothing_through_time(dhs, cache):
    _, dh, dw = run_backward(dhs, cache)
    return dhs * (1 - cache[0][1:] ** 2), dh, dw


@pytest.mark.parametrize(
    ("kind", "forward", "backward"),
    [("cell", state_overwritten, one_gate_lost), ("cell", straight_gates, one_gate_lost),
     ("run", start_thrown_away, nothing_through_time),
     ("pairs", own_place_only, lambda dout, cache: pairs_backward(dout.swapaxes(1, 2), cache))],
)  # fmt: skip
def test_behind_these_a_wrong_backward_pass_keeps_nothing(kind, forward, backward):
    """Is one wrong gradient among them still worth nothing?"""
    outcome = graded(kind, forward, backward)
    assert (outcome.status, outcome.share) == ("failed", 0)


def epsilon_outside(z, w):
    """Right to six digits where the numbers are wide, and wrong elsewhere."""
    size = np.sqrt((z * z).mean(axis=-1, keepdims=True)) + 1e-5
    return z / size * w, (z / size, size, w)


@pytest.mark.parametrize(
    ("backward", "due"),
    [(None, FULL), (lambda dout, cache: root_backward(2 * dout, cache), ("failed", "scale"))],
)
def test_a_forward_pass_that_is_right_at_these_inputs_only_is_a_wrong_one(backward, due):
    """Where gradients fail, does it count that the forward pass is wrong by less than its tolerance?"""
    assert verdict(graded("root", epsilon_outside, backward)) == due


def without_factor(dout, cache):
    x, h, _, params = cache
    grads = {"Wx": x.T @ dout, "Wh": h.T @ dout, "b": dout.sum(axis=0)}
    return dout @ params["Wx"].T, dout @ params["Wh"].T, grads


def one_tensor_wrong(dout, cache):
    dx, dh, grads = step_backward(dout, cache)
    return dx, dh, {**grads, "Wh": grads["Wh"].T}


def wider(dout, cache):
    dx, dh, grads = step_backward(dout, cache)
    return dx.astype(np.float64), dh, grads


def overwritten(dout, cache):
    dout *= 1 - cache[2] ** 2
    x, h, _, params = cache
    return (
        dout @ params["Wx"].T,
        dout @ params["Wh"].T,
        {"Wx": x.T @ dout, "Wh": h.T @ dout, "b": dout.sum(0)},
    )


KEPT: dict = {}


def keeping(x, h, params):
    new, cache = no_bias(x, h, params)
    KEPT["cache"] = cache
    return new, cache


def with_kept(dout, cache):
    return step_backward(dout, (*KEPT["cache"][:2], *cache[2:]))


def test_state_kept_outside_of_the_cache_keeps_nothing():
    """Is a backward pass that reads what the forward pass has left outside of its cache wrong here, too?"""
    outcome = graded("step", keeping, with_kept)
    assert (outcome.status, outcome.share) == ("failed", 0)


@pytest.mark.parametrize("backward", [without_factor, one_tensor_wrong, wider, overwritten])
@pytest.mark.parametrize("forward", [no_bias, in_float32])
def test_a_wrong_backward_pass_keeps_nothing(forward, backward):
    """Does anything wrong with the backward pass, in one gradient or in dtype, still cost all points?"""
    outcome = graded("step", forward, backward)
    assert (outcome.status, outcome.share) == ("failed", 0)


def elementwise(f, slope):
    return lambda z: (f(z), z), lambda dout, z: dout * slope(z)


def activated(f, slope):
    """The step with another activation, kept in a form that no output is found in."""

    def forward(x, h, params):
        z = x @ params["Wx"] + h @ params["Wh"] + params["b"]
        return f(z), (x, h, z, params)

    def backward(dout, cache):
        x, h, z, params = cache
        dz = dout * slope(z)
        grads = {"Wx": x.T @ dz, "Wh": h.T @ dz, "b": dz.sum(axis=0)}
        return dz @ params["Wx"].T, dz @ params["Wh"].T, grads

    return forward, backward


def total(z):
    return z.sum(axis=-1, keepdims=True)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def warmer(z):
    return softmax_forward(2 * z)[0]


def corrected(x):
    """(centred, deviation) with the number of entries less one, as for a sample."""
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred, np.sqrt(total(centred**2) / (x.shape[-1] - 1) + 1e-5)


def sample_norm(x, gain, bias):
    centred, sigma = corrected(x)
    return centred / sigma * gain + bias, (x, gain)


def sample_norm_backward(dout, cache):
    x, gain = cache
    centred, sigma = corrected(x)
    z, dz = centred / sigma, dout * gain
    dx = (dz - dz.mean(axis=-1, keepdims=True) - z * total(dz * z) / (x.shape[-1] - 1)) / sigma
    return dx, (dout * z).sum(axis=0), dout.sum(axis=0)


CONSISTENT = {
    "softmax of twice the scores": ("softmax", lambda z: (warmer(z), z),
                                    lambda dout, z: 2 * softmax_backward(dout, warmer(z))),
    "sigmoid for tanh": ("step", *activated(sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z)))),
    "deviation of a sample": ("norm", sample_norm, sample_norm_backward),
}  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", CONSISTENT)
def test_the_derivative_of_an_own_forward_pass_keeps_its_points(name, seed):
    """Is a mistake that both passes share paid for in the forward pass alone?"""
    assert verdict(graded(*CONSISTENT[name], seed=seed)) == FULL


def kept_apart(dout, cache):
    x, h, _, params = cache
    return np.zeros_like(x), np.zeros_like(h), {name: np.zeros_like(array) for name, array in params.items()}


def dropped(x, h, params):
    new = np.tanh(x @ params["Wx"] + params["b"])
    return 2 * new, (x, h, np.arctanh(new), params)


def dropped_backward(dout, cache):
    x, h, z, params = cache
    dz = 2 * dout * (1 - np.tanh(z) ** 2)
    grads = {"Wx": x.T @ dz, "Wh": np.zeros_like(params["Wh"]), "b": dz.sum(axis=0)}
    return dz @ params["Wx"].T, np.zeros_like(h), grads


def centred(z):
    return z - z.mean(axis=-1, keepdims=True)


def first_ignored(x, h, params):
    new = np.tanh(x @ params["Wx"] + params["b"])
    return new, (x, h, new, params)


def first_ignored_backward(dout, cache):
    dx, dh, grads = step_backward(dout, cache)
    return dx, np.zeros_like(dh), grads


def without_statistics(x, gain, bias):
    return gain + bias + 0 * x, norm_forward(x, gain, bias)[1]


def without_statistics_backward(dout, cache):
    dx, *others = norm_backward(dout, cache)
    return np.zeros_like(dx), *others


def unshifted(x, gain, bias):
    return norm_forward(x, gain, 0)


def unshifted_backward(dout, cache):
    dx, dgain, dbias = norm_backward(dout, cache)
    return dx, dgain, np.zeros_like(dbias)


def test_a_sum_that_both_passes_leave_out_costs_its_share():
    """Where both passes forget the bias behind everything, what does its gradient cost?"""
    outcome = graded("norm", unshifted, unshifted_backward)
    assert verdict(outcome) == ("failed", "carried")
    assert outcome.share == pytest.approx(2 / 3)
    assert "2 of 3 parts of its points are kept, not those of dbias." in outcome.cause


EASY = {
    "one input ignored": ("step", first_ignored, first_ignored_backward),
    "the hard part ignored": ("norm", without_statistics, without_statistics_backward),
    "nothing but a bias": ("norm", lambda x, gain, bias: (0 * x + bias, (x, gain)),
                           lambda dout, c: (0 * c[0], 0 * c[1], dout.sum(axis=0))),
    "constant": ("step", lambda x, h, params: (np.ones((4, 5)), (x, h, None, params)), kept_apart),
    "straight line": ("step", linear, without_factor),
    "almost a straight line": ("step", *activated(lambda z: z + 1e-3 * z * z, lambda z: 1 + 2e-3 * z)),
    "parabola for tanh": ("step", *activated(lambda z: z + 0.2 * z * z, lambda z: 1 + 0.4 * z)),
    "cubic for tanh": ("step", *activated(lambda z: z - z**3 / 30, lambda z: 1 - z * z / 10)),
    "dropped input": ("step", dropped, dropped_backward),
    "identity": ("softmax", *elementwise(lambda z: 1.0 * z, np.ones_like)),
    "entry by entry": ("softmax", *elementwise(np.exp, np.exp)),
    "sum": ("softmax", lambda z: (total(z) + 0 * z, z), lambda dout, z: total(dout) + 0 * z),
    "square of the sum": ("softmax", lambda z: (total(z) ** 2 + 0 * z, z),
                          lambda dout, z: 2 * total(z) * total(dout) + 0 * z),
    "times the sum": ("softmax", lambda z: (z * total(z), z),
                      lambda dout, z: dout * total(z) + total(dout * z)),
    "part of the sum": ("softmax", lambda z: (z / total(z), z),
                        lambda dout, z: dout / total(z) - total(dout * z) / total(z) ** 2),
    "centred": ("softmax", lambda z: (centred(z), z), lambda dout, z: centred(dout)),
    "identity for GELU": ("gelu", *elementwise(lambda z: 1.0 * z, np.ones_like)),
    "ReLU for GELU": ("gelu", *elementwise(lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0)),
    "parabola for GELU": ("gelu", *elementwise(lambda z: z / 2 + z * z / 4, lambda z: 0.5 + z / 2)),
    "tanh for GELU": ("gelu", *elementwise(np.tanh, lambda z: 1 - np.tanh(z) ** 2)),
    "scale and shift": ("norm", lambda x, gain, bias: (gain * x + bias, (x, gain)),
                        lambda dout, c: (dout * c[1], (dout * c[0]).sum(0), dout.sum(0))),
    "mean taken away": ("norm", lambda x, gain, bias: (gain * centred(x) + bias, (x, gain)),
                        lambda dout, c: (centred(dout * c[1]), (dout * centred(c[0])).sum(0), dout.sum(0))),
}  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", EASY)
def test_an_easy_pair_earns_nothing(name, seed):
    """Is a backward pass that fits a forward pass made easy on purpose worth nothing?"""
    outcome = graded(*EASY[name], seed=seed)
    assert (outcome.status, outcome.share) == ("failed", 0)


def test_a_student_without_a_reference_sees_what_is_there():
    """Does a student's kernel, which has no reference, judge by the student's own forward pass as ever?"""
    check_gradients(linear, without_factor, STEP)


def test_what_is_right_but_for_rounding_stays():
    """Is an array left alone that other threads have added up in another order, though numbers in it are outputs?"""
    states = np.random.default_rng(0).normal(size=(4, 1, 6))
    own, right = states[:-1].swapaxes(0, 1), states[1:].swapaxes(0, 1)
    kept = states * (1 + 2e-16)
    kept[1, 0, 0] = states[1, 0, 0]  # a number that is found once among the outputs
    (found,) = mended((kept,), (own,), (states[0],), Truth((right,), [states]), {})
    assert np.array_equal(found, kept)


@pytest.mark.parametrize("axis", [0, 1])
def test_saturated_outputs_are_put_right_step_by_step(axis):
    """Where an output holds numbers twice: in steps that follow a start, and in those that are kept one by one?"""
    start, own = np.full((4, 3), 0.5), np.where(np.arange(24).reshape(2, 4, 3) % 5, 1.0, 0.25)
    own[1] = -own[0]
    right, joined = np.random.default_rng(1).normal(size=own.shape), np.stack([start, *own], axis)
    due = np.stack([start, *right], axis)
    found = mended(
        (joined, list(own)), (own.swapaxes(0, 1),), (start,), Truth((right.swapaxes(0, 1),), []), {}
    )
    assert np.array_equal(found[0], due)
    assert np.array_equal(found[1], right)


def test_an_audit_measures_the_reference_itself(monkeypatch):
    """Is a reference whose backward pass is wrong found out by central differences, where they are asked for?"""
    monkeypatch.setitem(RIGHT, "step", (step_forward, without_factor, STEP))
    assert graded("step").status == "passed"
    with measuring():
        assert graded("step").status == "failed"
    monkeypatch.undo()
    with measuring():
        assert graded("step").status == "passed"
