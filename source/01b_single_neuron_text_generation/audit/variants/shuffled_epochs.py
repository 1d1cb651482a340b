"""Batches from shuffled passes over the text, loss by rows, the softmax computed again in backward."""

import numpy as np


def softmax(logits):
    powers = np.array(logits)
    powers -= powers.max(axis=-1)[..., None]
    np.exp(powers, out=powers)
    powers /= powers.sum(axis=-1)[..., None]
    return powers


def cross_entropy_forward(logits, targets):
    rows, wanted = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    rows = rows - rows.max(axis=1)[:, None]
    picked = rows[np.arange(len(rows)), wanted]
    return (np.log(np.exp(rows).sum(axis=1)) - picked).mean(), [logits, targets]


def cross_entropy_backward(dloss, cache):
    logits, targets = cache
    p = softmax(logits)
    lowered = np.take_along_axis(p, targets[..., None], axis=-1) - 1
    np.put_along_axis(p, targets[..., None], lowered, axis=-1)
    return dloss * p / targets.size


def train(params, ids, learning_rates, batch_size, rng):
    losses, queue = [], np.empty(0, dtype=int)
    for learning_rate in learning_rates:
        while len(queue) < batch_size:
            queue = np.concatenate([queue, rng.permutation(len(ids) - 1)])
        positions, queue = queue[:batch_size], queue[batch_size:]
        logits, layer_cache = bigram_forward(ids[positions], params)
        loss, loss_cache = cross_entropy_forward(logits, ids[positions + 1])
        grads = bigram_backward(cross_entropy_backward(1.0, loss_cache), layer_cache)
        params = sgd_step(params, grads, learning_rate)
        losses.append(loss)
    return params, np.array(losses)


def generate(params, start_id, length, temperature, rng):
    written = [start_id]
    for _ in range(length - 1):
        logits, _ = bigram_forward(np.array([[written[-1]]]), params)
        written.append(sample_next(logits[0, 0], temperature, rng))
    return np.array(written)
