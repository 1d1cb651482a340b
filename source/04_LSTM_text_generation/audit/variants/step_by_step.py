"""The short way: one step after the other in both directions, and a loop over the readers for their ids."""

import numpy as np


def lstm_step_backward(dh, dc, cache):
    x, h_prev, cell_cache, params = cache
    dz, dc_prev = cell_backward(dh, dc, cell_cache)
    grads = {name: np.zeros_like(params[name]) for name in ("Wx", "Wh", "b")}
    for reader, character in enumerate(x):
        grads["Wx"][character] += dz[reader]
        grads["b"] += dz[reader]
    grads["Wh"] += h_prev.T @ dz
    return dz @ params["Wh"].T, dc_prev, grads


def lstm_forward(x, h0, c0, params):
    h, c, hs, caches = h0, c0, [], []
    for t in range(x.shape[1]):
        h, c, cache = lstm_step_forward(x[:, t], h, c, params)
        hs.append(h)
        caches.append(cache)
    return np.stack(hs, axis=1), c, (caches, params)


def lstm_backward(dhs, dc_last, cache):
    caches, params = cache
    grads = {name: np.zeros_like(params[name]) for name in ("Wx", "Wh", "b")}
    dh, dc = np.zeros_like(dc_last), dc_last
    for t in range(len(caches) - 1, -1, -1):
        dh, dc, step_grads = lstm_step_backward(dhs[:, t] + dh, dc, caches[t])
        for name in grads:
            grads[name] += step_grads[name]
    return dh, dc, grads


def set_forget_bias(params, value):
    changed = {name: np.array(p) for name, p in params.items()}
    H = changed["b"].size // 4
    for place in range(H, 2 * H):
        changed["b"][place] = value
    return changed


def generate(prompt, length, params, temperature, rng):
    h = np.zeros((1, params["Wh"].shape[0]), dtype=params["Wh"].dtype)
    c = np.zeros_like(h)
    for character in prompt:
        h, c, _ = lstm_step_forward(np.array([character]), h, c, params)
    new = np.zeros(length, dtype=int)
    for place in range(length):
        logits = readout_forward(h.reshape(1, 1, -1), params)[0]
        new[place] = sample_next(logits.ravel(), temperature, rng)
        h, c, _ = lstm_step_forward(new[place : place + 1], h, c, params)
    return new
