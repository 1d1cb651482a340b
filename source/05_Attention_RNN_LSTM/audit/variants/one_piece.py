"""Attention in one piece, query by query over the earlier memories only, without the parts' functions."""

from dataclasses import dataclass, field

import numpy as np


@dataclass
class Looks:
    """What each query saw: tanh (B, t, A) and weights (B, t) over the t memories before it."""

    hs: np.ndarray
    params: dict
    tanhs: list = field(default_factory=list)
    weights: list = field(default_factory=list)


def attention_forward(hs, params):
    looks = Looks(hs, params)
    keys, contexts = hs @ params["Wk"], np.zeros_like(hs)
    for t in range(1, hs.shape[1]):
        p = np.tanh(keys[:, :t] + (hs[:, t] @ params["Wq"])[:, None])
        e = p @ params["v"]
        w = np.exp(e - e.max(axis=1, keepdims=True))
        w /= w.sum(axis=1, keepdims=True)
        contexts[:, t] = (w[..., None] * hs[:, :t]).sum(axis=1)
        looks.tanhs.append(p)
        looks.weights.append(w)
    return contexts, looks


def attention_backward(dcontexts, cache):
    hs, params = cache.hs, cache.params
    Wq, Wk, v = params["Wq"], params["Wk"], params["v"]
    dhs, dkeys, dv, dWq = np.zeros_like(hs), np.zeros_like(hs @ Wk), np.zeros_like(v), np.zeros_like(Wq)
    for t in range(1, hs.shape[1]):
        p, w = cache.tanhs[t - 1], cache.weights[t - 1]
        dw = (hs[:, :t] @ dcontexts[:, t, :, None])[..., 0]
        de = w * (dw - (w * dw).sum(axis=1, keepdims=True))
        dz = de[..., None] * v * (1 - p * p)
        dq = dz.sum(axis=1)
        dhs[:, :t] += w[..., None] * dcontexts[:, t, None]
        dhs[:, t] += dq @ Wq.T
        dkeys[:, :t] += dz
        dWq += hs[:, t].T @ dq
        dv += np.tensordot(de, p, axes=2)
    dWk = sum(memories.T @ d for memories, d in zip(hs, dkeys, strict=True))
    return dhs + dkeys @ Wk.T, {"Wq": dWq, "Wk": dWk, "v": dv}


def lstm_attention_forward(x, targets, h0, c0, params):
    hs, c_last, lstm_cache = lstm_forward(x, h0, c0, params)
    contexts, looks = attention_forward(hs, params)
    both = np.concatenate([hs, contexts], axis=2)
    W = np.concatenate([params["Wy"], params["Wc"]])
    loss, loss_cache = cross_entropy_forward(both @ W + params["by"], targets)
    return loss, hs[:, -1], c_last, (lstm_cache, looks, both, W, loss_cache)


def lstm_attention_backward(dloss, dh_last, dc_last, cache):
    lstm_cache, looks, both, W, loss_cache = cache
    H = dh_last.shape[1]
    dlogits = cross_entropy_backward(dloss, loss_cache)
    dW, dboth = np.tensordot(both, dlogits, axes=([0, 1], [0, 1])), dlogits @ W.T
    dhs, grads = attention_backward(dboth[..., H:], looks)
    dhs += dboth[..., :H]
    dhs[:, -1] += dh_last
    dh0, dc0, lstm_grads = lstm_backward(dhs, dc_last, lstm_cache)
    return dh0, dc0, {"Wy": dW[:H], "Wc": dW[H:], "by": dlogits.sum(axis=(0, 1)), **grads, **lstm_grads}
