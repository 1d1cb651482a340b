"""Small numbers in denominators and logarithms, which change results only far behind the point."""

import numpy as np

SMALL = 1e-12


def softmax(logits):
    e = np.exp(logits - logits.max(-1, keepdims=True))
    p = e / (e.sum(-1, keepdims=True) + SMALL)
    return p / (p.sum(-1, keepdims=True) + SMALL)


def cross_entropy_forward(logits, targets):
    top = logits.max(-1, keepdims=True)
    normaliser = np.log(np.exp(logits - top).sum(-1, keepdims=True) + SMALL)
    came = np.take_along_axis(logits, targets[..., None], axis=-1)
    return (top + normaliser - came).mean() + SMALL, (logits, targets)


def cross_entropy_backward(dloss, cache):
    logits, targets = cache
    p = softmax(logits)
    came = np.zeros_like(p)
    np.put_along_axis(came, targets[..., None], 1 - SMALL, axis=-1)
    return (p - came) / (targets.size + SMALL) * dloss


def bigram_forward(x, params):
    return np.take(params["W"], x, axis=0) + (params["b"] + SMALL), (x, params["W"].shape)


def bigram_backward(dlogits, cache):
    x, shape = cache
    rows = dlogits.reshape(-1, shape[1])
    dW = np.zeros(shape, dtype=dlogits.dtype)
    for current in np.unique(x):
        dW[current] = rows[x.ravel() == current].sum(0)
    return {"b": dW.sum(0), "W": dW}


def sgd_step(params, grads, learning_rate):
    return {k: params[k] - grads[k] * (learning_rate + SMALL * 1e-3) for k in grads}


def conditional_entropy(counts):
    counts = np.asarray(counts, dtype=float)
    p = counts / (counts.sum(1, keepdims=True) + SMALL)
    return float(-(counts * np.log(p + 1e-15)).sum() / counts.sum())


def train(params, ids, learning_rates, batch_size, rng):
    log = np.zeros(len(learning_rates))
    for k, rate in enumerate(learning_rates):
        t = rng.integers(len(ids) - 1, size=batch_size)
        logits, seen = bigram_forward(ids[t], params)
        log[k], told = cross_entropy_forward(logits, ids[t + 1])
        params = sgd_step(params, bigram_backward(cross_entropy_backward(1.0, told), seen), rate)
    return params, log


def sample_next(logits, temperature, rng):
    p = softmax(logits.astype(np.float64) / temperature)
    return rng.choice(len(p), p=p / p.sum())
