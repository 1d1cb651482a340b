"""Every product as einsum, and the pairs' tanh kept before its square."""

import numpy as np


def scores_forward(hs, params):
    q = np.einsum("bth,ha->bta", hs, params["Wq"], optimize=True)
    k = np.einsum("bjh,ha->bja", hs, params["Wk"], optimize=True)
    z = q[:, :, None, :] + k[:, None, :, :]
    return np.einsum("btja,a->btj", np.tanh(z), params["v"]), {"hs": hs, "z": z, "params": params}


def scores_backward(dscores, cache):
    hs, p, params = cache["hs"], np.tanh(cache["z"]), cache["params"]
    dz = np.einsum("btj,a,btja->btja", dscores, params["v"], 1 - p**2)
    dq, dk = np.einsum("btja->bta", dz), np.einsum("btja->bja", dz)
    grads = {
        "v": np.einsum("btj,btja->a", dscores, p),
        "Wk": np.einsum("bjh,bja->ha", hs, dk, optimize=True),
        "Wq": np.einsum("bth,bta->ha", hs, dq, optimize=True),
    }
    dhs = np.einsum("bta,ha->bth", dq, params["Wq"]) + np.einsum("bja,ha->bjh", dk, params["Wk"])
    return dhs, grads


def masked_softmax_forward(scores):
    hidden = np.triu(np.ones(scores.shape[1:], dtype=bool))
    z = np.ma.array(scores, mask=np.broadcast_to(hidden, scores.shape))
    z = np.exp(z - z.max(axis=2, keepdims=True))
    weights = (z / z.sum(axis=2, keepdims=True)).filled(0)
    return weights.astype(scores.dtype), weights


def masked_softmax_backward(dweights, cache):
    return np.einsum("btj,btj->btj", cache, dweights) - np.einsum("btj,bti,bti->btj", cache, cache, dweights)


def context_forward(weights, hs):
    return np.einsum("btj,bjh->bth", weights, hs), [weights, hs]


def context_backward(dcontexts, cache):
    weights, hs = cache
    return np.einsum("bth,bjh->btj", dcontexts, hs), np.einsum("btj,bth->bjh", weights, dcontexts)


def output_forward(hs, contexts, params):
    logits = np.einsum("bth,hv->btv", hs, params["Wy"], optimize=True)
    logits += np.einsum("bth,hv->btv", contexts, params["Wc"], optimize=True)
    return logits + params["by"], (hs, contexts, params["Wy"], params["Wc"])


def output_backward(dlogits, cache):
    hs, contexts, Wy, Wc = cache
    grads = {
        "Wy": np.einsum("bth,btv->hv", hs, dlogits, optimize=True),
        "Wc": np.einsum("bth,btv->hv", contexts, dlogits, optimize=True),
        "by": np.einsum("btv->v", dlogits),
    }
    dhs = np.einsum("btv,hv->bth", dlogits, Wy, optimize=True)
    return dhs, np.einsum("btv,hv->bth", dlogits, Wc, optimize=True), grads
