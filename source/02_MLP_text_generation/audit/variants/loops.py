"""Plain Python loops over windows, places and samples instead of array operations."""

import math

import numpy as np


def make_windows(ids, C):
    windows, targets = [], []
    for start in range(len(ids) - C):
        windows.append(ids[start : start + C])
        targets.append(ids[start + C])
    return np.array(windows), np.array(targets)


def embedding_forward(x, params):
    B, C = x.shape
    E = params["E"].shape[1]
    e = np.empty((B, C * E), dtype=params["E"].dtype)
    for c in range(C):
        e[:, c * E : (c + 1) * E] = params["E"][x[:, c]]
    return e, {"x": x, "table": params["E"]}


def embedding_backward(de, cache):
    x, table = cache["x"], cache["table"]
    E, dE = table.shape[1], np.zeros_like(table)
    for b, window in enumerate(x):
        for c, character in enumerate(window):
            dE[character] += de[b, c * E : (c + 1) * E]
    return {"E": dE}


def hidden_forward(e, params):
    rows = []
    for sample in e:
        z = sample @ params["W1"] + params["b1"]
        z[z < 0] = 0
        rows.append(z)
    return np.stack(rows), (e, rows, params["W1"])


def hidden_backward(dh, cache):
    e, rows, W1 = cache
    dW1, db1, de = np.zeros_like(W1), np.zeros_like(W1[0]), np.zeros_like(e)
    for b, h in enumerate(rows):
        dz = np.where(h > 0, dh[b], 0)
        dW1 += np.outer(e[b], dz)
        db1 += dz
        de[b] = W1 @ dz
    return de, {"W1": dW1, "b1": db1}


def output_forward(h, params):
    logits = np.stack([params["b2"] + sample @ params["W2"] for sample in h])
    return logits, [h, params["W2"]]


def output_backward(dlogits, cache):
    h, W2 = cache
    dW2, db2, dh = np.zeros_like(W2), np.zeros_like(W2[0]), np.zeros_like(h)
    for b in range(len(h)):
        dW2 += np.outer(h[b], dlogits[b])
        db2 += dlogits[b]
        dh[b] = W2 @ dlogits[b]
    return dh, {"W2": dW2, "b2": db2}


def momentum_step(params, grads, velocity, learning_rate, momentum, weight_decay=0.0):
    new_params, new_velocity = {}, {}
    for name in params:
        new_velocity[name] = momentum * velocity[name] + grads[name]
        step = learning_rate * new_velocity[name] + learning_rate * weight_decay * params[name]
        new_params[name] = params[name] - step
    return new_params, new_velocity


def next_probabilities(logits, temperature, top_k=None):
    ranked = sorted(range(len(logits)), key=lambda i: -logits[i])
    allowed = ranked if top_k is None else ranked[:top_k]
    p, top = np.zeros_like(logits), float(logits[ranked[0]])
    for i in allowed:
        p[i] = math.exp((float(logits[i]) - top) / temperature)
    return p / p.sum()


def draw_next(logits, temperature, rng, top_k=None):
    p = next_probabilities(logits, temperature, top_k)
    left = rng.random()
    for i, share in enumerate(p):
        left -= float(share)
        if left < 0:
            return i
    return int(np.argmax(p))


def generate(prompt, length, params, temperature, top_k, rng):
    window, new = [int(i) for i in prompt][-window_length(params) :], []
    while len(new) < length:
        logits = next_logits(np.array(window)[None, :], params)
        character = draw_next(logits.ravel(), temperature, rng, top_k=top_k)
        window = [*window[1:], character]
        new.append(character)
    return np.array(new, dtype=int)
