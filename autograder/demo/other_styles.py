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


def hidden_forward(e, params):
    z = np.einsum("be,eh->bh", e, params["W1"]) + params["b1"]
    return np.where(z > 0, z, np.zeros_like(z)), {"e": e, "z": z, "W1": params["W1"]}


def hidden_backward(dh, cache):
    dz = np.where(cache["z"] > 0, dh, np.zeros_like(dh))
    dW1 = sum(np.outer(e, row) for e, row in zip(cache["e"], dz, strict=True))
    return np.einsum("bh,eh->be", dz, cache["W1"]), {"W1": dW1, "b1": np.einsum("bh->h", dz)}


def cell_forward(z, c_prev):
    i, f, o, g = np.split(z, 4, axis=1)
    i, f, o, g = (np.exp(-np.logaddexp(0, -a)) for a in (i, f, o, 2 * g))
    g = 2 * g - 1  # tanh(a) = 2 sigmoid(2 a) - 1
    c = c_prev * f + g * i

    def backward(dh, dc):
        dc = dc + dh * o / np.cosh(c) ** 2
        into_c = [dc * g * (i - i**2), dc * c_prev * (f - f**2)]
        return np.hstack([*into_c, dh * np.tanh(c) * (o - o**2), dc * i * (1 - g**2)]), dc * f

    return o * np.tanh(c), c, backward


def cell_backward(dh, dc, cache):
    return cache(dh, dc)


def scores_forward(hs, params):
    summed = (hs @ params["Wq"])[:, :, None, :] + (hs @ params["Wk"])[:, None, :, :]
    return np.einsum("btja,a->btj", np.tanh(summed), params["v"]), (hs, summed, params)


def scores_backward(dscores, cache):
    hs, summed, params = cache
    p = np.tanh(summed)
    dsummed = dscores[..., None] * params["v"] * (1 - p**2)
    dq, dk = dsummed.sum(axis=2), dsummed.sum(axis=1)
    grads = {
        "Wq": np.einsum("bth,bta->ha", hs, dq),
        "Wk": np.einsum("bth,bta->ha", hs, dk),
        "v": np.einsum("btj,btja->a", dscores, p),
    }
    return dq @ params["Wq"].T + dk @ params["Wk"].T, grads


def layer_norm_forward(x, gain, bias):
    z = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
    return gain * z + bias, (x, gain)


def layer_norm_backward(dout, cache):
    x, gain = cache
    rstd = (x.var(-1, keepdims=True) + 1e-5) ** -0.5
    z, D = (x - x.mean(-1, keepdims=True)) * rstd, x.shape[-1]
    dz = dout * gain
    dvar = -0.5 * rstd**2 * (dz * z).sum(-1, keepdims=True)
    dx = dz * rstd + dvar * 2 * (z / rstd) / D
    dx -= dx.mean(-1, keepdims=True)
    return dx, np.einsum("nd,nd->d", dout.reshape(-1, D), z.reshape(-1, D)), dout.reshape(-1, D).sum(0)
