"""Loops over samples, queries and time steps instead of whole-chunk products."""

import numpy as np


def scores_forward(hs, params):
    B, T, _ = hs.shape
    scores = np.empty((B, T, T), dtype=hs.dtype)
    tanhs = []
    for t in range(T):
        p = np.tanh((hs[:, t] @ params["Wq"])[:, None] + hs @ params["Wk"])
        scores[:, t] = p @ params["v"]
        tanhs.append(p)
    return scores, (hs, tanhs, params)


def scores_backward(dscores, cache):
    hs, tanhs, params = cache
    Wq, Wk, v = params["Wq"], params["Wk"], params["v"]
    dhs, dWq, dWk, dv = np.zeros_like(hs), np.zeros_like(Wq), np.zeros_like(Wk), np.zeros_like(v)
    for t, p in enumerate(tanhs):
        d = dscores[:, t, :, None]
        dv += (d * p).sum(axis=(0, 1))
        dz = d * v * (1 - p**2)
        dq = dz.sum(axis=1)
        dWq += hs[:, t].T @ dq
        dhs[:, t] += dq @ Wq.T
        for j in range(len(tanhs)):
            dWk += hs[:, j].T @ dz[:, j]
            dhs[:, j] += dz[:, j] @ Wk.T
    return dhs, {"Wq": dWq, "Wk": dWk, "v": dv}


def masked_softmax_forward(scores):
    weights = np.zeros_like(scores)
    for t in range(1, scores.shape[1]):
        z = np.exp(scores[:, t, :t] - scores[:, t, :t].max(axis=1, keepdims=True))
        weights[:, t, :t] = z / z.sum(axis=1, keepdims=True)
    return weights, weights


def masked_softmax_backward(dweights, cache):
    dscores = np.zeros_like(dweights)
    for b, weights in enumerate(cache):
        for t in range(1, len(weights)):
            w, d = weights[t, :t], dweights[b, t, :t]
            dscores[b, t, :t] = w * d - w * (w @ d)
    return dscores


def context_forward(weights, hs):
    contexts = np.zeros_like(hs)
    for t in range(hs.shape[1]):
        for j in range(hs.shape[1]):
            contexts[:, t] += weights[:, t, j, None] * hs[:, j]
    return contexts, (weights, hs)


def context_backward(dcontexts, cache):
    weights, hs = cache
    dweights, dhs = np.zeros_like(weights), np.zeros_like(hs)
    for b in range(len(hs)):
        dweights[b] = dcontexts[b] @ hs[b].T
        dhs[b] = weights[b].T @ dcontexts[b]
    return dweights, dhs


def output_forward(hs, contexts, params):
    steps = [
        memory @ params["Wy"] + context @ params["Wc"] + params["by"]
        for memory, context in zip(hs.swapaxes(0, 1), contexts.swapaxes(0, 1), strict=True)
    ]
    return np.stack(steps, axis=1), (hs, contexts, params)


def output_backward(dlogits, cache):
    hs, contexts, params = cache
    grads = {name: np.zeros_like(params[name]) for name in ("Wy", "Wc", "by")}
    dhs, dcontexts = np.zeros_like(hs), np.zeros_like(contexts)
    for t in reversed(range(hs.shape[1])):
        d = dlogits[:, t]
        grads["Wy"] += hs[:, t].T @ d
        grads["Wc"] += contexts[:, t].T @ d
        grads["by"] += d.sum(axis=0)
        dhs[:, t], dcontexts[:, t] = d @ params["Wy"].T, d @ params["Wc"].T
    return dhs, dcontexts, grads


def generate(prompt, length, params, window, temperature, rng):
    state, memories, new = start_state(params, 1), [], []
    coming = list(prompt)
    while len(new) < length:
        for character in coming:
            hs, state = read(np.array([[character]]), state, params)
            memories.append(hs)
        logits = predict(np.concatenate(memories[-window:], axis=1), params)
        coming = [sample_next(logits[0][-1], temperature, rng)]
        new += coming
    return np.array(new)
