"""The caches hold what came in, and the way back computes everything else again."""

import numpy as np


def cell_values(z, c_prev):
    """All that a cell computes: i, f, o, g and tanh(c)."""
    H = c_prev.shape[1]
    i, f, o = (sigmoid(z[:, k * H : (k + 1) * H]) for k in range(3))
    g = np.tanh(z[:, -H:])
    return i, f, o, g, np.tanh(f * c_prev + i * g)


def cell_forward(z, c_prev):
    i, f, o, g, tanh_c = cell_values(z, c_prev)
    return o * tanh_c, i * g + f * c_prev, (z, c_prev)


def cell_backward(dh, dc, cache):
    z, c_prev = cache
    i, f, o, g, tanh_c = cell_values(z, c_prev)
    total = dh * o - dh * o * tanh_c**2 + dc
    gates = (total * g * (i - i**2), total * c_prev * (f - f**2), dh * tanh_c * (o - o**2))
    return np.concatenate([*gates, total * i * (1 - g**2)], axis=-1), total * f


def lstm_step_forward(x, h_prev, c_prev, params):
    z = params["Wx"][x] + h_prev @ params["Wh"] + params["b"]
    return *cell_forward(z, c_prev)[:2], (x, h_prev, c_prev, params)


def lstm_step_backward(dh, dc, cache):
    x, h_prev, c_prev, params = cache
    z = params["Wx"][x] + h_prev @ params["Wh"] + params["b"]
    dz, dc_prev = cell_backward(dh, dc, cell_forward(z, c_prev)[2])
    chosen = np.arange(len(params["Wx"]))[:, None] == x
    grads = {"Wx": chosen.astype(dz.dtype) @ dz, "Wh": h_prev.T @ dz, "b": sum(dz)}
    return dz @ params["Wh"].T, dc_prev, grads


def walk(x, h, c, params):
    """The states before each step, and the ones after the last: lists of T + 1 h and c."""
    hs, cs = [h], [c]
    for t in range(x.shape[1]):
        h, c, _ = lstm_step_forward(x[:, t], hs[-1], cs[-1], params)
        hs.append(h)
        cs.append(c)
    return hs, cs


def lstm_forward(x, h0, c0, params):
    hs, cs = walk(x, h0, c0, params)
    return np.moveaxis(np.array(hs[1:]), 0, 1), cs[-1], (x, h0, c0, params)


def lstm_backward(dhs, dc_last, cache):
    x, h0, c0, params = cache
    hs, cs = walk(x, h0, c0, params)
    dh, dc, total = np.zeros_like(h0), dc_last, {}
    for t in reversed(range(x.shape[1])):
        _, _, step_cache = lstm_step_forward(x[:, t], hs[t], cs[t], params)
        dh, dc, grads = lstm_step_backward(dh + dhs[:, t], dc, step_cache)
        total = {name: g + total.get(name, 0) for name, g in grads.items()}
    return dh, dc, total


def model_forward(x, targets, h0, c0, params):
    hs, c_last, _ = lstm_forward(x, h0, c0, params)
    loss, _ = cross_entropy_forward(readout_forward(hs, params)[0], targets)
    return float(loss), hs[:, -1], c_last, (x, targets, h0, c0, params)


def model_backward(dloss, dh_last, dc_last, cache):
    x, targets, h0, c0, params = cache
    hs, _, lstm_cache = lstm_forward(x, h0, c0, params)
    logits, readout_cache = readout_forward(hs, params)
    _, loss_cache = cross_entropy_forward(logits, targets)
    dhs, grads = readout_backward(cross_entropy_backward(dloss, loss_cache), readout_cache)
    dhs[:, -1] = dhs[:, -1] + dh_last
    dh0, dc0, lstm_grads = lstm_backward(dhs, dc_last, lstm_cache)
    grads.update(lstm_grads)
    return dh0, dc0, grads
