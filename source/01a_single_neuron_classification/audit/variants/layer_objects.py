"""Layers are objects that remember their inputs; the cache of a function is such an object."""

from typing import NamedTuple

import numpy as np


class LinearUnit:
    def __init__(self, weights, bias):
        self.weights = weights
        self.bias = bias

    def forward(self, inputs):
        self.inputs = inputs
        return self.bias + (inputs * self.weights).sum(axis=1)

    def backward(self, upstream):
        column = upstream.reshape(-1, 1)
        self.dweights = (self.inputs * column).sum(axis=0)
        self.dbias = upstream.sum().reshape(1)
        return column * self.weights.reshape(1, -1)


class Squash:
    def forward(self, scores):
        self.outputs = sigmoid(scores)
        return self.outputs

    def backward(self, upstream):
        return upstream * (self.outputs - self.outputs**2)


class WholeNeuron:
    def __init__(self, params):
        self.linear, self.squash = LinearUnit(params["w"], params["b"]), Squash()

    def __call__(self, x):
        return self.squash.forward(self.linear.forward(x))


class Surprise(NamedTuple):
    truth: np.ndarray
    sign: np.ndarray


class Optimiser:
    def __init__(self, rate):
        self.rate = rate

    def move(self, where, slope):
        return np.subtract(where, self.rate * slope)


class Tally:
    def __init__(self, decided, y):
        self.true_positive = np.count_nonzero(np.logical_and(decided, y))
        self.false_positive = np.count_nonzero(np.logical_and(decided, np.logical_not(y)))
        self.false_negative = np.count_nonzero(np.logical_and(np.logical_not(decided), y))

    @property
    def precision(self):
        said = self.true_positive + self.false_positive
        return self.true_positive / said if said else 1.0

    @property
    def recall(self):
        return self.true_positive / (self.true_positive + self.false_negative)


def one_hot(ids, vocabulary_size):
    return (np.arange(vocabulary_size) == np.reshape(ids, (-1, 1))).astype(np.float32)


def sigmoid(z):
    negative = z < 0
    result = np.empty_like(z)
    result[~negative] = 1 / (1 + np.exp(-z[~negative]))
    grown = np.exp(z[negative])
    result[negative] = grown / (1 + grown)
    return result


def neuron_forward(x, params):
    neuron = WholeNeuron(params)
    return neuron(x), neuron


def neuron_backward(dp, cache):
    dx = cache.linear.backward(cache.squash.backward(dp))
    return dx, dict(w=cache.linear.dweights, b=cache.linear.dbias)


def binary_cross_entropy_forward(p, y):
    truth = np.abs(p - ~y)
    truth = np.where(truth > EPSILON, truth, p.dtype.type(EPSILON))
    return float(np.average(-np.log(truth))), Surprise(truth, np.where(y, -1, 1).astype(p.dtype))


def binary_cross_entropy_backward(dloss, cache):
    return cache.sign / cache.truth * (dloss / cache.truth.size)


def loss_and_gradients(params, x, y):
    answers, neuron = neuron_forward(x, params)
    loss, surprise = binary_cross_entropy_forward(answers, y)
    return loss, neuron_backward(binary_cross_entropy_backward(1.0, surprise), neuron)[-1]


def gradient_descent_step(params, grads, learning_rate):
    optimiser = Optimiser(learning_rate)
    return {key: optimiser.move(params[key], grads[key]) for key in sorted(grads)}


def train(params, ids, y, steps, batch_size, learning_rate, rng):
    now = dict(params)
    record = np.full(steps, np.nan)
    V = now["w"].shape[0]
    for k in range(steps):
        drawn = rng.integers(len(ids), size=batch_size)
        record[k], slopes = loss_and_gradients(now, one_hot(np.take(ids, drawn), V), np.take(y, drawn))
        now = gradient_descent_step(now, slopes, learning_rate)
    return now, record


def classify(p, threshold):
    return np.greater_equal(p, threshold)


def precision_and_recall(decided, y):
    tally = Tally(decided, y)
    return tally.precision, tally.recall
