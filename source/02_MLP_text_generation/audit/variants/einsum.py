"""Every product as einsum, the lookup forward and backward with one-hot rows, np.add.at for the counts."""

import numpy as np


def make_windows(ids, C):
    starts = np.arange(len(ids) - C)
    return ids[starts[:, None] + np.arange(C)], ids[starts + C]


def embedding_forward(x, params):
    V, E = params["E"].shape
    one_hot = (x[..., None] == np.arange(V)).astype(params["E"].dtype)
    e = np.einsum("bcv,ve->bce", one_hot, params["E"])
    return e.reshape(len(x), x.shape[1] * E), one_hot


def embedding_backward(de, cache):
    B, C, _ = cache.shape
    return {"E": np.einsum("bcv,bce->ve", cache, de.reshape(B, C, -1), optimize=True)}


def hidden_forward(e, params):
    z = np.einsum("bd,dh->bh", e, params["W1"], optimize=True) + params["b1"]
    return np.where(z > 0, z, np.zeros_like(z)), (e, z, params["W1"])


def hidden_backward(dh, cache):
    e, z, W1 = cache
    dz = np.where(z > 0, dh, np.zeros_like(dh))
    grads = {"W1": np.einsum("bd,bh->dh", e, dz, optimize=True), "b1": np.einsum("bh->h", dz)}
    return np.einsum("bh,dh->bd", dz, W1, optimize=True), grads


def output_forward(h, params):
    return np.einsum("bh,hv->bv", h, params["W2"], optimize=True) + params["b2"], (h, params["W2"])


def output_backward(dlogits, cache):
    h, W2 = cache
    grads = {"W2": np.einsum("bh,bv->hv", h, dlogits, optimize=True), "b2": np.einsum("bv->v", dlogits)}
    return np.einsum("bv,hv->bh", dlogits, W2, optimize=True), grads


def model_forward(x, targets, params):
    e, first = embedding_forward(x, params)
    h, second = hidden_forward(e, params)
    logits, third = output_forward(h, params)
    top = logits.max(axis=1)
    log_sum = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
    own = np.take_along_axis(logits, targets[:, None], axis=1)[:, 0]
    dlogits = np.exp(logits - log_sum[:, None])
    np.add.at(dlogits, (np.arange(len(x)), targets), -1)
    return (log_sum - own).sum() / len(x), (first, second, third, dlogits)


def model_backward(dloss, cache):
    first, second, third, dlogits = cache
    dh, output_grads = output_backward(dlogits * (dloss / len(dlogits)), third)
    de, hidden_grads = hidden_backward(dh, second)
    return embedding_backward(de, first) | hidden_grads | output_grads


def next_probabilities(logits, temperature, top_k=None):
    scaled = logits / temperature
    if top_k is not None and top_k < len(logits):
        allowed = np.argpartition(logits, -top_k)[-top_k:]
        hidden = np.full_like(scaled, -np.inf)
        hidden[allowed] = scaled[allowed]
        scaled = hidden
    log_sum = scaled.max() + np.log(np.exp(scaled - scaled.max()).sum())
    return np.exp(scaled - log_sum)


def draw_next(logits, temperature, rng, top_k=None):
    p = next_probabilities(logits, temperature, top_k)
    with np.errstate(divide="ignore"):
        return int(np.argmax(np.log(p) + rng.gumbel(size=len(p))))
