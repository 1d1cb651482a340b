"""The same functions by other formulas: log-sum-exp, sigmoid for tanh, half angles, shrinking first."""

import math

import numpy as np


def positional_encoding(T, D):
    tips = np.exp(1j * np.outer(np.arange(T), 10000.0 ** (-np.arange(0, D, 2) / D)))
    return np.stack([tips.imag, tips.real], axis=-1).reshape(T, D)


def layer_norm_forward(x, gain, bias):
    root_D = math.sqrt(x.shape[-1])
    centred = x - x.sum(axis=-1, keepdims=True) / x.shape[-1]
    sigma = np.hypot(np.linalg.norm(centred, axis=-1, keepdims=True) / root_D, math.sqrt(1e-5))
    return centred * (gain / sigma) + bias, (centred, sigma, gain)


def layer_norm_backward(dout, cache):
    centred, sigma, gain = cache
    D = len(gain)
    dz = dout * gain
    dcentred = dz / sigma - centred * ((dz * centred).sum(axis=-1, keepdims=True) / (D * sigma**3))
    dx = dcentred - dcentred.mean(axis=-1, keepdims=True)
    rows = dout.reshape(-1, D)
    return dx, np.sum(rows * (centred / sigma).reshape(-1, D), axis=0), np.ones(len(rows), rows.dtype) @ rows


def gate(x):
    """sigmoid(2 u), which is (1 + tanh u) / 2."""
    return 1 / (1 + np.exp(-2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))


def gelu_forward(x):
    return x * gate(x), x


def gelu_backward(dout, cache):
    x, open_part = cache, gate(cache)
    slope = 2 * math.sqrt(2 / math.pi) * (1 + 0.134145 * x * x)
    return dout * open_part * (1 + x * (1 - open_part) * slope)


def causal_softmax_forward(scores):
    hidden = ~np.tri(scores.shape[-1], dtype=bool)
    masked = np.where(hidden, np.finfo(scores.dtype).min, scores)
    log_weights = masked - np.logaddexp.reduce(masked, axis=-1, keepdims=True)
    return np.exp(log_weights), log_weights


def causal_softmax_backward(dweights, cache):
    dlog = dweights * np.exp(cache)
    return dlog - np.exp(cache) * dlog.sum(axis=-1, keepdims=True)


def attention_forward(q, k, v):
    scores = (q / q.shape[-1] ** 0.25) @ (k / q.shape[-1] ** 0.25).swapaxes(2, 3)
    weights, softmax_cache = causal_softmax_forward(scores)
    return weights @ v, (q, k, v, weights, softmax_cache)


def attention_backward(dout, cache):
    q, k, v, weights, softmax_cache = cache
    dscores = causal_softmax_backward(dout @ v.swapaxes(2, 3), softmax_cache)
    return (
        dscores @ k / math.sqrt(q.shape[-1]),
        dscores.swapaxes(2, 3) @ q / math.sqrt(q.shape[-1]),
        weights.swapaxes(2, 3) @ dout,
    )


def dropout_forward(x, rate, rng):
    if rate == 0.0 or rng is None:
        return x.copy(), 1.0
    draws = rng.random(x.shape, dtype=np.float32)
    mask = np.where(draws < rate, 0, 1 / (1 - rate)).astype(x.dtype)
    return x * mask, mask


def dropout_backward(dout, cache):
    return dout * cache


def model_forward(x, targets, params, heads, rate=0.0, rng=None):
    logits, transformer_cache = transformer_forward(x, params, heads, rate, rng)
    right = np.take_along_axis(logits, targets[:, :, None], axis=2)[:, :, 0]
    top = logits.max(axis=2)
    log_sum = top + np.log(np.exp(logits - top[:, :, None]).sum(axis=2))
    return (log_sum - right).mean(), (transformer_cache, logits - log_sum[:, :, None], targets)


def model_backward(dloss, cache):
    transformer_cache, log_p, targets = cache
    dlogits = np.exp(log_p)
    np.put_along_axis(
        dlogits, targets[:, :, None], np.take_along_axis(dlogits, targets[:, :, None], 2) - 1, axis=2
    )
    return transformer_backward(dlogits * (dloss / targets.size), transformer_cache)


def learning_rate_at(step, steps, peak, warmup):
    if step + 1 <= warmup:
        return (step + 1) / warmup * peak
    return peak * math.cos(math.pi / 2 * (step - warmup) / (steps - warmup)) ** 2


def adamw_step(params, grads, state, learning_rate, weight_decay=0.1, beta1=0.9, beta2=0.95, epsilon=1e-8):
    t = state["t"] + 1
    root = math.sqrt(1 - beta2**t)
    rate = learning_rate * root / (1 - beta1**t)
    m = {k: s + (1 - beta1) * (grads[k] - s) for k, s in state["m"].items()}
    v = {k: s + (1 - beta2) * (grads[k] ** 2 - s) for k, s in state["v"].items()}
    shrunk = {k: p * (1 - learning_rate * weight_decay) if p.ndim >= 2 else p for k, p in params.items()}
    new = {k: p - rate * m[k] / (np.sqrt(v[k]) + epsilon * root) for k, p in shrunk.items()}
    return new, {"t": t, "m": m, "v": v}
