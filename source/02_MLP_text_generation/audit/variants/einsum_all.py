"""The window kept as an axis of its own and contracted with einsum, one-hot ids included."""

import numpy as np


def make_windows(ids, C):
    n = len(ids)
    shifted = [ids[c : n - C + c] for c in range(C)]
    return np.einsum("cn->nc", np.array(shifted)), ids[C:].copy()


def embedding_forward(x, params):
    O = np.eye(len(params["E"]), dtype=params["E"].dtype)[x]
    return np.einsum("bcv,ve->bce", O, params["E"]).reshape(x.shape[0], -1), O


def embedding_backward(de, cache):
    B, C, _ = cache.shape
    return {"E": np.einsum("bcv,bce->ve", cache, de.reshape(B, C, -1))}


def hidden_forward(e, params):
    z = np.einsum("bd,dh->bh", e, params["W1"]) + np.einsum("h,b->bh", params["b1"], np.ones(len(e), dtype=e.dtype))
    return np.einsum("bh,bh->bh", z, (z > 0).astype(z.dtype)), (e, np.heaviside(z, z.dtype.type(0)), params["W1"])


def hidden_backward(dh, cache):
    e, on, W1 = cache
    return np.einsum("bh,bh,dh->bd", dh, on, W1), {
        "W1": np.einsum("bd,bh,bh->dh", e, dh, on),
        "b1": np.einsum("bh,bh->h", on, dh),
    }


def output_forward(h, params):
    return np.einsum("bh,hv->bv", h, params["W2"]) + params["b2"], {"h": h, "params": params}


def output_backward(dlogits, cache):
    grads = {"b2": np.einsum("bv->v", dlogits), "W2": np.einsum("bh,bv->hv", cache["h"], dlogits)}
    return np.einsum("bv,hv->bh", dlogits, cache["params"]["W2"]), grads


def model_forward(x, targets, params):
    C = x.shape[1]
    O = np.eye(len(params["E"]), dtype=params["E"].dtype)[x]
    W1 = params["W1"].reshape(C, -1, params["b1"].size)
    z = np.einsum("bcv,ve,ceh->bh", O, params["E"], W1) + params["b1"]
    h = np.clip(z, 0, None)
    loss, told = cross_entropy_forward(np.einsum("bh,hv->bv", h, params["W2"]) + params["b2"], targets)
    return loss, (O, W1, z, h, params, told)


def model_backward(dloss, cache):
    O, W1, z, h, params, told = cache
    dlogits = cross_entropy_backward(dloss, told)
    dz = np.einsum("bv,hv,bh->bh", dlogits, params["W2"], (z > 0).astype(z.dtype))
    return {
        "E": np.einsum("bcv,bh,ceh->ve", O, dz, W1),
        "W1": np.einsum("bcv,ve,bh->ceh", O, params["E"], dz).reshape(params["W1"].shape),
        "b1": np.einsum("bh->h", dz),
        "W2": np.einsum("bh,bv->hv", h, dlogits),
        "b2": np.einsum("bv->v", dlogits),
    }


def next_probabilities(logits, temperature, top_k=None):
    ahead = (logits[None, :] > logits[:, None]) | np.tril(logits[None, :] == logits[:, None], -1)
    rank = np.einsum("ij->i", ahead.astype(int))
    z = logits / temperature
    e = np.where(rank < (top_k or len(logits)), np.exp(z - z.max()), 0)
    return e / np.einsum("v->", e)
