"""Training on chunks that are cut beforehand; sampling by inverting the cumulative sum."""

import numpy as np


def make_streams(ids, B):
    L = (len(ids) - 1) // B
    places = np.arange(L) + L * np.arange(B)[:, None]
    return ids[places], ids[places + 1]


def train(ids, params, steps, B, T, learning_rate, max_norm=1.0, watch=None):
    inputs, targets = make_streams(ids, B)
    chunks = inputs.shape[1] // T
    pieces = list(zip(np.split(inputs[:, : chunks * T], chunks, axis=1),
                      np.split(targets[:, : chunks * T], chunks, axis=1), strict=True))  # fmt: skip
    state, place = adam_start(params), 0
    empty = np.zeros((B, params["Wh"].shape[0]), dtype=params["Wh"].dtype)
    losses, h, end_of_chunk = np.zeros(steps), empty, np.zeros_like(empty)
    for step in range(steps):
        loss, h, cache = model_forward(*pieces[place], h, params)
        grads = model_backward(1.0, end_of_chunk, cache)[1]
        grads = clip_gradients(grads, max_norm)[0]
        params, state = adam_step(params, grads, state, learning_rate * (steps - step) / steps)
        losses[step], place = loss, place + 1
        if place == chunks:
            place, h = 0, empty
        if watch:
            watch(step, params)
    return params, losses


def sample_next(logits, temperature, rng):
    p = np.exp((logits - logits.max()) / temperature)
    return int(np.searchsorted(np.cumsum(p) / p.sum(), rng.random(), side="right"))


def generate(prompt, length, params, temperature, rng):
    h = np.zeros((1, len(params["bh"])), dtype=params["bh"].dtype)
    text = list(prompt)
    for place in range(len(prompt) - 1 + length):
        h, _ = rnn_step_forward(np.array([text[place]]), h, params)
        if place >= len(prompt) - 1:
            logits, _ = readout_forward(h[None], params)
            text.append(sample_next(logits[0, -1], temperature, rng))
    return np.array(text[len(prompt) :])
