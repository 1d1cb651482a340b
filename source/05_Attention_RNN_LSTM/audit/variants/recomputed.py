"""The caches hold inputs only, the backward passes compute the rest again; training has its own Adam."""

import math

import numpy as np


def scores_forward(hs, params):
    q, k = np.split(hs @ np.hstack([params["Wq"], params["Wk"]]), 2, axis=-1)
    return np.tanh(np.expand_dims(q, 2) + np.expand_dims(k, 1)) @ params["v"], (hs, params)


def scores_backward(dscores, cache):
    hs, params = cache
    W, A = np.hstack([params["Wq"], params["Wk"]]), len(params["v"])
    qk = hs @ W
    p = np.tanh(qk[:, :, None, :A] + qk[:, None, :, A:])
    dz = (dscores[..., None] - dscores[..., None] * p * p) * params["v"]
    dqk = np.concatenate([dz.sum(axis=2), dz.sum(axis=1)], axis=-1)
    dW = hs.reshape(-1, hs.shape[-1]).T @ dqk.reshape(-1, 2 * A)
    return dqk @ W.T, {"Wq": dW[:, :A], "Wk": dW[:, A:], "v": np.tensordot(dscores, p, axes=3)}


def masked_softmax_forward(scores):
    T = scores.shape[-1]
    rows, columns = np.triu_indices(T)
    z = scores.copy()
    z[:, rows, columns] = -np.inf
    z[:, 0, 0] = 0
    z -= z.max(axis=-1, keepdims=True)
    np.exp(z, out=z)
    z /= z.sum(axis=-1, keepdims=True)
    z[:, 0, 0] = 0
    return z, scores


def masked_softmax_backward(dweights, cache):
    weights, _ = masked_softmax_forward(cache)
    dscores = dweights - np.sum(dweights * weights, axis=2, keepdims=True)
    dscores *= weights
    return dscores


def attention_forward(hs, params):
    weights, _ = masked_softmax_forward(scores_forward(hs, params)[0])
    return context_forward(weights, hs)[0], {"hs": hs, "params": params}


def attention_backward(dcontexts, cache):
    scores, scores_cache = scores_forward(cache["hs"], cache["params"])
    weights, softmax_cache = masked_softmax_forward(scores)
    _, context_cache = context_forward(weights, cache["hs"])
    dweights, dhs = context_backward(dcontexts, context_cache)
    more, grads = scores_backward(masked_softmax_backward(dweights, softmax_cache), scores_cache)
    return more + dhs, grads


def rnn_attention_forward(x, targets, h0, params):
    hs, _ = rnn_forward(x, h0, params)
    logits, _ = output_forward(hs, attention_forward(hs, params)[0], params)
    return cross_entropy_forward(logits, targets)[0], hs[:, -1].copy(), (x, targets, h0, params)


def rnn_attention_backward(dloss, dh_last, cache):
    x, targets, h0, params = cache
    hs, rnn_cache = rnn_forward(x, h0, params)
    contexts, attention_cache = attention_forward(hs, params)
    logits, output_cache = output_forward(hs, contexts, params)
    dlogits = cross_entropy_backward(dloss, cross_entropy_forward(logits, targets)[1])
    dhs, dcontexts, output_grads = output_backward(dlogits, output_cache)
    attention_dhs, attention_grads = attention_backward(dcontexts, attention_cache)
    dhs += attention_dhs
    dhs[:, -1] += dh_last
    dh0, grads = rnn_backward(dhs, rnn_cache)
    grads.update(attention_grads)
    grads.update(output_grads)
    return dh0, grads


def train(ids, params, steps, B, T, learning_rate, max_norm=1.0, gradients=loss_and_gradients, watch=None):
    chunks = (len(ids) - T) // B // T
    params = {name: p.copy() for name, p in params.items()}
    means = {name: np.zeros_like(p) for name, p in params.items()}
    squares = {name: np.zeros_like(p) for name, p in params.items()}
    losses, shown, step = np.zeros(steps), {}, 0
    for step in (bar := progress(steps)):
        passes, chunk = divmod(step, chunks)
        if chunk == 0:
            inputs, targets = make_streams(ids[11 * passes % T :], B)
            state = start_state(params, B)
        x, y = (stream.reshape(B, -1)[:, chunk * T : chunk * T + T] for stream in (inputs, targets))
        losses[step], *state, grads = gradients(x, y, *state, params=params)
        norm = math.sqrt(sum(float((g * g).sum()) for g in grads.values()))
        rate = learning_rate - learning_rate * step / steps
        for name, g in grads.items():
            g = g * min(1.0, max_norm / (norm + 1e-300))
            means[name] += 0.1 * (g - means[name])
            squares[name] += 0.001 * (g * g - squares[name])
            mean = means[name] / (1 - 0.9 ** (step + 1))
            params[name] -= rate * mean / (np.sqrt(squares[name] / (1 - 0.999 ** (step + 1))) + 1e-8)
        if watch:
            shown.update(watch(step, params) or {})
        bar.show(train=losses[step], **shown)
    return params, losses
