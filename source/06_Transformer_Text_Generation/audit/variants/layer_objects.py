"""A small framework: Norm, Dense, Bend, Heads, Drop, Block and Net classes, whose instances are the caches."""

import math
from typing import NamedTuple

import numpy as np


class Dense:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def __call__(self, x):
        self.x = x
        return x @ self.W + self.b

    def back(self, up):
        flat = up.reshape(-1, up.shape[-1])
        self.dW = self.x.reshape(len(flat), -1).T @ flat
        self.db = np.add.reduce(flat, axis=0)
        return up @ self.W.T


class Norm:
    def __init__(self, gain, bias):
        self.gain, self.bias = gain, bias

    def __call__(self, x):
        self.spread = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
        self.standard = (x - x.mean(axis=-1, keepdims=True)) / self.spread
        return self.bias + self.gain * self.standard

    def back(self, up):
        rows = tuple(range(up.ndim - 1))
        self.dgain, self.dbias = np.sum(up * self.standard, axis=rows), np.sum(up, axis=rows)
        d = up * self.gain
        d = d - self.standard * np.mean(d * self.standard, axis=-1, keepdims=True)
        return (d - d.mean(axis=-1, keepdims=True)) / self.spread


class Bend:
    factor = math.sqrt(2.0 / math.pi)

    def __call__(self, x):
        self.x = x
        self.open = 0.5 * (1 + np.tanh(self.factor * x * (1 + 0.044715 * np.square(x))))
        return x * self.open

    def back(self, up):
        inner = 2 * self.factor * (1 + 3 * 0.044715 * np.square(self.x))
        return up * (self.open + self.x * self.open * (1 - self.open) * inner)


class Drop:
    def __init__(self, rate, rng):
        self.rate, self.rng, self.kept = rate, rng, None

    def __call__(self, x):
        if self.rng is None or self.rate == 0:
            return x
        self.kept = self.rng.random(x.shape, dtype=np.float32) >= self.rate
        return self.back(x)

    def back(self, up):
        if self.kept is None:
            return up
        return np.where(self.kept, up / (1 - self.rate), np.zeros_like(up))


class Weights(NamedTuple):
    value: np.ndarray


class Looks(NamedTuple):
    q: np.ndarray
    k: np.ndarray
    v: np.ndarray
    w: np.ndarray
    inner: object


class Read(NamedTuple):
    ids: np.ndarray
    rows: int


class Whole(NamedTuple):
    embedding: object
    drop: object
    blocks: list
    norm: object
    readout: object


class Perceptron:
    def __init__(self, params):
        self.one, self.bend, self.two = Dense(params["W1"], params["b1"]), Bend(), Dense(params["W2"], params["b2"])

    def __call__(self, x):
        return self.two(self.bend(self.one(x)))

    def back(self, up):
        dx = self.one.back(self.bend.back(self.two.back(up)))
        return dx, {"W1": self.one.dW, "b1": self.one.db, "W2": self.two.dW, "b2": self.two.db}


class Heads:
    def __init__(self, params, heads):
        self.entry, self.exit = Dense(params["Wqkv"], params["bqkv"]), Dense(params["Wo"], params["bo"])
        self.heads = heads

    def __call__(self, x):
        thirds = np.split(self.entry(x), 3, axis=-1)
        mixed, self.looks = attention_forward(*(split_heads(third, self.heads) for third in thirds))
        return self.exit(merge_heads(mixed))

    def back(self, up):
        blames = attention_backward(split_heads(self.exit.back(up), self.heads), self.looks)
        dx = self.entry.back(np.concatenate([merge_heads(blame) for blame in blames], axis=-1))
        return dx, {"Wqkv": self.entry.dW, "bqkv": self.entry.db, "Wo": self.exit.dW, "bo": self.exit.db}


