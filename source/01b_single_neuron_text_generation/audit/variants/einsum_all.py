"""One-hot matrices and einsum with an ellipsis for every lookup, sum and product."""

import numpy as np


def softmax(logits):
    e = np.exp(logits - logits.max(axis=-1)[..., np.newaxis])
    return np.einsum("...v,...->...v", e, 1 / np.einsum("...v->...", e))


def as_one_hot(ids, V, dtype):
    return np.equal.outer(ids, np.arange(V)).astype(dtype)


def cross_entropy_forward(logits, targets):
    O = as_one_hot(targets, logits.shape[-1], logits.dtype)
    shifted = logits - logits.max(axis=-1)[..., None]
    log_sum = np.log(np.einsum("...v->...", np.exp(shifted)))
    surprises = log_sum - np.einsum("...v,...v->...", O, shifted)
    loss = np.einsum("m->", surprises.reshape(-1)) / targets.size
    return loss, {"one-hot": O, "p": softmax(logits)}


def cross_entropy_backward(dloss, cache):
    O, p = cache["one-hot"], cache["p"]
    return dloss * (p - O) * (p.shape[-1] / p.size)


def bigram_forward(x, params):
    O = as_one_hot(x, len(params["W"]), params["W"].dtype)
    return np.einsum("...i,ij->...j", O, params["W"]) + params["b"], O


def bigram_backward(dlogits, cache):
    V = dlogits.shape[-1]
    O, d = cache.reshape(-1, V), dlogits.reshape(-1, V)
    return {"W": np.einsum("mi,mj->ij", O, d).astype(d.dtype), "b": np.einsum("mj->j", d)}


def sgd_step(params, grads, learning_rate):
    return {k: p - np.einsum("...,->...", grads[k], p.dtype.type(learning_rate)) for k, p in params.items()}


def bigram_counts(ids, V):
    O = as_one_hot(ids, V, float)
    return np.einsum("ti,tj->ij", O[:-1], O[1:])


def conditional_entropy(counts):
    counts = np.asarray(counts, dtype=float)
    rows = np.einsum("ij->i", counts)
    nats = np.einsum("i,i->", rows, np.log(np.where(rows > 0, rows, 1)))
    nats -= np.einsum("ij,ij->", counts, np.log(np.where(counts > 0, counts, 1)))
    return nats / np.einsum("ij->", counts)


def train(params, ids, learning_rates, batch_size, rng):
    record, V = [], len(params["b"])
    for rate in learning_rates:
        spots = rng.integers(0, ids.shape[0] - 1, size=(batch_size,))
        O_now = as_one_hot(ids[spots], V, params["W"].dtype)
        O_next = as_one_hot(ids[spots + 1], V, params["W"].dtype)
        z = np.einsum("ni,ij->nj", O_now, params["W"]) + params["b"]
        z = z - z.max(axis=1, keepdims=True)
        log_p = z - np.log(np.einsum("nj->n", np.exp(z)))[:, None]
        record.append(-np.einsum("nj,nj->", O_next, log_p) / batch_size)
        d = (np.exp(log_p) - O_next) * (rate / batch_size)
        params = {"W": params["W"] - np.einsum("ni,nj->ij", O_now, d), "b": params["b"] - np.einsum("nj->j", d)}
    return params, np.array(record)
