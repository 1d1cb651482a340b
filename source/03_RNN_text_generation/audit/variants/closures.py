"""The cache is the backward pass itself, a function, from the step up to the whole model."""

import numpy as np


def rnn_step_forward(x, h_prev, params):
    h = np.tanh(np.take(params["Wx"], x, axis=0) + h_prev @ params["Wh"] + params["bh"])

    def backward(dh):
        dz = dh * (1 - h**2)
        dWx = np.zeros_like(params["Wx"])
        for i in np.unique(x):
            dWx[i] = dz[x == i].sum(axis=0)
        return dz @ params["Wh"].T, {"Wx": dWx, "Wh": h_prev.T @ dz, "bh": dz.sum(axis=0)}

    return h, backward


def rnn_step_backward(dh, cache):
    return cache(dh)


def rnn_forward(x, h0, params):
    hs, backs = [h0], []
    for characters in x.T:
        h, back = rnn_step_forward(characters, hs[-1], params)
        hs.append(h)
        backs.append(back)

    def backward(dhs):
        dh, grads = np.zeros_like(h0), {name: np.zeros_like(params[name]) for name in ("Wx", "Wh", "bh")}
        for t in reversed(range(len(backs))):
            dh, more = rnn_step_backward(dhs[:, t] + dh, backs[t])
            for name in grads:
                grads[name] += more[name]
        return dh, grads

    return np.array(hs[1:]).transpose(1, 0, 2), backward


def rnn_backward(dhs, cache):
    return cache(dhs)


def readout_forward(hs, params):
    rows = hs.reshape(-1, hs.shape[-1])

    def backward(dlogits):
        drows = dlogits.reshape(len(rows), -1)
        return (drows @ params["Wy"].T).reshape(hs.shape), {"Wy": (drows.T @ rows).T, "by": drows.sum(0)}

    return (rows @ params["Wy"] + params["by"]).reshape(*hs.shape[:-1], -1), backward


def readout_backward(dlogits, cache):
    return cache(dlogits)


def cross_entropy_forward(logits, targets):
    rows, wanted = logits.reshape(-1, logits.shape[-1]), targets.ravel()
    powers = np.exp(rows - rows.max(axis=1, keepdims=True))
    p = powers / powers.sum(axis=1, keepdims=True)
    places = np.arange(len(rows)), wanted
    surprise = np.log(powers.sum(axis=1)) + rows.max(axis=1) - rows[places]

    def backward(dloss):
        drows = p.copy()
        drows[places] -= 1
        return (drows * dloss / len(rows)).reshape(logits.shape)

    return surprise.sum() / len(rows), backward


def cross_entropy_backward(dloss, cache):
    return cache(dloss)


def model_forward(x, targets, h0, params):
    hs, through_time = rnn_forward(x, h0, params)
    logits, through_readout = readout_forward(hs, params)
    loss, through_loss = cross_entropy_forward(logits, targets)

    def backward(dloss, dh_last):
        dhs, readout_grads = readout_backward(cross_entropy_backward(dloss, through_loss), through_readout)
        from_next = np.zeros_like(dhs)
        from_next[:, -1] = dh_last
        dh0, grads = rnn_backward(dhs + from_next, through_time)
        return dh0, grads | readout_grads

    return loss, hs[:, -1], backward


def model_backward(dloss, dh_last, cache):
    return cache(dloss, dh_last)
