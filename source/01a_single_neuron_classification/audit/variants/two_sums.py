"""The loss as the textbook's two sums, over the vowels and over the rest; answer minus truth in one go."""

import numpy as np


def binary_cross_entropy_forward(p, y):
    yes = -np.log(np.maximum(p[y], EPSILON)).sum()
    no = -np.log(np.maximum(1 - p[~y], EPSILON)).sum()
    return (yes + no) / len(y), {"p": p, "y": y}


def binary_cross_entropy_backward(dloss, cache):
    p, y = cache["p"], cache["y"]
    dp = np.empty_like(p)
    dp[y] = -dloss / np.maximum(p[y], EPSILON)
    dp[~y] = dloss / np.maximum(1 - p[~y], EPSILON)
    dp /= len(y)
    return dp


def loss_and_gradients(params, x, y):
    p, _ = neuron_forward(x, params)
    loss, _ = binary_cross_entropy_forward(p, y)
    dz = p.copy()
    dz[y] -= 1
    dz /= len(y)
    return loss, {"w": x.T @ dz, "b": dz.sum(keepdims=True)}


def classify(p, threshold):
    return ~(p < threshold)
