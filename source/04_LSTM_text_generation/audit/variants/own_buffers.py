"""One buffer for all gates of all steps, worked on in place, and no calls of the cell inside."""

import numpy as np


def cell_forward(z, c_prev):
    H = c_prev.shape[1]
    gates = np.empty_like(z)
    np.multiply(z[:, : 3 * H], 0.5, out=gates[:, : 3 * H])
    gates[:, 3 * H :] = z[:, 3 * H :]
    np.tanh(gates, out=gates)
    gates[:, : 3 * H] += 1
    gates[:, : 3 * H] *= 0.5
    c = gates[:, H : 2 * H] * c_prev
    c += gates[:, :H] * gates[:, 3 * H :]
    shown = np.tanh(c)
    return gates[:, 2 * H : 3 * H] * shown, c, (gates, c_prev, shown)


def cell_backward(dh, dc, cache):
    gates, c_prev, shown = cache
    H = c_prev.shape[1]
    dc_new = shown * shown
    np.subtract(1, dc_new, out=dc_new)
    dc_new *= gates[:, 2 * H : 3 * H]
    dc_new *= dh
    dc_new += dc
    dz = gates * gates
    dz[:, : 3 * H] -= gates[:, : 3 * H]
    dz[:, 3 * H :] -= 1
    np.negative(dz, out=dz)
    factors = ((dc_new, gates[:, 3 * H :]), (dc_new, c_prev), (dh, shown), (dc_new, gates[:, :H]))
    for block, (upstream, other) in enumerate(factors):
        dz[:, block * H : (block + 1) * H] *= upstream
        dz[:, block * H : (block + 1) * H] *= other
    dc_new *= gates[:, H : 2 * H]
    return dz, dc_new


def lstm_forward(x, h0, c0, params):
    (B, T), H = x.shape, h0.shape[1]
    gates = np.take(params["Wx"], x.T, axis=0)
    gates += params["b"]
    hs, cs = (np.empty((T + 1, B, H), dtype=gates.dtype) for _ in range(2))
    hs[0], cs[0] = h0, c0
    for t in range(T):
        now = gates[t]
        now += hs[t] @ params["Wh"]
        now[:, : 3 * H] *= 0.5
        np.tanh(now, out=now)
        now[:, : 3 * H] *= 0.5
        now[:, : 3 * H] += 0.5
        np.multiply(now[:, H : 2 * H], cs[t], out=cs[t + 1])
        cs[t + 1] += now[:, :H] * now[:, 3 * H :]
        np.tanh(cs[t + 1], out=hs[t + 1])
        hs[t + 1] *= now[:, 2 * H : 3 * H]
    return hs[1:].transpose(1, 0, 2), cs[T].copy(), (x, gates, hs, cs, params)


def lstm_backward(dhs, dc_last, cache):
    x, gates, hs, cs, params = cache
    T, B, H = hs[1:].shape
    dz, shown, dc = np.empty_like(gates), np.tanh(cs[1:]), dc_last.copy()
    dh = np.zeros_like(dc)
    for t in reversed(range(T)):
        i, f, o, g = (gates[t, :, k * H : (k + 1) * H] for k in range(4))
        dh += dhs[:, t]
        dc += dh * o * (1 - shown[t] ** 2)
        np.multiply(dc * g, i * (1 - i), out=dz[t, :, :H])
        np.multiply(dc * cs[t], f * (1 - f), out=dz[t, :, H : 2 * H])
        np.multiply(dh * shown[t], o * (1 - o), out=dz[t, :, 2 * H : 3 * H])
        np.multiply(dc * i, 1 - g * g, out=dz[t, :, 3 * H :])
        dc *= f
        np.matmul(dz[t], params["Wh"].T, out=dh)
    rows, dWx = dz.reshape(T * B, 4 * H), np.zeros_like(params["Wx"])
    np.add.at(dWx, x.T.ravel(), rows)
    return dh, dc, {"Wx": dWx, "Wh": hs[:-1].reshape(T * B, H).T @ rows, "b": rows.sum(axis=0)}


def train(ids, params, steps, B, T, learning_rate, max_norm=1.0, gradients=loss_and_gradients, watch=None):
    inputs, targets = make_streams(ids, B)
    chunks = inputs.shape[1] // T
    state, losses, shown = adam_start(params), np.zeros(steps), {}
    memory = np.zeros((2, B, params["Wh"].shape[0]), dtype=params["Wh"].dtype)
    for step in (bar := progress(steps)):
        chunk = step % chunks
        if chunk == 0:
            memory.fill(0)
        here = np.s_[:, chunk * T : (chunk + 1) * T]
        loss, h, c, grads = gradients(inputs[here], targets[here], *memory.copy(), params=params)
        losses[step], memory[0], memory[1] = loss, h, c
        rate = learning_rate * (steps - step) / steps
        params, state = adam_step(params, clip_gradients(grads, max_norm)[0], state, rate)
        if watch:
            shown.update(watch(step, params) or {})
        bar.show(train=losses[step], **shown)
    return params, losses
