"""The network as objects that keep their own inputs; a chunk's cache is a list of cells, steps are dataclasses."""

from collections import namedtuple
from dataclasses import dataclass, field

import numpy as np

Chunk = namedtuple("Chunk", "recurrent readout loss")


class Cell:
    def __init__(self, params):
        self.p = params

    def read(self, x, old):
        self.x, self.old = x, old
        self.new = np.tanh(self.p["bh"] + old @ self.p["Wh"] + self.p["Wx"].take(x, axis=0))
        return self.new

    def slopes(self, dnew):
        return (1 - self.new * self.new) * dnew

    def blame(self, dnew):
        dz = self.slopes(dnew)
        dWx = np.zeros(self.p["Wx"].shape, dtype=dz.dtype)
        for character in set(self.x.tolist()):
            dWx[character] = dz[self.x == character].sum(axis=0)
        return dz @ self.p["Wh"].T, {"Wx": dWx, "Wh": (dz.T @ self.old).T, "bh": np.add.reduce(dz, 0)}


@dataclass
class Sums:
    parts: dict = field(default_factory=dict)

    def add(self, grads):
        for name, g in grads.items():
            if name in self.parts:
                self.parts[name] = self.parts[name] + g
            else:
                self.parts[name] = g
        return self


class Linear:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, inputs):
        self.inputs = inputs
        return np.dot(inputs, self.W) + self.b

    def backward(self, upstream):
        flat_in = self.inputs.reshape(-1, self.inputs.shape[-1])
        flat_up = upstream.reshape(-1, upstream.shape[-1])
        self.dW, self.db = np.dot(flat_in.T, flat_up), flat_up.sum(axis=0)
        return np.dot(upstream, self.W.T)


class SoftmaxLoss:
    def forward(self, logits, targets):
        self.shape, self.targets = logits.shape, targets.ravel()
        rows = logits.reshape(len(self.targets), -1)
        self.log_sum = np.logaddexp.reduce(rows.astype(np.float64), axis=1)
        self.rows = rows
        return float(np.mean(self.log_sum - rows[np.arange(len(rows)), self.targets]))

    def backward(self, dloss):
        p = np.exp(self.rows - self.log_sum[:, None])
        p[np.arange(len(p)), self.targets] -= 1
        return (p * (dloss / len(p))).reshape(self.shape).astype(self.rows.dtype)


class Adam:
    def __init__(self, rate, beta1, beta2, epsilon, t):
        self.rate, self.beta1, self.beta2, self.epsilon, self.t = rate, beta1, beta2, epsilon, t

    def one(self, p, g, m, v):
        m, v = self.beta1 * m + (1 - self.beta1) * g, self.beta2 * v + (1 - self.beta2) * g * g
        m_hat, v_hat = m / (1 - self.beta1**self.t), v / (1 - self.beta2**self.t)
        return p - self.rate * (m_hat / (v_hat**0.5 + self.epsilon)), m, v


def rnn_step_forward(x, h_prev, params):
    cell = Cell(params)
    return cell.read(x, h_prev), cell


def rnn_step_backward(dh, cache):
    return cache.blame(dh)


def rnn_forward(x, h0, params):
    cells, last = [], h0
    for column in x.T:
        cells.append(Cell(params))
        last = cells[-1].read(column, last)
    return np.moveaxis(np.array([cell.new for cell in cells]), 0, 1), cells


def rnn_backward(dhs, cache):
    from_future, sums = 0, Sums()
    for above, cell in zip(np.moveaxis(dhs, 1, 0)[::-1], cache[::-1]):
        from_future, grads = cell.blame(above + from_future)
        sums.add(grads)
    return from_future, sums.parts


def readout_forward(hs, params):
    linear = Linear(params["Wy"], params["by"])
    return linear.forward(hs), linear


def readout_backward(dlogits, cache):
    dhs = cache.backward(dlogits)
    return dhs, {"Wy": cache.dW, "by": cache.db}


def cross_entropy_forward(logits, targets):
    layer = SoftmaxLoss()
    return layer.forward(logits, targets), layer


def cross_entropy_backward(dloss, cache):
    return cache.backward(dloss)


def model_forward(x, targets, h0, params):
    hs, recurrent = rnn_forward(x, h0, params)
    logits, readout = readout_forward(hs, params)
    loss, told = cross_entropy_forward(logits, targets)
    return loss, hs[:, -1, :].copy(), Chunk(recurrent, readout, told)


def model_backward(dloss, dh_last, cache):
    dhs, grads = readout_backward(cross_entropy_backward(dloss, cache.loss), cache.readout)
    last = np.zeros_like(dhs)
    last[:, -1] = dh_last
    dh0, more = rnn_backward(dhs + last, cache.recurrent)
    return dh0, grads | more


def clip_gradients(grads, max_norm):
    everything = np.concatenate([np.ravel(g) for g in grads.values()]).astype(np.float64)
    length = float(np.sqrt(everything @ everything))
    if length > max_norm:
        return {name: (g / length * max_norm).astype(g.dtype) for name, g in grads.items()}, length
    return dict(grads), length


def adam_step(params, grads, state, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    adam = Adam(learning_rate, beta1, beta2, epsilon, state["t"] + 1)
    results = {k: adam.one(params[k], grads[k], state["m"][k], state["v"][k]) for k in params}
    new, m, v = ({k: r[i] for k, r in results.items()} for i in range(3))
    return new, dict(t=adam.t, m=m, v=v)


def make_streams(ids, B):
    L = (ids.size - 1) // B
    at = L * np.arange(B).reshape(-1, 1) + np.arange(L)
    return ids[at], ids[at + 1]


def train(ids, params, steps, B, T, learning_rate, max_norm=1.0, watch=None):
    inputs, targets = make_streams(ids, B)
    chunks = inputs.shape[1] // T
    state = adam_start(params)
    losses, shown = [], {}
    for step in (bar := progress(steps)):
        number = step % chunks
        if not number:
            memory = np.zeros((B, params["Wh"].shape[0]), dtype=params["Wh"].dtype)
        columns = np.arange(number * T, number * T + T)
        loss, memory, chunk = model_forward(inputs[:, columns], targets[:, columns], memory, params)
        grads = model_backward(1.0, 0 * memory, chunk)[1]
        clipped = clip_gradients(grads, max_norm)[0]
        params, state = adam_step(params, clipped, state, learning_rate - learning_rate * step / steps)
        losses.append(float(loss))
        if watch:
            shown.update(watch(step, params) or {})
        bar.show(train=losses[-1], **shown)
    return params, np.array(losses)


class Writer:
    def __init__(self, params, temperature, rng):
        self.params, self.temperature, self.rng = params, temperature, rng
        self.memory = np.zeros((1, params["bh"].shape[0]), dtype=params["bh"].dtype)

    def read(self, character):
        self.memory, _ = rnn_step_forward(np.array([character]), self.memory, self.params)

    def draw(self):
        scores = readout_forward(self.memory.reshape(1, 1, -1), self.params)[0].reshape(-1)
        return sample_next(scores, self.temperature, self.rng)


def sample_next(logits, temperature, rng):
    z = np.asarray(logits, dtype=np.float64) / temperature
    return int(rng.choice(z.size, p=np.exp(z - np.logaddexp.reduce(z))))


def generate(prompt, length, params, temperature, rng):
    writer, text = Writer(params, temperature, rng), []
    for character in prompt:
        writer.read(character)
    while len(text) < length:
        text.append(writer.draw())
        writer.read(text[-1])
    return np.array(text, dtype=int)
