"""Gate, Pocket and Reader classes; the cache of each function is the object that did the work."""

from types import SimpleNamespace

import numpy as np


class Gate:
    def __init__(self, z):
        self.value = sigmoid(z)

    @property
    def slope(self):
        return self.value * (1 - self.value)


class News:
    def __init__(self, z):
        self.value = np.tanh(z)

    @property
    def slope(self):
        return (1 + self.value) * (1 - self.value)


class Pocket:
    def __init__(self, z, old):
        H = old.shape[-1]
        blocks = z.reshape(-1, 4, H)
        self.put, self.keep, self.show = (Gate(blocks[:, k]) for k in range(3))
        self.news, self.old = News(blocks[:, 3]), old
        self.c = self.keep.value * old + self.put.value * self.news.value
        self.face = News(self.c)
        self.h = self.show.value * self.face.value

    def back(self, dh, dc):
        dc = dc + dh * self.show.value * self.face.slope
        dz = np.empty((len(dh), 4, dh.shape[1]), dtype=dc.dtype)
        dz[:, 0] = dc * self.news.value * self.put.slope
        dz[:, 1] = dc * self.old * self.keep.slope
        dz[:, 2] = dh * self.face.value * self.show.slope
        dz[:, 3] = dc * self.put.value * self.news.slope
        return dz.reshape(len(dh), -1), dc * self.keep.value


class Reader:
    def __init__(self, params):
        self.Wx, self.Wh, self.b = params["Wx"], params["Wh"], params["b"]

    def step(self, x, h, c):
        self.x, self.h_prev = x, h
        new_h, new_c, self.cell = cell_forward(np.take(self.Wx, x, axis=0) + (self.b + h @ self.Wh), c)
        return new_h, new_c

    def back(self, dh, dc):
        dz, dc_prev = cell_backward(dh, dc, self.cell)
        dWx = np.zeros_like(self.Wx)
        for row, i in enumerate(self.x):
            dWx[i] += dz[row]
        return dz @ self.Wh.T, dc_prev, {"b": np.add.reduce(dz), "Wh": (dz.T @ self.h_prev).T, "Wx": dWx}


class State:
    def __init__(self, params, B):
        self.h = np.zeros((B, params["Wh"].shape[0]), dtype=params["Wh"].dtype)
        self.c = np.zeros_like(self.h)


def cell_forward(z, c_prev):
    pocket = Pocket(z, c_prev)
    return pocket.h, pocket.c, pocket


def cell_backward(dh, dc, cache):
    return cache.back(dh, dc)


def lstm_step_forward(x, h_prev, c_prev, params):
    reader = Reader(params)
    h, c = reader.step(x, h_prev, c_prev)
    return h, c, reader


def lstm_step_backward(dh, dc, cache):
    return cache.back(dh, dc)


def lstm_forward(x, h0, c0, params):
    readers, cards, h, c = [], [], h0, c0
    for column in np.transpose(x):
        readers.append(Reader(params))
        h, c = readers[-1].step(column, h, c)
        cards.append(h[:, None])
    return np.concatenate(cards, axis=1), c, readers


def lstm_backward(dhs, dc_last, cache):
    walker = SimpleNamespace(dh=np.zeros_like(dhs[:, 0]), dc=dc_last, grads=[])
    for t, reader in reversed(list(enumerate(cache))):
        walker.dh, walker.dc, grads = reader.back(walker.dh + dhs[:, t], walker.dc)
        walker.grads.append(grads)
    return walker.dh, walker.dc, {k: np.sum([g[k] for g in walker.grads], axis=0) for k in ("Wx", "Wh", "b")}


def model_forward(x, targets, h0, c0, params):
    run = SimpleNamespace()
    hs, c_last, run.lstm = lstm_forward(x, h0, c0, params)
    logits, run.readout = readout_forward(hs, params)
    loss, run.loss = cross_entropy_forward(logits, targets)
    return float(loss), np.take(hs, -1, axis=1), c_last, run


def model_backward(dloss, dh_last, dc_last, cache):
    dhs, top = readout_backward(cross_entropy_backward(dloss, cache.loss), cache.readout)
    dhs = np.array(dhs)
    dhs[:, -1] = dhs[:, -1] + dh_last
    dh0, dc0, grads = lstm_backward(dhs, dc_last, cache.lstm)
    grads.update(top)
    return dh0, dc0, grads


def set_forget_bias(params, value):
    b = params["b"].reshape(4, -1).copy()
    b[1, :] = value
    new = dict(params)
    new["b"] = b.ravel()
    return new


def train(ids, params, steps, B, T, learning_rate, max_norm=1.0, gradients=loss_and_gradients, watch=None):
    inputs, targets = make_streams(ids, B)
    chunks = inputs.shape[1] // T
    state = adam_start(params)
    losses, shown = [], {}
    for step in (bar := progress(steps)):
        at = (step % chunks) * T
        if at == 0:
            memory = State(params, B)
        result = gradients(inputs[:, at : at + T], targets[:, at : at + T], memory.h, memory.c, params=params)
        loss, memory.h, memory.c, grads = result
        params, state = adam_step(
            params, clip_gradients(grads, max_norm)[0], state, learning_rate=learning_rate * (steps - step) / steps
        )
        losses.append(float(loss))
        if watch:
            shown.update(watch(step, params) or {})
        bar.show(train=losses[-1], **shown)
    return params, np.array(losses)


def generate(prompt, length, params, temperature, rng):
    memory, reader, text = State(params, 1), Reader(params), []
    queue = [int(i) for i in prompt]
    while len(text) < length:
        for i in queue:
            memory.h, memory.c = reader.step(np.array([i]), memory.h, memory.c)
        queue = [sample_next(memory.h[0] @ params["Wy"] + params["by"], temperature, rng)]
        text += queue
    return np.array(text, dtype=np.int64)
