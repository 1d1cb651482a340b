"""The cache of every forward pass is a function that does the backward pass; the softmax by log-sum-exp."""

import numpy as np


def scores_forward(hs, params):
    Wq, Wk, v = params["Wq"], params["Wk"], params["v"]
    p = np.tanh((hs @ Wq)[:, :, None] + (hs @ Wk)[:, None])

    def backward(dscores):
        dz = dscores[..., None] * (v * (1 + p) * (1 - p))
        dq, dk = dz.sum(axis=2), dz.sum(axis=1)
        dWq, dWk = (np.tensordot(hs, d, axes=((0, 1), (0, 1))) for d in (dq, dk))
        dv = (dscores[..., None] * p).sum(axis=(0, 1, 2))
        return dq @ Wq.T + dk @ Wk.T, {"Wq": dWq, "Wk": dWk, "v": dv}

    return p @ v, backward


def scores_backward(dscores, cache):
    return cache(dscores)


def masked_softmax_forward(scores):
    T = scores.shape[1]
    z = scores + np.where(np.tri(T, k=-1, dtype=bool), 0, -np.inf).astype(scores.dtype)
    z[:, 0] = 0
    top = z.max(axis=-1, keepdims=True)
    weights = np.exp(z - (top + np.log(np.exp(z - top).sum(axis=-1, keepdims=True))))
    weights[:, 0] = 0

    def backward(dweights):
        slope = weights * dweights
        return slope - weights * slope.sum(axis=-1)[..., None]

    return weights.copy(), backward


def masked_softmax_backward(dweights, cache):
    return cache(dweights)


def context_forward(weights, hs):
    return weights @ hs, lambda d: (d @ hs.transpose(0, 2, 1), weights.transpose(0, 2, 1) @ d)


def context_backward(dcontexts, cache):
    return cache(dcontexts)


def attention_forward(hs, params):
    scores, scores_back = scores_forward(hs, params)
    weights, softmax_back = masked_softmax_forward(scores)
    contexts, context_back = context_forward(weights, hs)

    def backward(dcontexts):
        dweights, dhs = context_backward(dcontexts, context_back)
        more, grads = scores_backward(masked_softmax_backward(dweights, softmax_back), scores_back)
        return dhs + more, grads

    return contexts, backward


def attention_backward(dcontexts, cache):
    return cache(dcontexts)


def output_forward(hs, contexts, params):
    Wy, Wc = params["Wy"], params["Wc"]

    def backward(dlogits):
        dWy, dWc = (np.einsum("bth,btv->hv", a, dlogits, optimize=True) for a in (hs, contexts))
        return dlogits @ Wy.T, dlogits @ Wc.T, {"Wy": dWy, "Wc": dWc, "by": dlogits.sum(axis=1).sum(axis=0)}

    return params["by"] + hs @ Wy + contexts @ Wc, backward


def output_backward(dlogits, cache):
    return cache(dlogits)


def rnn_attention_forward(x, targets, h0, params):
    hs, rnn_cache = rnn_forward(x, h0, params)
    contexts, attention_back = attention_forward(hs, params)
    logits, output_back = output_forward(hs, contexts, params)
    loss, loss_cache = cross_entropy_forward(logits, targets)

    def backward(dloss, dh_last):
        dhs, dcontexts, grads = output_backward(cross_entropy_backward(dloss, loss_cache), output_back)
        more, attention_grads = attention_backward(dcontexts, attention_back)
        end = np.zeros_like(dhs)
        end[:, -1] = dh_last
        dh0, rnn_grads = rnn_backward(dhs + more + end, rnn_cache)
        return dh0, grads | attention_grads | rnn_grads

    return loss, hs[:, -1], backward


def rnn_attention_backward(dloss, dh_last, cache):
    return cache(dloss, dh_last)
