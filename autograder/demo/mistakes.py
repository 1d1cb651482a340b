"""What students really get wrong: each function replaces the exercise of that name where there is one."""

import numpy as np


def binary_cross_entropy_backward(dloss, cache):
    """The loss is a mean, and this forgets it."""
    q, y = cache
    return dloss * np.where(y, -1 / q, 1 / q)


def neuron_backward(dp, cache):
    """The slope of the sigmoid is forgotten."""
    x, w, _ = cache
    return dp[:, None] * w, {"w": x.T @ dp, "b": dp.sum(keepdims=True)}


def bigram_backward(dlogits, cache):
    """Plain assignment: of repeated characters only the last one counts."""
    V = dlogits.shape[-1]
    dW = np.zeros((V, V), dtype=dlogits.dtype)
    dW[cache] = dlogits
    return {"W": dW, "b": dlogits.reshape(-1, V).sum(axis=0)}


def rnn_forward(x, h0, params):
    """Right, but slow: one step after the other."""
    h, caches, hs = h0, [], []
    for t in range(x.shape[1]):
        h, cache = rnn_step_forward(x[:, t], h, params)  # noqa: F821 - the student's own
        caches.append(cache)
        hs.append(h)
    return np.stack(hs, axis=1), caches


def rnn_backward(dhs, cache):
    """Nothing flows back through time."""
    total = None
    for t in reversed(range(dhs.shape[1])):
        dh, grads = rnn_step_backward(dhs[:, t], cache[t])  # noqa: F821
        total = grads if total is None else {name: total[name] + grads[name] for name in grads}
    return dh, total


def clip_gradients(grads, max_norm):
    """Entry by entry instead of by norm."""
    norm = float(np.sqrt(sum((g**2).sum() for g in grads.values())))
    return {name: np.clip(g, -max_norm, max_norm) for name, g in grads.items()}, norm


def sample_next(logits, temperature, rng):
    """Times the temperature instead of divided by it."""
    p = np.exp((logits - logits.max()) * temperature)
    return int(rng.choice(len(p), p=p / p.sum()))
