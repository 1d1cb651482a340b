"""The caches are dataclasses that hold inputs only; the backward passes compute the rest again."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Came:
    """What a forward pass was called with."""

    x: np.ndarray
    params: dict
    targets: np.ndarray | None = None


def embedding_forward(x, params):
    e = np.take(params["E"], x, axis=0)
    return e.reshape(e.shape[0], e.shape[1] * e.shape[2]), Came(x, params)


def embedding_backward(de, cache):
    table, ids = cache.params["E"], cache.x.ravel()
    order = np.argsort(ids, kind="stable")
    present, starts = np.unique(ids[order], return_index=True)
    dE = np.zeros_like(table)
    dE[present] = np.add.reduceat(de.reshape(len(ids), -1)[order], starts, axis=0)
    return {"E": dE}


def hidden_forward(e, params):
    z = e @ params["W1"] + params["b1"]
    return z * (z > 0), Came(e, params)


def hidden_backward(dh, cache):
    e, W1, b1 = cache.x, cache.params["W1"], cache.params["b1"]
    dz = dh * np.heaviside(e @ W1 + b1, 0)
    return dz @ W1.T, {"W1": e.T @ dz, "b1": dz.sum(axis=0)}


def output_forward(h, params):
    return np.dot(h, params["W2"]) + params["b2"], Came(h, params)


def output_backward(dlogits, cache):
    return np.dot(dlogits, cache.params["W2"].T), {
        "W2": np.dot(cache.x.T, dlogits), "b2": np.add.reduce(dlogits, axis=0),
    }  # fmt: skip


def model_forward(x, targets, params):
    e, _ = embedding_forward(x, params)
    h, _ = hidden_forward(e, params)
    logits, _ = output_forward(h, params)
    return cross_entropy_forward(logits, targets)[0], Came(x, params, targets)


def model_backward(dloss, cache):
    e, embedding_cache = embedding_forward(cache.x, cache.params)
    h, hidden_cache = hidden_forward(e, cache.params)
    logits, output_cache = output_forward(h, cache.params)
    _, loss_cache = cross_entropy_forward(logits, cache.targets)
    grads = {}
    d, grads["output"] = output_backward(cross_entropy_backward(dloss, loss_cache), output_cache)
    d, grads["hidden"] = hidden_backward(d, hidden_cache)
    grads["embedding"] = embedding_backward(d, embedding_cache)
    return {name: g for part in grads.values() for name, g in part.items()}
