"""One product per step: character, memory and a 1 side by side, Wx, Wh and bh on top of each other."""

import numpy as np


def stack(params):
    """Wx, Wh and bh on top of each other, (V + H + 1, H)."""
    return np.vstack([params["Wx"], params["Wh"], params["bh"]])


def unstack(stacked, V):
    """The three parts of a stacked gradient."""
    return {"Wx": stacked[:V], "Wh": stacked[V:-1], "bh": stacked[-1]}


def side_by_side(x, h, V):
    """Character, memory and a 1 in each row, (B, V + H + 1)."""
    characters = np.zeros((len(x), V), dtype=h.dtype)
    characters[np.arange(len(x)), x] = 1
    return np.hstack([characters, h, np.ones((len(x), 1), dtype=h.dtype)])


def rnn_step_forward(x, h_prev, params):
    u = side_by_side(x, h_prev, len(params["Wx"]))
    h = np.tanh(u @ stack(params))
    return h, (u, h, params)


def rnn_step_backward(dh, cache):
    u, h, params = cache
    V = len(params["Wx"])
    dz = dh * (1 - h * h)
    return (dz @ stack(params).T)[:, V:-1], unstack(u.T @ dz, V)


def rnn_forward(x, h0, params):
    stacked, V = stack(params), len(params["Wx"])
    us, hs = [], [h0]
    for characters in x.T:
        us.append(side_by_side(characters, hs[-1], V))
        hs.append(np.tanh(us[-1] @ stacked))
    return np.stack(hs[1:], axis=1), (us, hs[1:], stacked, V)


def rnn_backward(dhs, cache):
    us, hs, stacked, V = cache
    total, dh = np.zeros_like(stacked), np.zeros_like(hs[0])
    for u, h, own in zip(us[::-1], hs[::-1], np.moveaxis(dhs, 1, 0)[::-1], strict=True):
        dz = (own + dh) * (1 - h * h)
        total += u.T @ dz
        dh = dz @ stacked[V:-1].T
    return dh, unstack(total, V)


def clip_gradients(grads, max_norm):
    norm = float(np.linalg.norm(np.concatenate([g.ravel() for g in grads.values()])))
    shrink = max(1.0, norm / max_norm)
    return {name: g / shrink for name, g in grads.items()}, norm
