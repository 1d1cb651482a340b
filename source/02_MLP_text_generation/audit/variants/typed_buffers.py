"""Preallocated buffers with out=, and casts to the dtype of the parameters wherever something comes in."""

import numpy as np


def make_windows(ids, C):
    ids = np.ascontiguousarray(ids)
    N = len(ids) - C
    view = np.lib.stride_tricks.as_strided(ids, shape=(N, C), strides=ids.strides * 2, writeable=False)
    return view, ids[C:]


def embedding_forward(x, params):
    E = params["E"]
    out = np.empty((x.shape[0], x.shape[1] * E.shape[1]), dtype=E.dtype)
    for c in range(x.shape[1]):
        out[:, c * E.shape[1] : (c + 1) * E.shape[1]] = E[x[:, c]]
    return out, (np.array(x), E.shape, E.dtype)


def embedding_backward(de, cache):
    x, (V, width), kind = cache
    pieces = np.asarray(de, dtype=kind).reshape(x.size, width)
    dE = np.zeros((V, width), dtype=kind)
    for k in range(width):
        dE[:, k] = np.bincount(x.ravel(), weights=pieces[:, k], minlength=V)
    return {"E": dE}


def hidden_forward(e, params):
    W = params["W1"]
    h = np.empty((e.shape[0], W.shape[1]), dtype=W.dtype)
    np.dot(e.astype(W.dtype, copy=False), W, out=h)
    h += params["b1"].astype(W.dtype, copy=False)
    mask = np.greater(h, W.dtype.type(0))
    np.multiply(h, mask, out=h)
    return h, {"e": e, "mask": mask, "W1": W}


def hidden_backward(dh, cache):
    W, e = cache["W1"], cache["e"]
    dz = np.zeros(dh.shape, dtype=W.dtype)
    np.copyto(dz, dh, where=cache["mask"], casting="same_kind")
    de = np.empty(e.shape, dtype=W.dtype)
    np.dot(dz, W.T, out=de)
    dW = np.empty_like(W, order="C")
    np.dot(e.T, dz, out=dW)
    return de, {"W1": dW, "b1": np.sum(dz, axis=0, dtype=W.dtype)}


def output_forward(h, params):
    W = params["W2"]
    logits = np.empty((h.shape[0], W.shape[1]), dtype=W.dtype)
    logits[...] = params["b2"]
    logits += np.dot(h, W)
    return logits, (h.astype(W.dtype, copy=False), W)


def output_backward(dlogits, cache):
    h, W = cache
    dlogits = np.asarray(dlogits, dtype=W.dtype)
    return np.dot(dlogits, W.T), {"W2": np.dot(h.T, dlogits), "b2": np.sum(dlogits, axis=0, dtype=W.dtype)}


def momentum_step(params, grads, velocity, learning_rate, momentum, weight_decay=0.0):
    new_params, new_velocity = {}, {}
    for name, p in params.items():
        cast = p.dtype.type
        v = np.multiply(velocity[name], cast(momentum))
        v += grads[name].astype(p.dtype, copy=False)
        step = np.multiply(p, cast(weight_decay))
        step += v
        step *= cast(-learning_rate)
        step += p
        new_params[name], new_velocity[name] = step, v
    return new_params, new_velocity


def train(
    ids, params, steps, B, learning_rate, momentum, weight_decay, rng, watch=None, gradients=batch_gradients,
):
    windows, targets = make_windows(ids, window_length(params))
    N = len(targets)
    velocity = {name: np.zeros_like(p) for name, p in params.items()}
    losses, shown = [], {}
    for step in (bar := progress(steps)):
        rows = rng.integers(N, size=B)
        loss, grads = gradients(np.ascontiguousarray(windows[rows]), targets[rows], params=params)
        params, fresh = {k: p.copy() for k, p in params.items()}, {}
        for k, p in params.items():
            fresh[k] = velocity[k] * p.dtype.type(momentum) + grads[k]
            p -= p.dtype.type(learning_rate * (1 - step / steps)) * (fresh[k] + p.dtype.type(weight_decay) * p)
        velocity = fresh
        losses.append(float(loss))
        if watch:
            shown.update(watch(step, params) or {})
        bar.show(train=losses[-1], **shown)
    return params, np.array(losses)


def next_probabilities(logits, temperature, top_k=None):
    kind = logits.dtype
    p = np.divide(logits, kind.type(temperature))
    p -= np.amax(p)
    np.exp(p, out=p)
    if top_k is not None and top_k < len(p):
        p[np.argpartition(logits, len(p) - top_k)[: len(p) - top_k]] = kind.type(0)
    p /= p.sum(dtype=kind)
    return p


def draw_next(logits, temperature, rng, top_k=None):
    p = np.asarray(next_probabilities(logits, temperature, top_k), dtype=np.float64)
    p /= p.sum()
    return int(rng.choice(p.size, p=p))


def generate(prompt, length, params, temperature, top_k, rng):
    C = window_length(params)
    text = np.empty(len(prompt) + length, dtype=np.asarray(prompt).dtype)
    text[: len(prompt)] = prompt
    for end in range(len(prompt), len(text)):
        text[end] = draw_next(next_logits(text[None, end - C : end], params)[0], temperature, rng, top_k)
    return text[len(prompt) :].copy()
