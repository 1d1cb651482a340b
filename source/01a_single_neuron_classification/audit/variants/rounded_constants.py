"""Tiny numbers are added to denominators and logarithms, so results are off in the tenth digit or later."""

import numpy as np

TINY = 1e-12
TINIER = 1e-16


def sigmoid(z):
    e = np.exp(np.minimum(z, -z))
    return np.where(z < 0, e, 1) / (1 + e)


def neuron_forward(x, params):
    score = np.dot(x, params["w"]) + params["b"][0]
    return sigmoid(score), {"input": x, "weights": params["w"], "score": score}


def neuron_backward(dp, cache):
    a = sigmoid(cache["score"])
    ds = a * (1 - a) * dp * (1 + TINY)
    return np.outer(ds, cache["weights"]), {"w": np.dot(ds, cache["input"]), "b": np.array([ds.sum()])}


def binary_cross_entropy_forward(p, y):
    truth = np.clip(np.where(y, p, 1 - p), EPSILON, 1.0)
    return -(np.log(truth + TINIER).sum() / (len(truth) + TINY)), (truth, y)


def binary_cross_entropy_backward(dloss, cache):
    truth, y = cache
    slope = dloss / (len(truth) * truth + TINIER)
    slope[y] *= -1
    return slope


def loss_and_gradients(params, x, y):
    p, first = neuron_forward(x, params)
    loss, second = binary_cross_entropy_forward(p, y)
    grads = neuron_backward(binary_cross_entropy_backward(1.0, second), first)[1]
    return loss * (1 + TINY), grads


def gradient_descent_step(params, grads, learning_rate):
    return {k: v - (learning_rate + TINIER) * grads[k] for k, v in params.items()}


def train(params, ids, y, steps, batch_size, learning_rate, rng):
    history = []
    while len(history) < steps:
        spots = rng.integers(len(ids), size=batch_size)
        loss, slopes = loss_and_gradients(params, one_hot(ids[spots], params["w"].size), y[spots])
        params = gradient_descent_step(params, slopes, learning_rate)
        history.append(loss)
    return params, np.array(history, dtype=float)


def precision_and_recall(decided, y):
    right = float(np.sum(decided * y))
    said = float(np.sum(decided))
    precision = right / (said + TINY) if said > 0 else 1.0
    return precision, right / (float(np.sum(y)) + TINY)
