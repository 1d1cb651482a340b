"""Index by index: np.ndindex and ranges, sums in Python floats, one head, query and key after the other."""

import math

import numpy as np


def positional_encoding(T, D):
    P = np.zeros((T, D))
    for t in range(T):
        for d in range(D):
            angle = t / 10000 ** ((d - d % 2) / D)
            P[t, d] = math.cos(angle) if d % 2 else math.sin(angle)
    return P


def embedding_forward(x, params):
    E = params["E"]
    P = positional_encoding(x.shape[1], E.shape[1])
    out = np.zeros((*x.shape, E.shape[1]), dtype=E.dtype)
    for b, t, d in np.ndindex(out.shape):
        out[b, t, d] = float(E[x[b, t], d]) + float(P[t, d])
    return out, {"x": x, "rows": len(E)}


def embedding_backward(dout, cache):
    dE = np.zeros((cache["rows"], dout.shape[2]))
    for b, t, d in np.ndindex(dout.shape):
        dE[cache["x"][b, t], d] += float(dout[b, t, d])
    return {"E": dE.astype(dout.dtype)}


def layer_norm_forward(x, gain, bias):
    D = x.shape[-1]
    out, z, sigmas = np.zeros(x.shape, dtype=x.dtype), np.zeros(x.shape), {}
    for place in np.ndindex(x.shape[:-1]):
        numbers = [float(n) for n in x[place]]
        mean = math.fsum(numbers) / D
        sigmas[place] = math.sqrt(math.fsum((n - mean) ** 2 for n in numbers) / D + 1e-5)
        for d in range(D):
            z[place + (d,)] = (numbers[d] - mean) / sigmas[place]
            out[place + (d,)] = z[place + (d,)] * float(gain[d]) + float(bias[d])
    return out, (z, sigmas, gain)


def layer_norm_backward(dout, cache):
    z, sigmas, gain = cache
    D = len(gain)
    dx, dgain, dbias = np.zeros(dout.shape, dtype=dout.dtype), np.zeros(D), np.zeros(D)
    for place in np.ndindex(dout.shape[:-1]):
        dz = [float(dout[place + (d,)]) * float(gain[d]) for d in range(D)]
        for d in range(D):
            slope = 0.0
            for e in range(D):
                jacobian = (1.0 if d == e else 0.0) - 1.0 / D - z[place + (d,)] * z[place + (e,)] / D
                slope += dz[e] * jacobian / sigmas[place]
            dx[place + (d,)] = slope
            dgain[d] += float(dout[place + (d,)]) * z[place + (d,)]
            dbias[d] += float(dout[place + (d,)])
    return dx, dgain.astype(dout.dtype), dbias.astype(dout.dtype)


def gelu_forward(x):
    out = np.zeros(x.shape, dtype=x.dtype)
    for place in np.ndindex(x.shape):
        n = float(x[place])
        out[place] = 0.5 * n * (1 + math.tanh(math.sqrt(2 / math.pi) * (n + 0.044715 * n * n * n)))
    return out, x


def gelu_backward(dout, cache):
    dx = np.zeros(dout.shape, dtype=dout.dtype)
    for place in np.ndindex(dout.shape):
        n, k = float(cache[place]), math.sqrt(2 / math.pi)
        tau = math.tanh(k * (n + 0.044715 * n**3))
        slope = 0.5 * (1 + tau) + 0.5 * n * (1 - tau * tau) * k * (1 + 3 * 0.044715 * n**2)
        dx[place] = float(dout[place]) * slope
    return dx


def causal_softmax_forward(scores):
    weights = np.zeros(scores.shape, dtype=scores.dtype)
    for place in np.ndindex(scores.shape[:-1]):
        seen = [float(s) for s in scores[place]][: place[-1] + 1]
        top = max(seen)
        parts = [math.exp(s - top) for s in seen]
        for j in range(len(parts)):
            weights[place + (j,)] = parts[j] / sum(parts)
    return weights, weights.copy()


def causal_softmax_backward(dweights, cache):
    out = np.zeros(dweights.shape, dtype=dweights.dtype)
    for place in np.ndindex(dweights.shape[:-1]):
        average = 0.0
        for i in range(place[-1] + 1):
            average += float(cache[place + (i,)]) * float(dweights[place + (i,)])
        for j in range(place[-1] + 1):
            out[place + (j,)] = float(cache[place + (j,)]) * (float(dweights[place + (j,)]) - average)
    return out


