"""The cache of every forward pass is a function that does the backward pass."""

import math

import numpy as np


def embedding_forward(x, params):
    E = params["E"]
    tags = positional_encoding(x.shape[1], E.shape[1]).astype(E.dtype)

    def backward(dout):
        dE = np.zeros_like(E)
        np.add.at(dE, x.ravel(), dout.reshape(-1, E.shape[1]))
        return {"E": dE}

    return np.take(E, x, axis=0) + tags, backward


def embedding_backward(dout, cache):
    return cache(dout)


def layer_norm_forward(x, gain, bias):
    mean, variance = x.mean(axis=-1, keepdims=True), x.var(axis=-1, keepdims=True)
    sigma = np.sqrt(variance + 1e-5)
    z = (x - mean) / sigma

    def backward(dout):
        D, dz = len(gain), dout * gain
        dsigma = -(dz * z).sum(axis=-1, keepdims=True) / sigma
        dmean = -dz.sum(axis=-1, keepdims=True) / sigma
        dx = dz / sigma + dsigma * z / D + dmean / D
        return dx, (dout * z).reshape(-1, D).sum(0), dout.reshape(-1, D).sum(0)

    return gain * z + bias, backward


def layer_norm_backward(dout, cache):
    return cache(dout)


def gelu_forward(x):
    k = math.sqrt(2 / math.pi)
    t = np.tanh(k * (x + 0.044715 * x * x * x))

    def backward(dout):
        slope = k * (1 + 3 * 0.044715 * x * x)
        return dout * 0.5 * (1 + t + x * (1 - t * t) * slope)

    return 0.5 * x * (1 + t), backward


def gelu_backward(dout, cache):
    return cache(dout)


def causal_softmax_forward(scores):
    T = scores.shape[-1]
    seen = np.tri(T, dtype=bool)
    top = np.where(seen, scores, -np.inf).max(axis=-1, keepdims=True)
    powers = np.exp(np.where(seen, scores - top, -np.inf))
    w = powers / powers.sum(axis=-1, keepdims=True)

    def backward(dw):
        return np.where(seen, w * (dw - np.sum(dw * w, axis=-1, keepdims=True)), 0)

    return w, backward


def causal_softmax_backward(dweights, cache):
    return cache(dweights)


def attention_forward(q, k, v):
    scale = q.shape[-1] ** -0.5
    w, softmax_cache = causal_softmax_forward((q * scale) @ k.transpose(0, 1, 3, 2))

    def backward(dout):
        ds = causal_softmax_backward(dout @ v.transpose(0, 1, 3, 2), softmax_cache)
        return ds @ (k * scale), ds.transpose(0, 1, 3, 2) @ (q * scale), w.transpose(0, 1, 3, 2) @ dout

    return w @ v, backward


def attention_backward(dout, cache):
    return cache(dout)


def multi_head_forward(x, params, heads):
    qkv, qkv_cache = linear_forward(x, params["Wqkv"], params["bqkv"])
    parts = split_heads(qkv, 3 * heads)
    mixed, attention_cache = attention_forward(
        parts[:, :heads], parts[:, heads : 2 * heads], parts[:, 2 * heads :]
    )
    out, out_cache = linear_forward(merge_heads(mixed), params["Wo"], params["bo"])

    def backward(dout):
        dmerged, dWo, dbo = linear_backward(dout, out_cache)
        dparts = np.concatenate(attention_backward(split_heads(dmerged, heads), attention_cache), axis=1)
        dx, dW, db = linear_backward(merge_heads(dparts), qkv_cache)
        return dx, {"Wqkv": dW, "bqkv": db, "Wo": dWo, "bo": dbo}

    return out, backward


def multi_head_backward(dout, cache):
    return cache(dout)


def dropout_forward(x, rate, rng):
    if rng is None or rate <= 0:
        return x, lambda dout: dout
    kept = rng.random(x.shape, dtype=np.float32) >= rate
    mask = kept.astype(x.dtype) / (1 - rate)
    return mask * x, lambda dout: dout * mask


def dropout_backward(dout, cache):
    return cache(dout)


def block_forward(x, params, heads, rate=0.0, rng=None):
    z, norm_1 = layer_norm_forward(x, params["gain1"], params["bias1"])
    a, attention = multi_head_forward(z, params, heads)
    a, dropout_1 = dropout_forward(a, rate, rng)
    z, norm_2 = layer_norm_forward(x + a, params["gain2"], params["bias2"])
    m, mlp = mlp_forward(z, params)
    m, dropout_2 = dropout_forward(m, rate, rng)

    def backward(dout):
        grads = {}
        dz, mlp_grads = mlp_backward(dropout_backward(dout, dropout_2), mlp)
        dx, grads["gain2"], grads["bias2"] = layer_norm_backward(dz, norm_2)
        dx = dx + dout
        dz, attention_grads = multi_head_backward(dropout_backward(dx, dropout_1), attention)
        dz, grads["gain1"], grads["bias1"] = layer_norm_backward(dz, norm_1)
        return dx + dz, grads | mlp_grads | attention_grads

    return x + a + m, backward


def block_backward(dout, cache):
    return cache(dout)


def transformer_forward(x, params, heads, rate=0.0, rng=None):
    stream, embedding = embedding_forward(x, params)
    way = [lambda d, c=embedding: (None, embedding_backward(d, c))]
    stream, dropout = dropout_forward(stream, rate, rng)
    way.append(lambda d, c=dropout: (dropout_backward(d, c), {}))
    for i in range(number_of_blocks(params)):
        stream, block = block_forward(stream, block_params(params, i), heads, rate, rng)

        def through_block(d, c=block, i=i):
            d, grads = block_backward(d, c)
            return d, full_names(grads, i)

        way.append(through_block)
    normed, norm = layer_norm_forward(stream, params["gain"], params["bias"])
    logits, readout = linear_forward(normed, params["Wy"], params["by"])

    def backward(dlogits):
        grads = {}
        d, grads["Wy"], grads["by"] = linear_backward(dlogits, readout)
        d, grads["gain"], grads["bias"] = layer_norm_backward(d, norm)
        for station in reversed(way):
            d, found = station(d)
            grads.update(found)
        return grads

    return logits, backward


def transformer_backward(dlogits, cache):
    return cache(dlogits)


def model_forward(x, targets, params, heads, rate=0.0, rng=None):
    logits, way_back = transformer_forward(x, params, heads, rate, rng)
    loss, loss_cache = cross_entropy_forward(logits, targets)
    return loss, lambda dloss: transformer_backward(cross_entropy_backward(dloss, loss_cache), way_back)


def model_backward(dloss, cache):
    return cache(dloss)
