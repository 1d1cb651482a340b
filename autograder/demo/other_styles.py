"""Right answers in other styles: loops, einsum, closures and dicts as caches, recomputing, log-sum-exp.

Each function replaces the exercise of that name in every notebook that has one.
"""

import numpy as np


def one_hot(ids, vocabulary_size):
    return np.eye(vocabulary_size, dtype=np.float32)[ids]


def sigmoid(z):
    return np.exp(-np.logaddexp(0, -z))


def neuron_forward(x, params):
    z = np.einsum("nv,v->n", x, params["w"]) + params["b"]
    return sigmoid(z), {"x": x, "z": z, "params": params}


def neuron_backward(dp, cache):
    p = sigmoid(cache["z"])
    dz = dp * p * (1 - p)
    return np.outer(dz, cache["params"]["w"]), {
        "w": np.einsum("n,nv->v", dz, cache["x"]),
        "b": np.array([sum(dz)], dtype=dz.dtype),
    }


def gradient_descent_step(params, grads, learning_rate):
    new = {}
    for name, value in params.items():
        new[name] = np.subtract(value, learning_rate * grads[name])
    return new


def softmax(logits):
    top = logits.max(-1, keepdims=True)
    return np.exp(logits - (top + np.log(np.exp(logits - top).sum(-1, keepdims=True))))


def cross_entropy_forward(logits, targets):
    rows, wanted = logits.reshape(-1, logits.shape[-1]), targets.ravel()
    total = 0.0
    for row, target in zip(rows, wanted, strict=True):
        top = row.max()
        total += top + np.log(np.exp(row - top).sum()) - row[target]
    return total / len(wanted), lambda: (logits, targets)


def cross_entropy_backward(dloss, cache):
    logits, targets = cache()
    p = np.exp(logits - logits.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    rows = p.reshape(-1, p.shape[-1])
    rows[np.arange(targets.size), targets.ravel()] -= 1
    return p * (dloss / targets.size)


def bigram_backward(dlogits, cache):
    V = dlogits.shape[-1]
    dW = np.zeros((V, V), dtype=dlogits.dtype)
    for current, gradient in zip(np.ravel(cache), dlogits.reshape(-1, V), strict=True):
        dW[current] += gradient
    return {"W": dW, "b": dlogits.reshape(-1, V).sum(0)}


def rnn_step_forward(x, h_prev, params):
    selected = np.eye(len(params["Wx"]), dtype=h_prev.dtype)[x]
    h = np.tanh(selected @ params["Wx"] + h_prev @ params["Wh"] + params["bh"])

    def backward(dh):
        dz = (1 - h * h) * dh
        grads = {"Wx": selected.T @ dz, "Wh": h_prev.T @ dz, "bh": np.einsum("bh->h", dz)}
        return dz @ params["Wh"].T, grads

    return h, backward


def rnn_step_backward(dh, cache):
    return cache(dh)


def rnn_forward(x, h0, params):
    h, steps, hs = h0, [], []
    for x_t in x.T:
        h, backward = rnn_step_forward(x_t, h, params)
        hs.append(h)
        steps.append(backward)
    return np.stack(hs, axis=1), steps


def rnn_backward(dhs, cache):
    dh, total = np.zeros_like(dhs[:, 0]), None
    for t in reversed(range(dhs.shape[1])):
        dh, grads = rnn_step_backward(dhs[:, t] + dh, cache[t])
        total = grads if total is None else {name: total[name] + grads[name] for name in grads}
    return dh, total


def sample_next(logits, temperature, rng):
    p = np.exp((logits - logits.max()) / temperature)
    return int(np.searchsorted(np.cumsum(p) / p.sum(), rng.random(), side="right"))
