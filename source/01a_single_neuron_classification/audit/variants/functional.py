"""Closures, reduce, generators and apply_along_axis; the cache is the backward pass itself, pairs are lists."""

import math
from functools import reduce
from itertools import islice

import numpy as np


def one_hot(ids, vocabulary_size):
    rows = map(lambda i: [0] * i + [1] + [0] * (vocabulary_size - i - 1), map(int, ids))
    return np.array(list(rows), dtype=np.float32)


def sigmoid(z):
    by_number = np.vectorize(lambda s: math.exp(min(s, 0.0)) / (math.exp(min(s, 0.0)) + math.exp(min(-s, 0.0))), otypes=[z.dtype])
    return by_number(z.astype(float)) if z.size else z.copy()


def neuron_forward(x, params):
    w = params["w"]
    p = sigmoid(np.apply_along_axis(lambda row: row.dot(w), 1, x) + params["b"])

    def way_back(dp):
        dz = [d * a * (1 - a) for d, a in zip(dp, p)]
        return [
            np.stack([d * w for d in dz]),
            {"w": reduce(np.add, (d * row for d, row in zip(dz, x))), "b": np.array([reduce(lambda s, d: s + d, dz)])},
        ]

    return [p, way_back]


def neuron_backward(dp, cache):
    return cache(dp)


def binary_cross_entropy_forward(p, y):
    q = [max(a if truth else 1 - a, p.dtype.type(EPSILON)) for a, truth in zip(p, y)]
    loss = math.fsum(-math.log(a) for a in q) / len(q)
    return [loss, lambda dloss: np.array([(-1 if t else 1) * dloss / (a * len(q)) for a, t in zip(q, y)], dtype=p.dtype)]


def binary_cross_entropy_backward(dloss, cache):
    return cache(dloss)


def loss_and_gradients(params, x, y):
    p, neuron_cache = neuron_forward(x, params)
    loss, loss_cache = binary_cross_entropy_forward(p, y)
    backwards = [lambda d: binary_cross_entropy_backward(d, loss_cache), lambda d: neuron_backward(d, neuron_cache)[1]]
    return [loss, reduce(lambda d, step: step(d), backwards, 1.0)]


def gradient_descent_step(params, grads, learning_rate):
    return dict(map(lambda item: (item[0], item[1] - learning_rate * grads[item[0]]), params.items()))


def training_states(params, ids, y, batch_size, learning_rate, rng):
    while True:
        places = rng.integers(len(ids), size=batch_size)
        loss, grads = loss_and_gradients(params, one_hot(ids[places], len(params["w"])), y[places])
        params = gradient_descent_step(params, grads, learning_rate)
        yield params, loss


def train(params, ids, y, steps, batch_size, learning_rate, rng):
    states = list(islice(training_states(params, ids, y, batch_size, learning_rate, rng), steps))
    return [states[-1][0] if states else dict(params), np.array([loss for _, loss in states], dtype=float)]


def classify(p, threshold):
    return np.fromiter((a >= threshold for a in p), dtype=bool, count=len(p))


def precision_and_recall(decided, y):
    where_said, where_true = set(np.flatnonzero(decided)), set(np.flatnonzero(y))
    hits = len(where_said & where_true)
    return [hits / len(where_said) if where_said else 1.0, hits / len(where_true)]
