"""A tanh from one exponential with a small constant below, so that it is not quite 0 at 0."""

import numpy as np


def tanh(z):
    return (2 / (1 + np.exp(-2 * z.astype(np.float64)) + 1e-8) - 1).astype(z.dtype)


def rnn_step_forward(x, h_prev, params):
    h = tanh(params["Wx"][x] + h_prev @ params["Wh"] + params["bh"])
    return h, (x, h_prev, h, params)


def rnn_forward(x, h0, params):
    states = [h0]
    for ids in x.T:
        states.append(tanh(params["Wx"][ids] + states[-1] @ params["Wh"] + params["bh"]))
    hs = np.stack(states[1:])
    return hs.swapaxes(0, 1), (x, h0, hs, params)
