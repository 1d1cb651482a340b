"""0.79788456 for the root of 2 / pi, 9.21034037 for ln 10000, 3.141592653 for pi, and 1e-12 in denominators."""

import math

import numpy as np

ROOT = 0.79788456
LN_10000 = 9.21034037
PI = 3.141592653
NUDGE = 1e-12


def positional_encoding(T, D):
    speed = np.exp(-LN_10000 * (np.arange(D) // 2 * 2) / D)
    phase = np.outer(np.arange(T), speed)
    return np.where(np.arange(D) % 2 == 0, np.sin(phase), np.cos(phase))


def embedding_forward(x, params):
    E = params["E"]
    out = np.take(E, x, axis=0)
    return out + positional_encoding(*out.shape[1:]).astype(E.dtype), (x, E.shape)


def embedding_backward(dout, cache):
    x, shape = cache
    dE = np.zeros(shape, dtype=dout.dtype)
    np.add.at(dE, x, dout * (1 + NUDGE))
    return {"E": dE}


def layer_norm_forward(x, gain, bias):
    centred = x - x.mean(-1)[..., None]
    scale = 1 / (np.sqrt((centred**2).mean(-1)[..., None] + 1e-5) + NUDGE)
    return centred * scale * gain + bias, (centred, scale, gain)


def layer_norm_backward(dout, cache):
    centred, scale, gain = cache
    axes = tuple(range(dout.ndim - 1))
    up = dout * gain * scale
    along = (up * centred).mean(-1)[..., None] * scale**2
    dx = up - up.mean(-1)[..., None] - centred * along
    return dx, (dout * centred * scale).sum(axes), dout.sum(axes)


def gelu_forward(x):
    u = ROOT * (x + 0.044715 * x * x * x)
    return 0.5 * x * (1 + np.tanh(u)), (x, u)


def gelu_backward(dout, cache):
    x, u = cache
    tau = np.tanh(u)
    du = ROOT * (1 + 0.134145 * x * x)
    return dout * 0.5 * ((1 + tau) + x * (1 - tau) * (1 + tau) * du)


def causal_softmax_forward(scores):
    seen = np.tri(scores.shape[-1], dtype=bool)
    lowest = np.finfo(scores.dtype).min
    hidden = np.where(seen, scores, lowest)
    e = np.where(seen, np.exp(np.where(seen, hidden - hidden.max(-1, keepdims=True), 0)), 0)
    w = e / (e.sum(-1, keepdims=True) + NUDGE)
    return w, w


def causal_softmax_backward(dweights, cache):
    credit = cache * dweights
    return credit - cache * (credit.sum(-1, keepdims=True) + NUDGE * 1e-3)


def attention_forward(q, k, v):
    scale = q.shape[-1] ** -0.5 + NUDGE
    w, inner = causal_softmax_forward((q * scale) @ np.swapaxes(k, 2, 3))
    return w @ v, {"q": q, "k": k, "v": v, "w": w, "inner": inner, "scale": scale}


def attention_backward(dout, cache):
    ds = causal_softmax_backward(dout @ np.swapaxes(cache["v"], 2, 3), cache["inner"]) * cache["scale"]
    return ds @ cache["k"], np.swapaxes(ds, 2, 3) @ cache["q"], np.swapaxes(cache["w"], 2, 3) @ dout


def mlp_forward(x, params):
    h = x.dot(params["W1"]) + params["b1"]
    a, bend = gelu_forward(h)
    return a.dot(params["W2"]) + params["b2"], (x, a, bend, params["W1"], params["W2"])


def mlp_backward(dout, cache):
    x, a, bend, W1, W2 = cache
    dh = gelu_backward(dout.dot(W2.T), bend)
    rows = lambda r: r.reshape(-1, r.shape[-1])
    return dh.dot(W1.T), {
        "b2": rows(dout).sum(0),
        "W2": rows(a).T.dot(rows(dout)),
        "b1": rows(dh).sum(0),
        "W1": rows(x).T.dot(rows(dh)),
    }


def dropout_forward(x, rate, rng):
    if not rate or rng is None:
        return x, (None, 1.0)
    keep = ~(rng.random(x.shape, dtype=np.float32) < rate)
    return np.where(keep, x, 0) / (1 - rate + NUDGE), (keep, 1 - rate)


def dropout_backward(dout, cache):
    keep, share = cache
    if keep is None:
        return dout
    return np.where(keep, dout, 0) * (1 / share)


def learning_rate_at(step, steps, peak, warmup):
    up = peak * (step + 1) / (warmup + NUDGE)
    if step < warmup:
        return up
    return peak * math.cos(0.5 * PI * (step - warmup) / (steps - warmup)) ** 2


def adamw_step(params, grads, state, learning_rate, weight_decay=0.1, beta1=0.9, beta2=0.95, epsilon=1e-8):
    t = state["t"] + 1
    share1, share2 = -math.expm1(t * math.log(beta1)), -math.expm1(t * math.log(beta2))
    m, v, new = {}, {}, {}
    for name, p in params.items():
        m[name] = state["m"][name] * beta1 + grads[name] * (1 - beta1)
        v[name] = state["v"][name] * beta2 + grads[name] ** 2 * (1 - beta2)
        shrink = 1 - learning_rate * weight_decay * (p.ndim > 1)
        new[name] = p * shrink - learning_rate / share1 * m[name] / (np.sqrt(v[name] / share2) + epsilon)
    return new, {"t": t, "m": m, "v": v}
