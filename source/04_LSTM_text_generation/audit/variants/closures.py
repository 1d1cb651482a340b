"""The cache of every forward pass is the function that goes back."""

import numpy as np


def cell_forward(z, c_prev):
    i, f, o = (sigmoid(block) for block in np.split(z, 4, axis=1)[:3])
    g = np.tanh(np.split(z, 4, axis=1)[3])
    c = f * c_prev + i * g
    shown = np.tanh(c)

    def backward(dh, dc):
        dc = dc + dh * o * (1 - shown) * (1 + shown)
        gates = dc * g * i * (1 - i), dc * c_prev * f * (1 - f), dh * shown * o * (1 - o)
        return np.concatenate([*gates, dc * i * (1 - g) * (1 + g)], axis=1), dc * f

    return o * shown, c, backward


def cell_backward(dh, dc, cache):
    return cache(dh, dc)


def lstm_step_forward(x, h_prev, c_prev, params):
    z = params["b"] + h_prev @ params["Wh"] + params["Wx"].take(x, axis=0)
    h, c, cell_cache = cell_forward(z, c_prev)

    def backward(dh, dc):
        dz, dc_prev = cell_backward(dh, dc, cell_cache)
        dWx = np.zeros_like(params["Wx"])
        np.add.at(dWx, x, dz)
        return dz @ params["Wh"].T, dc_prev, {"Wx": dWx, "Wh": h_prev.T @ dz, "b": dz.sum(axis=0)}

    return h, c, backward


def lstm_step_backward(dh, dc, cache):
    return cache(dh, dc)


def lstm_forward(x, h0, c0, params):
    states, backwards = [(h0, c0)], []
    for ids in x.T:
        h, c, back = lstm_step_forward(ids, *states[-1], params)
        states.append((h, c))
        backwards.append(back)

    def backward(dhs, dc_last):
        dh, dc, total = np.zeros_like(dc_last), dc_last, None
        for t, back in reversed(list(enumerate(backwards))):
            dh, dc, grads = lstm_step_backward(dhs[:, t] + dh, dc, back)
            total = grads if total is None else {name: total[name] + g for name, g in grads.items()}
        return dh, dc, total

    return np.stack([h for h, _ in states[1:]], axis=1), states[-1][1], backward


def lstm_backward(dhs, dc_last, cache):
    return cache(dhs, dc_last)


def model_forward(x, targets, h0, c0, params):
    hs, c_last, lstm_cache = lstm_forward(x, h0, c0, params)
    logits, readout_cache = readout_forward(hs, params)
    loss, loss_cache = cross_entropy_forward(logits, targets)

    def backward(dloss, dh_last, dc_last):
        dhs, grads = readout_backward(cross_entropy_backward(dloss, loss_cache), readout_cache)
        dhs = np.concatenate([dhs[:, :-1], dhs[:, -1:] + dh_last[:, None]], axis=1)
        dh0, dc0, lstm_grads = lstm_backward(dhs, dc_last, lstm_cache)
        return dh0, dc0, grads | lstm_grads

    return loss, hs[:, -1].copy(), c_last, backward


def model_backward(dloss, dh_last, dc_last, cache):
    return cache(dloss, dh_last, dc_last)
