"""Each cell of each reader by itself, with math.exp and math.tanh, and the four gates by their column numbers."""

import math

import numpy as np


def gate(z):
    if z < -700:
        return 0.0
    return 1.0 / (1.0 + math.exp(-z))


def cell_forward(z, c_prev):
    B, H = c_prev.shape
    h, c = np.zeros((B, H), dtype=z.dtype), np.zeros((B, H), dtype=z.dtype)
    notes = {}
    for b in range(B):
        for n in range(H):
            i, f, o = (gate(float(z[b, block * H + n])) for block in range(3))
            g = math.tanh(float(z[b, 3 * H + n]))
            pocket = f * float(c_prev[b, n]) + i * g
            c[b, n] = pocket
            h[b, n] = o * math.tanh(pocket)
            notes[b, n] = (i, f, o, g, float(c_prev[b, n]), math.tanh(pocket))
    return h, c, (notes, z.dtype)


def cell_backward(dh, dc, cache):
    notes, kind = cache
    B, H = dh.shape
    dz, dc_prev = np.zeros((B, 4 * H), dtype=kind), np.zeros((B, H), dtype=kind)
    for (b, n), (i, f, o, g, old, shown) in notes.items():
        up = float(dh[b, n])
        along = float(dc[b, n]) + up * o * (1 - shown * shown)
        dz[b, n] = along * g * i * (1 - i)
        dz[b, H + n] = along * old * f * (1 - f)
        dz[b, 2 * H + n] = up * shown * o * (1 - o)
        dz[b, 3 * H + n] = along * i * (1 - g * g)
        dc_prev[b, n] = along * f
    return dz, dc_prev


def lstm_step_forward(x, h_prev, c_prev, params):
    B, H = h_prev.shape
    z = np.zeros((B, 4 * H), dtype=h_prev.dtype)
    for b in range(B):
        for k in range(4 * H):
            total = float(params["Wx"][x[b], k]) + float(params["b"][k])
            for n in range(H):
                total += float(h_prev[b, n]) * float(params["Wh"][n, k])
            z[b, k] = total
    h, c, inner = cell_forward(z, c_prev)
    return h, c, {"x": x, "h_prev": h_prev, "cell": inner, "params": params}


def lstm_step_backward(dh, dc, cache):
    x, h_prev, params = cache["x"], cache["h_prev"], cache["params"]
    dz, dc_prev = cell_backward(dh, dc, cache["cell"])
    sums = {name: np.zeros(params[name].shape) for name in ("Wx", "Wh", "b")}
    dh_prev = np.zeros(h_prev.shape)
    for b in range(dz.shape[0]):
        for k in range(dz.shape[1]):
            d = float(dz[b, k])
            sums["b"][k] += d
            sums["Wx"][x[b], k] += d
            for n in range(h_prev.shape[1]):
                sums["Wh"][n, k] += float(h_prev[b, n]) * d
                dh_prev[b, n] += d * float(params["Wh"][n, k])
    return dh_prev.astype(dz.dtype), dc_prev, {name: s.astype(dz.dtype) for name, s in sums.items()}


def lstm_forward(x, h0, c0, params):
    B, T = x.shape
    hs = np.zeros((B, T, h0.shape[1]), dtype=h0.dtype)
    h, c, steps = h0, c0, []
    for t in range(T):
        h, c, step = lstm_step_forward(x[:, t], h, c, params)
        steps.append(step)
        for b in range(B):
            hs[b, t] = h[b]
    return hs, c, steps


def lstm_backward(dhs, dc_last, cache):
    dh, dc = dhs[:, -1] * 0, dc_last
    totals = {}
    for t in range(len(cache) - 1, -1, -1):
        dh, dc, grads = lstm_step_backward(dhs[:, t] + dh, dc, cache[t])
        for name, g in grads.items():
            totals[name] = totals.get(name, 0) + g
    return dh, dc, totals


def set_forget_bias(params, value):
    new = {}
    for name, p in params.items():
        new[name] = p.copy()
    H = len(new["b"]) // 4
    for n in range(H):
        new["b"][H + n] = value
    return new


def generate(prompt, length, params, temperature, rng):
    H = len(params["Wh"])
    h = c = np.zeros((1, H), dtype=params["Wh"].dtype)
    for i in prompt:
        h, c, _ = lstm_step_forward(np.array([i]), h, c, params)
    text = np.zeros(length, dtype=int)
    for t in range(length):
        scores = np.zeros(len(params["by"]), dtype=h.dtype)
        for v in range(len(scores)):
            total = float(params["by"][v])
            for n in range(H):
                total += float(h[0, n]) * float(params["Wy"][n, v])
            scores[v] = total
        text[t] = sample_next(scores, temperature, rng)
        h, c, _ = lstm_step_forward(text[t : t + 1], h, c, params)
    return text
