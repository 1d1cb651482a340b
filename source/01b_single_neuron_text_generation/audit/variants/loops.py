"""One position after the other in plain Python loops, with a dict as cache."""

import math
from itertools import pairwise

import numpy as np


def softmax(logits):
    p = np.empty_like(logits)
    for place in np.ndindex(logits.shape[:-1]):
        top = max(logits[place])
        weights = [math.exp(value - top) for value in logits[place]]
        p[place] = [weight / sum(weights) for weight in weights]
    return p


def cross_entropy_forward(logits, targets):
    p, total = np.zeros_like(logits), 0.0
    for place in np.ndindex(targets.shape):
        row = logits[place]
        weights = np.exp(row - row.max())
        p[place] = weights / weights.sum()
        total += math.log(weights.sum()) + row.max() - row[targets[place]]
    return total / targets.size, {"p": p, "targets": targets}


def cross_entropy_backward(dloss, cache):
    dlogits, targets = cache["p"].copy(), cache["targets"]
    for place in np.ndindex(targets.shape):
        dlogits[place][targets[place]] -= 1
    return dlogits * (dloss / targets.size)


def bigram_forward(x, params):
    logits = np.empty((*x.shape, len(params["b"])), dtype=params["W"].dtype)
    for place in np.ndindex(x.shape):
        logits[place] = params["W"][x[place]] + params["b"]
    return logits, x


def bigram_backward(dlogits, cache):
    V = dlogits.shape[-1]
    dW, db = np.zeros((V, V), dtype=dlogits.dtype), np.zeros(V, dtype=dlogits.dtype)
    for place in np.ndindex(cache.shape):
        dW[cache[place]] += dlogits[place]
        db += dlogits[place]
    return {"W": dW, "b": db}


def bigram_counts(ids, V):
    counts = np.zeros((V, V))
    for current, following in pairwise(ids):
        counts[current, following] += 1
    return counts


def conditional_entropy(counts):
    total = 0.0
    for row in counts:
        for count in row[row > 0]:
            total -= count * math.log(count / row.sum())
    return total / counts.sum()
