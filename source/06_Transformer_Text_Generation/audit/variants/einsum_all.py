"""einsum for means, projections, heads and lookups; multi-head attention in one piece on weights of shape (D, 3, heads, d)."""

import math

import numpy as np


def positional_encoding(T, D):
    angles = np.einsum("t,i->ti", np.arange(T), 10000.0 ** (-np.arange(0, D, 2) / D))
    even, odd = np.eye(D)[0::2], np.eye(D)[1::2]
    return np.einsum("ti,id->td", np.sin(angles), even) + np.einsum("ti,id->td", np.cos(angles), odd)


def embedding_forward(x, params):
    O = (x[..., None] == np.arange(len(params["E"]))).astype(params["E"].dtype)
    E = np.einsum("btv,vd->btd", O, params["E"])
    return E + positional_encoding(*E.shape[1:]).astype(E.dtype), O


def embedding_backward(dout, cache):
    return {"E": np.einsum("btv,btd->vd", cache, dout)}


def layer_norm_forward(x, gain, bias):
    D = x.shape[-1]
    centred = x - np.einsum("...d->...", x)[..., None] / D
    precision = 1 / np.sqrt(np.einsum("...d,...d->...", centred, centred) / D + 1e-5)
    z = np.einsum("...d,...->...d", centred, precision)
    return np.einsum("...d,d->...d", z, gain) + bias, (z, precision, gain)


def layer_norm_backward(dout, cache):
    z, precision, gain = cache
    D = len(gain)
    dz = np.einsum("...d,d->...d", dout, gain)
    inside = dz - (np.einsum("...d->...", dz)[..., None] + np.einsum("...d,...e,...e->...d", z, dz, z)) / D
    rows, zs = dout.reshape(-1, D), z.reshape(-1, D)
    return np.einsum("...,...d->...d", precision, inside), np.einsum("nd,nd->d", rows, zs), np.einsum("nd->d", rows)


def gelu_forward(x):
    cube = np.einsum("...,...,...->...", x, x, x)
    tau = np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * cube))
    return np.einsum("...,...->...", x, 1 + tau) * 0.5, (x, tau)


def gelu_backward(dout, cache):
    x, tau = cache
    inner = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * np.einsum("...,...->...", x, x))
    return 0.5 * (np.einsum("...,...->...", dout, 1 + tau) + np.einsum("...,...,...,...->...", dout, x, 1 - tau * tau, inner))


def causal_softmax_forward(scores):
    seen = np.tri(scores.shape[-1], dtype=bool)
    top = np.max(scores, axis=-1, where=seen, initial=-np.inf)
    e = np.exp(np.where(seen, scores - top[..., None], -np.inf))
    w = np.einsum("...tj,...t->...tj", e, 1 / np.einsum("...tj->...t", e))
    return w, w


def causal_softmax_backward(dweights, cache):
    credit = np.einsum("...tj,...tj->...tj", cache, dweights)
    return credit - np.einsum("...tj,...ti->...tj", cache, credit)


def attention_forward(q, k, v):
    w, inner = causal_softmax_forward(np.einsum("bhtd,bhjd->bhtj", q, k) * q.shape[-1] ** -0.5)
    return np.einsum("bhtj,bhjd->bhtd", w, v), (q, k, v, w, inner)


def attention_backward(dout, cache):
    q, k, v, w, inner = cache
    ds = causal_softmax_backward(np.einsum("bhtd,bhjd->bhtj", dout, v), inner) * q.shape[-1] ** -0.5
    return np.einsum("bhtj,bhjd->bhtd", ds, k), np.einsum("bhtj,bhtd->bhjd", ds, q), np.einsum("bhtj,bhtd->bhjd", w, dout)


def split_heads(x, heads):
    return np.einsum("bthd->bhtd", x.reshape(*x.shape[:2], heads, -1))


def merge_heads(x):
    return np.einsum("bhtd->bthd", x).reshape(x.shape[0], x.shape[2], -1)


def multi_head_forward(x, params, heads):
    D = x.shape[-1]
    W = params["Wqkv"].reshape(D, 3, heads, -1)
    Wo = params["Wo"].reshape(heads, -1, D)
    qkv = np.einsum("btD,Dkhd->kbhtd", x, W) + params["bqkv"].reshape(3, 1, heads, 1, -1)
    mixed, inner = attention_forward(*qkv)
    return np.einsum("bhtd,hdD->btD", mixed, Wo) + params["bo"], (x, W, Wo, mixed, inner)


def multi_head_backward(dout, cache):
    x, W, Wo, mixed, inner = cache
    D = x.shape[-1]
    dqkv = np.stack(attention_backward(np.einsum("btD,hdD->bhtd", dout, Wo), inner))
    return np.einsum("kbhtd,Dkhd->btD", dqkv, W), {
        "Wqkv": np.einsum("btD,kbhtd->Dkhd", x, dqkv).reshape(D, 3 * D),
        "bqkv": np.einsum("kbhtd->khd", dqkv).reshape(3 * D),
        "Wo": np.einsum("bhtd,btD->hdD", mixed, dout).reshape(D, D),
        "bo": np.einsum("btD->D", dout),
    }


def mlp_forward(x, params):
    a, bend = gelu_forward(np.einsum("btd,df->btf", x, params["W1"]) + params["b1"])
    return np.einsum("btf,fd->btd", a, params["W2"]) + params["b2"], (x, a, bend, params)


def mlp_backward(dout, cache):
    x, a, bend, params = cache
    dh = gelu_backward(np.einsum("btd,fd->btf", dout, params["W2"]), bend)
    return np.einsum("btf,df->btd", dh, params["W1"]), {
        "W1": np.einsum("btd,btf->df", x, dh),
        "b1": np.einsum("btf->f", dh),
        "W2": np.einsum("btf,btd->fd", a, dout),
        "b2": np.einsum("btd->d", dout),
    }
