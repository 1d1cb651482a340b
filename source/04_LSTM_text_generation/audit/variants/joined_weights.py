"""One matrix for everything: one-hot characters, the card and a 1 stand side by side in one row."""

import itertools

import numpy as np


def joined(params):
    """Wx, Wh and b under each other, (V + H + 1, 4H)."""
    return np.vstack([params["Wx"], params["Wh"], params["b"]])


def as_rows(x, h, V):
    """One-hot x, h and 1 beside each other, (B, V + H + 1)."""
    return np.hstack([np.eye(V, dtype=h.dtype)[x], h, np.ones((len(x), 1), dtype=h.dtype)])


def parted(dW, V):
    """The gradient of the joined matrix as a dict."""
    return {"Wx": dW[:V], "Wh": dW[V:-1], "b": dW[-1]}


def lstm_step_forward(x, h_prev, c_prev, params):
    rows = as_rows(x, h_prev, len(params["Wx"]))
    h, c, cell_cache = cell_forward(rows @ joined(params), c_prev)
    return h, c, (rows, cell_cache, params)


def lstm_step_backward(dh, dc, cache):
    rows, cell_cache, params = cache
    V, H = len(params["Wx"]), dh.shape[1]
    dz, dc_prev = cell_backward(dh, dc, cell_cache)
    return (dz @ joined(params).T)[:, V : V + H], dc_prev, parted(rows.T @ dz, V)


def lstm_forward(x, h0, c0, params):
    W, V = joined(params), len(params["Wx"])
    h, c, hs, trail = h0, c0, [], []
    for ids in x.T:
        rows = as_rows(ids, h, V)
        h, c, cell_cache = cell_forward(rows @ W, c)
        hs.append(h)
        trail.append((rows, cell_cache))
    return np.stack(hs).swapaxes(0, 1), c, (trail, W, V)


def lstm_backward(dhs, dc_last, cache):
    trail, W, V = cache
    dh, dc, dW = 0, dc_last, np.zeros_like(W)
    for (rows, cell_cache), upstream in zip(trail[::-1], dhs.swapaxes(0, 1)[::-1], strict=True):
        dz, dc = cell_backward(upstream + dh, dc, cell_cache)
        dW += rows.T @ dz
        dh = dz @ W[V:-1].T
    return dh, dc, parted(dW, V)


def train(ids, params, steps, B, T, learning_rate, max_norm=1.0, gradients=loss_and_gradients, watch=None):
    inputs, targets = make_streams(ids, B)
    whole = inputs.shape[1] // T * T
    pieces = [np.split(stream[:, :whole], whole // T, axis=1) for stream in (inputs, targets)]
    chunks = itertools.cycle(enumerate(zip(*pieces, strict=True)))
    empty = np.zeros((B, len(params["Wh"])), dtype=params["Wh"].dtype)
    state, losses, shown, h, c = adam_start(params), [], {}, empty, empty
    for step in (bar := progress(steps)):
        number, (x, y) = next(chunks)
        if not number:
            h, c = empty, empty
        loss, h, c, grads = gradients(x, y, h, c, params=params)
        grads, _ = clip_gradients(grads, max_norm)
        params, state = adam_step(params, grads, state, learning_rate - learning_rate * step / steps)
        losses += [float(loss)]
        if watch:
            shown.update(watch(step, params) or {})
        bar.show(train=losses[-1], **shown)
    return params, np.array(losses)


def generate(prompt, length, params, temperature, rng):
    if not length:
        return np.zeros(0, dtype=np.int64)
    start = np.zeros((1, len(params["Wh"])), dtype=params["Wh"].dtype)
    hs, c, _ = lstm_forward(prompt.reshape(1, -1), start, start, params)
    text = []
    while True:
        logits, _ = readout_forward(hs[:, -1:], params)
        text.append(sample_next(logits[0, -1], temperature, rng))
        if len(text) == length:
            return np.asarray(text)
        hs, c, _ = lstm_forward(np.array([text[-1:]]), hs[:, -1], c, params)
