"""Own buffers, changed in place with out=, and one view of all windows of the text."""

import math

import numpy as np


def embedding_forward(x, params):
    out = params["E"][x]
    out += positional_encoding(x.shape[1], out.shape[-1]).astype(out.dtype)
    return out, (x, params["E"])


def layer_norm_forward(x, gain, bias):
    z = x - x.mean(axis=-1, keepdims=True)
    sigma = np.einsum("...d,...d->...", z, z)[..., None]
    sigma /= x.shape[-1]
    sigma += 1e-5
    np.sqrt(sigma, out=sigma)
    z /= sigma
    out = z * gain
    out += bias
    return out, (z, sigma, gain)


def layer_norm_backward(dout, cache):
    z, sigma, gain = cache
    D = len(gain)
    buffer = dout * z
    dgain = buffer.reshape(-1, D).sum(axis=0)
    buffer *= gain
    inner = buffer.mean(axis=-1, keepdims=True)
    np.multiply(dout, gain, out=buffer)
    buffer -= buffer.mean(axis=-1, keepdims=True)
    buffer -= z * inner
    buffer /= sigma
    return buffer, dgain, dout.reshape(-1, D).sum(axis=0)


def gelu_forward(x):
    k = math.sqrt(2 / math.pi)
    tanh = x * x
    tanh *= 0.044715 * k
    tanh += k
    tanh *= x
    np.tanh(tanh, out=tanh)
    out = tanh + 1
    out *= x
    out *= 0.5
    return out, (x, tanh)


def gelu_backward(dout, cache):
    x, tanh = cache
    k = math.sqrt(2 / math.pi)
    slope = x * x
    slope *= 3 * 0.044715 * k
    slope += k
    slope *= x
    slope *= 1 - tanh * tanh
    slope += tanh
    slope += 1
    slope *= dout
    slope *= 0.5
    return slope


def causal_softmax_forward(scores):
    weights = scores.copy()
    above = np.triu_indices(scores.shape[-1], 1)
    weights[..., above[0], above[1]] = -np.inf
    weights -= weights.max(axis=-1, keepdims=True)
    np.exp(weights, out=weights)
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights, weights


def causal_softmax_backward(dweights, cache):
    dscores = dweights * cache
    dscores -= cache * dscores.sum(axis=-1, keepdims=True)
    return dscores


def attention_forward(q, k, v):
    scores = np.empty((*q.shape[:3], q.shape[2]), dtype=q.dtype)
    np.matmul(q, k.swapaxes(-1, -2), out=scores)
    scores /= math.sqrt(q.shape[-1])
    weights, softmax_cache = causal_softmax_forward(scores)
    return np.matmul(weights, v), (q, k, v, weights, softmax_cache)


def attention_backward(dout, cache):
    q, k, v, weights, softmax_cache = cache
    dscores = causal_softmax_backward(dout @ v.swapaxes(-1, -2), softmax_cache)
    dq, dk = np.empty_like(q), np.empty_like(k)
    np.matmul(dscores, k, out=dq)
    np.matmul(dscores.swapaxes(-1, -2), q, out=dk)
    dq /= math.sqrt(q.shape[-1])
    dk /= math.sqrt(q.shape[-1])
    return dq, dk, weights.swapaxes(-1, -2) @ dout


def split_heads(x, heads):
    B, T, D = x.shape
    out = np.empty((B, heads, T, D // heads), dtype=x.dtype)
    out[...] = x.reshape(B, T, heads, -1).transpose(0, 2, 1, 3)
    return out


def merge_heads(x):
    B, heads, T, d = x.shape
    out = np.empty((B, T, heads * d), dtype=x.dtype)
    out.reshape(B, T, heads, d)[...] = x.transpose(0, 2, 1, 3)
    return out


def dropout_forward(x, rate, rng):
    if rng is None or rate == 0:
        return x, None
    mask = (rng.random(x.shape, dtype=np.float32) >= rate).astype(x.dtype)
    mask /= 1 - rate
    return x * mask, mask


def block_backward(dout, cache):
    norm_1, attention, dropout_1, norm_2, mlp, dropout_2 = cache
    dx, grads = dout.copy(), {}
    dnormed, found = mlp_backward(dropout_backward(dout, dropout_2), mlp)
    grads.update(found)
    dbranch, grads["gain2"], grads["bias2"] = layer_norm_backward(dnormed, norm_2)
    dx += dbranch
    dnormed, found = multi_head_backward(dropout_backward(dx, dropout_1), attention)
    grads.update(found)
    dbranch, grads["gain1"], grads["bias1"] = layer_norm_backward(dnormed, norm_1)
    dx += dbranch
    return dx, grads


def adamw_step(params, grads, state, learning_rate, weight_decay=0.1, beta1=0.9, beta2=0.95, epsilon=1e-8):
    new, t = {}, state["t"] + 1
    m = {name: array.copy() for name, array in state["m"].items()}
    v = {name: array.copy() for name, array in state["v"].items()}
    for name, p in params.items():
        m[name] *= beta1
        m[name] += (1 - beta1) * grads[name]
        v[name] *= beta2
        v[name] += (1 - beta2) * grads[name] * grads[name]
        new[name] = v[name] / (1 - beta2**t)
        np.sqrt(new[name], out=new[name])
        new[name] += epsilon
        np.divide(m[name] / (1 - beta1**t), new[name], out=new[name])
        if p.ndim >= 2:
            new[name] += weight_decay * p
        new[name] *= -learning_rate
        new[name] += p
    return new, {"t": t, "m": m, "v": v}


def train(
    ids, params, steps, B, T, peak, rng, heads=HEADS, rate=0.0, warmup=100, weight_decay=0.1, max_norm=1.0,
    gradients=loss_and_gradients, watch=None,
):  # fmt: skip
    state = adam_start(params)
    losses, shown = [], {}
    texts = np.lib.stride_tricks.sliding_window_view(ids, T + 1)
    for step in (bar := progress(steps)):
        chosen = texts[rng.integers(0, len(ids) - T, size=B)]
        loss, grads = gradients(chosen[:, :-1], chosen[:, 1:], rng, params=params, heads=heads, rate=rate)
        norm = math.sqrt(sum(float((g * g).sum()) for g in grads.values()))
        if norm > max_norm:
            for g in grads.values():
                g *= max_norm / norm
        rate_now = learning_rate_at(step, steps, peak, warmup)
        params, state = adamw_step(params, grads, state, rate_now, weight_decay)
        losses.append(float(loss))
        if watch:
            shown.update(watch(step, params) or {})
        bar.show(train=losses[-1], **shown)
    return params, np.array(losses)


def generate(prompt, length, params, temperature, rng, T=CONTEXT, heads=HEADS):
    start = len(prompt)
    text = np.empty(start + length, dtype=np.int64)
    text[:start] = prompt
    for end in range(start, start + length):
        logits, _ = transformer_forward(text[None, max(0, end - T) : end], params, heads)
        text[end] = sample_next(logits[-1][-1], temperature, rng)
    return text[start:]
