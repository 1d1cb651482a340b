"""Own buffers, out= everywhere and typed scalars, so that no intermediate leaves the dtype of the input."""

import numpy as np


def softmax(logits):
    logits = np.asarray(logits)
    buffer = np.empty_like(logits)
    np.subtract(logits, np.amax(logits, axis=-1, keepdims=True), out=buffer)
    np.exp(buffer, out=buffer)
    buffer /= np.add.reduce(buffer, axis=-1, keepdims=True, dtype=buffer.dtype)
    return buffer


def cross_entropy_forward(logits, targets):
    kind = logits.dtype
    z = np.subtract(logits, np.amax(logits, axis=-1, keepdims=True))
    e = np.empty_like(z)
    np.exp(z, out=e)
    s = np.add.reduce(e, axis=-1, keepdims=True)
    picked = np.take_along_axis(z, np.expand_dims(targets, -1), axis=-1)
    np.subtract(np.log(s), picked, out=picked)
    loss = kind.type(np.mean(picked, dtype=np.float64))
    np.divide(e, s, out=e)
    return loss, (e, np.expand_dims(targets, -1))


def cross_entropy_backward(dloss, cache):
    p, spots = cache
    d = np.array(p)
    np.put_along_axis(d, spots, np.take_along_axis(d, spots, axis=-1) - d.dtype.type(1), axis=-1)
    np.multiply(d, d.dtype.type(dloss / spots.size), out=d)
    return d


def bigram_forward(x, params):
    W, b = params["W"], params["b"]
    out = np.empty((*x.shape, W.shape[1]), dtype=W.dtype)
    np.take(W, x, axis=0, out=out, mode="clip")
    out += b.astype(W.dtype, copy=False)
    return out, np.ascontiguousarray(x)


def bigram_backward(dlogits, cache):
    V = dlogits.shape[-1]
    rows = np.ascontiguousarray(dlogits).reshape(-1, V)
    cells = cache.reshape(-1, 1) * V + np.arange(V)
    dW = np.bincount(cells.ravel(), weights=rows.ravel(), minlength=V * V).reshape(V, V)
    return {"W": dW.astype(rows.dtype, copy=False), "b": rows.sum(axis=0, dtype=rows.dtype)}


def sgd_step(params, grads, learning_rate):
    new = {}
    for name, p in params.items():
        buffer = np.multiply(grads[name], p.dtype.type(learning_rate), dtype=p.dtype)
        np.subtract(p, buffer, out=buffer)
        new[name] = buffer
    return new


def bigram_counts(ids, V):
    counts = np.zeros(V * V, dtype=np.int64)
    np.add.at(counts, np.ravel_multi_index((ids[:-1], ids[1:]), (V, V)), 1)
    return counts.reshape(V, V).astype(np.float64)


def train(params, ids, learning_rates, batch_size, rng):
    params = {name: np.array(p) for name, p in params.items()}
    losses = np.empty(len(learning_rates), dtype=np.float64)
    for k in range(len(learning_rates)):
        spots = rng.integers(len(ids) - 1, size=batch_size)
        logits, layer = bigram_forward(ids.take(spots), params)
        losses[k], ce = cross_entropy_forward(logits, ids.take(spots + 1))
        grads = bigram_backward(cross_entropy_backward(1.0, ce), layer)
        for name, g in grads.items():
            g *= g.dtype.type(learning_rates[k])
            np.subtract(params[name], g, out=params[name])
    return params, losses


def sample_next(logits, temperature, rng):
    p = softmax(np.divide(logits, temperature, dtype=np.float64))
    return np.int64(rng.choice(np.arange(p.size), p=p))


def generate(params, start_id, length, temperature, rng):
    ids = np.empty(length, dtype=np.int32)
    ids[0] = start_id
    for t in range(length - 1):
        ids[t + 1] = sample_next(bigram_forward(ids[t : t + 1], params)[0][0], temperature, rng)
    return ids
