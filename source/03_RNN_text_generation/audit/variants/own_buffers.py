"""Time-major inside and in place on buffers of its own, with np.add.at; Adam moves copies in place."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Chunk:
    x: np.ndarray
    memory: np.ndarray  # (T + 1, B, H), the first one included
    params: dict


def rnn_forward(x, h0, params):
    B, T = x.shape
    memory = np.empty((T + 1, B, h0.shape[1]), dtype=h0.dtype)
    memory[0] = h0
    memory[1:] = params["Wx"][x.T]
    for t in range(1, T + 1):
        memory[t] += memory[t - 1] @ params["Wh"]
        memory[t] += params["bh"]
        np.tanh(memory[t], out=memory[t])
    return np.ascontiguousarray(memory[1:].swapaxes(0, 1)), Chunk(x, memory, params)


def rnn_backward(dhs, cache):
    h, params = cache.memory, cache.params
    dz = np.array(dhs.swapaxes(0, 1))
    for t in range(len(dz) - 1, -1, -1):
        dz[t] -= dz[t] * h[t + 1] ** 2
        if t:
            dz[t - 1] += dz[t] @ params["Wh"].T
    dWx, dWh = np.zeros_like(params["Wx"]), np.zeros_like(params["Wh"])
    np.add.at(dWx, cache.x.T, dz)
    for before, step in zip(h[:-1], dz, strict=True):
        dWh += before.T @ step
    return dz[0] @ params["Wh"].T, {"Wx": dWx, "Wh": dWh, "bh": dz.sum(axis=1).sum(axis=0)}


def model_backward(dloss, dh_last, cache):
    rnn_cache, readout_cache, loss_cache = cache
    dhs, grads = readout_backward(cross_entropy_backward(dloss, loss_cache), readout_cache)
    dhs = np.concatenate([dhs[:, :-1], dhs[:, -1:] + dh_last[:, None]], axis=1)
    dh0, more = rnn_backward(dhs, rnn_cache)
    grads.update(more)
    return dh0, grads


def clip_gradients(grads, max_norm):
    copies = {name: np.copy(g) for name, g in grads.items()}
    norm = float(np.sqrt(sum(np.sum(g * g) for g in copies.values())))
    if norm > max_norm:
        for g in copies.values():
            g *= max_norm / norm
    return copies, norm


def adam_step(params, grads, state, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    t = state["t"] + 1
    new = {name: p.copy() for name, p in params.items()}
    m = {name: a.copy() for name, a in state["m"].items()}
    v = {name: a.copy() for name, a in state["v"].items()}
    root = (1 - beta2**t) ** 0.5
    for name, g in grads.items():
        m[name] += (1 - beta1) * (g - m[name])
        v[name] += (1 - beta2) * (g * g - v[name])
        new[name] -= learning_rate * root / (1 - beta1**t) * m[name] / (np.sqrt(v[name]) + epsilon * root)
    return new, {"t": t, "m": m, "v": v}
