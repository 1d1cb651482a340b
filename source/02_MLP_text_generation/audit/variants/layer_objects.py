"""Layers and the whole network as classes, whose instances are the caches."""

from dataclasses import dataclass

import numpy as np


class Affine:
    def __init__(self, weights, bias):
        self.weights, self.bias = weights, bias

    def up(self, inputs):
        self.inputs = inputs
        return np.matmul(inputs, self.weights) + self.bias[None, :]

    def down(self, upstream):
        self.dweights = np.matmul(upstream.T, self.inputs).T
        self.dbias = np.ones(len(upstream), dtype=upstream.dtype) @ upstream
        return np.matmul(self.weights, upstream.T).T


class Rectifier:
    def up(self, z):
        self.quiet = ~(z > 0)
        out = z.copy()
        out[self.quiet] = 0
        return out

    def down(self, upstream):
        out = upstream.copy()
        out[self.quiet] = 0
        return out


class Hidden:
    def __init__(self, params):
        self.affine, self.rectifier = Affine(params["W1"], params["b1"]), Rectifier()

    def up(self, e):
        return self.rectifier.up(self.affine.up(e))

    def down(self, dh):
        de = self.affine.down(self.rectifier.down(dh))
        return de, {"W1": self.affine.dweights, "b1": self.affine.dbias}


@dataclass
class Read:
    rows: np.ndarray
    size: int


@dataclass
class Network:
    embedding: object
    hidden: object
    output: object
    loss: object


@dataclass
class Ball:
    where: np.ndarray
    speed: np.ndarray

    def push(self, g, rate, keep, decay):
        speed = self.speed * keep + g
        return Ball(self.where - rate * (speed + decay * self.where), speed)


def make_windows(ids, C):
    starts = np.arange(len(ids) - C)
    return ids[starts[:, None] + np.arange(C)[None, :]], ids[starts + C]


def embedding_forward(x, params):
    vectors = np.take(params["E"], x, axis=0)
    return np.concatenate([vectors[:, c] for c in range(x.shape[1])], axis=1), Read(x, len(params["E"]))


def embedding_backward(de, cache):
    pieces = np.split(de, cache.rows.shape[1], axis=1)
    dE = np.zeros((cache.size, pieces[0].shape[1]), dtype=de.dtype)
    for c, piece in enumerate(pieces):
        np.add.at(dE, cache.rows[:, c], piece)
    return {"E": dE}


def hidden_forward(e, params):
    layer = Hidden(params)
    return layer.up(e), layer


def hidden_backward(dh, cache):
    return cache.down(dh)


def output_forward(h, params):
    layer = Affine(params["W2"], params["b2"])
    return layer.up(h), layer


def output_backward(dlogits, cache):
    dh = cache.down(dlogits)
    return dh, {"W2": cache.dweights, "b2": cache.dbias}


def model_forward(x, targets, params):
    net = Network(None, None, None, None)
    signal, net.embedding = embedding_forward(x, params)
    signal, net.hidden = hidden_forward(signal, params)
    signal, net.output = output_forward(signal, params)
    loss, net.loss = cross_entropy_forward(signal, targets)
    return float(loss), net


def model_backward(dloss, cache):
    grads = {}
    blame, new = output_backward(cross_entropy_backward(dloss, cache.loss), cache.output)
    grads |= new
    blame, new = hidden_backward(blame, cache.hidden)
    grads |= new
    return grads | embedding_backward(blame, cache.embedding)


def momentum_step(params, grads, velocity, learning_rate, momentum, weight_decay=0.0):
    balls = {k: Ball(params[k], velocity[k]).push(grads[k], learning_rate, momentum, weight_decay) for k in params}
    return {k: ball.where for k, ball in balls.items()}, {k: ball.speed for k, ball in balls.items()}


class Chooser:
    def __init__(self, temperature, top_k):
        self.temperature, self.top_k = temperature, top_k

    def shares(self, logits):
        order = np.argsort(-logits, kind="stable")[: self.top_k]
        z = logits[order] / self.temperature
        e = np.exp(z - z[0])
        p = np.zeros_like(logits)
        p[order] = e / e.sum()
        return p


def next_probabilities(logits, temperature, top_k=None):
    return Chooser(temperature, top_k).shares(logits)


def draw_next(logits, temperature, rng, top_k=None):
    return int(rng.choice(logits.size, p=next_probabilities(logits, temperature, top_k)))


def generate(prompt, length, params, temperature, top_k, rng):
    C = window_length(params)
    window, new = np.asarray(prompt)[-C:], []
    for _ in range(length):
        drawn = draw_next(next_logits(window[np.newaxis], params).squeeze(0), temperature, rng, top_k)
        new.append(drawn)
        window = np.append(window[1:], drawn)
    return np.array(new, dtype=int)


def train(
    ids, params, steps, B, learning_rate, momentum, weight_decay, rng, watch=None, gradients=batch_gradients,
):
    windows, targets = make_windows(ids, window_length(params))
    N = len(targets)
    velocity = {name: np.zeros_like(p) for name, p in params.items()}
    losses, shown = [], {}
    for step in (bar := progress(steps)):
        drawn = rng.integers(N, size=B)
        loss, slopes = gradients(windows.take(drawn, axis=0), targets.take(drawn), params=params)
        left = (steps - step) / steps
        params, velocity = momentum_step(
            params, slopes, velocity, learning_rate=left * learning_rate, momentum=momentum, weight_decay=weight_decay
        )
        losses.append(float(loss))
        if watch:
            shown.update(watch(step, params) or {})
        bar.show(train=losses[-1], **shown)
    return params, np.array(losses)
