"""One sample after the other in plain Python loops, with lists as caches."""

import math

import numpy as np


def one_hot(ids, vocabulary_size):
    rows = np.zeros((len(ids), vocabulary_size), dtype=np.float32)
    for row, i in zip(rows, ids, strict=True):
        row[i] = 1
    return rows


def sigmoid(z):
    p = np.empty_like(z)
    for place, score in np.ndenumerate(z):
        if score >= 0:
            p[place] = 1 / (1 + math.exp(-score))
        else:
            p[place] = math.exp(score) / (1 + math.exp(score))
    return p


def neuron_forward(x, params):
    w, b = params["w"], params["b"]
    scores = np.empty(len(x), dtype=x.dtype)
    for i, row in enumerate(x):
        scores[i] = sum(value * weight for value, weight in zip(row, w, strict=True)) + b[0]
    p = sigmoid(scores)
    return p, [x, w, p]


def binary_cross_entropy_forward(p, y):
    total = 0.0
    for probability, yes in zip(p, y, strict=True):
        total -= math.log(max(probability if yes else 1 - probability, EPSILON))
    return total / len(p), [p, y]


def binary_cross_entropy_backward(dloss, cache):
    p, y = cache
    dp = np.zeros_like(p)
    for i in range(len(p)):
        q = max(p[i] if y[i] else 1 - p[i], EPSILON)
        dp[i] = dloss / len(p) / q * (-1 if y[i] else 1)
    return dp


def neuron_backward(dp, cache):
    x, w, p = cache
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros(1, dtype=w.dtype)
    for i in range(len(x)):
        dz = dp[i] * p[i] * (1 - p[i])
        dx[i] = dz * w
        dw += dz * x[i]
        db += dz
    return dx, {"w": dw, "b": db}


def gradient_descent_step(params, grads, learning_rate):
    moved = {}
    for name, values in params.items():
        moved[name] = np.array([v - learning_rate * g for v, g in zip(values, grads[name], strict=True)])
    return moved


def classify(p, threshold):
    return np.array([probability >= threshold for probability in p])


def precision_and_recall(decided, y):
    hits = sum(bool(d and t) for d, t in zip(decided, y, strict=True))
    yes = sum(map(bool, decided))
    return (hits / yes if yes else 1.0), hits / sum(map(bool, y))
