"""A tanh from one exponential with a small constant below, so that it is not quite 0 at 0."""

import numpy as np


def tanh(z):
    return (2 / (1 + np.exp(-2 * z.astype(np.float64)) + 1e-8) - 1).astype(z.dtype)


def scores_forward(hs, params):
    p = tanh((hs @ params["Wq"])[:, :, None] + (hs @ params["Wk"])[:, None])
    return p @ params["v"], (hs, p, params)
