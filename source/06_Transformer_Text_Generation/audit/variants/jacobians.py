"""Backward passes with the whole matrix of derivatives of each row, and the blocks counted down."""

import math

import numpy as np


def layer_norm_backward(dout, cache):
    z, sigma, gain = cache
    D = len(gain)
    eye = np.eye(D, dtype=z.dtype)
    J = (eye - 1 / D - z[..., :, None] * z[..., None, :] / D) / sigma[..., None]  # dz_e / dx_d
    dx = ((dout * gain)[..., None, :] @ J)[..., 0, :]
    return dx, (dout * z).reshape(-1, D).sum(axis=0), dout.reshape(-1, D).sum(axis=0)


def gelu_backward(dout, cache):
    x, tanh = cache
    k = math.sqrt(2 / math.pi)
    slope = 1 / np.cosh(k * (x + 0.044715 * x * x * x)) ** 2  # of the tanh
    return dout * (1 + tanh + x * slope * k * (1 + 3 * 0.044715 * np.square(x))) / 2


def causal_softmax_backward(dweights, cache):
    w = cache
    J = w[..., :, None] * np.eye(w.shape[-1], dtype=w.dtype) - w[..., :, None] * w[..., None, :]
    return (J @ dweights[..., None])[..., 0]


def dropout_backward(dout, cache):
    return np.array(dout) if cache is None else np.where(cache > 0, dout * cache, 0)


def block_forward(x, params, heads, rate=0.0, rng=None):
    first = {name: params[name] for name in ("gain1", "bias1")}
    second = {name: params[name] for name in ("gain2", "bias2")}
    normed, norm_1 = layer_norm_forward(x, *first.values())
    attended, attention = multi_head_forward(normed, params, heads)
    attended, dropout_1 = dropout_forward(attended, rate, rng)
    middle = x + attended
    normed, norm_2 = layer_norm_forward(middle, *second.values())
    thought, mlp = mlp_forward(normed, params)
    thought, dropout_2 = dropout_forward(thought, rate, rng)
    return middle + thought, (norm_1, attention, dropout_1, norm_2, mlp, dropout_2)


def transformer_backward(dlogits, cache):
    embedding, dropout, blocks, norm, readout = cache
    dnormed, dWy, dby = linear_backward(dlogits, readout)
    dstream, dgain, dbias = layer_norm_backward(dnormed, norm)
    grads = {"Wy": dWy, "by": dby, "gain": dgain, "bias": dbias}
    i = len(blocks)
    while i:
        i -= 1
        dstream, found = block_backward(dstream, blocks[i])
        for name in found:
            grads[f"{i}.{name}"] = found[name]
    grads["E"] = embedding_backward(dropout_backward(dstream, dropout), embedding)["E"]
    return grads
