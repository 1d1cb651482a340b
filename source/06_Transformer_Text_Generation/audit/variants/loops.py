"""Loops over positions, heads, windows and parameters, with np.add.at for the table."""

import math

import numpy as np


def positional_encoding(T, D):
    P = np.zeros((T, D))
    for t in range(T):
        for i in range(D // 2):
            angle = t / 10000 ** (2 * i / D)
            P[t, 2 * i], P[t, 2 * i + 1] = math.sin(angle), math.cos(angle)
    return P


def embedding_forward(x, params):
    E = params["E"]
    P = positional_encoding(x.shape[1], E.shape[1])
    out = np.empty((*x.shape, E.shape[1]), dtype=E.dtype)
    for t in range(x.shape[1]):
        out[:, t] = E[x[:, t]]
        out[:, t] += P[t].astype(E.dtype)
    return out, (x, len(E))


def embedding_backward(dout, cache):
    x, V = cache
    dE = np.zeros((V, dout.shape[-1]), dtype=dout.dtype)
    np.add.at(dE, x, dout)
    return {"E": dE}


def causal_softmax_forward(scores):
    weights = np.zeros_like(scores)
    for t in range(scores.shape[-1]):
        seen = scores[..., t, : t + 1]
        powers = np.exp(seen - seen.max(axis=-1, keepdims=True))
        weights[..., t, : t + 1] = powers / powers.sum(axis=-1, keepdims=True)
    return weights, weights


def causal_softmax_backward(dweights, cache):
    dscores = np.zeros_like(dweights)
    for t in range(dweights.shape[-1]):
        w, dw = cache[..., t, : t + 1], dweights[..., t, : t + 1]
        dscores[..., t, : t + 1] = w * (dw - (w * dw).sum(axis=-1, keepdims=True))
    return dscores


def attention_forward(q, k, v):
    scores = np.empty((*q.shape[:-1], q.shape[2]), dtype=q.dtype)
    for h in range(q.shape[1]):
        scores[:, h] = q[:, h] @ k[:, h].transpose(0, 2, 1) / math.sqrt(q.shape[-1])
    weights, softmax_cache = causal_softmax_forward(scores)
    out = np.empty_like(v)
    for h in range(q.shape[1]):
        out[:, h] = weights[:, h] @ v[:, h]
    return out, (q, k, v, weights, softmax_cache)


def attention_backward(dout, cache):
    q, k, v, weights, softmax_cache = cache
    heads = range(q.shape[1])
    dweights = np.stack([dout[:, h] @ v[:, h].transpose(0, 2, 1) for h in heads], axis=1)
    dscores = causal_softmax_backward(dweights, softmax_cache) / math.sqrt(q.shape[-1])
    dq, dk, dv = np.empty_like(q), np.empty_like(k), np.empty_like(v)
    for h in heads:
        dq[:, h] = dscores[:, h] @ k[:, h]
        dk[:, h] = dscores[:, h].transpose(0, 2, 1) @ q[:, h]
        dv[:, h] = weights[:, h].transpose(0, 2, 1) @ dout[:, h]
    return dq, dk, dv


def split_heads(x, heads):
    d = x.shape[-1] // heads
    return np.stack([x[..., h * d : (h + 1) * d] for h in range(heads)], axis=1)


def merge_heads(x):
    return np.concatenate([x[:, h] for h in range(x.shape[1])], axis=-1)


def mlp_forward(x, params):
    rows, caches = [], []
    for window in x:
        h, cache_1 = linear_forward(window, params["W1"], params["b1"])
        a, gelu_cache = gelu_forward(h)
        out, cache_2 = linear_forward(a, params["W2"], params["b2"])
        rows.append(out)
        caches.append((cache_1, gelu_cache, cache_2))
    return np.stack(rows), caches


def mlp_backward(dout, cache):
    dx, total = [], {}
    for dwindow, (cache_1, gelu_cache, cache_2) in zip(dout, cache, strict=True):
        da, dW2, db2 = linear_backward(dwindow, cache_2)
        drow, dW1, db1 = linear_backward(gelu_backward(da, gelu_cache), cache_1)
        dx.append(drow)
        for name, gradient in (("W1", dW1), ("b1", db1), ("W2", dW2), ("b2", db2)):
            total[name] = total.get(name, 0) + gradient
    return np.stack(dx), total


def adamw_step(params, grads, state, learning_rate, weight_decay=0.1, beta1=0.9, beta2=0.95, epsilon=1e-8):
    new_params, new_state = {}, {"t": state["t"] + 1, "m": {}, "v": {}}
    for name in params:
        m = beta1 * state["m"][name] + (1 - beta1) * grads[name]
        v = beta2 * state["v"][name] + (1 - beta2) * grads[name] ** 2
        m_hat = m / (1 - beta1 ** new_state["t"])
        v_hat = v / (1 - beta2 ** new_state["t"])
        decay = weight_decay if params[name].ndim > 1 else 0.0
        step = m_hat / (np.sqrt(v_hat) + epsilon) + decay * params[name]
        new_params[name] = params[name] - learning_rate * step
        new_state["m"][name], new_state["v"][name] = m, v
    return new_params, new_state


def generate(prompt, length, params, temperature, rng, T=CONTEXT, heads=HEADS):
    written = []
    while len(written) < length:
        seen = [*map(int, prompt), *written]
        seen = seen[max(0, len(seen) - T) :]
        logits, _ = transformer_forward(np.array([seen]), params, heads)
        written.append(sample_next(logits[0, len(seen) - 1], temperature, rng))
    return np.array(written, dtype=int)
