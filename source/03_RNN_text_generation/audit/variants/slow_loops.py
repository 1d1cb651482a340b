"""Every number by itself: loops over readers, time, cells and characters, summed in Python floats."""

import math

import numpy as np


def rnn_step_forward(x, h_prev, params):
    B, H = h_prev.shape
    new = np.zeros((B, H), dtype=h_prev.dtype)
    for b in range(B):
        for j in range(H):
            z = float(params["Wx"][x[b], j]) + float(params["bh"][j])
            for i in range(H):
                z += float(h_prev[b, i]) * float(params["Wh"][i, j])
            new[b, j] = math.tanh(z)
    return new, {"x": x, "before": h_prev, "after": new, "params": params}


def rnn_step_backward(dh, cache):
    x, before, after, params = (cache[k] for k in ("x", "before", "after", "params"))
    B, H = dh.shape
    dWx, dWh, dbh = (np.zeros(params[k].shape) for k in ("Wx", "Wh", "bh"))
    dprev = np.zeros((B, H))
    for b in range(B):
        for j in range(H):
            dz = float(dh[b, j]) * (1.0 - float(after[b, j]) ** 2)
            dbh[j] += dz
            dWx[x[b], j] += dz
            for i in range(H):
                dWh[i, j] += float(before[b, i]) * dz
                dprev[b, i] += dz * float(params["Wh"][i, j])
    kind = dh.dtype
    return dprev.astype(kind), {"Wx": dWx.astype(kind), "Wh": dWh.astype(kind), "bh": dbh.astype(kind)}


def rnn_forward(x, h0, params):
    memories, caches, h = [], [], h0
    for t in range(x.shape[1]):
        h, c = rnn_step_forward(x[:, t], h, params)
        memories.append(h)
        caches.append(c)
    hs = np.zeros((x.shape[0], x.shape[1], h0.shape[1]), dtype=h0.dtype)
    for b in range(x.shape[0]):
        for t in range(x.shape[1]):
            for j in range(h0.shape[1]):
                hs[b, t, j] = memories[t][b, j]
    return hs, caches


def rnn_backward(dhs, cache):
    later = np.zeros_like(dhs[:, 0])
    sums = None
    t = dhs.shape[1]
    while t > 0:
        t -= 1
        later, grads = rnn_step_backward(dhs[:, t] + later, cache[t])
        if sums is None:
            sums = grads
        else:
            for name in sums:
                sums[name] = sums[name] + grads[name]
    return later, sums


def readout_forward(hs, params):
    B, T, H = hs.shape
    characters = len(params["by"])
    out = np.zeros((B, T, characters), dtype=hs.dtype)
    for b in range(B):
        for t in range(T):
            for v in range(characters):
                s = float(params["by"][v])
                for i in range(H):
                    s += float(hs[b, t, i]) * float(params["Wy"][i, v])
                out[b, t, v] = s
    return out, [hs, params["Wy"]]


def readout_backward(dlogits, cache):
    hs, Wy = cache
    B, T, characters = dlogits.shape
    dhs, dWy, dby = np.zeros(hs.shape), np.zeros(Wy.shape), np.zeros(characters)
    for b in range(B):
        for t in range(T):
            for v in range(characters):
                d = float(dlogits[b, t, v])
                dby[v] += d
                for i in range(hs.shape[2]):
                    dhs[b, t, i] += d * float(Wy[i, v])
                    dWy[i, v] += d * float(hs[b, t, i])
    kind = dlogits.dtype
    return dhs.astype(kind), {"Wy": dWy.astype(kind), "by": dby.astype(kind)}


def cross_entropy_forward(logits, targets):
    B, T, characters = logits.shape
    shares = np.zeros(logits.shape)
    loss = 0.0
    for b in range(B):
        for t in range(T):
            scores = [float(s) for s in logits[b, t]]
            top = max(scores)
            total = sum(math.exp(s - top) for s in scores)
            for v in range(characters):
                shares[b, t, v] = math.exp(scores[v] - top) / total
            loss += math.log(total) - (scores[targets[b, t]] - top)
    return loss / (B * T), (shares, targets, logits.dtype)


def cross_entropy_backward(dloss, cache):
    shares, targets, kind = cache
    B, T, characters = shares.shape
    out = np.zeros(shares.shape, dtype=kind)
    for b in range(B):
        for t in range(T):
            for v in range(characters):
                right = 1.0 if v == targets[b, t] else 0.0
                out[b, t, v] = dloss * (shares[b, t, v] - right) / (B * T)
    return out


def clip_gradients(grads, max_norm):
    squares = 0.0
    for g in grads.values():
        for number in g.flat:
            squares += float(number) ** 2
    length = math.sqrt(squares)
    out = {}
    for name, g in grads.items():
        out[name] = g.copy()
        if length > max_norm:
            for place in np.ndindex(g.shape):
                out[name][place] = float(g[place]) * max_norm / length
    return out, length


def adam_step(params, grads, state, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    t = state["t"] + 1
    new, m, v = {}, {}, {}
    for name, p in params.items():
        new[name], m[name], v[name] = np.zeros_like(p), np.zeros_like(p), np.zeros_like(p)
        for place in np.ndindex(p.shape):
            g = float(grads[name][place])
            mean = beta1 * float(state["m"][name][place]) + (1 - beta1) * g
            square = beta2 * float(state["v"][name][place]) + (1 - beta2) * g * g
            m[name][place], v[name][place] = mean, square
            step = mean / (1 - beta1**t) / (math.sqrt(square / (1 - beta2**t)) + epsilon)
            new[name][place] = float(p[place]) - learning_rate * step
    return new, {"t": t, "m": m, "v": v}


def make_streams(ids, B):
    length = (len(ids) - 1) // B
    inputs, targets = np.zeros((B, length), dtype=ids.dtype), np.zeros((B, length), dtype=ids.dtype)
    for b in range(B):
        for t in range(length):
            inputs[b, t] = ids[b * length + t]
            targets[b, t] = ids[b * length + t + 1]
    return inputs, targets
