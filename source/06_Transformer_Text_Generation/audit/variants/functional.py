"""Each cache is a closure that goes back; blocks by reduce, Jacobians by row, lists in place of tuples."""

import math
from functools import partial, reduce
from itertools import chain

import numpy as np


def positional_encoding(T, D):
    waves = (math.sin, math.cos)
    return np.fromfunction(
        np.vectorize(lambda t, d: waves[int(d) % 2](t * 10000 ** (-(d - d % 2) / D)), otypes=[float]), (T, D)
    )


def embedding_forward(x, params):
    E = params["E"]
    tags = positional_encoding(x.shape[1], E.shape[1]).astype(E.dtype)

    def back(dout):
        rows = [np.sum(dout[x == v], axis=0) for v in range(len(E))]
        return {"E": np.stack(rows)}

    return [np.stack([np.stack([E[i] + tag for i, tag in zip(row, tags)]) for row in x]), back]


def embedding_backward(dout, cache):
    return cache(dout)


def layer_norm_forward(x, gain, bias):
    def normal(vector):
        centred = vector - vector.mean()
        return centred / np.sqrt(np.dot(centred, centred) / len(vector) + 1e-5)

    def back(dout):
        D = len(gain)
        rows, ups = x.reshape(-1, D), dout.reshape(-1, D)
        dx = []
        for row, up in zip(rows, ups):
            z = normal(row)
            root = np.sqrt(np.var(row) + 1e-5)
            dz = up * gain
            dx.append(((np.eye(D, dtype=z.dtype) - (1 + np.outer(z, z)) / D) @ dz) / root)
        zs = np.array([normal(row) for row in rows])
        return [np.array(dx).reshape(x.shape), sum(ups * zs), sum(ups)]

    return [np.apply_along_axis(normal, -1, x) * gain + bias, back]


def layer_norm_backward(dout, cache):
    return cache(dout)


def gelu_forward(x):
    k, a = math.sqrt(2 / math.pi), 0.044715
    polynomial = partial(reduce, lambda total, coefficient: total * x + coefficient)
    tau = np.tanh(polynomial([k * a * np.ones_like(x), 0, k, 0]))

    def back(dout):
        du = polynomial([3 * k * a * np.ones_like(x), 0, k])
        return dout * ((1 + tau) / 2 + x / 2 * (1 + tau) * (1 - tau) * du)

    return [x / 2 * (1 + tau), back]


def gelu_backward(dout, cache):
    return cache(dout)


def causal_softmax_forward(scores):
    T = scores.shape[-1]

    def row(t):
        seen = scores[..., t, : t + 1]
        e = np.exp(seen - np.max(seen, axis=-1, keepdims=True))
        pad = np.zeros((*e.shape[:-1], T - t - 1), dtype=scores.dtype)
        return np.concatenate([e / np.sum(e, axis=-1, keepdims=True), pad], axis=-1)

    w = np.stack(list(map(row, range(T))), axis=-2)
    jacobian = lambda t: w[..., t, :, None] * (np.eye(T, dtype=w.dtype) - w[..., t, None, :])
    return [w, lambda d: np.stack([(jacobian(t) @ d[..., t, :, None])[..., 0] for t in range(T)], axis=-2)]


def causal_softmax_backward(dweights, cache):
    return cache(dweights)


def attention_forward(q, k, v):
    turned = lambda a: np.swapaxes(a, -1, -2)
    root = math.sqrt(q.shape[-1])
    w, below = causal_softmax_forward(q @ turned(k) / root)

    def back(dout):
        ds = causal_softmax_backward(dout @ turned(v), below) / root
        return [ds @ k, turned(turned(q) @ ds), turned(turned(dout) @ w)]

    return [w @ v, back]


def attention_backward(dout, cache):
    return cache(dout)


def split_heads(x, heads):
    return np.array([[page[:, h] for h in range(heads)] for page in x.reshape(*x.shape[:2], heads, -1)])


def merge_heads(x):
    return np.array([np.hstack(list(page)) for page in x])


def multi_head_forward(x, params, heads):
    qkv, first = linear_forward(x, params["Wqkv"], params["bqkv"])
    every = split_heads(qkv, 3 * heads)
    mixed, second = attention_forward(*(every[:, n * heads : (n + 1) * heads] for n in range(3)))
    out, third = linear_forward(merge_heads(mixed), params["Wo"], params["bo"])

    def back(dout):
        d, *output = linear_backward(dout, third)
        d = np.concatenate(attention_backward(split_heads(d, heads), second), axis=1)
        dx, *entry = linear_backward(merge_heads(d), first)
        return [dx, dict(zip(("Wqkv", "bqkv", "Wo", "bo"), chain(entry, output)))]

    return [out, back]


def multi_head_backward(dout, cache):
    return cache(dout)


