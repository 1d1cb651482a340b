"""Closures as caches, Counter, reduce and accumulate, apply_along_axis, lists of length 2 instead of tuples."""

import math
from collections import Counter
from functools import partial, reduce
from itertools import accumulate, pairwise, repeat

import numpy as np


def softmax_row(row):
    grown = np.exp(row - max(row))
    return grown / sum(grown)


def softmax(logits):
    return np.apply_along_axis(softmax_row, -1, logits)


def cross_entropy_forward(logits, targets):
    V = logits.shape[-1]
    rows, wanted = logits.reshape(-1, V), targets.reshape(-1)
    surprises = (np.logaddexp.reduce(row) - row[w] for row, w in zip(rows, wanted))

    def back(dloss):
        answers = (softmax_row(row) - np.eye(V, dtype=row.dtype)[w] for row, w in zip(rows, wanted))
        return np.concatenate([a * (dloss / len(wanted)) for a in answers]).reshape(logits.shape)

    return [sum(surprises) / len(wanted), back]


def cross_entropy_backward(dloss, cache):
    return cache(dloss)


def bigram_forward(x, params):
    rows = [params["W"][i] + params["b"] for i in x.flat]
    return [np.array(rows).reshape(*x.shape, len(params["b"])), partial(collect_rows, x)]


def collect_rows(x, dlogits):
    V = dlogits.shape[-1]
    pushes = list(zip(x.ravel().tolist(), dlogits.reshape(-1, V)))
    empty = np.zeros(V, dtype=dlogits.dtype)
    rows = (reduce(np.add, (d for j, d in pushes if j == i), empty) for i in range(V))
    return {"W": np.stack(list(rows)), "b": reduce(np.add, (d for _, d in pushes), empty)}


def bigram_backward(dlogits, cache):
    return cache(dlogits)


def sgd_step(params, grads, learning_rate):
    return {**{name: params[name] - learning_rate * slope for name, slope in grads.items()}}


def bigram_counts(ids, V):
    seen = Counter(pairwise(ids.tolist()))
    return np.array([[seen[i, j] for j in range(V)] for i in range(V)], dtype=float)


def conditional_entropy(counts):
    def plogp(n):
        return n * math.log(n) if n else 0.0

    rows = [[float(n) for n in row] for row in counts]
    inside = math.fsum(plogp(n) for row in rows for n in row)
    return (math.fsum(plogp(sum(row)) for row in rows) - inside) / math.fsum(map(sum, rows))


def one_update(batch_size, rng, ids, past, rate):
    params, losses = past
    places = rng.integers(len(ids) - 1, size=batch_size)
    logits, layer = bigram_forward(ids[places], params)
    loss, back = cross_entropy_forward(logits, ids[places + 1])
    return sgd_step(params, bigram_backward(cross_entropy_backward(1.0, back), layer), rate), [*losses, loss]


def train(params, ids, learning_rates, batch_size, rng):
    params, losses = reduce(partial(one_update, batch_size, rng, ids), learning_rates, (params, []))
    return [params, np.array(losses)]


def sample_next(logits, temperature, rng):
    p = softmax(np.asarray(logits, dtype=float) / temperature)
    return rng.choice(list(range(len(p))), p=p.tolist()).item()


def generate(params, start_id, length, temperature, rng):
    def follow(current, _):
        return sample_next(bigram_forward(np.array([current]), params)[0][0], temperature, rng)

    return np.fromiter(accumulate(repeat(start_id, length), follow), dtype=int, count=length)
