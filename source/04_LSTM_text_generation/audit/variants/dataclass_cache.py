"""Dataclasses as caches, with the slopes worked out on the way forward, and batch before time throughout."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Cell:
    """What one cell remembers: by what an upstream gradient is multiplied on its ways back."""

    from_c: np.ndarray  # (B, 4, H): d c / d z, with nothing for the output gate
    from_h: np.ndarray  # (B, H): d h / d z_o
    shown: np.ndarray  # (B, H): d h / d c
    kept: np.ndarray  # (B, H): d c / d c_prev


def cell_forward(z, c_prev):
    i, f, o, g = z.reshape(len(z), 4, -1).swapaxes(0, 1)
    i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)
    c = f * c_prev + i * g
    tanh_c = np.tanh(c)
    from_c = np.stack([g * i * (1 - i), c_prev * f * (1 - f), np.zeros_like(o), i * (1 - g * g)], axis=1)
    return o * tanh_c, c, Cell(from_c, tanh_c * o * (1 - o), o * (1 - tanh_c * tanh_c), f)


def cell_backward(dh, dc, cache):
    dc = dc + dh * cache.shown
    dz = cache.from_c * dc[:, None]
    dz[:, 2] = dh * cache.from_h
    return dz.reshape(len(dz), -1), dc * cache.kept


@dataclass
class Reading:
    """What reading a chunk leaves behind; `cells` has one entry per step."""

    x: np.ndarray
    params: dict
    before: np.ndarray  # (B, T, H): the card before each character
    cells: list = field(default_factory=list)


def lstm_forward(x, h0, c0, params):
    (B, T), H = x.shape, h0.shape[1]
    hs, c = np.zeros((B, T + 1, H), dtype=h0.dtype), c0
    hs[:, 0] = h0
    reading = Reading(x, params, hs[:, :-1])
    for t in range(T):
        z = params["Wx"][x[:, t]] + hs[:, t] @ params["Wh"] + params["b"]
        hs[:, t + 1], c, cell = cell_forward(z, c)
        reading.cells.append(cell)
    return hs[:, 1:], c, reading


def lstm_backward(dhs, dc_last, cache):
    B, T, H = dhs.shape
    dz, dc, dh = np.zeros((B, T, 4 * H), dtype=dhs.dtype), dc_last, np.zeros((B, H), dtype=dhs.dtype)
    for t in range(T)[::-1]:
        dz[:, t], dc = cell_backward(dhs[:, t] + dh, dc, cache.cells[t])
        dh = dz[:, t] @ cache.params["Wh"].T
    rows = dz.reshape(B * T, 4 * H)
    grads = {name: np.zeros_like(cache.params[name]) for name in ("Wx", "Wh", "b")}
    np.add.at(grads["Wx"], cache.x.reshape(-1), rows)
    grads["Wh"] += np.tensordot(cache.before, dz, axes=((0, 1), (0, 1)))
    grads["b"] += rows.sum(axis=0)
    return dh, dc, grads


@dataclass
class Chunk:
    """The three caches of a model."""

    lstm: object
    readout: object
    loss: object


def model_forward(x, targets, h0, c0, params):
    hs, c_last, lstm = lstm_forward(x, h0, c0, params)
    logits, readout = readout_forward(hs, params)
    value, loss = cross_entropy_forward(logits, targets)
    return value, hs[:, -1], c_last, Chunk(lstm, readout, loss)


def model_backward(dloss, dh_last, dc_last, cache):
    dhs, readout_grads = readout_backward(cross_entropy_backward(dloss, cache.loss), cache.readout)
    more = np.zeros_like(dhs)
    more[:, -1] = dh_last
    dh0, dc0, grads = lstm_backward(dhs + more, dc_last, cache.lstm)
    return dh0, dc0, dict(grads, Wy=readout_grads["Wy"], by=readout_grads["by"])