def attention_forward(q, k, v):
    B, heads, T, d = q.shape
    scores = np.zeros((B, heads, T, T), dtype=q.dtype)
    for b, h, t, j in np.ndindex(scores.shape):
        scores[b, h, t, j] = sum(float(q[b, h, t, i]) * float(k[b, h, j, i]) for i in range(d)) / math.sqrt(d)
    weights, softmax_cache = causal_softmax_forward(scores)
    out = np.zeros(v.shape, dtype=v.dtype)
    for b, h, t, i in np.ndindex(v.shape):
        out[b, h, t, i] = sum(float(weights[b, h, t, j]) * float(v[b, h, j, i]) for j in range(t + 1))
    return out, [q, k, v, weights, softmax_cache]


def attention_backward(dout, cache):
    q, k, v, weights, softmax_cache = cache
    dweights = np.zeros_like(weights)
    dq, dk, dv = np.zeros(q.shape), np.zeros(k.shape), np.zeros(v.shape)
    for b, h, t, j in np.ndindex(weights.shape):
        for i in range(q.shape[-1]):
            dweights[b, h, t, j] += float(dout[b, h, t, i]) * float(v[b, h, j, i])
            dv[b, h, j, i] += float(weights[b, h, t, j]) * float(dout[b, h, t, i])
    dscores = causal_softmax_backward(dweights, softmax_cache)
    for b, h, t, j in np.ndindex(weights.shape):
        d = float(dscores[b, h, t, j]) / math.sqrt(q.shape[-1])
        for i in range(q.shape[-1]):
            dq[b, h, t, i] += d * float(k[b, h, j, i])
            dk[b, h, j, i] += d * float(q[b, h, t, i])
    return dq.astype(q.dtype), dk.astype(q.dtype), dv.astype(q.dtype)


def split_heads(x, heads):
    B, T, D = x.shape
    d = D // heads
    out = np.zeros((B, heads, T, d), dtype=x.dtype)
    for b, h, t, i in np.ndindex(out.shape):
        out[b, h, t, i] = x[b, t, h * d + i]
    return out


def merge_heads(x):
    B, heads, T, d = x.shape
    out = np.zeros((B, T, heads * d), dtype=x.dtype)
    for b, t, n in np.ndindex(out.shape):
        h, i = divmod(n, d)
        out[b, t, n] = x[b, h, t, i]
    return out


def dropout_forward(x, rate, rng):
    if rng is None:
        return x, "off"
    if rate == 0:
        return x, "off"
    drawn = rng.random(x.shape, dtype=np.float32)
    out, factors = np.zeros_like(x), np.zeros_like(x)
    for place in np.ndindex(x.shape):
        if drawn[place] >= rate:
            factors[place] = 1 / (1 - rate)
            out[place] = x[place] * factors[place]
    return out, factors


def dropout_backward(dout, cache):
    if isinstance(cache, str):
        return dout
    dx = np.zeros_like(dout)
    for place in np.ndindex(dout.shape):
        dx[place] = dout[place] * cache[place]
    return dx


def learning_rate_at(step, steps, peak, warmup):
    rates = []
    for s in range(step + 1):
        if s < warmup:
            rates.append(peak * (s + 1) / warmup)
        else:
            rates.append(0.5 * peak + 0.5 * peak * math.cos((s - warmup) / (steps - warmup) * math.pi))
    return rates[-1]


def adamw_step(params, grads, state, learning_rate, weight_decay=0.1, beta1=0.9, beta2=0.95, epsilon=1e-8):
    t = state["t"] + 1
    new, m, v = {}, {}, {}
    for name in params:
        p, g = params[name], grads[name]
        new[name], m[name], v[name] = (np.empty_like(p) for _ in range(3))
        decay = weight_decay if len(p.shape) >= 2 else 0.0
        for place in np.ndindex(p.shape):
            mean = beta1 * float(state["m"][name][place]) + (1 - beta1) * float(g[place])
            square = beta2 * float(state["v"][name][place]) + (1 - beta2) * float(g[place]) ** 2
            m[name][place], v[name][place] = mean, square
            step = mean / (1 - beta1**t) / (math.sqrt(square / (1 - beta2**t)) + epsilon)
            new[name][place] = float(p[place]) - learning_rate * (step + decay * float(p[place]))
    return new, {"t": t, "m": m, "v": v}
