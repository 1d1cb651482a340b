"""Recursion in time, closures as caches, accumulate and reduce, lists as results, backward from recomputed memories."""

import math
from functools import reduce
from itertools import accumulate, chain
from operator import add

import numpy as np


def rnn_step_forward(x, h_prev, params):
    stacked = np.concatenate([np.stack([params["Wx"][i] for i in x]), h_prev, np.ones_like(h_prev[:, :1])], axis=1)
    H = h_prev.shape[1]
    below = np.concatenate([np.eye(H, dtype=h_prev.dtype), params["Wh"], params["bh"][None]])

    def back(dh):
        dz = dh / np.cosh(stacked @ below) ** 2
        rows = [sum((d for i, d in zip(x, dz) if i == v), np.zeros(H, dtype=dz.dtype)) for v in range(len(params["Wx"]))]
        return [np.inner(dz, params["Wh"]), {"Wx": np.stack(rows), "Wh": stacked[:, H:-1].T @ dz, "bh": sum(dz)}]

    return [np.tanh(stacked @ below), back]


def rnn_step_backward(dh, cache):
    return cache(dh)


def rnn_forward(x, h0, params):
    def read(before, column):
        return np.tanh(params["Wx"][column] + before @ params["Wh"] + params["bh"])

    memories = list(accumulate(x.T, read, initial=h0))
    return [np.stack(memories[1:], axis=1), {"x": x, None: h0, 7: params}]


def rnn_backward(dhs, cache):
    x, h0, params = cache["x"], cache[None], cache[7]

    def walk(t, before):
        """The gradient of `before`, and what steps t, t + 1, ... say about the parameters."""
        if t == x.shape[1]:
            return np.zeros_like(h0), {name: np.zeros_like(params[name]) for name in ("Wx", "Wh", "bh")}
        after, step = rnn_step_forward(x[:, t], before, params)
        dafter, later = walk(t + 1, after)
        dbefore, here = rnn_step_backward(dafter + dhs[:, t], step)
        return dbefore, {name: later[name] + here[name] for name in here}

    return list(walk(0, h0))


def readout_forward(hs, params):
    logits = np.apply_along_axis(lambda h: h @ params["Wy"] + params["by"], -1, hs)
    return [logits, lambda d: [d @ params["Wy"].T, {"by": reduce(add, chain.from_iterable(d)), "Wy": weights(hs, d)}]]


def weights(hs, d):
    return reduce(add, (np.outer(h, row) for h, row in zip(chain.from_iterable(hs), chain.from_iterable(d))))


def readout_backward(dlogits, cache):
    return cache(dlogits)


def cross_entropy_forward(logits, targets):
    pairs = [(row, wanted) for rows, several in zip(logits, targets) for row, wanted in zip(rows, several)]
    shifted = [(row - row.max(), wanted) for row, wanted in pairs]
    losses = [math.log(np.exp(row).sum()) - row[wanted] for row, wanted in shifted]

    def back(dloss):
        answers = [np.exp(row) / np.exp(row).sum() for row, _ in shifted]
        for answer, (_, wanted) in zip(answers, shifted):
            answer[wanted] -= 1
        return np.array(answers).reshape(logits.shape) * (dloss / len(pairs))

    return [math.fsum(losses) / len(losses), back]


def cross_entropy_backward(dloss, cache):
    return cache(dloss)


def model_forward(x, targets, h0, params):
    hs, c1 = rnn_forward(x, h0, params)
    logits, c2 = readout_forward(hs, params)
    loss, c3 = cross_entropy_forward(logits, targets)

    def back(dloss, dh_last):
        dhs, grads = readout_backward(cross_entropy_backward(dloss, c3), c2)
        dhs = np.concatenate([dhs[:, :-1], dhs[:, -1:] + dh_last[:, None]], axis=1)
        dh0, more = rnn_backward(dhs, c1)
        return [dh0, dict(chain(grads.items(), more.items()))]

    return [loss, hs[:, -1], back]


def model_backward(dloss, dh_last, cache):
    return cache(dloss, dh_last)


def clip_gradients(grads, max_norm):
    norm = math.sqrt(math.fsum(float(n) ** 2 for n in chain.from_iterable(map(np.ravel, grads.values()))))
    shorten = (lambda g: g * (max_norm / norm)) if norm > max_norm else np.copy
    return [dict(zip(grads, map(shorten, grads.values()))), norm]


def adam_step(params, grads, state, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    t = state["t"] + 1
    mix = lambda old, new, beta: {k: beta * old[k] + (1 - beta) * new[k] for k in old}
    m, v = mix(state["m"], grads, beta1), mix(state["v"], {k: g * g for k, g in grads.items()}, beta2)
    hat = lambda mean, beta: {k: a / (1 - math.pow(beta, t)) for k, a in mean.items()}
    m_hat, v_hat = hat(m, beta1), hat(v, beta2)
    new = {k: params[k] - learning_rate * m_hat[k] / (np.sqrt(v_hat[k]) + epsilon) for k in params}
    return [new, {**state, "t": t, "m": m, "v": v}]


def make_streams(ids, B):
    L = (len(ids) - 1) // B
    return [np.array([ids[b * L + s : b * L + s + L] for b in range(B)]) for s in (0, 1)]


def train(ids, params, steps, B, T, learning_rate, max_norm=1.0, watch=None):
    inputs, targets = make_streams(ids, B)
    pieces = [(inputs[:, s : s + T], targets[:, s : s + T]) for s in range(0, inputs.shape[1] - T + 1, T)]
    state, losses, shown = adam_start(params), [], {}
    empty = np.zeros((B, len(params["bh"])), dtype=params["bh"].dtype)
    h = empty
    for step in (bar := progress(steps)):
        which = step % len(pieces)
        loss, h, cache = model_forward(*pieces[which], h if which else empty, params)
        grads, _ = clip_gradients(model_backward(1.0, np.zeros_like(h), cache)[1], max_norm)
        params, state = adam_step(params, grads, state, learning_rate * (1 - step / steps))
        losses.append(float(loss))
        if watch:
            shown.update(watch(step, params) or {})
        bar.show(train=losses[-1], **shown)
    return [params, np.array(losses)]


def sample_next(logits, temperature, rng):
    top = max(logits)
    shares = [math.exp(float(s - top) / temperature) for s in logits]
    return int(rng.choice(len(shares), p=[share / math.fsum(shares) for share in shares]))


def generate(prompt, length, params, temperature, rng):
    def draw(h):
        return sample_next(readout_forward(h[:, None], params)[0].ravel(), temperature, rng)

    def go_on(past, _):
        h = rnn_step_forward(np.array([past[1]]), past[0], params)[0]
        return h, draw(h)

    start = np.zeros((1, len(params["bh"])), dtype=params["bh"].dtype)
    h = reduce(lambda h, i: rnn_step_forward(np.array([i]), h, params)[0], prompt, start)
    if length == 0:
        return np.array([], dtype=int)
    return np.array([drawn for _, drawn in accumulate(range(length - 1), go_on, initial=(h, draw(h)))], dtype=int)
