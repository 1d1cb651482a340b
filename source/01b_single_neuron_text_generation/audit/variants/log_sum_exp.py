"""Everything from one log-sum-exp, the cache a closure; draws by inverting the cumulative sum."""

import numpy as np


def softmax(logits):
    return np.exp(logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True))


def cross_entropy_forward(logits, targets):
    everything = np.logaddexp.reduce(logits, axis=-1)
    wanted = np.take_along_axis(logits, targets[..., None], axis=-1)[..., 0]

    def backward(dloss):
        dlogits = np.exp(logits - everything[..., None])
        rows = dlogits.reshape(-1, logits.shape[-1])
        rows[np.arange(targets.size), targets.ravel()] -= 1
        dlogits *= dloss / targets.size
        return dlogits

    return np.mean(everything - wanted), backward


def cross_entropy_backward(dloss, cache):
    return cache(dloss)


def conditional_entropy(counts):
    rows = counts.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        surprise = np.nan_to_num(counts * np.log(counts)).sum(), np.nan_to_num(rows * np.log(rows)).sum()
    return (surprise[1] - surprise[0]) / rows.sum()


def sample_next(logits, temperature, rng):
    p = np.exp((logits - logits.max()) / temperature)
    return int(np.searchsorted(np.cumsum(p) / p.sum(), rng.random(), side="right"))


def generate(params, start_id, length, temperature, rng):
    ids = np.full(length, start_id)
    for place in range(1, length):
        logits, _ = bigram_forward(ids[place - 1], params)
        ids[place] = sample_next(logits, temperature, rng)
    return ids
