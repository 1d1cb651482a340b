"""One buffer for all four gates, cell and step written with out= and typed constants; streams cut into a 3d array."""

import numpy as np


def cell_forward(z, c_prev):
    kind = z.dtype
    H = c_prev.shape[1]
    gates = np.empty_like(z)
    half = kind.type(0.5)
    np.multiply(z[:, : 3 * H], half, out=gates[:, : 3 * H])
    gates[:, 3 * H :] = z[:, 3 * H :]
    np.tanh(gates, out=gates)
    gates[:, : 3 * H] *= half
    gates[:, : 3 * H] += half
    c = np.multiply(gates[:, H : 2 * H], c_prev)
    c += gates[:, :H] * gates[:, 3 * H :]
    h = np.tanh(c)
    shown = h.copy()
    h *= gates[:, 2 * H : 3 * H]
    return h, c, (gates, shown, c_prev)


def cell_backward(dh, dc, cache):
    gates, shown, c_prev = cache
    kind, H = gates.dtype, shown.shape[1]
    i, f, o, g = (gates[:, k * H : (k + 1) * H] for k in range(4))
    one = kind.type(1)
    road = np.square(shown)
    np.subtract(one, road, out=road)
    road *= o
    road *= dh
    road += dc
    dz = np.subtract(one, gates)
    dz *= gates
    dz[:, 3 * H :] = one - np.square(g)
    dz[:, :H] *= road * g
    dz[:, H : 2 * H] *= road * c_prev
    dz[:, 2 * H : 3 * H] *= dh * shown
    dz[:, 3 * H :] *= road * i
    road *= f
    return dz, road


def lstm_step_forward(x, h_prev, c_prev, params):
    kind = params["Wh"].dtype
    z = np.empty((len(x), params["Wh"].shape[1]), dtype=kind)
    np.dot(h_prev.astype(kind, copy=False), params["Wh"], out=z)
    z += params["Wx"][x]
    z += params["b"]
    h, c, inside = cell_forward(z, c_prev.astype(kind, copy=False))
    return h, c, (inside, np.array(x), h_prev, params)


def lstm_step_backward(dh, dc, cache):
    inside, x, h_prev, params = cache
    dz, dc_prev = cell_backward(dh, dc, inside)
    dWx = np.zeros(params["Wx"].shape, dtype=dz.dtype)
    np.add.at(dWx, x, dz)
    return np.dot(dz, params["Wh"].T), dc_prev, {"Wx": dWx, "Wh": np.dot(h_prev.T, dz), "b": dz.sum(0, dtype=dz.dtype)}


def lstm_forward(x, h0, c0, params):
    B, T = x.shape
    H = h0.shape[1]
    kind = params["Wh"].dtype
    hs = np.empty((B, T, H), dtype=kind)
    z = np.take(params["Wx"], x, axis=0)
    z += params["b"]
    c, h, inner = c0, h0, [None] * T
    for t in range(T):
        np.add(z[:, t], np.dot(h, params["Wh"]), out=z[:, t])
        hs[:, t], c, inner[t] = cell_forward(np.ascontiguousarray(z[:, t]), c)
        h = np.ascontiguousarray(hs[:, t])
    return hs, c, {"x": x, "hs": hs.copy(), "h0": h0, "inner": inner, "params": params}


def lstm_backward(dhs, dc_last, cache):
    x, hs, params = cache["x"], cache["hs"], cache["params"]
    kind = params["Wh"].dtype
    B, T, H = hs.shape
    dz = np.empty((B, T, 4 * H), dtype=kind)
    dh, dc = np.zeros((B, H), dtype=kind), np.array(dc_last, dtype=kind)
    for t in range(T - 1, -1, -1):
        dh += dhs[:, t]
        dz[:, t], dc = cell_backward(dh, dc, cache["inner"][t])
        dh = np.dot(dz[:, t], params["Wh"].T)
    before = np.empty_like(hs)
    before[:, 0] = cache["h0"]
    before[:, 1:] = hs[:, :-1]
    dWx = np.zeros_like(params["Wx"])
    np.add.at(dWx, x.reshape(-1), dz.reshape(B * T, -1))
    dWh = np.dot(before.reshape(B * T, H).T, dz.reshape(B * T, -1))
    return dh, dc, {"Wx": dWx, "Wh": dWh, "b": dz.sum(axis=(0, 1), dtype=kind)}


def model_forward(x, targets, h0, c0, params):
    kind = params["Wh"].dtype
    hs, c, first = lstm_forward(np.asarray(x), np.asarray(h0, dtype=kind), np.asarray(c0, dtype=kind), params)
    logits, second = readout_forward(hs, params)
    loss, third = cross_entropy_forward(logits, targets)
    return kind.type(loss), hs[:, -1].copy(), c.copy(), [first, second, third]


def model_backward(dloss, dh_last, dc_last, cache):
    dhs, grads = readout_backward(cross_entropy_backward(dloss, cache[2]), cache[1])
    wide = np.zeros(dhs.shape, dtype=dhs.dtype)
    wide[:, -1] = dh_last
    np.add(wide, dhs, out=wide)
    dh0, dc0, low = lstm_backward(wide, dc_last, cache[0])
    return dh0, dc0, {name: {**low, **grads}[name] for name in ("Wx", "Wh", "b", "Wy", "by")}


def set_forget_bias(params, value):
    new = {name: np.array(p, copy=True) for name, p in params.items()}
    H = params["Wh"].shape[0] if "Wh" in params else new["b"].size // 4
    np.copyto(new["b"][H : 2 * H], new["b"].dtype.type(value))
    return new


def train(ids, params, steps, B, T, learning_rate, max_norm=1.0, gradients=loss_and_gradients, watch=None):
    inputs, targets = make_streams(ids, B)
    chunks = inputs.shape[1] // T
    state = adam_start(params)
    cut = [np.ascontiguousarray(a[:, : chunks * T].reshape(B, chunks, T).swapaxes(0, 1)) for a in (inputs, targets)]
    losses, shown = [], {}
    for step in (bar := progress(steps)):
        k = step % chunks
        if k == 0:
            h = np.zeros((B, params["Wh"].shape[0]), dtype=params["Wh"].dtype)
            c = h.copy()
        loss, h, c, grads = gradients(cut[0][k], cut[1][k], h, c, params=params)
        grads, _ = clip_gradients(grads, max_norm)
        params, state = adam_step(params, grads, state, float(learning_rate) * (1.0 - float(step) / float(steps)))
        losses.append(float(loss))
        if watch:
            shown.update(watch(step, params) or {})
        bar.show(train=losses[-1], **shown)
    return params, np.array(losses)
