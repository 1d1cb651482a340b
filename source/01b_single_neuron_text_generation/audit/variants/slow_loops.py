"""Nested Python loops and math.exp / math.log, one position and one character after the other."""

import math

import numpy as np


def scores_to_shares(scores):
    top = max(scores)
    parts = [math.exp(s - top) for s in scores]
    whole = 0.0
    for part in parts:
        whole += part
    return [part / whole for part in parts], top + math.log(whole)


def softmax(logits):
    out = np.zeros(logits.shape, dtype=logits.dtype)
    for place in np.ndindex(logits.shape[:-1]):
        shares, _ = scores_to_shares([float(s) for s in logits[place]])
        for j in range(len(shares)):
            out[place + (j,)] = shares[j]
    return out


def cross_entropy_forward(logits, targets):
    lead = logits.shape[:-1]
    total, M = 0.0, 0
    for place in np.ndindex(lead):
        scores = [float(s) for s in logits[place]]
        _, log_sum = scores_to_shares(scores)
        total += log_sum - scores[int(targets[place])]
        M += 1
    return total / M, (logits, targets, M)


def cross_entropy_backward(dloss, cache):
    logits, targets, M = cache
    d = np.zeros(logits.shape, dtype=logits.dtype)
    for place in np.ndindex(logits.shape[:-1]):
        shares, _ = scores_to_shares([float(s) for s in logits[place]])
        for j, share in enumerate(shares):
            if j == targets[place]:
                share -= 1.0
            d[place + (j,)] = share * dloss / M
    return d


def bigram_forward(x, params):
    V = params["b"].shape[0]
    out = np.zeros(x.shape + (V,), dtype=params["W"].dtype)
    for place in np.ndindex(x.shape):
        for j in range(V):
            out[place + (j,)] = params["W"][x[place], j] + params["b"][j]
    return out, x.copy()


def bigram_backward(dlogits, cache):
    V = dlogits.shape[-1]
    dW = np.zeros((V, V), dtype=dlogits.dtype)
    db = np.zeros(V, dtype=dlogits.dtype)
    for place in np.ndindex(cache.shape):
        i = cache[place]
        for j in range(V):
            dW[i, j] += dlogits[place + (j,)]
            db[j] += dlogits[place + (j,)]
    return {"W": dW, "b": db}


def bigram_counts(ids, V):
    table = [[0.0] * V for _ in range(V)]
    for t in range(1, len(ids)):
        table[ids[t - 1]][ids[t]] += 1.0
    return np.array(table)


def conditional_entropy(counts):
    total, nats = 0.0, 0.0
    for row in counts:
        here = 0.0
        for n in row:
            here += float(n)
        for n in row:
            if n > 0:
                nats -= float(n) * math.log(float(n) / here)
        total += here
    return nats / total


def sgd_step(params, grads, learning_rate):
    out = {}
    for name in params:
        moved = params[name].copy()
        for place in np.ndindex(moved.shape):
            moved[place] -= learning_rate * grads[name][place]
        out[name] = moved
    return out


def generate(params, start_id, length, temperature, rng):
    text = np.zeros(length, dtype=int)
    text[0] = start_id
    for t in range(1, length):
        scores = params["W"][text[t - 1]] + params["b"]
        text[t] = sample_next(scores, temperature, rng)
    return text
