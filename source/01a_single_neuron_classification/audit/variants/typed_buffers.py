"""The dtype is looked after by hand everywhere: typed constants, out= buffers, astype(copy=False)."""

import numpy as np


def one_hot(ids, vocabulary_size):
    out = np.zeros(len(ids) * vocabulary_size, dtype=np.float32)
    np.put(out, np.arange(len(ids)) * vocabulary_size + np.asarray(ids), np.float32(1))
    return out.reshape(len(ids), vocabulary_size)


def sigmoid(z):
    one = z.dtype.type(1)
    e = np.abs(z)
    np.negative(e, out=e)
    np.exp(e, out=e)
    bottom = np.add(e, one)
    top = np.ones_like(e)
    np.copyto(top, e, where=np.signbit(z))
    return np.divide(top, bottom, out=bottom)


def neuron_forward(x, params):
    kind = np.result_type(x.dtype, params["w"].dtype)
    z = np.empty(x.shape[0], dtype=kind)
    np.matmul(x.astype(kind, copy=False), params["w"].astype(kind, copy=False), out=z)
    z += params["b"].astype(kind, copy=False)
    p = sigmoid(z)
    return p, {"x": x, "w": params["w"], "p": p, "dtype": kind}


def neuron_backward(dp, cache):
    kind, p = cache["dtype"], cache["p"]
    dz = np.subtract(kind.type(1), p)
    np.multiply(dz, p, out=dz)
    np.multiply(dz, dp.astype(kind, copy=False), out=dz)
    dx = np.empty(cache["x"].shape, dtype=kind)
    np.multiply.outer(dz, cache["w"], out=dx)
    dw = np.matmul(dz, cache["x"], dtype=kind)
    db = np.sum(dz, dtype=kind, keepdims=True)
    return dx, {"w": dw, "b": db}


def binary_cross_entropy_forward(p, y):
    p = np.asarray(p)
    q = np.subtract(p.dtype.type(1), p)
    np.copyto(q, p, where=y)
    np.maximum(q, p.dtype.type(EPSILON), out=q)
    loss = np.log(q).sum(dtype=np.float64) / -len(q)
    return p.dtype.type(loss), (q, np.asarray(y, dtype=bool))


def binary_cross_entropy_backward(dloss, cache):
    q, y = cache
    d = np.reciprocal(q)
    np.negative(d, out=d, where=y)
    d *= q.dtype.type(dloss)
    d /= q.dtype.type(q.size)
    return d


def gradient_descent_step(params, grads, learning_rate):
    out = {}
    for name in params:
        moved = np.array(params[name], copy=True)
        moved -= moved.dtype.type(learning_rate) * grads[name].astype(moved.dtype, copy=False)
        out[name] = moved
    return out


def train(params, ids, y, steps, batch_size, learning_rate, rng):
    ids, y = np.asarray(ids), np.asarray(y, dtype=bool)
    losses = np.empty((steps,), dtype=np.float32 if params["w"].dtype == np.float32 else np.float64)
    here = {name: p.copy() for name, p in params.items()}
    for k in range(steps):
        rows = rng.integers(len(ids), size=batch_size)
        loss, grads = loss_and_gradients(here, one_hot(ids[rows], here["w"].shape[0]), y[rows])
        losses[k] = loss
        for name in here:
            here[name] -= here[name].dtype.type(learning_rate) * grads[name]
    return here, losses


def classify(p, threshold):
    out = np.empty(p.shape, dtype=np.bool_)
    np.less(p, threshold, out=out)
    return np.logical_not(out, out=out)