def mlp_forward(x, params):
    h, one = linear_forward(x, params["W1"], params["b1"])

    def back(dout):
        a, bend = gelu_forward(h)
        da, dW2, db2 = linear_backward(dout, (a, params["W2"]))
        dx, dW1, db1 = linear_backward(gelu_backward(da, bend), one)
        return [dx, dict(W1=dW1, b1=db1, W2=dW2, b2=db2)]

    return [linear_forward(gelu_forward(h)[0], params["W2"], params["b2"])[0], back]


def mlp_backward(dout, cache):
    return cache(dout)


def dropout_forward(x, rate, rng):
    if rng is None or not rate:
        return [x, lambda d: d]
    keep = np.greater_equal(rng.random(x.shape, dtype=np.float32), rate)
    apply = lambda a: keep.astype(a.dtype) * a / (1 - rate)
    return [apply(x), apply]


def dropout_backward(dout, cache):
    return cache(dout)


def block_forward(x, params, heads, rate=0.0, rng=None):
    def residual(past, part):
        stream, backs = past
        number, ahead, back = part
        out, norm = layer_norm_forward(stream, params["gain" + number], params["bias" + number])
        out, inside = ahead(out)
        out, drop = dropout_forward(out, rate, rng)

        def undo(d):
            branch, grads = back(dropout_backward(d, drop), inside)
            branch, dgain, dbias = layer_norm_backward(branch, norm)
            return d + branch, {**grads, "gain" + number: dgain, "bias" + number: dbias}

        return stream + out, [undo, *backs]

    parts = (("1", lambda n: multi_head_forward(n, params, heads), multi_head_backward), ("2", lambda n: mlp_forward(n, params), mlp_backward))
    return list(reduce(residual, parts, (x, [])))


def block_backward(dout, cache):
    def undo_one(past, undo):
        d, grads = undo(past[0])
        return d, past[1] | grads

    return list(reduce(undo_one, cache, (dout, {})))


def transformer_forward(x, params, heads, rate=0.0, rng=None):
    stream, embedding = embedding_forward(x, params)
    stream, drop = dropout_forward(stream, rate, rng)

    def pile(past, i):
        out, c = block_forward(past[0], block_params(params, i), heads, rate, rng)
        return out, {**past[1], i: c}

    stream, blocks = reduce(pile, range(number_of_blocks(params)), (stream, {}))
    normed, norm = layer_norm_forward(stream, params["gain"], params["bias"])
    logits, readout = linear_forward(normed, params["Wy"], params["by"])

    def back(dlogits):
        d, dWy, dby = linear_backward(dlogits, readout)
        d, dgain, dbias = layer_norm_backward(d, norm)
        found = [{"Wy": dWy, "by": dby, "gain": dgain, "bias": dbias}]
        for i in sorted(blocks, reverse=True):
            d, new = block_backward(d, blocks[i])
            found.append(full_names(new, i))
        found.append(embedding_backward(dropout_backward(d, drop), embedding))
        return {name: g for part in reversed(found) for name, g in part.items()}

    return [logits, back]


def transformer_backward(dlogits, cache):
    return cache(dlogits)


def model_forward(x, targets, params, heads, rate=0.0, rng=None):
    logits, back = transformer_forward(x, params, heads, rate, rng)
    losses = surprise(logits, targets)

    def whole(dloss):
        p = np.exp(log_softmax(logits))
        right = np.equal.outer(targets, np.arange(logits.shape[-1]))
        return transformer_backward((p - right.astype(p.dtype)) * (dloss / targets.size), back)

    return [float(losses.mean()), whole]


def model_backward(dloss, cache):
    return cache(dloss)


def learning_rate_at(step, steps, peak, warmup):
    rise = lambda: peak / warmup * (step + 1)
    fall = lambda: peak * math.cos(math.pi / 2 * (step - warmup) / (steps - warmup)) ** 2
    return (fall, rise)[step < warmup]()


def adamw_step(params, grads, state, learning_rate, weight_decay=0.1, beta1=0.9, beta2=0.95, epsilon=1e-8):
    t = state["t"] + 1

    def one(p, g, m, v):
        m, v = m * beta1 + g * (1 - beta1), v * beta2 + np.power(g, 2) * (1 - beta2)
        update = m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + epsilon)
        return p - learning_rate * (update + (weight_decay if np.ndim(p) > 1 else 0.0) * p), m, v

    three = [one(params[k], grads[k], state["m"][k], state["v"][k]) for k in params]
    new, m, v = (dict(zip(params, column)) for column in zip(*three))
    return [new, {"v": v, "m": m, "t": t}]


def generate(prompt, length, params, temperature, rng, T=CONTEXT, heads=HEADS):
    def one_more(text, _):
        logits, _ = transformer_forward(np.array([text[-T:]]), params, heads)
        return [*text, sample_next(logits[0][-1], temperature, rng)]

    return np.array(reduce(one_more, range(length), [int(i) for i in prompt])[len(prompt) :], dtype=int)
