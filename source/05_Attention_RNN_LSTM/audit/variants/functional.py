"""Closures as caches, one reader at a time with map and zip, full Jacobians of the softmax, deque as the box."""

from collections import deque
from functools import reduce
from itertools import islice

import numpy as np


def scores_forward(hs, params):
    Wq, Wk, v = params["Wq"], params["Wk"], params["v"]

    def one(memories):
        return np.tanh(np.stack([ask + memories @ Wk for ask in memories @ Wq]))

    def back(dscores):
        total = {"Wq": np.zeros_like(Wq), "Wk": np.zeros_like(Wk), "v": np.zeros_like(v)}
        dhs = []
        for memories, d in zip(hs, dscores):
            f = one(memories)
            dz = np.multiply(d[..., None], (1 - f * f) * v)
            dq, dk = np.add.reduce(dz, 1), np.add.reduce(dz, 0)
            news = {"Wq": memories.T @ dq, "Wk": memories.T @ dk, "v": np.tensordot(d, f, 2)}
            total = {name: total[name] + news[name] for name in total}
            dhs.append(np.inner(dq, Wq) + np.inner(dk, Wk))
        return [np.array(dhs), total]

    return [np.array([np.inner(one(memories), v) for memories in hs]), back]


def scores_backward(dscores, cache):
    return cache(dscores)


def share_out(row, t):
    e = np.exp(row[:t] - reduce(max, row[:t]))
    return np.concatenate([e / sum(e), np.zeros(len(row) - t, dtype=row.dtype)])


def masked_softmax_forward(scores):
    weights = np.array([[share_out(row, t) if t else np.zeros_like(row) for t, row in enumerate(page)] for page in scores])
    return [weights, lambda dweights: np.array([list(map(through_jacobian, w, d)) for w, d in zip(weights, dweights)])]


def through_jacobian(w, d):
    return (np.diag(w) - np.outer(w, w)) @ d


def masked_softmax_backward(dweights, cache):
    return cache(dweights)


def context_forward(weights, hs):
    mix = [[reduce(np.add, (share * h for share, h in zip(row, page))) for row in w] for w, page in zip(weights, hs)]
    return [np.array(mix), (weights, hs)]


def context_backward(dcontexts, cache):
    pairs = [(np.inner(d, h), np.tensordot(w, d, ([0], [0]))) for d, w, h in zip(dcontexts, *cache)]
    return list(map(np.array, zip(*pairs)))


def attention_forward(hs, params):
    parts = deque()
    scores, c = scores_forward(hs, params)
    parts.append(c)
    weights, c = masked_softmax_forward(scores)
    parts.append(c)
    contexts, c = context_forward(weights, hs)
    parts.append(c)
    return [contexts, parts]


def attention_backward(dcontexts, cache):
    last, middle, first = reversed(cache)
    dweights, as_value = context_backward(dcontexts, last)
    rest, grads = scores_backward(masked_softmax_backward(dweights, middle), first)
    return [sum([as_value, rest]), grads]


def output_forward(hs, contexts, params):
    rows = lambda a: a.reshape(-1, a.shape[-1])
    logits = [h @ params["Wy"] + (c @ params["Wc"] + params["by"]) for h, c in zip(rows(hs), rows(contexts))]

    def back(d):
        dhs, dcontexts = (np.stack([page @ params[name].T for page in d]) for name in ("Wy", "Wc"))
        dWy, dWc = (sum(np.outer(i, j) for i, j in zip(rows(a), rows(d))) for a in (hs, contexts))
        return [dhs, dcontexts, {"Wy": dWy, "Wc": dWc, "by": sum(rows(d))}]

    return [np.array(logits).reshape(*hs.shape[:2], -1), back]


def output_backward(dlogits, cache):
    return cache(dlogits)


def on_top(hs, targets, params):
    contexts, c1 = attention_forward(hs, params)
    logits, c2 = output_forward(hs, contexts, params)
    loss, c3 = cross_entropy_forward(logits, targets)

    def back(dloss, dh_last):
        dhs, dcontexts, grads = output_backward(cross_entropy_backward(dloss, c3), c2)
        more_dhs, more = attention_backward(dcontexts, c1)
        late = np.zeros_like(dhs)
        late[:, -1] = dh_last
        return [reduce(np.add, (dhs, more_dhs, late)), dict(**grads, **more)]

    return loss, back


def rnn_attention_forward(x, targets, h0, params):
    hs, below = rnn_forward(x, h0, params)
    loss, back = on_top(hs, targets, params)
    return [loss, hs[:, -1], {"below": below, back: "above"}]


def rnn_attention_backward(dloss, dh_last, cache):
    back = next(key for key, value in cache.items() if isinstance(value, str) and value == "above")
    dhs, grads = back(dloss, dh_last)
    dh0, more = rnn_backward(dhs, cache["below"])
    return [dh0, dict(**grads, **more)]


def lstm_attention_forward(x, targets, h0, c0, params):
    hs, c_last, below = lstm_forward(x, h0, c0, params)
    loss, back = on_top(hs, targets, params)

    def all_back(dloss, dh_last, dc_last):
        dhs, grads = back(dloss, dh_last)
        dh0, dc0, more = lstm_backward(dhs, dc_last, below)
        return [dh0, dc0, dict(**grads, **more)]

    return [loss, hs[:, -1], c_last, all_back]


def lstm_attention_backward(dloss, dh_last, dc_last, cache):
    return cache(dloss, dh_last, dc_last)


def train(ids, params, steps, B, T, learning_rate, max_norm=1.0, gradients=loss_and_gradients, watch=None):
    chunks = (len(ids) - T) // B // T

    def passes():
        """Pairs of inputs and targets without end, and whether a pass begins with them."""
        turn = 0
        while True:
            inputs, targets = make_streams(ids[11 * turn % T :], B)
            for k in range(chunks):
                yield k == 0, inputs[:, k * T : k * T + T], targets[:, k * T : k * T + T]
            turn += 1

    adam, state, pieces = adam_start(params), None, passes()
    losses, shown = [], {}
    for step in (bar := progress(steps)):
        anew, x, y = next(pieces)
        if anew:
            state = start_state(params, B)
        loss, *state, grads = gradients(x, y, *state, params=params)
        params, adam = adam_step(params, clip_gradients(grads, max_norm)[0], adam, learning_rate * (1 - step / steps))
        losses.append(float(loss))
        if watch:
            shown.update(watch(step, params) or {})
        bar.show(train=losses[-1], **shown)
    return [params, np.array(losses)]


def pen(prompt, params, window, temperature, rng):
    hs, state = read(np.array([list(prompt)]), start_state(params, 1), params)
    box = deque(hs[0], maxlen=window)
    while True:
        drawn = sample_next(predict(np.array([list(box)]), params)[0, -1], temperature, rng)
        yield drawn
        hs, state = read(np.array([[drawn]]), state, params)
        box.extend(hs[0])


def generate(prompt, length, params, window, temperature, rng):
    return np.array(list(islice(pen(prompt, params, window, temperature, rng), length)), dtype=int)
