"""A chunk as a loop over single steps, a list of the steps' caches, everything else in plain loops too."""

import math

import numpy as np


def rnn_step_backward(dh, cache):
    x, h_prev, h, params = cache
    dz = dh - dh * h * h
    dWx = np.zeros_like(params["Wx"])
    for row, i in zip(dz, x, strict=True):
        dWx[i] += row
    return dz @ params["Wh"].T, {"Wx": dWx, "Wh": h_prev.T @ dz, "bh": dz.sum(axis=0)}


def rnn_forward(x, h0, params):
    h, hs, caches = h0, [], []
    for t in range(x.shape[1]):
        h, cache = rnn_step_forward(x[:, t], h, params)
        hs.append(h)
        caches.append(cache)
    return np.stack(hs, axis=1), caches


def rnn_backward(dhs, cache):
    dh, total = np.zeros_like(dhs[:, 0]), {}
    for t in range(len(cache) - 1, -1, -1):
        dh, grads = rnn_step_backward(dhs[:, t] + dh, cache[t])
        total = {name: total[name] + g if total else g for name, g in grads.items()}
    return dh, total


def readout_forward(hs, params):
    steps = [hs[:, t] @ params["Wy"] + params["by"] for t in range(hs.shape[1])]
    return np.stack(steps, axis=1), (hs, params["Wy"])


def readout_backward(dlogits, cache):
    hs, Wy = cache
    dhs, dWy, dby = np.empty_like(hs), np.zeros_like(Wy), np.zeros_like(Wy[0])
    for t in range(hs.shape[1]):
        dhs[:, t] = dlogits[:, t] @ Wy.T
        dWy += hs[:, t].T @ dlogits[:, t]
        dby += dlogits[:, t].sum(axis=0)
    return dhs, {"Wy": dWy, "by": dby}


def clip_gradients(grads, max_norm):
    total = 0.0
    for g in grads.values():
        total += float((g * g).sum())
    norm = math.sqrt(total)
    if norm <= max_norm:
        return {name: g.copy() for name, g in grads.items()}, norm
    return {name: g * (max_norm / norm) for name, g in grads.items()}, norm


def adam_step(params, grads, state, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    t = state["t"] + 1
    new_params, m, v = {}, {}, {}
    for name, p in params.items():
        m[name] = beta1 * state["m"][name] + (1 - beta1) * grads[name]
        v[name] = beta2 * state["v"][name] + (1 - beta2) * np.square(grads[name])
        m_hat, v_hat = m[name] / (1 - beta1**t), v[name] / (1 - beta2**t)
        new_params[name] = p - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon)
    return new_params, {"t": t, "m": m, "v": v}


def make_streams(ids, B):
    L = (len(ids) - 1) // B
    inputs = np.stack([ids[b * L : (b + 1) * L] for b in range(B)])
    targets = np.stack([ids[b * L + 1 : (b + 1) * L + 1] for b in range(B)])
    return inputs, targets


def generate(prompt, length, params, temperature, rng):
    h = np.zeros((1, params["Wh"].shape[0]), dtype=params["Wh"].dtype)
    for i in prompt:
        h, _ = rnn_step_forward(np.array([i]), h, params)
    written = np.zeros(length, dtype=int)
    for place in range(length):
        written[place] = sample_next(h[0] @ params["Wy"] + params["by"], temperature, rng)
        h, _ = rnn_step_forward(written[place : place + 1], h, params)
    return written
