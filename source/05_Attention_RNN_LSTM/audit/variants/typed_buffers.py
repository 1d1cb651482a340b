"""Buffers of the dtype of hs filled with out=; dscores never leaves float32; padding for the box of memories."""

import numpy as np


def scores_forward(hs, params):
    kind = hs.dtype
    Wq, Wk, v = (np.asarray(params[name], dtype=kind) for name in ("Wq", "Wk", "v"))
    B, T, _ = hs.shape
    p = np.empty((B, T, T, len(v)), dtype=kind)
    q, k = np.matmul(hs, Wq), np.matmul(hs, Wk)
    for t in range(T):
        np.add(k, q[:, t : t + 1], out=p[:, t])
    np.tanh(p, out=p)
    scores = np.empty((B, T, T), dtype=kind)
    np.matmul(p, v, out=scores)
    return scores, {"hs": np.array(hs), "p": p, "Wq": Wq, "Wk": Wk, "v": v}


def scores_backward(dscores, cache):
    hs, p, v = cache["hs"], cache["p"], cache["v"]
    kind = hs.dtype
    dscores = dscores.astype(kind, copy=False)
    B, T, H = hs.shape
    dq, dk, dv = np.empty((B, T, len(v)), dtype=kind), np.zeros((B, T, len(v)), dtype=kind), np.zeros_like(v)
    for t in range(T):
        slab = np.square(p[:, t])
        np.subtract(kind.type(1), slab, out=slab)
        slab *= dscores[:, t, :, None]
        slab *= v
        np.sum(slab, axis=1, out=dq[:, t])
        dk += slab
        np.multiply(p[:, t], dscores[:, t, :, None], out=slab)
        dv += slab.sum(axis=(0, 1), dtype=kind)
    flat = hs.reshape(B * T, H)
    dhs = np.matmul(dq, cache["Wq"].T)
    dhs += np.matmul(dk, cache["Wk"].T)
    return dhs, {"Wq": np.dot(flat.T, dq.reshape(B * T, -1)), "Wk": np.dot(flat.T, dk.reshape(B * T, -1)), "v": dv}


def masked_softmax_forward(scores):
    kind, T = scores.dtype, scores.shape[-1]
    weights = scores.copy()
    forbidden = np.triu_indices(T)
    weights[:, forbidden[0], forbidden[1]] = -np.inf
    top = np.max(weights, axis=-1, keepdims=True)
    top[:, 0] = kind.type(0)
    weights -= top
    np.exp(weights, out=weights)
    total = np.sum(weights, axis=-1, keepdims=True, dtype=kind)
    np.divide(weights, total, out=weights, where=total > 0)
    return weights, np.array(weights)


def masked_softmax_backward(dweights, cache):
    d = np.multiply(dweights, cache, dtype=cache.dtype)
    average = np.sum(d, axis=-1, keepdims=True)
    d -= cache * average
    return d


def context_forward(weights, hs):
    out = np.empty(hs.shape, dtype=hs.dtype)
    np.matmul(weights.astype(hs.dtype, copy=False), hs, out=out)
    return out, (np.asarray(weights), np.asarray(hs))


def context_backward(dcontexts, cache):
    weights, hs = cache
    dw, dh = np.empty_like(weights), np.empty_like(hs)
    for b in range(len(hs)):
        np.matmul(dcontexts[b], hs[b].T, out=dw[b])
        np.matmul(weights[b].T, dcontexts[b], out=dh[b])
    return dw, dh


def output_forward(hs, contexts, params):
    kind = params["Wy"].dtype
    out = np.empty((*hs.shape[:-1], params["Wy"].shape[-1]), dtype=kind)
    np.matmul(hs, params["Wy"], out=out)
    out += np.matmul(contexts, params["Wc"])
    out += params["by"].astype(kind, copy=False)
    return out, [np.array(hs), np.array(contexts), params["Wy"], params["Wc"]]


def output_backward(dlogits, cache):
    hs, contexts, Wy, Wc = cache
    flat = np.ascontiguousarray(dlogits).reshape(-1, dlogits.shape[-1])
    H = hs.shape[-1]
    dWy, dWc = np.empty_like(Wy), np.empty_like(Wc)
    np.matmul(hs.reshape(-1, H).T, flat, out=dWy)
    np.matmul(contexts.reshape(-1, H).T, flat, out=dWc)
    grads = {"Wy": dWy, "Wc": dWc, "by": flat.sum(axis=0, dtype=Wy.dtype)}
    return np.matmul(flat, Wy.T).reshape(hs.shape), np.matmul(flat, Wc.T).reshape(hs.shape), grads


def rnn_attention_forward(x, targets, h0, params):
    hs, first = rnn_forward(x, np.asarray(h0, dtype=params["Wh"].dtype), params)
    hs = np.ascontiguousarray(hs)
    contexts, second = attention_forward(hs, params)
    logits, third = output_forward(hs, contexts, params)
    loss, fourth = cross_entropy_forward(logits, targets)
    return logits.dtype.type(loss), hs[:, -1].copy(), [first, second, third, fourth]


def rnn_attention_backward(dloss, dh_last, cache):
    first, second, third, fourth = cache
    direct, dcontexts, grads = output_backward(cross_entropy_backward(dloss, fourth), third)
    dhs, more = attention_backward(dcontexts, second)
    total = np.add(direct, dhs)
    np.add(total[:, -1], dh_last, out=total[:, -1])
    dh0, most = rnn_backward(total, first)
    return dh0, {**grads, **more, **most}


def lstm_attention_forward(x, targets, h0, c0, params):
    kind = params["Wh"].dtype
    hs, c, first = lstm_forward(x, h0.astype(kind, copy=False), c0.astype(kind, copy=False), params)
    hs = np.ascontiguousarray(hs)
    contexts, second = attention_forward(hs, params)
    logits, third = output_forward(hs, contexts, params)
    loss, fourth = cross_entropy_forward(logits, targets)
    return logits.dtype.type(loss), hs[:, -1].copy(), np.array(c), [first, second, third, fourth]


def lstm_attention_backward(dloss, dh_last, dc_last, cache):
    first, second, third, fourth = cache
    direct, dcontexts, grads = output_backward(cross_entropy_backward(dloss, fourth), third)
    dhs, more = attention_backward(dcontexts, second)
    total = np.add(direct, dhs)
    np.add(total[:, -1], dh_last, out=total[:, -1])
    dh0, dc0, most = lstm_backward(total, dc_last, first)
    return dh0, dc0, {**most, **more, **grads}


def generate(prompt, length, params, window, temperature, rng):
    hs, state = read(np.asarray(prompt)[np.newaxis], start_state(params, 1), params)
    P, H = hs.shape[1:]
    box = np.empty((1, P + length, H), dtype=hs.dtype)
    box[:, :P] = hs
    out = np.empty(length, dtype=np.int64)
    for n in range(length):
        end = P + n
        logits = predict(box[:, max(0, end - window) : end], params)
        out[n] = sample_next(logits[0, -1], temperature, rng)
        hs, state = read(out[n : n + 1].reshape(1, 1), state, params)
        box[:, end] = hs[:, 0]
    return out