class Residual:
    """A branch behind a norm: stream + drop(layer(norm(stream)))."""

    def __init__(self, number, layer):
        self.number, self.layer = number, layer

    def ahead(self, stream, params, rate, rng):
        normed, self.norm = layer_norm_forward(stream, params[f"gain{self.number}"], params[f"bias{self.number}"])
        out, self.inside = self.layer[0](normed)
        out, self.drop = dropout_forward(out, rate, rng)
        return stream + out

    def back(self, up):
        d, grads = self.layer[1](dropout_backward(up, self.drop), self.inside)
        d, dgain, dbias = layer_norm_backward(d, self.norm)
        return up + d, {f"gain{self.number}": dgain, f"bias{self.number}": dbias, **grads}


def positional_encoding(T, D):
    hands = np.exp(1j * np.arange(T)[:, None] / np.power(10000.0, np.arange(D // 2) * 2 / D))
    return np.stack([hands.imag, hands.real], axis=-1).reshape(T, D)


def embedding_forward(x, params):
    table = params["E"]
    tags = positional_encoding(x.shape[1], table.shape[1]).astype(table.dtype)
    return tags[None] + table[x], Read(x, len(table))


def embedding_backward(dout, cache):
    dE = np.zeros((cache.rows, dout.shape[-1]), dtype=dout.dtype)
    for ids, up in zip(cache.ids, dout):
        np.add.at(dE, ids, up)
    return {"E": dE}


def layer_norm_forward(x, gain, bias):
    norm = Norm(gain, bias)
    return norm(x), norm


def layer_norm_backward(dout, cache):
    return cache.back(dout), cache.dgain, cache.dbias


def gelu_forward(x):
    bend = Bend()
    return bend(x), bend


def gelu_backward(dout, cache):
    return cache.back(dout)


def causal_softmax_forward(scores):
    T = scores.shape[-1]
    w = np.zeros_like(scores)
    for t in range(T):
        row = scores[..., t, : t + 1]
        e = np.exp(row - row.max(axis=-1, keepdims=True))
        w[..., t, : t + 1] = e / e.sum(axis=-1, keepdims=True)
    return w, Weights(w)


def causal_softmax_backward(dweights, cache):
    return cache.value * (dweights - np.sum(cache.value * dweights, axis=-1)[..., None])


def attention_forward(q, k, v):
    w, inner = causal_softmax_forward(q @ np.moveaxis(k, -1, -2) / math.sqrt(q.shape[-1]))
    return w @ v, Looks(q, k, v, w, inner)


def attention_backward(dout, cache):
    turn = lambda a: np.moveaxis(a, -1, -2)
    ds = causal_softmax_backward(dout @ turn(cache.v), cache.inner) / math.sqrt(cache.q.shape[-1])
    return ds @ cache.k, turn(ds) @ cache.q, turn(cache.w) @ dout


def split_heads(x, heads):
    return np.stack(np.split(x, heads, axis=2), axis=1)


def merge_heads(x):
    return np.concatenate([x[:, h] for h in range(x.shape[1])], axis=2)


def multi_head_forward(x, params, heads):
    layer = Heads(params, heads)
    return layer(x), layer


def multi_head_backward(dout, cache):
    return cache.back(dout)


def mlp_forward(x, params):
    layer = Perceptron(params)
    return layer(x), layer


def mlp_backward(dout, cache):
    return cache.back(dout)


def dropout_forward(x, rate, rng):
    drop = Drop(rate, rng)
    return drop(x), drop


def dropout_backward(dout, cache):
    return cache.back(dout)


def block_forward(x, params, heads, rate=0.0, rng=None):
    one = Residual(1, (lambda n: multi_head_forward(n, params, heads), multi_head_backward))
    two = Residual(2, (lambda n: mlp_forward(n, params), mlp_backward))
    return two.ahead(one.ahead(x, params, rate, rng), params, rate, rng), (one, two)


def block_backward(dout, cache):
    one, two = cache
    up, second = two.back(dout)
    up, first = one.back(up)
    return up, {**first, **second}


def transformer_forward(x, params, heads, rate=0.0, rng=None):
    stream, embedding = embedding_forward(x, params)
    stream, drop = dropout_forward(stream, rate, rng)
    caches = []
    for i in range(number_of_blocks(params)):
        stream, c = block_forward(stream, block_params(params, i), heads, rate=rate, rng=rng)
        caches.append(c)
    stream, norm = layer_norm_forward(stream, params["gain"], params["bias"])
    readout = Dense(params["Wy"], params["by"])
    return readout(stream), Whole(embedding, drop, caches, norm, readout)


def transformer_backward(dlogits, cache):
    up, dgain, dbias = layer_norm_backward(cache.readout.back(dlogits), cache.norm)
    grads = {"gain": dgain, "bias": dbias, "Wy": cache.readout.dW, "by": cache.readout.db}
    for i, c in reversed(list(enumerate(cache.blocks))):
        up, new = block_backward(up, c)
        grads.update(full_names(new, i))
    grads.update(embedding_backward(dropout_backward(up, cache.drop), cache.embedding))
    return grads


def model_forward(x, targets, params, heads, rate=0.0, rng=None):
    logits, net = transformer_forward(x, params, heads, rate=rate, rng=rng)
    loss, told = cross_entropy_forward(logits, targets)
    return float(loss), {"net": net, "told": told}


def model_backward(dloss, cache):
    return transformer_backward(cross_entropy_backward(dloss, cache["told"]), cache["net"])


class Schedule:
    def __init__(self, steps, peak, warmup):
        self.steps, self.peak, self.warmup = steps, peak, warmup

    def __getitem__(self, step):
        if step >= self.warmup:
            done = (step - self.warmup) / (self.steps - self.warmup)
            return self.peak * (1 + math.cos(math.pi * done)) / 2
        return (step + 1) / self.warmup * self.peak


def learning_rate_at(step, steps, peak, warmup):
    return Schedule(steps, peak, warmup)[step]


def adamw_step(params, grads, state, learning_rate, weight_decay=0.1, beta1=0.9, beta2=0.95, epsilon=1e-8):
    new = {"t": state["t"] + 1, "m": {}, "v": {}}
    moved = {}
    for name in grads:
        g, p = grads[name], params[name]
        new["m"][name] = m = state["m"][name] + (1 - beta1) * (g - state["m"][name])
        new["v"][name] = v = state["v"][name] + (1 - beta2) * (g * g - state["v"][name])
        push = m / (1 - beta1 ** new["t"]) / (np.sqrt(v / (1 - beta2 ** new["t"])) + epsilon)
        moved[name] = p - learning_rate * push - (learning_rate * weight_decay * p if p.ndim >= 2 else 0)
    return moved, new


def train(
    ids, params, steps, B, T, peak, rng, heads=HEADS, rate=0.0, warmup=100, weight_decay=0.1, max_norm=1.0,
    gradients=loss_and_gradients, watch=None,
):
    state = adam_start(params)
    losses, shown = [], {}
    schedule = Schedule(steps, peak, warmup)
    for step in (bar := progress(steps)):
        starts = rng.integers(0, len(ids) - T, size=B)
        pieces = np.array([ids[start : start + T + 1] for start in starts])
        loss, grads = gradients(pieces[:, :-1], pieces[:, 1:], rng, params=params, heads=heads, rate=rate)
        clipped = clip_gradients(grads, max_norm)[0]
        params, state = adamw_step(params, clipped, state, schedule[step], weight_decay=weight_decay)
        losses.append(float(loss))
        if watch:
            shown.update(watch(step, params) or {})
        bar.show(train=losses[-1], **shown)
    return params, np.array(losses)


def generate(prompt, length, params, temperature, rng, T=CONTEXT, heads=HEADS):
    text = np.asarray(prompt, dtype=np.int64)
    for _ in range(length):
        logits = transformer_forward(text[np.newaxis, -T:], params, heads)[0]
        text = np.append(text, sample_next(logits[0, -1], temperature, rng))
    return text[len(prompt) :]
