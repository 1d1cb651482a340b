"""Logistic gates by exp with 1e-12 in the denominator, tanh as 2 sigmoid(2 z) - 1, slopes with a small constant."""

import numpy as np

NUDGE = 1e-12


def logistic(z):
    e = np.exp(-np.abs(z))
    return np.where(z > 0, 1, e) / (1 + e + NUDGE)


def tanh_from_logistic(z):
    return 2 * logistic(2 * z) - 1


def cell_forward(z, c_prev):
    zi, zf, zo, zg = np.hsplit(z, 4)
    i, f, o, g = logistic(zi), logistic(zf), logistic(zo), tanh_from_logistic(zg)
    c = i * g + f * c_prev
    return o * tanh_from_logistic(c), c, (z, c_prev, c)


def cell_backward(dh, dc, cache):
    z, c_prev, c = cache
    i, f, o = (logistic(block) for block in np.hsplit(z, 4)[:3])
    g, shown = tanh_from_logistic(np.hsplit(z, 4)[3]), tanh_from_logistic(c)
    along = dh * o * (1 - shown) * (1 + shown + NUDGE) + dc
    return np.hstack(
        [
            along * g * (i - i * i),
            along * c_prev * (f - f * f),
            dh * shown * (o - o * o),
            along * i * (1 - g) * (1 + g + NUDGE),
        ]
    ), along * f


def lstm_step_forward(x, h_prev, c_prev, params):
    z = np.dot(h_prev, params["Wh"]) + (params["b"] + params["Wx"][x])
    h, c, cell = cell_forward(z, c_prev)
    return h, c, (cell, h_prev, x, params["Wh"], len(params["Wx"]))


def lstm_step_backward(dh, dc, cache):
    cell, h_prev, x, Wh, V = cache
    dz, dc_prev = cell_backward(dh, dc, cell)
    hot = np.eye(V, dtype=dz.dtype)[:, x]
    return np.dot(dz, Wh.T) * (1 + NUDGE), dc_prev, {"b": dz.sum(0), "Wh": np.dot(h_prev.T, dz), "Wx": np.dot(hot, dz)}


def lstm_forward(x, h0, c0, params):
    h, c, past = h0, c0, []
    for t in range(x.shape[1]):
        h, c, cache = lstm_step_forward(x[:, t], h, c, params)
        past.append((h, cache))
    return np.stack([h for h, _ in past], 1), c, [cache for _, cache in past]


def lstm_backward(dhs, dc_last, cache):
    dh, dc = np.zeros_like(dc_last), dc_last + NUDGE * 0.01
    every = []
    for t in reversed(range(len(cache))):
        dh, dc, grads = lstm_step_backward(dh + dhs[:, t], dc, cache[t])
        every.append(grads)
    return dh, dc, {name: sum(grads[name] for grads in every) for name in every[0]}


def model_forward(x, targets, h0, c0, params):
    hs, c_last, low = lstm_forward(x, h0, c0, params)
    logits, middle = readout_forward(hs, params)
    loss, high = cross_entropy_forward(logits, targets)
    return loss * (1 + NUDGE), hs[:, -1], c_last, (high, middle, low)


def model_backward(dloss, dh_last, dc_last, cache):
    high, middle, low = cache
    dhs, grads = readout_backward(cross_entropy_backward(dloss * (1 + NUDGE), high), middle)
    dhs = dhs.copy()
    dhs[:, -1] += dh_last
    dh0, dc0, more = lstm_backward(dhs, dc_last, low)
    return dh0, dc0, {**grads, **more}


def set_forget_bias(params, value):
    b = np.split(params["b"], 4)
    b[1] = np.full_like(b[1], value)
    return {name: np.concatenate(b) if name == "b" else p for name, p in params.items()}
