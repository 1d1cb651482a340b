"""A class for the loss and one for the layer; a cache is an object with a backward method."""

import numpy as np


class Lookup:
    def __init__(self, table, bias):
        self.table, self.bias = table, bias

    def __call__(self, x):
        self.x = x
        return self.bias + self.table[x, :]

    def grads(self, upstream):
        V = self.table.shape[0]
        flat = upstream.reshape(-1, V)
        order = np.argsort(self.x, axis=None, kind="stable")
        ordered = self.x.ravel()[order]
        first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        dtable = np.zeros((V, V), dtype=upstream.dtype)
        dtable[ordered[first]] = np.add.reduceat(flat[order], first, axis=0)
        return {"W": dtable, "b": np.add.reduce(flat, axis=0)}


class LogSoftmaxLoss:
    def __init__(self, logits, targets):
        self.shape, self.n = logits.shape, targets.size
        z = logits.reshape(self.n, -1)
        self.targets = targets.reshape(-1)
        z = z - np.amax(z, axis=1)[:, None]
        self.log_p = z - np.log(np.exp(z).sum(axis=1))[:, None]

    @property
    def value(self):
        return -self.log_p[range(self.n), self.targets].sum() / self.n

    def backward(self, dloss):
        d = np.exp(self.log_p)
        d[range(self.n), self.targets] -= 1
        d *= dloss / self.n
        return d.reshape(self.shape)


class Writer:
    def __init__(self, params, temperature, rng):
        self.params, self.temperature, self.rng = params, temperature, rng

    def next(self, current):
        scores, _ = bigram_forward(np.asarray(current).reshape(1), self.params)
        return sample_next(scores.reshape(-1), self.temperature, self.rng)


def softmax(logits):
    z = np.moveaxis(logits, -1, 0)
    e = np.exp(z - z.max(axis=0))
    return np.moveaxis(e / e.sum(axis=0), 0, -1)


def cross_entropy_forward(logits, targets):
    loss = LogSoftmaxLoss(logits, targets)
    return float(loss.value), loss


def cross_entropy_backward(dloss, cache):
    return cache.backward(dloss)


def bigram_forward(x, params):
    layer = Lookup(params["W"], params["b"])
    return layer(x), layer


def bigram_backward(dlogits, cache):
    return cache.grads(dlogits)


def sgd_step(params, grads, learning_rate):
    step = {name: -learning_rate * g for name, g in grads.items()}
    return {name: p + step[name] for name, p in params.items()}


def bigram_counts(ids, V):
    return np.bincount(ids[:-1] * V + ids[1:], minlength=V * V).reshape(V, V)


def conditional_entropy(counts):
    with np.errstate(divide="ignore", invalid="ignore"):
        joint = counts / counts.sum()
        here = joint.sum(axis=1)
        together = -np.nansum(joint * np.log(joint))
        alone = -np.nansum(here * np.log(here))
    return together - alone


def train(params, ids, learning_rates, batch_size, rng):
    losses = []
    for rate in learning_rates:
        at = rng.integers(len(ids) - 1, size=batch_size)
        scores, layer = bigram_forward(ids[at], params)
        loss, loss_layer = cross_entropy_forward(scores, ids[1:][at])
        params = sgd_step(params, bigram_backward(cross_entropy_backward(1.0, loss_layer), layer), rate)
        losses += [loss]
    return params, np.asarray(losses)


def sample_next(logits, temperature, rng):
    return int(rng.choice(logits.size, p=softmax(logits / temperature)))


def generate(params, start_id, length, temperature, rng):
    writer = Writer(params, temperature, rng)
    text = [int(start_id)]
    for _ in range(length - 1):
        text.append(writer.next(text[-1]))
    return np.asarray(text)
