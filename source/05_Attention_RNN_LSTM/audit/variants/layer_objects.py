"""Attention and output as classes, one model class for both recurrences, its instance being the cache."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass
class Pairs:
    hs: np.ndarray
    params: dict

    def compute(self):
        asks = self.hs @ self.params["Wq"]
        offers = self.hs @ self.params["Wk"]
        self.features = np.tanh(asks[:, :, np.newaxis, :] + offers[:, np.newaxis, :, :])
        return (self.features * self.params["v"]).sum(axis=-1)

    def back(self, d):
        wide = d[..., np.newaxis]
        dz = wide * (1 - self.features**2) * self.params["v"]
        by_query, by_key = dz.sum(axis=2), dz.sum(axis=1)
        rows = self.hs.reshape(-1, self.hs.shape[-1])
        grads = {
            "Wq": rows.T @ by_query.reshape(len(rows), -1),
            "Wk": rows.T @ by_key.reshape(len(rows), -1),
            "v": (wide * self.features).reshape(-1, dz.shape[-1]).sum(axis=0),
        }
        return by_query @ self.params["Wq"].T + by_key @ self.params["Wk"].T, grads


class Shares:
    def __init__(self, scores):
        self.value = np.zeros(scores.shape, dtype=scores.dtype)
        for t in range(1, scores.shape[1]):
            row = scores[:, t, :t]
            e = np.exp(row - row.max(axis=1)[:, None])
            self.value[:, t, :t] = e / e.sum(axis=1)[:, None]

    def back(self, d):
        better = d - np.sum(d * self.value, axis=2)[:, :, None]
        return better * self.value


class Mix:
    def __init__(self, weights, hs):
        self.weights, self.hs = weights, hs
        self.value = np.matmul(weights, hs)

    def back(self, d):
        return np.matmul(d, np.transpose(self.hs, (0, 2, 1))), np.matmul(np.transpose(self.weights, (0, 2, 1)), d)


class TwoLinear:
    def __init__(self, hs, contexts, params):
        self.inputs, self.params = {"Wy": hs, "Wc": contexts}, params
        self.value = sum(x @ params[name] for name, x in self.inputs.items()) + params["by"]

    def back(self, d):
        flat = d.reshape(-1, d.shape[-1])
        grads = {name: x.reshape(len(flat), -1).T @ flat for name, x in self.inputs.items()}
        grads["by"] = flat.sum(axis=0)
        return *(d @ self.params[name].T for name in ("Wy", "Wc")), grads


@dataclass
class Model:
    params: dict
    recurrence: Any = None
    attention: Any = None
    output: Any = None
    loss: Any = None

    def ahead(self, hs, targets):
        contexts, self.attention = attention_forward(hs, self.params)
        logits, self.output = output_forward(hs, contexts, self.params)
        loss, self.loss = cross_entropy_forward(logits, targets)
        return float(loss)

    def back(self, dloss, dh_last):
        direct, dcontexts, grads = output_backward(cross_entropy_backward(dloss, self.loss), self.output)
        through, more = attention_backward(dcontexts, self.attention)
        dhs = np.add(direct, through)
        dhs[:, -1] += dh_last
        return dhs, {**grads, **more}


def scores_forward(hs, params):
    pairs = Pairs(hs, params)
    return pairs.compute(), pairs


def scores_backward(dscores, cache):
    return cache.back(dscores)


def masked_softmax_forward(scores):
    shares = Shares(scores)
    return shares.value, shares


def masked_softmax_backward(dweights, cache):
    return cache.back(dweights)


def context_forward(weights, hs):
    mix = Mix(weights, hs)
    return mix.value, mix


def context_backward(dcontexts, cache):
    return cache.back(dcontexts)


def attention_forward(hs, params):
    scores, pairs = scores_forward(hs, params)
    weights, shares = masked_softmax_forward(scores)
    contexts, mix = context_forward(weights, hs)
    return contexts, {"pairs": pairs, "shares": shares, "mix": mix}


def attention_backward(dcontexts, cache):
    dweights, dvalues = context_backward(dcontexts, cache["mix"])
    dpairs, grads = scores_backward(masked_softmax_backward(dweights, cache["shares"]), cache["pairs"])
    return dpairs + dvalues, grads


def output_forward(hs, contexts, params):
    layer = TwoLinear(hs, contexts, params)
    return layer.value, layer


def output_backward(dlogits, cache):
    return cache.back(dlogits)


def rnn_attention_forward(x, targets, h0, params):
    model = Model(params)
    hs, model.recurrence = rnn_forward(x, h0, params)
    return model.ahead(hs, targets), hs[:, -1], model


def rnn_attention_backward(dloss, dh_last, cache):
    dhs, grads = cache.back(dloss, dh_last)
    dh0, more = rnn_backward(dhs, cache.recurrence)
    return dh0, grads | more


def lstm_attention_forward(x, targets, h0, c0, params):
    model = Model(params)
    hs, c_last, model.recurrence = lstm_forward(x, h0, c0, params)
    return model.ahead(hs, targets), hs[:, -1], c_last, model


def lstm_attention_backward(dloss, dh_last, dc_last, cache):
    dhs, grads = cache.back(dloss, dh_last)
    dh0, dc0, more = lstm_backward(dhs, dc_last, cache.recurrence)
    return dh0, dc0, grads | more


class Box:
    def __init__(self, params, window):
        self.params, self.window = params, window
        self.state, self.memories = start_state(params, 1), None

    def read(self, ids):
        hs, self.state = read(np.atleast_2d(ids), self.state, self.params)
        kept = hs if self.memories is None else np.append(self.memories, hs, axis=1)
        self.memories = kept[:, max(0, kept.shape[1] - self.window) :]

    def scores(self):
        return predict(self.memories, self.params)[0, -1]


def train(ids, params, steps, B, T, learning_rate, max_norm=1.0, gradients=loss_and_gradients, watch=None):
    chunks = (len(ids) - T) // B // T
    adam = adam_start(params)
    losses, shown = [], {}
    for step in (bar := progress(steps)):
        if step % chunks == 0:
            inputs, targets = make_streams(ids[11 * (step // chunks) % T :], B)
            memory = list(start_state(params, B))
        place = range((step % chunks) * T, (step % chunks + 1) * T)
        answer = gradients(inputs.take(place, axis=1), targets.take(place, axis=1), *memory, params=params)
        loss, memory, grads = answer[0], answer[1:-1], answer[-1]
        grads = clip_gradients(grads, max_norm)[0]
        params, adam = adam_step(params, grads, adam, learning_rate=learning_rate * (steps - step) / steps)
        losses.append(float(loss))
        if watch:
            shown.update(watch(step, params) or {})
        bar.show(train=losses[-1], **shown)
    return params, np.array(losses)


def generate(prompt, length, params, window, temperature, rng):
    box, text = Box(params, window), []
    box.read(prompt)
    for _ in range(length):
        text.append(sample_next(box.scores(), temperature, rng))
        box.read(text[-1])
    return np.array(text, dtype=np.int64)
