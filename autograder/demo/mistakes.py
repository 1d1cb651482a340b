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


def hidden_backward(dh, cache):
    """The slope of the ReLU is forgotten."""
    e, _, params = cache
    return dh @ params["W1"].T, {"W1": e.T @ dh, "b1": dh.sum(axis=0)}


def cell_backward(dh, dc, cache):
    """What the next step says about the cell state is overwritten."""
    i, f, o, g, c_prev, tanh_c = cache
    dc = dh * o * (1 - tanh_c**2)
    dz = [dc * g * i * (1 - i), dc * c_prev * f * (1 - f), dh * tanh_c * o * (1 - o), dc * i * (1 - g**2)]
    return np.concatenate(dz, axis=1), dc * f


def masked_softmax_backward(dweights, cache):
    """As if the weights did not have to add up to 1."""
    return cache * (1 - cache) * dweights


def layer_norm_backward(dout, cache):
    """The standard deviation depends on x too, and this forgets it."""
    z, sigma, gain = cache
    dz, rows = dout * gain, tuple(range(dout.ndim - 1))
    return (dz - dz.mean(axis=-1, keepdims=True)) / sigma, (dout * z).sum(axis=rows), dout.sum(axis=rows)


def adamw_step(params, grads, state, learning_rate, weight_decay=0.1, beta1=0.9, beta2=0.95, epsilon=1e-8):
    """Weight decay as part of the gradient, and on biases too."""
    t = state["t"] + 1
    grads = {k: g + weight_decay * params[k] for k, g in grads.items()}
    m = {k: beta1 * state["m"][k] + (1 - beta1) * g for k, g in grads.items()}
    v = {k: beta2 * state["v"][k] + (1 - beta2) * g**2 for k, g in grads.items()}
    new = {}
    for k, p in params.items():
        new[k] = p - learning_rate * m[k] / (1 - beta1**t) / (np.sqrt(v[k] / (1 - beta2**t)) + epsilon)
    return new, {"t": t, "m": m, "v": v}
