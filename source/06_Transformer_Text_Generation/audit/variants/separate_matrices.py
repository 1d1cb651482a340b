"""Three matrices for queries, keys and values inside the function; dataclasses and dicts as caches."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass
class Kept:
    """What a backward pass needs."""

    inputs: tuple
    inner: object
    heads: int = 1


def layer_norm_forward(x, gain, bias):
    kept = {"sigma": np.sqrt(np.var(x, axis=-1, keepdims=True) + 1e-5), "gain": gain}
    kept["z"] = (x - np.mean(x, axis=-1, keepdims=True)) / kept["sigma"]
    return np.add(np.multiply(kept["z"], gain), bias), kept


def layer_norm_backward(dout, cache):
    z, dz = cache["z"], dout * cache["gain"]
    D = z.shape[-1]
    total = D * dz - dz.sum(-1, keepdims=True) - z * (dz * z).sum(-1, keepdims=True)
    axes = tuple(range(z.ndim - 1))
    return total / (D * cache["sigma"]), np.sum(dout * z, axis=axes), np.sum(dout, axis=axes)


def attention_forward(q, k, v):
    root = math.sqrt(q.shape[-1])
    weights, softmax_cache = causal_softmax_forward(np.matmul(q, np.moveaxis(k, -1, -2)) / root)
    return np.matmul(weights, v), Kept((q, k, v), (weights, softmax_cache, root))


def attention_backward(dout, cache):
    (q, k, v), (weights, softmax_cache, root) = cache.inputs, cache.inner
    dscores = causal_softmax_backward(np.matmul(dout, np.moveaxis(v, -1, -2)), softmax_cache) / root
    dk = np.moveaxis(np.matmul(np.moveaxis(q, -1, -2), dscores), -1, -2)
    return np.matmul(dscores, k), dk, np.matmul(np.moveaxis(weights, -1, -2), dout)


def multi_head_forward(x, params, heads):
    matrices = np.split(params["Wqkv"], 3, axis=1)
    biases = np.split(params["bqkv"], 3)
    parts = [split_heads(x @ W + b, heads) for W, b in zip(matrices, biases, strict=True)]
    mixed, attention_cache = attention_forward(*parts)
    merged = merge_heads(mixed)
    return merged @ params["Wo"] + params["bo"], Kept((x, merged, params), attention_cache, heads)


def multi_head_backward(dout, cache):
    x, merged, params = cache.inputs
    D = x.shape[-1]
    matrices = np.split(params["Wqkv"], 3, axis=1)
    dmixed = split_heads(dout @ params["Wo"].T, cache.heads)
    parts = [merge_heads(d).reshape(-1, D) for d in attention_backward(dmixed, cache.inner)]
    rows = x.reshape(-1, D)
    dx = sum(d @ W.T for d, W in zip(parts, matrices, strict=True)).reshape(x.shape)
    return dx, {
        "Wqkv": np.hstack([rows.T @ d for d in parts]),
        "bqkv": np.hstack([d.sum(axis=0) for d in parts]),
        "Wo": merged.reshape(-1, D).T @ dout.reshape(-1, D),
        "bo": dout.reshape(-1, D).sum(axis=0),
    }


def mlp_forward(x, params):
    h = np.tensordot(x, params["W1"], axes=1) + params["b1"]
    a, gelu_cache = gelu_forward(h)
    return np.tensordot(a, params["W2"], axes=1) + params["b2"], Kept((x, a, params), gelu_cache)


def mlp_backward(dout, cache):
    x, a, params = cache.inputs
    dh = gelu_backward(np.tensordot(dout, params["W2"].T, axes=1), cache.inner)
    both = ((0, 1), (0, 1))
    return np.tensordot(dh, params["W1"].T, axes=1), {
        "W1": np.tensordot(x, dh, axes=both), "b1": dh.sum(axis=(0, 1)),
        "W2": np.tensordot(a, dout, axes=both), "b2": dout.sum(axis=(0, 1)),
    }  # fmt: skip


def block_forward(x, params, heads, rate=0.0, rng=None):
    kept = {}
    normed, kept["norm1"] = layer_norm_forward(x, params["gain1"], params["bias1"])
    found, kept["attention"] = multi_head_forward(normed, params, heads)
    found, kept["dropout1"] = dropout_forward(found, rate, rng)
    stream = np.add(x, found)
    normed, kept["norm2"] = layer_norm_forward(stream, params["gain2"], params["bias2"])
    thought, kept["mlp"] = mlp_forward(normed, params)
    thought, kept["dropout2"] = dropout_forward(thought, rate, rng)
    return np.add(stream, thought), kept


def block_backward(dout, cache):
    grads = {}
    dthought = dropout_backward(dout, cache["dropout2"])
    dnormed, mlp_grads = mlp_backward(dthought, cache["mlp"])
    dstream, grads["gain2"], grads["bias2"] = layer_norm_backward(dnormed, cache["norm2"])
    dstream = dstream + dout
    dfound = dropout_backward(dstream, cache["dropout1"])
    dnormed, attention_grads = multi_head_backward(dfound, cache["attention"])
    dx, grads["gain1"], grads["bias1"] = layer_norm_backward(dnormed, cache["norm1"])
    return dx + dstream, {**mlp_grads, **attention_grads, **grads}
