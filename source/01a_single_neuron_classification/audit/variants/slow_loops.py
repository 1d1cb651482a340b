"""Everything entry by entry in nested Python loops, with Python floats in between and math instead of NumPy."""

import math

import numpy as np


def squash_one(score):
    score = float(score)
    if score < 0:
        e = math.exp(score)
        return e / (e + 1.0)
    return 1.0 / (math.exp(-score) + 1.0)


def one_hot(ids, vocabulary_size):
    table = []
    for number in ids:
        row = []
        for column in range(vocabulary_size):
            if column == number:
                row.append(1.0)
            else:
                row.append(0.0)
        table.append(row)
    return np.array(table, dtype="float32")


def sigmoid(z):
    answer = np.empty(z.shape, dtype=z.dtype)
    for place in np.ndindex(z.shape):
        answer[place] = squash_one(z[place])
    return answer


def neuron_forward(x, params):
    rows, columns = x.shape
    scores = np.zeros(rows, dtype=np.result_type(x, params["w"]))
    for r in range(rows):
        total = float(params["b"][0])
        for c in range(columns):
            total += float(x[r, c]) * float(params["w"][c])
        scores[r] = total
    answers = sigmoid(scores)
    return answers, [x, params, answers]


def neuron_backward(dp, cache):
    x, params, answers = cache
    kind = answers.dtype
    rows, columns = x.shape
    dx = np.zeros((rows, columns), dtype=kind)
    dw = [0.0] * columns
    db = 0.0
    for r in range(rows):
        blame = float(dp[r]) * float(answers[r]) * (1.0 - float(answers[r]))
        db += blame
        for c in range(columns):
            dw[c] += blame * float(x[r, c])
            dx[r, c] = blame * float(params["w"][c])
    return dx, {"w": np.array(dw, dtype=kind), "b": np.array([db], dtype=kind)}


def binary_cross_entropy_forward(p, y):
    total, count, kept = 0.0, 0, []
    for answer, truth in zip(p, y):
        chance = float(answer) if truth else 1.0 - float(answer)
        if chance < EPSILON:
            chance = EPSILON
        kept.append((chance, bool(truth)))
        total -= math.log(chance)
        count += 1
    return total / count, (kept, p.dtype)


def binary_cross_entropy_backward(dloss, cache):
    kept, kind = cache
    slopes = []
    for chance, truth in kept:
        slope = 1.0 / chance / len(kept)
        if truth:
            slope = -slope
        slopes.append(dloss * slope)
    return np.array(slopes, dtype=kind)


def gradient_descent_step(params, grads, learning_rate):
    moved = {}
    for key in params:
        new = np.empty_like(params[key])
        for place in np.ndindex(new.shape):
            new[place] = params[key][place] - learning_rate * grads[key][place]
        moved[key] = new
    return moved


def classify(p, threshold):
    out = np.zeros(len(p), dtype=bool)
    for i in range(len(p)):
        if not p[i] < threshold:
            out[i] = True
    return out


def precision_and_recall(decided, y):
    both = said = real = 0
    for a, b in zip(decided.tolist(), y.tolist()):
        if a:
            said += 1
        if b:
            real += 1
        if a and b:
            both += 1
    if said == 0:
        return 1.0, both / real
    return both / said, both / real
