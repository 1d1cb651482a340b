"""Products and sums as einsum, heads cut out of the weights instead of the results."""

import math

import numpy as np


def embedding_backward(dout, cache):
    x, E = cache
    one_hot = (x[..., None] == np.arange(len(E))).astype(dout.dtype)
    return {"E": np.einsum("btv,btd->vd", one_hot, dout, optimize=True)}


def layer_norm_forward(x, gain, bias):
    D = x.shape[-1]
    centred = x - np.einsum("...d->...", x)[..., None] / D
    sigma = np.sqrt(np.einsum("...d,...d->...", centred, centred)[..., None] / D + 1e-5)
    return np.einsum("...d,d->...d", centred / sigma, gain) + bias, (centred / sigma, sigma, gain)


def layer_norm_backward(dout, cache):
    z, sigma, gain = cache
    D = len(gain)
    dz = np.einsum("...d,d->...d", dout, gain)
    along_ones = np.einsum("...d->...", dz)[..., None] / D
    along_z = np.einsum("...d,...d->...", dz, z)[..., None] / D
    rows = dout.reshape(-1, D)
    dgain, dbias = np.einsum("nd,nd->d", rows, z.reshape(-1, D)), np.einsum("nd->d", rows)
    return (dz - along_ones - z * along_z) / sigma, dgain, dbias


def causal_softmax_backward(dweights, cache):
    weights = cache
    mean = np.einsum("...tj,...tj->...t", weights, dweights)
    return weights * (dweights - mean[..., None])


def attention_forward(q, k, v):
    scores = np.einsum("bhtd,bhjd->bhtj", q, k, optimize=True) / math.sqrt(q.shape[-1])
    weights, softmax_cache = causal_softmax_forward(scores)
    out = np.einsum("bhtj,bhjd->bhtd", weights, v, optimize=True)
    return out, (q, k, v, weights, softmax_cache)


def attention_backward(dout, cache):
    q, k, v, weights, softmax_cache = cache
    dv = np.einsum("bhtj,bhtd->bhjd", weights, dout, optimize=True)
    dweights = np.einsum("bhtd,bhjd->bhtj", dout, v, optimize=True)
    dscores = causal_softmax_backward(dweights, softmax_cache) / math.sqrt(q.shape[-1])
    dq = np.einsum("bhtj,bhjd->bhtd", dscores, k, optimize=True)
    return dq, np.einsum("bhtj,bhtd->bhjd", dscores, q, optimize=True), dv


def split_heads(x, heads):
    B, T, D = x.shape
    return np.einsum("bthd->bhtd", x.reshape(B, T, heads, D // heads))


def merge_heads(x):
    B, heads, T, d = x.shape
    return np.einsum("bhtd->bthd", x).reshape(B, T, heads * d)


def multi_head_forward(x, params, heads):
    D = x.shape[-1]
    W = params["Wqkv"].reshape(D, 3, heads, D // heads)
    b = params["bqkv"].reshape(3, 1, heads, 1, D // heads)
    q, k, v = np.einsum("bte,enhd->nbhtd", x, W, optimize=True) + b
    mixed, attention_cache = attention_forward(q, k, v)
    Wo = params["Wo"].reshape(heads, D // heads, D)
    out = np.einsum("bhtd,hde->bte", mixed, Wo, optimize=True) + params["bo"]
    return out, (x, W, attention_cache, mixed, Wo)


def multi_head_backward(dout, cache):
    x, W, attention_cache, mixed, Wo = cache
    D = x.shape[-1]
    dmixed = np.einsum("bte,hde->bhtd", dout, Wo, optimize=True)
    dqkv = np.stack(attention_backward(dmixed, attention_cache))
    grads = {
        "Wqkv": np.einsum("bte,nbhtd->enhd", x, dqkv, optimize=True).reshape(D, 3 * D),
        "bqkv": np.einsum("nbhtd->nhd", dqkv).reshape(3 * D),
        "Wo": np.einsum("bhtd,bte->hde", mixed, dout, optimize=True).reshape(D, D),
        "bo": np.einsum("bte->e", dout),
    }
    return np.einsum("nbhtd,enhd->bte", dqkv, W, optimize=True), grads


def mlp_forward(x, params):
    h = np.einsum("btd,df->btf", x, params["W1"], optimize=True) + params["b1"]
    a, gelu_cache = gelu_forward(h)
    out = np.einsum("btf,fd->btd", a, params["W2"], optimize=True) + params["b2"]
    return out, (x, a, gelu_cache, params)


def mlp_backward(dout, cache):
    x, a, gelu_cache, params = cache
    dh = gelu_backward(np.einsum("btd,fd->btf", dout, params["W2"], optimize=True), gelu_cache)
    return np.einsum("btf,df->btd", dh, params["W1"], optimize=True), {
        "W1": np.einsum("btd,btf->df", x, dh, optimize=True),
        "b1": np.einsum("btf->f", dh),
        "W2": np.einsum("btf,btd->fd", a, dout, optimize=True),
        "b2": np.einsum("btd->d", dout),
    }
