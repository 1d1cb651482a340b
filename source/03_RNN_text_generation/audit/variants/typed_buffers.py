"""All large arrays are allocated once and filled with out=, every scalar is cast to the dtype of the parameters."""

import math

import numpy as np


def rnn_step_forward(x, h_prev, params):
    kind = params["Wh"].dtype
    new = np.empty(h_prev.shape, dtype=kind)
    np.matmul(h_prev.astype(kind, copy=False), params["Wh"], out=new)
    np.add(new, params["Wx"][x], out=new)
    np.add(new, params["bh"], out=new)
    np.tanh(new, out=new)
    return new, (np.asarray(x), h_prev, new, params["Wh"], len(params["Wx"]))


def rnn_step_backward(dh, cache):
    x, h_prev, new, Wh, V = cache
    dz = np.square(new)
    np.subtract(Wh.dtype.type(1), dz, out=dz)
    np.multiply(dz, dh, out=dz)
    dWx = np.zeros((V, dz.shape[1]), dtype=Wh.dtype)
    np.add.at(dWx, (x, slice(None)), dz)
    dWh = np.empty_like(Wh)
    np.matmul(h_prev.T, dz, out=dWh)
    return np.matmul(dz, Wh.T), {"Wx": dWx, "Wh": dWh, "bh": np.sum(dz, axis=0, dtype=Wh.dtype)}


def rnn_forward(x, h0, params):
    kind = params["Wh"].dtype
    B, T = x.shape
    all_h = np.empty((B, T + 1, h0.shape[1]), dtype=kind)
    all_h[:, 0] = h0
    all_h[:, 1:] = params["Wx"][x]
    all_h[:, 1:] += params["bh"]
    scratch = np.empty(h0.shape, dtype=kind)
    for t in range(1, T + 1):
        np.matmul(all_h[:, t - 1], params["Wh"], out=scratch)
        scratch += all_h[:, t]
        np.tanh(scratch, out=all_h[:, t])
    return all_h[:, 1:], {"x": x, "all": all_h, "params": params}


def rnn_backward(dhs, cache):
    x, all_h, params = cache["x"], cache["all"], cache["params"]
    kind = all_h.dtype
    dz = np.square(all_h[:, 1:])
    np.subtract(kind.type(1), dz, out=dz)
    dh = np.zeros((x.shape[0], all_h.shape[2]), dtype=kind)
    for t in range(x.shape[1] - 1, -1, -1):
        dh += dhs[:, t]
        dz[:, t] *= dh
        np.matmul(dz[:, t], params["Wh"].T, out=dh)
    rows = dz.reshape(-1, dz.shape[2])
    before = np.ascontiguousarray(all_h[:, :-1]).reshape(rows.shape)
    dWx = np.zeros(params["Wx"].shape, dtype=kind)
    for v in np.unique(x):
        np.add.reduce(rows[x.ravel() == v], axis=0, out=dWx[v])
    return dh, {"Wx": dWx, "Wh": np.matmul(before.T, rows), "bh": rows.sum(axis=0, dtype=kind)}


def readout_forward(hs, params):
    out = np.empty((*hs.shape[:2], params["Wy"].shape[1]), dtype=params["Wy"].dtype)
    np.matmul(hs, params["Wy"], out=out)
    out += params["by"]
    return out, (np.array(hs), params["Wy"])


def readout_backward(dlogits, cache):
    hs, Wy = cache
    dWy = np.zeros_like(Wy)
    for b in range(len(hs)):
        dWy += np.matmul(hs[b].T, dlogits[b])
    return np.matmul(dlogits, Wy.T), {"Wy": dWy, "by": np.sum(dlogits, axis=(0, 1), dtype=Wy.dtype)}


def cross_entropy_forward(logits, targets):
    kind = logits.dtype
    p = np.subtract(logits, np.amax(logits, axis=-1, keepdims=True))
    came = np.take_along_axis(p, targets[..., None], axis=-1).squeeze(-1)
    np.exp(p, out=p)
    s = np.sum(p, axis=-1, keepdims=True, dtype=kind)
    p /= s
    loss = np.mean(np.log(s.squeeze(-1)) - came, dtype=np.float64)
    return kind.type(loss), (p, np.asarray(targets))


def cross_entropy_backward(dloss, cache):
    p, targets = cache
    d = p.copy().reshape(-1, p.shape[-1])
    d[np.arange(targets.size), targets.reshape(-1)] -= p.dtype.type(1)
    d *= p.dtype.type(dloss / targets.size)
    return d.reshape(p.shape)


def model_forward(x, targets, h0, params):
    hs, c1 = rnn_forward(x, h0.astype(params["Wh"].dtype, copy=False), params)
    logits, c2 = readout_forward(hs, params)
    loss, c3 = cross_entropy_forward(logits, targets)
    return loss, np.ascontiguousarray(hs[:, -1]), [c1, c2, c3]


def model_backward(dloss, dh_last, cache):
    dhs, grads = readout_backward(cross_entropy_backward(dloss, cache[2]), cache[1])
    dhs = np.array(dhs)
    np.add(dhs[:, -1], dh_last, out=dhs[:, -1])
    dh0, low = rnn_backward(dhs, cache[0])
    grads = {**grads, **low}
    return dh0, {name: grads[name] for name in ("Wx", "Wh", "bh", "Wy", "by")}


def clip_gradients(grads, max_norm):
    norm = math.sqrt(math.fsum(float(np.sum(np.square(g, dtype=np.float64))) for g in grads.values()))
    clipped = {}
    for name, g in grads.items():
        clipped[name] = np.array(g)
        if norm > max_norm:
            clipped[name] *= g.dtype.type(max_norm / norm)
    return clipped, norm


def adam_step(params, grads, state, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    t = state["t"] + 1
    out, m, v = {}, {}, {}
    for name, p in params.items():
        cast = p.dtype.type
        g = np.asarray(grads[name], dtype=p.dtype)
        m[name] = np.multiply(state["m"][name], cast(beta1))
        m[name] += cast(1 - beta1) * g
        v[name] = np.multiply(state["v"][name], cast(beta2))
        v[name] += cast(1 - beta2) * np.square(g)
        bottom = np.divide(v[name], cast(1 - beta2**t))
        np.sqrt(bottom, out=bottom)
        bottom += cast(epsilon)
        bottom *= cast(1 - beta1**t)
        np.divide(m[name], bottom, out=bottom)
        bottom *= cast(-learning_rate)
        out[name] = np.add(bottom, p, out=bottom)
    return out, {"t": t, "m": m, "v": v}


def make_streams(ids, B):
    L = (len(ids) - 1) // B
    out = np.empty((2, B, L), dtype=ids.dtype)
    for shift in (0, 1):
        np.copyto(out[shift], np.reshape(ids[shift : shift + B * L], (B, L)))
    return out[0], out[1]


def sample_next(logits, temperature, rng):
    p = np.array(logits, dtype=np.float64)
    p /= temperature
    p -= p.max()
    np.exp(p, out=p)
    p /= p.sum()
    return int(rng.choice(p.size, p=p))
