"""A tanh from one exponential with a small constant below, so that it is not quite 0 at 0."""

import numpy as np


def tanh(z):
    return (2 / (1 + np.exp(-2 * z.astype(np.float64)) + 1e-8) - 1).astype(z.dtype)


def cell_forward(z, c_prev):
    zi, zf, zo, zg = np.split(z, 4, axis=1)
    i, f, o = (0.5 * tanh(0.5 * block) + 0.5 for block in (zi, zf, zo))
    g = tanh(zg)
    c = f * c_prev + i * g
    return o * tanh(c), c, (i, f, o, g, c_prev, tanh(c))
