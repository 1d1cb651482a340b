"""In place, but on buffers of its own: `out=` everywhere, and an update that writes into copies."""

import numpy as np


def embedding_forward(x, params):
    table = params["E"]
    e = np.empty((*x.shape, table.shape[1]), dtype=table.dtype)
    np.take(table, x, axis=0, out=e)
    return e.reshape(len(x), -1), (x, table.shape)


def embedding_backward(de, cache):
    x, (V, E) = cache
    pieces = de.reshape(x.size, E)
    dE = np.empty((V, E), dtype=de.dtype)
    for column in range(E):
        dE[:, column] = np.bincount(x.ravel(), weights=pieces[:, column], minlength=V)
    return {"E": dE}


def hidden_forward(e, params):
    h = np.empty((len(e), params["W1"].shape[1]), dtype=e.dtype)
    np.matmul(e, params["W1"], out=h)
    h += params["b1"]
    np.maximum(h, 0, out=h)
    return h, (e, np.sign(h), params["W1"])


def hidden_backward(dh, cache):
    e, slopes, W1 = cache
    dz = np.multiply(slopes, dh)
    db1 = np.zeros_like(W1[0])
    for row in dz:
        db1 += row
    return dz @ W1.T, {"W1": e.T @ dz, "b1": db1}


def momentum_step(params, grads, velocity, learning_rate, momentum, weight_decay=0.0):
    params = {name: p.copy() for name, p in params.items()}
    velocity = {name: v.copy() for name, v in velocity.items()}
    for name, p in params.items():
        velocity[name] *= momentum
        velocity[name] += grads[name]
        p *= 1 - learning_rate * weight_decay
        p -= learning_rate * velocity[name]
    return params, velocity


def train(
    ids,
    params,
    steps,
    B,
    learning_rate,
    momentum,
    weight_decay,
    rng,
    watch=None,
    gradients=batch_gradients,
):
    windows, targets = make_windows(ids, window_length(params))
    velocity = {name: 0 * p for name, p in params.items()}
    params = {name: p.copy() for name, p in params.items()}
    losses, shown = np.empty(steps), {}
    for step in (bar := progress(steps)):
        rows = rng.integers(len(targets), size=B)
        losses[step], grads = gradients(windows[rows], targets[rows], params=params)
        rate = learning_rate * (steps - step) / steps
        for name in params:
            velocity[name] *= momentum
            velocity[name] += grads[name]
            params[name] -= rate * (velocity[name] + weight_decay * params[name])
        if watch:
            shown.update(watch(step, params) or {})
        bar.show(train=losses[step], **shown)
    return params, losses


def next_probabilities(logits, temperature, top_k=None):
    p = logits.copy()
    if top_k is not None:
        p[p < np.sort(logits)[-top_k]] = -np.inf
    p -= p.max()
    p /= temperature
    np.exp(p, out=p)
    p /= p.sum()
    return p


def generate(prompt, length, params, temperature, top_k, rng):
    C, start = window_length(params), len(prompt)
    text = np.empty(start + length, dtype=np.int64)
    text[:start] = prompt
    for place in range(start, start + length):
        logits = next_logits(text[None, place - C : place], params)[0]
        text[place] = draw_next(logits, temperature, rng, top_k)
    return text[start:]
