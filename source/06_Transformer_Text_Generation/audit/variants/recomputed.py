"""Nothing is cached but the inputs: backward passes compute again what they need."""

import copy
import math

import numpy as np

WAVE = math.sqrt(2 / math.pi)


def embedding_backward(dout, cache):
    x, E = cache
    flat, rows = x.ravel(), dout.reshape(-1, dout.shape[-1])
    order = np.argsort(flat, kind="stable")
    ids, starts = np.unique(flat[order], return_index=True)
    dE = np.zeros(E.shape, dtype=dout.dtype)
    dE[ids] = np.add.reduceat(rows[order], starts, axis=0)
    return {"E": dE}


def normalised(x):
    centred = x - x.mean(axis=-1, keepdims=True)
    sigma = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
    return centred / sigma, sigma


def layer_norm_forward(x, gain, bias):
    return normalised(x)[0] * gain + bias, (x, gain)


def layer_norm_backward(dout, cache):
    x, gain = cache
    z, sigma = normalised(x)
    dz = dout * gain
    inner = (dz * z).mean(axis=-1, keepdims=True)
    axes = tuple(range(x.ndim - 1))
    dx = (dz - dz.mean(axis=-1, keepdims=True) - z * inner) / sigma
    return dx, (dout * z).sum(axis=axes), dout.sum(axis=axes)


def gelu_forward(x):
    return 0.5 * x * (1 + np.tanh(WAVE * (x + 0.044715 * x * x * x))), x


def gelu_backward(dout, cache):
    x = cache
    t = np.tanh(WAVE * (x + 0.044715 * x * x * x))
    return dout * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * WAVE * (1 + 0.134145 * x * x))


def causal_softmax_forward(scores):
    T = scores.shape[-1]
    masked = np.where(np.tri(T, dtype=bool), scores, -np.inf)
    powers = np.exp(masked - masked.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True), scores


def causal_softmax_backward(dweights, cache):
    w, _ = causal_softmax_forward(cache)
    return w * dweights - w * (w * dweights).sum(axis=-1, keepdims=True)


def weights_of(q, k):
    return causal_softmax_forward(q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1]))


def attention_forward(q, k, v):
    return weights_of(q, k)[0] @ v, (q, k, v)


def attention_backward(dout, cache):
    q, k, v = cache
    weights, softmax_cache = weights_of(q, k)
    dscores = causal_softmax_backward(dout @ v.swapaxes(-1, -2), softmax_cache) / math.sqrt(q.shape[-1])
    return dscores @ k, dscores.swapaxes(-1, -2) @ q, weights.swapaxes(-1, -2) @ dout


def mlp_forward(x, params):
    h = x @ params["W1"] + params["b1"]
    return gelu_forward(h)[0] @ params["W2"] + params["b2"], (x, params)


def mlp_backward(dout, cache):
    x, params = cache
    a, gelu_cache = gelu_forward(x @ params["W1"] + params["b1"])
    da, dW2, db2 = linear_backward(dout, (a, params["W2"]))
    dx, dW1, db1 = linear_backward(gelu_backward(da, gelu_cache), (x, params["W1"]))
    return dx, {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


def dropout_forward(x, rate, rng):
    if not rate or rng is None:
        return x, None
    again = copy.deepcopy(rng)
    kept = rng.random(x.shape, dtype=np.float32) >= rate
    return np.where(kept, x, 0) / (1 - rate), (again, rate)


def dropout_backward(dout, cache):
    if cache is None:
        return dout
    again, rate = cache
    kept = copy.deepcopy(again).random(dout.shape, dtype=np.float32) >= rate
    return np.where(kept, dout, 0) / (1 - rate)


def model_forward(x, targets, params, heads, rate=0.0, rng=None):
    again = copy.deepcopy(rng)
    logits, _ = transformer_forward(x, params, heads, rate, rng)
    return surprise(logits, targets).mean(), (x, targets, params, heads, rate, again)


def model_backward(dloss, cache):
    x, targets, params, heads, rate, rng = cache
    logits, transformer_cache = transformer_forward(x, params, heads, rate, copy.deepcopy(rng))
    one_hot = np.eye(logits.shape[-1], dtype=logits.dtype)[targets]
    dlogits = (np.exp(log_softmax(logits)) - one_hot) * (dloss / targets.size)
    return transformer_backward(dlogits, transformer_cache)
