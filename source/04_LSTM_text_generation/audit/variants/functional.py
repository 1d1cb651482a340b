"""Closures as caches, accumulate through time, recursion backwards, gates zipped with functions, lists as results."""

from functools import partial, reduce
from itertools import accumulate, islice

import numpy as np


def cell_forward(z, c_prev):
    squash = (sigmoid, sigmoid, sigmoid, np.tanh)
    slope = (lambda s: s * (1 - s),) * 3 + (lambda s: 1 - s * s,)
    values = [function(block) for function, block in zip(squash, np.split(z, 4, axis=-1))]
    i, f, o, g = values
    c = f * c_prev + i * g

    def back(dh, dc):
        road = dc + dh * o * (1 - np.tanh(c) ** 2)
        blames = (road * g, road * c_prev, dh * np.tanh(c), road * i)
        return [np.concatenate([b * s(v) for b, s, v in zip(blames, slope, values)], axis=-1), road * f]

    return [o * np.tanh(c), c, back]


def cell_backward(dh, dc, cache):
    return cache(dh, dc)


def lstm_step_forward(x, h_prev, c_prev, params):
    z = np.array([params["Wx"][i] + h @ params["Wh"] + params["b"] for i, h in zip(x, h_prev)])
    return [*cell_forward(z, c_prev)[:2], {"recompute": (x, h_prev, c_prev), "z": z, "params": params}]


def lstm_step_backward(dh, dc, cache):
    (x, h_prev, c_prev), params = cache["recompute"], cache["params"]
    _, _, inner = cell_forward(cache["z"], c_prev)
    dz, dc_prev = cell_backward(dh, dc, inner)
    place = np.equal.outer(np.arange(len(params["Wx"])), x)
    dWx = np.stack([dz[here].sum(axis=0) for here in place])
    dWh = reduce(np.add, map(np.outer, h_prev, dz))
    return [np.inner(dz, params["Wh"]), dc_prev, {"Wx": dWx, "Wh": dWh, "b": reduce(np.add, dz)}]


def lstm_forward(x, h0, c0, params):
    read = lambda past, column: lstm_step_forward(column, past[0], past[1], params)
    steps = list(accumulate(x.T, read, initial=(h0, c0, None)))[1:]
    hs, cs, caches = zip(*steps)
    return [np.stack(hs, axis=1), cs[-1], dict(enumerate(caches))]


def lstm_backward(dhs, dc_last, cache):
    def walk(t, dh, dc):
        if t < 0:
            return [dh, dc, {}]
        dh, dc, here = lstm_step_backward(dhs[:, t] + dh, dc, cache[t])
        dh, dc, earlier = walk(t - 1, dh, dc)
        return [dh, dc, {name: g + earlier.get(name, 0) for name, g in here.items()}]

    return walk(len(cache) - 1, np.zeros_like(dc_last), dc_last)


def model_forward(x, targets, h0, c0, params):
    hs, c_last, low = lstm_forward(x, h0, c0, params)
    logits, middle = readout_forward(hs, params)
    loss, high = cross_entropy_forward(logits, targets)

    def back(dloss, dh_last, dc_last):
        dhs, top = readout_backward(cross_entropy_backward(dloss, high), middle)
        pad = np.pad(dh_last[:, None], ((0, 0), (dhs.shape[1] - 1, 0), (0, 0)))
        *state, grads = lstm_backward(dhs + pad, dc_last, low)
        return [*state, top | grads]

    return [loss, hs[:, -1], c_last, back]


def model_backward(dloss, dh_last, dc_last, cache):
    return cache(dloss, dh_last, dc_last)


def set_forget_bias(params, value):
    i, f, o, g = np.split(params["b"], 4)
    return {name: (np.hstack([i, np.full_like(f, value), o, g]) if name == "b" else p) for name, p in params.items()}


def train(ids, params, steps, B, T, learning_rate, max_norm=1.0, gradients=loss_and_gradients, watch=None):
    inputs, targets = make_streams(ids, B)
    chunks = inputs.shape[1] // T
    state = adam_start(params)

    def empty():
        return [np.zeros((B, len(params["Wh"])), dtype=params["Wh"].dtype) for _ in "hc"]

    losses, shown, memory = [], {}, None
    for step in (bar := progress(steps)):
        turn, number = divmod(step, chunks)
        memory = memory if number else empty()
        piece = [a[:, number * T :][:, :T] for a in (inputs, targets)]
        loss, *memory, grads = partial(gradients, params=params)(*piece, *memory)
        params, state = adam_step(params, clip_gradients(grads, max_norm)[0], state, learning_rate * (1 - step / steps))
        losses.append(float(loss))
        if watch:
            shown.update(watch(step, params) or {})
        bar.show(train=losses[-1], **shown)
    return [params, np.array(losses)]


def text_from(prompt, params, temperature, rng):
    h, c = np.zeros((2, 1, len(params["Wh"])), dtype=params["Wh"].dtype)
    hs, c, _ = lstm_forward(np.array([prompt]), h, c, params)
    h = hs[:, -1]
    while True:
        drawn = sample_next(readout_forward(h[None], params)[0].ravel(), temperature, rng)
        yield drawn
        h, c, _ = lstm_step_forward(np.array([drawn]), h, c, params)


def generate(prompt, length, params, temperature, rng):
    return np.array(list(islice(text_from(prompt, params, temperature, rng), length)), dtype=int)
