"""Attention pair by pair: for each reader, query, key and feature, a step of a Python loop."""

import math

import numpy as np


def scores_forward(hs, params):
    B, T, H = hs.shape
    A = len(params["v"])
    scores = np.zeros((B, T, T), dtype=hs.dtype)
    features = np.zeros((B, T, T, A))
    for b in range(B):
        asks = [[sum(float(hs[b, t, i]) * float(params["Wq"][i, a]) for i in range(H)) for a in range(A)] for t in range(T)]
        offers = [[sum(float(hs[b, t, i]) * float(params["Wk"][i, a]) for i in range(H)) for a in range(A)] for t in range(T)]
        for t in range(T):
            for j in range(T):
                total = 0.0
                for a in range(A):
                    features[b, t, j, a] = math.tanh(asks[t][a] + offers[j][a])
                    total += float(params["v"][a]) * features[b, t, j, a]
                scores[b, t, j] = total
    return scores, [hs, features, params]


def scores_backward(dscores, cache):
    hs, features, params = cache
    B, T, _, A = features.shape
    H = hs.shape[2]
    dhs, dWq, dWk, dv = np.zeros(hs.shape), np.zeros((H, A)), np.zeros((H, A)), np.zeros(A)
    for b in range(B):
        for t in range(T):
            for j in range(T):
                for a in range(A):
                    f, d = features[b, t, j, a], float(dscores[b, t, j])
                    dv[a] += d * f
                    dz = d * float(params["v"][a]) * (1 - f * f)
                    for i in range(H):
                        dWq[i, a] += float(hs[b, t, i]) * dz
                        dWk[i, a] += float(hs[b, j, i]) * dz
                        dhs[b, t, i] += dz * float(params["Wq"][i, a])
                        dhs[b, j, i] += dz * float(params["Wk"][i, a])
    kind = dscores.dtype
    return dhs.astype(kind), {"Wq": dWq.astype(kind), "Wk": dWk.astype(kind), "v": dv.astype(kind)}


def masked_softmax_forward(scores):
    B, T, _ = scores.shape
    weights = np.zeros(scores.shape, dtype=scores.dtype)
    for b in range(B):
        for t in range(1, T):
            row = [float(scores[b, t, j]) for j in range(t)]
            parts = [math.exp(s - max(row)) for s in row]
            whole = sum(parts)
            for j in range(t):
                weights[b, t, j] = parts[j] / whole
    return weights, weights.copy()


def masked_softmax_backward(dweights, cache):
    B, T, _ = cache.shape
    out = np.zeros(dweights.shape, dtype=dweights.dtype)
    for b in range(B):
        for t in range(1, T):
            for j in range(t):
                total = 0.0
                for i in range(t):
                    same = 1.0 if i == j else 0.0
                    total += float(dweights[b, t, i]) * float(cache[b, t, i]) * (same - float(cache[b, t, j]))
                out[b, t, j] = total
    return out


def context_forward(weights, hs):
    B, T, H = hs.shape
    mix = np.zeros((B, T, H), dtype=hs.dtype)
    for b in range(B):
        for t in range(T):
            for i in range(H):
                mix[b, t, i] = sum(float(weights[b, t, j]) * float(hs[b, j, i]) for j in range(T))
    return mix, {"w": weights, "h": hs}


def context_backward(dcontexts, cache):
    w, h = cache["w"], cache["h"]
    B, T, H = h.shape
    dw, dh = np.zeros(w.shape), np.zeros(h.shape)
    for b in range(B):
        for t in range(T):
            for j in range(T):
                for i in range(H):
                    dw[b, t, j] += float(dcontexts[b, t, i]) * float(h[b, j, i])
                    dh[b, j, i] += float(dcontexts[b, t, i]) * float(w[b, t, j])
    return dw.astype(w.dtype), dh.astype(h.dtype)


def output_forward(hs, contexts, params):
    B, T, H = hs.shape
    out = np.zeros((B, T, len(params["by"])), dtype=hs.dtype)
    for b in range(B):
        for t in range(T):
            for v in range(out.shape[2]):
                total = float(params["by"][v])
                for i in range(H):
                    total += float(hs[b, t, i]) * float(params["Wy"][i, v])
                    total += float(contexts[b, t, i]) * float(params["Wc"][i, v])
                out[b, t, v] = total
    return out, (hs, contexts, params)


def output_backward(dlogits, cache):
    hs, contexts, params = cache
    B, T, characters = dlogits.shape
    dhs, dcontexts = np.zeros(hs.shape), np.zeros(hs.shape)
    grads = {name: np.zeros(params[name].shape) for name in ("Wy", "Wc", "by")}
    for b in range(B):
        for t in range(T):
            for v in range(characters):
                d = float(dlogits[b, t, v])
                grads["by"][v] += d
                for i in range(hs.shape[2]):
                    grads["Wy"][i, v] += d * float(hs[b, t, i])
                    grads["Wc"][i, v] += d * float(contexts[b, t, i])
                    dhs[b, t, i] += d * float(params["Wy"][i, v])
                    dcontexts[b, t, i] += d * float(params["Wc"][i, v])
    kind = dlogits.dtype
    return dhs.astype(kind), dcontexts.astype(kind), {name: g.astype(kind) for name, g in grads.items()}


def generate(prompt, length, params, window, temperature, rng):
    state = start_state(params, 1)
    box, text = [], []
    for i in prompt:
        hs, state = read(np.array([[i]]), state, params)
        box.append(hs[0, 0])
    while len(text) < length:
        while len(box) > window:
            box.pop(0)
        scores = predict(np.array(box)[None, :, :], params)
        text.append(sample_next(scores[0][len(box) - 1], temperature, rng))
        hs, state = read(np.array([[text[-1]]]), state, params)
        box.append(hs[0, 0])
    return np.array(text, dtype=int)
