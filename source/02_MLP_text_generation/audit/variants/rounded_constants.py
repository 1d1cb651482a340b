"""Constants of 1e-12 in denominators and as thresholds; ReLU as half of z + |z|."""

import numpy as np

SMALL = 1e-12


def embedding_forward(x, params):
    B, C = x.shape
    one_hot = (x[..., None] == np.arange(len(params["E"]))).astype(params["E"].dtype)
    return (one_hot @ params["E"]).reshape(B, -1), one_hot


def embedding_backward(de, cache):
    B, C, V = cache.shape
    return {"E": np.tensordot(cache, de.reshape(B, C, -1), axes=([0, 1], [0, 1]))}


def hidden_forward(e, params):
    z = e.dot(params["W1"]) + params["b1"]
    return (z + abs(z)) * 0.5, [e, z, params["W1"]]


def hidden_backward(dh, cache):
    e, z, W = cache
    slope = z / (abs(z) + SMALL * 1e-6)
    dz = dh * (slope > 0.5)
    return dz.dot(W.T), {"b1": dz.sum(0), "W1": e.T.dot(dz)}


def output_forward(h, params):
    return h.dot(params["W2"]) + (params["b2"] + SMALL), (h, params)


def output_backward(dlogits, cache):
    h, p = cache
    return dlogits.dot(p["W2"].T) * (1 + SMALL), {"b2": dlogits.sum(0), "W2": (1 - SMALL) * h.T.dot(dlogits)}


def model_forward(x, targets, params):
    e, first = embedding_forward(x, params)
    h, second = hidden_forward(e, params)
    z, third = output_forward(h, params)
    z = z - z.max(1, keepdims=True)
    e = np.exp(z)
    p = e / (e.sum(1, keepdims=True) + SMALL)
    rows = np.arange(len(x))
    loss = (np.log(e.sum(1) + SMALL) - z[rows, targets]).mean()
    return loss, (first, second, third, p, targets)


def model_backward(dloss, cache):
    first, second, third, p, targets = cache
    d = p.copy()
    d[np.arange(len(d)), targets] -= 1
    d *= dloss / (len(d) + SMALL)
    dh, grads = output_backward(d, third)
    de, more = hidden_backward(dh, second)
    grads.update(more)
    grads.update(embedding_backward(de, first))
    return grads


def momentum_step(params, grads, velocity, learning_rate, momentum, weight_decay=0.0):
    v = {k: grads[k] + (momentum + SMALL) * velocity[k] for k in params}
    shrink = 1 - learning_rate * weight_decay
    return {k: shrink * params[k] - learning_rate * v[k] for k in params}, v


def next_probabilities(logits, temperature, top_k=None):
    place = np.argsort(np.argsort(-logits, kind="stable"))
    z = (logits - logits.max()) / (temperature * (1 + SMALL))
    p = np.exp(z) * (place < (len(logits) if top_k is None else top_k))
    return p / (p.sum() + SMALL)


def draw_next(logits, temperature, rng, top_k=None):
    p = next_probabilities(logits, temperature, top_k).astype(float)
    return int(rng.choice(len(p), p=p / p.sum()))
