"""einsum for each product and each sum, one-hot ids, and the whole model in one function."""

import numpy as np


def hot(ids, like):
    return np.eye(like.shape[0], dtype=like.dtype)[ids]


def rnn_step_forward(x, h_prev, params):
    O = hot(x, params["Wx"])
    z = np.einsum("bv,vh->bh", O, params["Wx"]) + np.einsum("bi,ih->bh", h_prev, params["Wh"])
    new = np.tanh(z + params["bh"])
    return new, (O, h_prev, params["Wh"], 1 - np.einsum("bh,bh->bh", new, new))


def rnn_step_backward(dh, cache):
    O, h_prev, Wh, slope = cache
    return np.einsum("bh,bh,ih->bi", dh, slope, Wh), {
        "Wx": np.einsum("bv,bh,bh->vh", O, dh, slope),
        "Wh": np.einsum("bi,bh,bh->ih", h_prev, dh, slope),
        "bh": np.einsum("bh,bh->h", dh, slope),
    }


def rnn_forward(x, h0, params):
    O = hot(x, params["Wx"])
    given = np.einsum("btv,vh->tbh", O, params["Wx"]) + params["bh"]
    memories = [h0]
    for z in given:
        memories.append(np.tanh(z + np.einsum("bi,ih->bh", memories[-1], params["Wh"])))
    return np.einsum("tbh->bth", np.array(memories[1:])), (O, np.array(memories), params["Wh"])


def rnn_backward(dhs, cache):
    O, memories, Wh = cache
    slope = 1 - np.einsum("tbh,tbh->tbh", memories[1:], memories[1:])
    dz = np.zeros_like(slope)
    carried = np.zeros_like(memories[0])
    for t in range(len(slope))[::-1]:
        dz[t] = np.einsum("bh,bh->bh", slope[t], dhs[:, t] + carried)
        carried = np.einsum("bh,ih->bi", dz[t], Wh)
    return carried, {
        "Wx": np.einsum("btv,tbh->vh", O, dz),
        "Wh": np.einsum("tbi,tbh->ih", memories[:-1], dz),
        "bh": np.einsum("tbh->h", dz),
    }


def readout_forward(hs, params):
    return np.einsum("bth,hv->btv", hs, params["Wy"]) + params["by"], (hs, params["Wy"])


def readout_backward(dlogits, cache):
    hs, Wy = cache
    grads = {"Wy": np.einsum("bth,btv->hv", hs, dlogits), "by": np.einsum("btv->v", dlogits)}
    return np.einsum("btv,hv->bth", dlogits, Wy), grads


def cross_entropy_forward(logits, targets):
    O = np.eye(logits.shape[2], dtype=logits.dtype)[targets]
    z = logits - logits.max(axis=2, keepdims=True)
    s = np.einsum("btv->bt", np.exp(z))
    loss = (np.einsum("bt->", np.log(s)) - np.einsum("btv,btv->", O, z)) / targets.size
    return loss, (O, np.einsum("btv,bt->btv", np.exp(z), 1 / s))


def cross_entropy_backward(dloss, cache):
    O, p = cache
    return (p - O) * (dloss / (p.shape[0] * p.shape[1]))


def model_forward(x, targets, h0, params):
    hs, low = rnn_forward(x, h0, params)
    logits = np.einsum("bth,hv->btv", hs, params["Wy"]) + params["by"]
    loss, high = cross_entropy_forward(logits, targets)
    return loss, hs[:, -1], (low, hs, params, high)


def model_backward(dloss, dh_last, cache):
    low, hs, params, high = cache
    dlogits = cross_entropy_backward(dloss, high)
    last = np.eye(hs.shape[1], dtype=hs.dtype)[-1]
    dhs = np.einsum("btv,hv->bth", dlogits, params["Wy"]) + np.einsum("bh,t->bth", dh_last, last)
    dh0, grads = rnn_backward(dhs, low)
    grads["Wy"] = np.einsum("bth,btv->hv", hs, dlogits)
    grads["by"] = np.einsum("btv->v", dlogits)
    return dh0, grads


def clip_gradients(grads, max_norm):
    squares = [float(np.einsum("i,i->", g.ravel(), g.ravel(), dtype=float)) for g in grads.values()]
    norm = float(sum(squares) ** 0.5)
    return {k: np.einsum("...,->...", g, g.dtype.type(max_norm / max(norm, max_norm))) for k, g in grads.items()}, norm


def generate(prompt, length, params, temperature, rng):
    h, new = np.zeros((1, params["Wh"].shape[1]), dtype=params["Wh"].dtype), []
    for t in range(len(prompt) + length):
        if t >= len(prompt):
            new.append(sample_next(np.einsum("h,hv->v", h[0], params["Wy"]) + params["by"], temperature, rng))
        h = rnn_step_forward(np.array([new[-1] if new else prompt[t]]), h, params)[0]
    return np.array(new, dtype=int)
