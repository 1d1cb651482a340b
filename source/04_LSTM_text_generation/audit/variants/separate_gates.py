"""Four small layers: each gate cuts its own columns out of the weights and has its own products."""

import numpy as np

GATES = ("i", "f", "o", "g")


def cut(params):
    """A gate's own weights: name -> (Wx, Wh, b)."""
    parts = [np.split(params[name], 4, axis=-1) for name in ("Wx", "Wh", "b")]
    return dict(zip(GATES, zip(*parts, strict=True), strict=True))


def cell_forward(z, c_prev):
    z = dict(zip(GATES, np.split(z, 4, axis=1), strict=True))
    gate = {name: sigmoid(z[name]) for name in "ifo"} | {"g": np.tanh(z["g"])}
    c = gate["f"] * c_prev + gate["i"] * gate["g"]
    return gate["o"] * np.tanh(c), c, {**gate, "c": c, "c_prev": c_prev}


def cell_backward(dh, dc, cache):
    shown = np.tanh(cache["c"])
    through = dc + dh * cache["o"] * (1 - shown**2)
    into = {"i": cache["g"], "f": cache["c_prev"], "g": cache["i"]}
    came = {name: through * other for name, other in into.items()} | {"o": dh * shown}
    slope = {name: cache[name] * (1 - cache[name]) for name in "ifo"} | {"g": 1 - cache["g"] ** 2}
    return np.hstack([came[name] * slope[name] for name in GATES]), through * cache["f"]


def lstm_step_forward(x, h_prev, c_prev, params):
    z = [Wx[x] + h_prev @ Wh + b for Wx, Wh, b in cut(params).values()]
    h, c, cell_cache = cell_forward(np.concatenate(z, axis=1), c_prev)
    return h, c, {"x": x, "h_prev": h_prev, "cell": cell_cache, "params": params}


def lstm_step_backward(dh, dc, cache):
    x, h_prev, weights = cache["x"], cache["h_prev"], cut(cache["params"])
    dz, dc_prev = cell_backward(dh, dc, cache["cell"])
    found, dh_prev = [], 0
    for (Wx, Wh, _), dgate in zip(weights.values(), np.split(dz, 4, axis=1), strict=True):
        dWx = np.zeros_like(Wx)
        np.add.at(dWx, x, dgate)
        found.append((dWx, h_prev.T @ dgate, dgate.sum(axis=0)))
        dh_prev = dh_prev + dgate @ Wh.T
    joined = [np.concatenate(parts, axis=-1) for parts in zip(*found, strict=True)]
    return dh_prev, dc_prev, dict(zip(("Wx", "Wh", "b"), joined, strict=True))


def lstm_forward(x, h0, c0, params):
    weights, cards, c, cell_caches = cut(params), [h0], c0, []
    for t in range(x.shape[1]):
        z = [Wx[x[:, t]] + cards[-1] @ Wh + b for Wx, Wh, b in weights.values()]
        h, c, cell_cache = cell_forward(np.concatenate(z, axis=1), c)
        cards.append(h)
        cell_caches.append(cell_cache)
    return np.stack(cards[1:], axis=1), c, (x, cards, cell_caches, params)


def lstm_backward(dhs, dc_last, cache):
    x, cards, cell_caches, params = cache
    weights = cut(params)
    grads = {name: [np.zeros_like(part) for part in parts] for name, parts in weights.items()}
    dh, dc = np.zeros_like(dc_last), dc_last
    for t in reversed(range(x.shape[1])):
        dz, dc = cell_backward(dhs[:, t] + dh, dc, cell_caches[t])
        dh = np.zeros_like(dh)
        for name, dgate in zip(GATES, np.split(dz, 4, axis=1), strict=True):
            np.add.at(grads[name][0], x[:, t], dgate)
            grads[name][1] += cards[t].T @ dgate
            grads[name][2] += dgate.sum(axis=0)
            dh += dgate @ weights[name][1].T
    joined = [np.concatenate(parts, axis=-1) for parts in zip(*grads.values(), strict=True)]
    return dh, dc, dict(zip(("Wx", "Wh", "b"), joined, strict=True))


def set_forget_bias(params, value):
    i, f, o, g = np.split(params["b"], 4)
    return params | {"b": np.concatenate([i, np.full_like(f, value), o, g])}
