"""Inside, the positions come first or the features do, and the results are turned back."""

import math

import numpy as np


def positional_encoding(T, D):
    waves = np.exp(-math.log(10000) / D * np.arange(0, D, 2))[:, None] * np.arange(T)
    return np.stack([np.sin(waves), np.cos(waves)], axis=1).reshape(D, T).T


def embedding_forward(x, params):
    E = params["E"]
    stream = E[x.T] + positional_encoding(x.shape[1], E.shape[1])[:, None].astype(E.dtype)
    return stream.swapaxes(0, 1), (x.T, E.shape)


def embedding_backward(dout, cache):
    ids, shape = cache
    dE = np.zeros(shape, dtype=dout.dtype)
    for row, drow in zip(ids, dout.swapaxes(0, 1), strict=True):
        np.add.at(dE, row, drow)
    return {"E": dE}


def layer_norm_forward(x, gain, bias):
    features = np.moveaxis(x, -1, 0)
    centred = features - features.mean(axis=0)
    sigma = np.sqrt(np.square(centred).mean(axis=0) + 1e-5)
    z = np.moveaxis(centred / sigma, 0, -1)
    return z * gain + bias, (centred / sigma, sigma, gain)


def layer_norm_backward(dout, cache):
    z, sigma, gain = cache
    dout = np.moveaxis(dout, -1, 0)
    tall = (len(gain), *(1,) * (dout.ndim - 1))
    dz = dout * gain.reshape(tall)
    dx = (dz - dz.mean(axis=0) - z * (dz * z).mean(axis=0)) / sigma
    rows = dout.reshape(len(gain), -1)
    return np.moveaxis(dx, 0, -1), (rows * z.reshape(len(gain), -1)).sum(axis=1), rows.sum(axis=1)


def causal_softmax_forward(scores):
    T = scores.shape[-1]
    hidden = np.triu(np.ones((T, T), dtype=bool), 1).T.reshape(T, *(1,) * (scores.ndim - 2), T)
    columns = np.where(hidden, -np.inf, np.moveaxis(scores, -1, 0))
    powers = np.exp(columns - columns.max(axis=0))
    weights = powers / powers.sum(axis=0)  # (j, ..., t)
    return np.moveaxis(weights, 0, -1), weights


def causal_softmax_backward(dweights, cache):
    dcolumns = np.moveaxis(dweights, -1, 0)
    return np.moveaxis(cache * (dcolumns - (cache * dcolumns).sum(axis=0)), 0, -1)


def attention_forward(q, k, v):
    scores = (k @ q.swapaxes(-1, -2)).swapaxes(-1, -2) * q.shape[-1] ** -0.5
    weights, softmax_cache = causal_softmax_forward(scores)
    return (v.swapaxes(-1, -2) @ weights.swapaxes(-1, -2)).swapaxes(-1, -2), (q, k, v, weights, softmax_cache)


def attention_backward(dout, cache):
    q, k, v, weights, softmax_cache = cache
    dweights = (v @ dout.swapaxes(-1, -2)).swapaxes(-1, -2)
    dscores = causal_softmax_backward(dweights, softmax_cache) * q.shape[-1] ** -0.5
    dq = (k.swapaxes(-1, -2) @ dscores.swapaxes(-1, -2)).swapaxes(-1, -2)
    return dq, dscores.swapaxes(-1, -2) @ q, weights.swapaxes(-1, -2) @ dout


def split_heads(x, heads):
    columns = np.moveaxis(x, -1, 0)
    d = len(columns) // heads
    return columns.reshape(heads, d, *columns.shape[1:]).transpose(2, 0, 3, 1)


def merge_heads(x):
    B, heads, T, d = x.shape
    return x.transpose(1, 3, 0, 2).reshape(heads * d, B, T).transpose(1, 2, 0)


def multi_head_forward(x, params, heads):
    qkv, qkv_cache = linear_forward(x.swapaxes(0, 1), params["Wqkv"], params["bqkv"])
    parts = np.split(qkv.swapaxes(0, 1), 3, axis=-1)
    mixed, attention_cache = attention_forward(*(split_heads(part, heads) for part in parts))
    out, out_cache = linear_forward(merge_heads(mixed).swapaxes(0, 1), params["Wo"], params["bo"])
    return out.swapaxes(0, 1), (qkv_cache, attention_cache, out_cache, heads)


def multi_head_backward(dout, cache):
    qkv_cache, attention_cache, out_cache, heads = cache
    dmerged, dWo, dbo = linear_backward(dout.swapaxes(0, 1), out_cache)
    parts = attention_backward(split_heads(dmerged.swapaxes(0, 1), heads), attention_cache)
    dqkv = np.concatenate([merge_heads(part) for part in parts], axis=-1)
    dx, dWqkv, dbqkv = linear_backward(dqkv.swapaxes(0, 1), qkv_cache)
    return dx.swapaxes(0, 1), {"Wqkv": dWqkv, "bqkv": dbqkv, "Wo": dWo, "bo": dbo}
