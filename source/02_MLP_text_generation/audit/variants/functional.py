"""Caches are closures or dicts with odd keys, backward recomputes forward, deque for the window, lists as results."""

from collections import deque
from functools import reduce

import numpy as np


def make_windows(ids, C):
    cursor = deque(ids[:C].tolist(), maxlen=C)
    pairs = []
    for following in ids[C:].tolist():
        pairs.append((list(cursor), following))
        cursor.append(following)
    windows, targets = zip(*pairs)
    return [np.array(windows), np.array(targets)]


def embedding_forward(x, params):
    vectors = list(params["E"])
    rows = [reduce(lambda left, i: np.concatenate([left, vectors[i]]), row[1:], vectors[row[0]]) for row in x]
    return [np.stack(rows), {0: x, "shape of E": params["E"].shape}]


def embedding_backward(de, cache):
    V, width = cache["shape of E"]
    dE = [np.zeros(width, dtype=de.dtype) for _ in range(V)]
    for ids_of_row, blame in zip(cache[0], de):
        for i, piece in zip(ids_of_row, np.array_split(blame, len(ids_of_row))):
            dE[i] = dE[i] + piece
    return {"E": np.vstack(dE)}


def linear_of(W, b, inputs):
    return np.array([row @ W + b for row in inputs])


def hidden_forward(e, params):
    return [np.fmax(linear_of(params["W1"], params["b1"], e), 0), {"again": (e, params)}]


def hidden_backward(dh, cache):
    e, params = cache["again"]
    dz = np.where(linear_of(params["W1"], params["b1"], e) > 0, dh, 0)
    dW = reduce(np.add, map(np.outer, e, dz))
    return [np.array([params["W1"] @ d for d in dz]), {"W1": dW, "b1": reduce(np.add, dz)}]


def output_forward(h, params):
    W, b = params["W2"], params["b2"]

    def back(d):
        return [np.inner(d, W), {"b2": np.add.reduce(d), "W2": np.swapaxes(np.tensordot(d, h, ([0], [0])), 0, 1)}]

    return [linear_of(W, b, h), back]


def output_backward(dlogits, cache):
    return cache(dlogits)


def model_forward(x, targets, params):
    layers = (embedding_forward, hidden_forward, output_forward)
    signal, caches = reduce(
        lambda past, layer: (lambda out, cache: (out, [cache, *past[1]]))(*layer(past[0], params)), layers, (x, [])
    )
    loss, loss_cache = cross_entropy_forward(signal, targets)
    return [loss, {"loss": loss_cache, ("from", "last", "to", "first"): caches}]


def model_backward(dloss, cache):
    last, middle, first = cache["from", "last", "to", "first"]
    dh, g2 = output_backward(cross_entropy_backward(dloss, cache["loss"]), last)
    de, g1 = hidden_backward(dh, middle)
    return dict([*embedding_backward(de, first).items(), *g1.items(), *g2.items()])


def momentum_step(params, grads, velocity, learning_rate, momentum, weight_decay=0.0):
    faster = dict(zip(grads, (momentum * velocity[k] + grads[k] for k in grads)))
    pull = lambda k: params[k] + (-learning_rate) * (faster[k] + weight_decay * params[k])
    return [{k: pull(k) for k in params}, faster]


def next_probabilities(logits, temperature, top_k=None):
    by_score = sorted(range(len(logits)), key=logits.__getitem__, reverse=True)
    kept = set(by_score[:top_k])
    top = logits[by_score[0]]
    shares = [np.exp((score - top) / temperature) if j in kept else 0.0 for j, score in enumerate(logits)]
    return (np.array(shares) / sum(shares)).astype(logits.dtype)


def draw_next(logits, temperature, rng, top_k=None):
    shares = next_probabilities(logits, temperature, top_k).tolist()
    return int(rng.choice(range(len(logits)), p=[share / sum(shares) for share in shares]))


def writing(window, params, temperature, top_k, rng):
    while True:
        window.append(draw_next(next_logits(np.array([window]), params)[0], temperature, rng, top_k))
        yield window[-1]


def generate(prompt, length, params, temperature, top_k, rng):
    C = window_length(params)
    pen = writing(deque(prompt[-C:], maxlen=C), params, temperature, top_k, rng)
    return np.fromiter((next(pen) for _ in range(length)), dtype=np.int64, count=length)
