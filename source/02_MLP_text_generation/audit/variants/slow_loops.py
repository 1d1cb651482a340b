"""Scalar loops over windows, places, inputs and neurons; sums in Python floats."""

import math

import numpy as np


def slow_product(a, b):
    n, inner, m = len(a), len(b), len(b[0])
    out = np.zeros((n, m), dtype=a.dtype)
    for r in range(n):
        for c in range(m):
            total = 0.0
            for k in range(inner):
                total += float(a[r][k]) * float(b[k][c])
            out[r, c] = total
    return out


def slow_column_sums(a):
    out = np.zeros(a.shape[1], dtype=a.dtype)
    for c in range(a.shape[1]):
        total = 0.0
        for r in range(a.shape[0]):
            total += float(a[r, c])
        out[c] = total
    return out


def make_windows(ids, C):
    windows, targets = [], []
    start = 0
    while start + C < len(ids):
        windows.append([ids[start + place] for place in range(C)])
        targets.append(ids[start + C])
        start += 1
    return np.array(windows), np.array(targets)


def embedding_forward(x, params):
    table = params["E"]
    width = table.shape[1]
    out = np.zeros((x.shape[0], x.shape[1] * width), dtype=table.dtype)
    for b in range(x.shape[0]):
        for place in range(x.shape[1]):
            for k in range(width):
                out[b, place * width + k] = table[x[b, place], k]
    return out, (x, table.shape)


def embedding_backward(de, cache):
    x, (characters, width) = cache
    total = [[0.0] * width for _ in range(characters)]
    for b in range(len(x)):
        for place in range(len(x[b])):
            for k in range(width):
                total[x[b, place]][k] += float(de[b, place * width + k])
    return {"E": np.array(total, dtype=de.dtype)}


def hidden_forward(e, params):
    z = slow_product(e, params["W1"])
    h = np.zeros_like(z)
    for b in range(z.shape[0]):
        for n in range(z.shape[1]):
            z[b, n] += params["b1"][n]
            if z[b, n] > 0:
                h[b, n] = z[b, n]
    return h, (e, z, params["W1"])


def hidden_backward(dh, cache):
    e, z, W1 = cache
    dz = np.zeros_like(dh)
    for b in range(z.shape[0]):
        for n in range(z.shape[1]):
            if z[b, n] > 0:
                dz[b, n] = dh[b, n]
    return slow_product(dz, W1.T), {"W1": slow_product(e.T, dz), "b1": slow_column_sums(dz)}


def output_forward(h, params):
    scores = slow_product(h, params["W2"])
    for b in range(scores.shape[0]):
        for v in range(scores.shape[1]):
            scores[b, v] += params["b2"][v]
    return scores, (h, params["W2"])


def output_backward(dlogits, cache):
    h, W2 = cache
    return slow_product(dlogits, W2.T), {"W2": slow_product(h.T, dlogits), "b2": slow_column_sums(dlogits)}


def momentum_step(params, grads, velocity, learning_rate, momentum, weight_decay=0.0):
    moved, speed = {}, {}
    for name in params:
        moved[name], speed[name] = np.empty_like(params[name]), np.empty_like(params[name])
        for place in np.ndindex(params[name].shape):
            old = float(params[name][place])
            v = momentum * float(velocity[name][place]) + float(grads[name][place])
            speed[name][place] = v
            moved[name][place] = old - learning_rate * v - learning_rate * weight_decay * old
    return moved, speed


def next_probabilities(logits, temperature, top_k=None):
    count = len(logits)
    scores = [float(s) / temperature for s in logits]
    allowed = set(range(count))
    if top_k is not None:
        allowed = set()
        for _ in range(top_k):
            best = None
            for j in range(count):
                if j not in allowed and (best is None or scores[j] > scores[best]):
                    best = j
            allowed.add(best)
    top = max(scores)
    parts = [math.exp(scores[j] - top) if j in allowed else 0.0 for j in range(count)]
    return np.array([part / sum(parts) for part in parts], dtype=logits.dtype)


def generate(prompt, length, params, temperature, top_k, rng):
    C = window_length(params)
    text = [int(i) for i in prompt]
    for _ in range(length):
        window = np.zeros((1, C), dtype=int)
        for place in range(C):
            window[0, place] = text[len(text) - C + place]
        text.append(draw_next(next_logits(window, params)[0], temperature, rng, top_k=top_k))
    new = np.zeros(length, dtype=int)
    for t in range(length):
        new[t] = text[len(prompt) + t]
    return new
