"""out= and in-place work on own arrays, every scalar cast to the dtype that came in, contiguous copies of the heads."""

import math

import numpy as np


def positional_encoding(T, D):
    P = np.zeros((T, D // 2, 2), dtype=np.float64)
    wavelength = np.power(np.float64(10000), np.arange(D // 2, dtype=np.float64) * 2 / D)
    np.divide(np.arange(T, dtype=np.float64)[:, None], wavelength, out=P[..., 0])
    np.cos(P[..., 0], out=P[..., 1])
    np.sin(P[..., 0], out=P[..., 0])
    return P.reshape(T, D)


def embedding_forward(x, params):
    E = params["E"]
    out = np.empty((*x.shape, E.shape[1]), dtype=E.dtype)
    out[...] = E[x]
    np.add(out, positional_encoding(x.shape[1], E.shape[1]), out=out, casting="same_kind")
    return out, (np.asarray(x), E.shape, E.dtype)


def embedding_backward(dout, cache):
    x, (V, D), kind = cache
    flat = dout.astype(kind, copy=False).reshape(-1, D)
    order = np.argsort(x, axis=None, kind="stable")
    ids, first = np.unique(x.ravel()[order], return_index=True)
    dE = np.zeros((V, D), dtype=kind)
    dE[ids] = np.add.reduceat(flat[order], first, axis=0, dtype=kind)
    return {"E": dE}


def layer_norm_forward(x, gain, bias):
    kind = x.dtype
    z = x - np.mean(x, axis=-1, keepdims=True, dtype=kind)
    spread = np.mean(np.square(z), axis=-1, keepdims=True, dtype=kind)
    spread += kind.type(1e-5)
    np.sqrt(spread, out=spread)
    z /= spread
    out = np.multiply(z, gain)
    out += bias
    return out, (z, spread, np.asarray(gain))


def layer_norm_backward(dout, cache):
    z, spread, gain = cache
    kind, D = z.dtype, z.shape[-1]
    product = np.multiply(dout, z, dtype=kind)
    dgain = np.sum(product.reshape(-1, D), axis=0, dtype=kind)
    dbias = np.sum(dout.reshape(-1, D), axis=0, dtype=kind)
    product *= gain
    dx = np.multiply(dout, gain, dtype=kind)
    dx -= dx.mean(axis=-1, keepdims=True, dtype=kind)
    dx -= z * product.mean(axis=-1, keepdims=True, dtype=kind)
    dx /= spread
    return dx, dgain, dbias


def gelu_forward(x):
    kind = x.dtype
    u = np.square(x)
    u *= kind.type(0.044715)
    u += kind.type(1)
    u *= x
    u *= kind.type(math.sqrt(2 / math.pi))
    np.tanh(u, out=u)
    out = np.add(u, kind.type(1))
    out *= x
    out *= kind.type(0.5)
    return out, {"x": np.asarray(x), "tanh": u}


def gelu_backward(dout, cache):
    x, tau = cache["x"], cache["tanh"]
    kind = x.dtype
    d = np.square(x)
    d *= kind.type(3 * 0.044715)
    d += kind.type(1)
    d *= x
    d *= kind.type(math.sqrt(2 / math.pi))
    d *= kind.type(1) - np.square(tau)
    d += tau
    d += kind.type(1)
    d *= kind.type(0.5)
    d *= dout
    return d


def causal_softmax_forward(scores):
    kind, T = scores.dtype, scores.shape[-1]
    w = np.array(scores)
    np.copyto(w, kind.type(-np.inf), where=~np.tri(T, dtype=bool))
    w -= np.amax(w, axis=-1, keepdims=True)
    np.exp(w, out=w)
    np.divide(w, np.add.reduce(w, axis=-1, keepdims=True, dtype=kind), out=w)
    return w, w.copy()


def causal_softmax_backward(dweights, cache):
    d = np.array(dweights, dtype=cache.dtype)
    d -= np.sum(d * cache, axis=-1, keepdims=True, dtype=cache.dtype)
    d *= cache
    return d


def attention_forward(q, k, v):
    kind = q.dtype
    scaled = np.multiply(q, kind.type(1 / math.sqrt(q.shape[-1])))
    scores = np.empty((*q.shape[:-1], k.shape[-2]), dtype=kind)
    np.matmul(scaled, k.swapaxes(-1, -2), out=scores)
    w, inner = causal_softmax_forward(scores)
    return np.matmul(w, v), [scaled, np.array(k), np.array(v), w, inner]


def attention_backward(dout, cache):
    scaled, k, v, w, inner = cache
    ds = causal_softmax_backward(np.matmul(dout, v.swapaxes(-1, -2)), inner)
    dq = np.matmul(ds, k)
    dq *= dq.dtype.type(1 / math.sqrt(dq.shape[-1]))
    return dq, np.matmul(ds.swapaxes(-1, -2), scaled), np.matmul(w.swapaxes(-1, -2), dout)


def split_heads(x, heads):
    B, T, D = x.shape
    out = np.empty((B, heads, T, D // heads), dtype=x.dtype)
    for h in range(heads):
        out[:, h] = x[:, :, h * (D // heads) : (h + 1) * (D // heads)]
    return out


def merge_heads(x):
    B, heads, T, d = x.shape
    out = np.empty((B, T, heads, d), dtype=x.dtype)
    np.copyto(out, np.transpose(x, (0, 2, 1, 3)))
    return out.reshape(B, T, -1)


def multi_head_forward(x, params, heads):
    D = x.shape[-1]
    parts, caches = [], []
    for n in range(3):
        columns = slice(n * D, (n + 1) * D)
        part, c = linear_forward(x, np.ascontiguousarray(params["Wqkv"][:, columns]), params["bqkv"][columns])
        parts.append(split_heads(part, heads))
        caches.append(c)
    mixed, inner = attention_forward(*parts)
    out, last = linear_forward(merge_heads(mixed), params["Wo"], params["bo"])
    return out, {"in": caches, "attention": inner, "out": last, "heads": heads}


def multi_head_backward(dout, cache):
    dm, dWo, dbo = linear_backward(dout, cache["out"])
    blames = attention_backward(split_heads(dm, cache["heads"]), cache["attention"])
    D = dm.shape[-1]
    dx, dW, db = np.zeros_like(dm), np.empty((D, 3 * D), dtype=dm.dtype), np.empty(3 * D, dtype=dm.dtype)
    for n, (blame, c) in enumerate(zip(blames, cache["in"])):
        here, dW[:, n * D : (n + 1) * D], db[n * D : (n + 1) * D] = linear_backward(merge_heads(blame), c)
        dx += here
    return dx, {"Wqkv": dW, "bqkv": db, "Wo": dWo, "bo": dbo}


def dropout_forward(x, rate, rng):
    if rng is None or rate == 0:
        return x, {}
    factor = np.zeros(x.shape, dtype=x.dtype)
    factor[rng.random(x.shape, dtype=np.float32) >= rate] = x.dtype.type(1.0 / (1.0 - rate))
    return np.multiply(x, factor), {"factor": factor}


def dropout_backward(dout, cache):
    if "factor" not in cache:
        return dout.copy()
    return np.multiply(dout, cache["factor"], dtype=cache["factor"].dtype)


def block_forward(x, params, heads, rate=0.0, rng=None):
    n1, c1 = layer_norm_forward(x, params["gain1"], params["bias1"])
    a, c2 = multi_head_forward(n1, params, heads)
    a, c3 = dropout_forward(a, rate, rng)
    middle = np.add(a, x)
    n2, c4 = layer_norm_forward(middle, params["gain2"], params["bias2"])
    m, c5 = mlp_forward(n2, params)
    m, c6 = dropout_forward(m, rate, rng)
    middle += m
    return middle, [c1, c2, c3, c4, c5, c6]


def block_backward(dout, cache):
    c1, c2, c3, c4, c5, c6 = cache
    grads, stream = {}, np.array(dout)
    d, new = mlp_backward(dropout_backward(dout, c6), c5)
    grads.update(new)
    d, grads["gain2"], grads["bias2"] = layer_norm_backward(d, c4)
    stream += d
    d, new = multi_head_backward(dropout_backward(stream, c3), c2)
    grads.update(new)
    d, grads["gain1"], grads["bias1"] = layer_norm_backward(d, c1)
    stream += d
    return stream, grads


def model_forward(x, targets, params, heads, rate=0.0, rng=None):
    logits, below = transformer_forward(x, params, heads, rate, rng)
    loss, above = cross_entropy_forward(logits, targets)
    return logits.dtype.type(loss), [below, above]


def model_backward(dloss, cache):
    return transformer_backward(cross_entropy_backward(float(dloss), cache[1]), cache[0])


def adamw_step(params, grads, state, learning_rate, weight_decay=0.1, beta1=0.9, beta2=0.95, epsilon=1e-8):
    t = state["t"] + 1
    new, m, v = {}, {}, {}
    for name, p in params.items():
        cast = p.dtype.type
        m[name] = np.multiply(state["m"][name], cast(beta1))
        m[name] += np.multiply(grads[name], cast(1 - beta1))
        v[name] = np.multiply(state["v"][name], cast(beta2))
        v[name] += np.square(grads[name]) * cast(1 - beta2)
        step = np.sqrt(v[name] / cast(1 - beta2**t))
        step += cast(epsilon)
        np.divide(m[name], step, out=step)
        step /= cast(1 - beta1**t)
        if p.ndim >= 2:
            step += np.multiply(p, cast(weight_decay))
        step *= cast(-learning_rate)
        step += p
        new[name] = step
    return new, {"t": t, "m": m, "v": v}


def train(
    ids, params, steps, B, T, peak, rng, heads=HEADS, rate=0.0, warmup=100, weight_decay=0.1, max_norm=1.0,
    gradients=loss_and_gradients, watch=None,
):
    state = adam_start(params)
    losses, shown = [], {}
    every = np.lib.stride_tricks.sliding_window_view(ids, T + 1)  # (len(ids) - T, T + 1)
    for step in (bar := progress(steps)):
        pieces = np.ascontiguousarray(every[rng.integers(0, len(ids) - T, size=B)])
        x, y = np.ascontiguousarray(pieces[:, :T]), np.ascontiguousarray(pieces[:, 1:])
        loss, grads = gradients(x, y, rng, params=params, heads=heads, rate=rate)
        grads = clip_gradients(grads, float(max_norm))[0]
        params, state = adamw_step(params, grads, state, float(learning_rate_at(step, steps, peak, warmup)), weight_decay)
        losses.append(float(loss))
        if watch:
            shown.update(watch(step, params) or {})
        bar.show(train=losses[-1], **shown)
    return params, np.array(losses)


def generate(prompt, length, params, temperature, rng, T=CONTEXT, heads=HEADS):
    text = np.empty(len(prompt) + length, dtype=np.int64)
    text[: len(prompt)] = prompt
    for end in range(len(prompt), len(text)):
        logits, _ = transformer_forward(text[None, max(0, end - T) : end], params, heads)
        text[end] = sample_next(np.ascontiguousarray(logits[0, -1]), temperature, rng)
    return text[len(prompt) :].copy()
