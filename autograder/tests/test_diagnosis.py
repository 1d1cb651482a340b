"""Is the kind of mistake named, by what explains the numbers or by a condition under which they are right?"""

import numpy as np
import pytest

from autograder import check_gradients, check_sampling, check_training, check_values
from autograder.checks.running import listening
from autograder.checks.show import as_text, for_student
from autograder.diagnosis.codes import CODES, look_for
from autograder.diagnosis.contract import contract_of
from autograder.truth.mistakes import KEYS

B, T, V, H = 3, 4, 13, 5
rng = np.random.default_rng(0)
MATRIX = rng.normal(size=(4, 4))
ROWS = np.exp(MATRIX) / np.exp(MATRIX).sum(axis=1, keepdims=True)
LOWER = np.tril(np.ones((2, 4, 4))) * rng.uniform(0.1, 1, size=(2, 4, 4))


def outcome(check, *arguments, find=None, **options):
    """What a check reports, with `find` as in grading."""
    heard = []
    with listening(heard.append, find):
        check(*arguments, **options)
    return heard[0]


@pytest.mark.parametrize(
    ("actual", "expected", "code"),
    [
        (0 * MATRIX, MATRIX, "zero"),
        (-MATRIX, MATRIX, "sign"),
        (7 * MATRIX, MATRIX, "scale"),
        (MATRIX.T, MATRIX, "transposed"),
        (np.swapaxes(LOWER, 1, 2), LOWER, "transposed"),
        (LOWER + 0.1, LOWER, "mask"),
        (np.tril(LOWER, -1), LOWER, "mask"),
        (np.exp(MATRIX) / np.exp(MATRIX).sum(axis=0), ROWS, "axis"),
        (np.exp(MATRIX), ROWS, "normalisation"),
        (MATRIX + 2, MATRIX, "offset"),
        (MATRIX + MATRIX[0], MATRIX, "offset"),
        (np.roll(MATRIX, 1, axis=0), MATRIX, "shifted"),
        (MATRIX[[2, 0, 3, 1]], MATRIX, "order"),
        (MATRIX + ROWS, MATRIX, "differs"),
    ],
)
def test_arrays_are_explained(actual, expected, code):
    """Does each kind of wrong array get its own code, where nothing but one example is known?"""
    assert outcome(check_values, lambda: actual, {}, expected).diagnosis == code


def step_forward(x, h0, params):
    """x: (B, T) ids. h0: (B, H). params: "W" (V, H), "U" (H, H), "b" (H,). Returns hs (B, T, H) and a cache."""
    hs, h = [], h0
    for t in range(x.shape[1]):
        h = np.tanh(params["W"][x[:, t]] + h @ params["U"] + params["b"])
        hs.append(h)
    return np.stack(hs, axis=1), (x, h0, hs, params)


def recurrent_backward(slope=True, through_time=True, scatter=True, state=True, upstream=True, first=None):
    """A backward pass of step_forward with one mistake."""

    def backward(dhs, cache):
        x, h0, hs, params = cache
        dhs = dhs if upstream else np.ones_like(dhs)
        grads, dh = {name: np.zeros_like(p) for name, p in params.items()}, np.zeros_like(h0)
        for t in reversed(range(x.shape[1])):
            dz = (dhs[:, t] + dh) * (1 - hs[t] ** 2 if slope else np.ones_like(h0))
            h_prev = hs[t - 1] if t else (h0 if state else np.zeros_like(h0))
            grads["U"] += h_prev.T @ dz
            grads["b"] += dz.sum(axis=0) if first is None else dz[:first].sum(axis=0)
            if scatter:
                np.add.at(grads["W"], x[:, t], dz)
            else:
                grads["W"][x[:, t]] += dz
            dh = dz @ params["U"].T if through_time else np.zeros_like(h0)
        return dh if through_time else dz @ params["U"].T, grads

    return backward


RECURRENT = {
    "x": np.array([[1, 1, 4, 0], [2, 1, 1, 3], [1, 2, 2, 0]]),
    "h0": rng.normal(size=(B, H)),
    "params": {"W": rng.normal(size=(V, H)), "U": rng.normal(size=(H, H)), "b": rng.normal(size=H)},
}


@pytest.mark.parametrize(
    ("mistake", "code"),
    [
        ({"scatter": False}, "repeated ids"),
        ({"through_time": False}, "time"),
        ({"first": 1}, "batch"),
        ({"state": False}, "without `h0`"),
        ({"slope": False}, "nonlinearity"),
        ({"upstream": False}, "upstream"),
    ],
)
@pytest.mark.parametrize("graded", [True, False])
def test_conditions_are_found(mistake, code, graded):
    """Does a backward pass with one mistake get the condition under which it is right, with a reference or without?"""
    right = {"step_forward": step_forward, "backward": recurrent_backward()}
    check = outcome(
        check_gradients,
        step_forward,
        recurrent_backward(**mistake),
        RECURRENT,
        find=right.get if graded else None,
    )
    assert check.diagnosis == code


def test_swapped_gradients_are_named():
    """Is a gradient that belongs to another input recognised?"""

    def product_forward(a, b):
        return a * b, (a, b)

    check = outcome(
        check_gradients, product_forward, lambda dout, cache: (dout * cache[0], dout * cache[1]),
        {"a": np.array([1.0, 2, 3]), "b": np.array([0.5, -1, 4])},
    )  # fmt: skip
    assert check.diagnosis == "swapped"


def test_positions_in_another_order_are_named():
    """Is it seen that gradients of a batch of sequences were laid flat in another order than the ids?"""

    def looked_up(table, ids):
        return table[ids], (ids, len(table))

    def backward(dout, cache):
        dtable = np.zeros((cache[1], dout.shape[-1]))
        np.add.at(dtable, cache[0].ravel(), dout.T.reshape(dout.shape[-1], -1).T)
        return dtable

    inputs = {"table": rng.normal(size=(7, 4)), "ids": rng.integers(0, 7, size=(3, 5))}
    right = {"looked_up": looked_up, "backward": lambda dout, cache: right_rows(dout, *cache)}
    check = outcome(check_gradients, looked_up, backward, inputs, find=right.get)
    assert check.diagnosis == "order"
    assert "laid flat with the first two axes in the other order" in check.cause


def right_rows(dout, ids, count):
    dtable = np.zeros((count, dout.shape[-1]))
    np.add.at(dtable, ids, dout)
    return dtable


def softmax(x):
    exponentials = np.exp(x - x.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def test_a_missing_term_of_a_normalisation_is_named():
    """Is a softmax backward pass without its sum recognised?"""
    check = outcome(
        check_gradients,
        lambda s: (softmax(s), softmax(s)),
        lambda dout, w: dout * w,
        {"s": rng.normal(size=(3, 4))},
    )
    assert check.diagnosis == "normalisation"


def mean_so_far(x):
    """x: (B, T, H). Returns means (B, T, H)."""
    return np.cumsum(x, axis=1) / np.arange(1, x.shape[1] + 1)[:, None]


def centred(x):
    """x: (B, H). Returns x without the mean of each row (B, H)."""
    return x - x.mean(axis=-1, keepdims=True)


def cubes(x):
    """x: floats of any shape. Returns floats of its shape."""
    return x**3 + np.sin(x)


def weighted(x, d):
    """x: (B, K). d: (B,). Returns sums (K,)."""
    return x.T @ d


def decayed(x, rate, b):
    return x * (1 - rate) + b


@pytest.mark.parametrize(
    ("wrong", "right", "inputs", "code"),
    [
        (lambda x: np.broadcast_to(x.mean(axis=1, keepdims=True), x.shape), mean_so_far,
         {"x": rng.normal(size=(2, 4, 3))}, "overwritten"),
        (lambda x: x - x.mean(axis=0), centred, {"x": rng.normal(size=(3, 4))}, "axis"),
        (lambda x, rate, b: x - rate + b, decayed, {"x": rng.normal(size=4), "rate": 0.3, "b": np.arange(4.0)}, "option `rate`"),
        (lambda x, rate, b: x * (1 - rate) + b**3, decayed,
         {"x": rng.normal(size=4), "rate": 0.3, "b": rng.normal(size=4)}, "without `b`"),
        (lambda x: x, np.tanh, {"x": rng.normal(size=4)}, "nonlinearity"),
        (lambda x: cubes(x).transpose(2, 0, 1).reshape(x.shape), cubes, {"x": rng.normal(size=(2, 3, 4))}, "order"),
        (lambda x: cubes(x).reshape(4, 2, 3).transpose(1, 2, 0), cubes, {"x": rng.normal(size=(2, 3, 4))}, "order"),
        (lambda x: cubes(x) - cubes(x).max(axis=-1, keepdims=True), cubes, {"x": rng.normal(size=(3, 4))}, "offset"),
        (lambda x, d: x.T @ d / x.sum(axis=0), weighted, {"x": rng.uniform(size=(5, 3)), "d": rng.normal(size=5)}, "scale"),
    ],
)  # fmt: skip
def test_values_are_diagnosed(wrong, right, inputs, code):
    """Does a wrong forward pass get its diagnosis?"""
    assert outcome(check_values, wrong, inputs, right).diagnosis == code


def test_right_code_is_not_probed():
    """Does a check that passes carry no diagnosis?"""
    check = outcome(check_values, np.tanh, {"x": MATRIX}, np.tanh)
    assert check.status == "passed"
    assert check.diagnosis == check.look == ""


@pytest.mark.parametrize(
    ("sample", "code"),
    [
        (lambda logits, temperature, rng: int(rng.choice(5, p=softmax(logits * temperature))), "temperature"),
        (
            lambda logits, temperature, rng: int(rng.choice(5, p=softmax(logits / max(1, temperature)))),
            "temperature",
        ),
        (lambda logits, temperature, rng: int(np.argmax(logits)), "greedy"),
        (
            lambda logits, temperature, rng: int(rng.choice(5, p=softmax(softmax(logits) / temperature))),
            "normalisation",
        ),
        (
            lambda logits, temperature, rng: int(rng.choice(5, p=softmax(logits + logits / temperature))),
            "distribution",
        ),
    ],
)
def test_samplers_are_diagnosed(sample, code):
    """Is a sampler told what it does with the temperature?"""
    assert outcome(check_sampling, sample, np.linspace(-1, 1, 5), temperature=0.5).diagnosis == code


def test_what_explains_ids_as_well_is_said_too():
    """Are two explanations of ids both told, where no input tells them apart?"""

    def right(ids, window):
        """The id so far before the end of ids (T,); window is a count."""
        return ids[..., -window]

    def wrong(ids, window):
        return ids[..., -window - 1]

    inputs = {"ids": np.arange(40).reshape(4, 10) ** 2 % 37, "window": 3}
    said = outcome(check_values, wrong, inputs, right)
    assert "if `window` were one more, or if `ids` were moved by one position" in said.cause


@pytest.mark.parametrize(("after", "code"), [(3.0, "did not learn"), (4.0, "diverged"), (2.5, "target")])
def test_training_is_diagnosed(after, code):
    """Is a target that was missed set apart by where training began?"""
    params = {"w": np.array([3.0])}
    check = outcome(
        check_training, lambda params: {"w": np.array([after])}, {"params": params}, lambda p: p["w"][0],
        at_most=2.0, like=params,
    )  # fmt: skip
    assert check.diagnosis == code


def test_a_diagnosis_says_where_to_look_and_no_numbers():
    """Do kernel and feedback show the place to look, and a hidden check's message no number of its inputs?"""
    forward = lambda x: (np.float64(x.sum()), x)  # noqa: E731
    check = outcome(
        check_gradients, forward, lambda d, x: -d * np.ones_like(x), {"x": np.full(3, 41.25)}, says="On ones."
    )
    assert CODES["sign"].look in as_text(check)
    assert for_student(check, hidden=True) == f"On ones. dx has the opposite sign. {CODES['sign'].look}"


def test_codes_with_a_name_keep_their_place_to_look():
    """Is the code before the name what counts?"""
    assert look_for("without `h0`") == CODES["without"].look != ""
    assert "diagnosis" in KEYS


def test_the_last_step_in_place_of_another_output_is_named():
    """Is a last hidden state recognised that is returned where the last cell state belongs?"""

    def walk_forward(x):
        hs = np.cumsum(x, axis=1)
        return hs, (x**2).sum(axis=1), None

    def wrong_forward(x):
        hs = np.cumsum(x, axis=1)
        return hs, hs[:, -1], None

    check = outcome(check_values, wrong_forward, {"x": rng.normal(size=(B, T, H))}, walk_forward, find={}.get)
    assert check.diagnosis == "swapped"


def two_layers_forward(x, params):
    h = np.tanh(x @ params["W"])
    return h @ params["U"], (x, h, params)


def two_layers_backward(turn=np.transpose, slope_at=np.asarray, recall=np.asarray):
    """A backward pass of two_layers_forward that is right without arguments."""

    def backward(dout, cache):
        x, h, params = cache
        dz = dout @ turn(params["U"]) * (1 - slope_at(h) ** 2)
        dW, dU = np.einsum("btd,bth->dh", x, dz), np.einsum("bth,bto->ho", recall(h), dout)
        return dz @ params["W"].T, {"W": dW, "U": dU}

    return backward


@pytest.mark.parametrize(
    ("mistake", "code"),
    [
        ({"turn": lambda U: U.reshape(U.shape[::-1])}, "order"),
        ({"slope_at": np.tanh}, "nonlinearity"),
        ({"recall": lambda h: np.roll(h, 1, axis=1)}, "shifted"),
    ],
)
def test_what_a_backward_pass_recalls_wrongly_is_named(mistake, code):
    """Is a wrong use of the cache told, for which no other input and no condition is an explanation?"""
    right = {"two_layers_forward": two_layers_forward, "backward": two_layers_backward()}
    params = {"W": rng.normal(size=(6, H)), "U": rng.normal(size=(H, 7))}
    check = outcome(
        check_gradients, two_layers_forward, two_layers_backward(**mistake),
        {"x": rng.normal(size=(B, T, 6)), "params": params}, find=right.get,
    )  # fmt: skip
    assert check.diagnosis == code


def recur_forward(x, h, w):
    """x, h: (N, D). w: (D,). Returns new (N, D) and a cache."""
    new = np.tanh(x + h * w)
    return new, (x, h, new, w)


def recur_backward(dout, cache):
    _, h, new, w = cache
    dz = dout * (1 - new**2)
    return dz, dz * w, (dz * h).sum(axis=0)


def late_forward(x, h, w):
    """The memory in the cache is that from after the step."""
    new = np.tanh(x + h * w)
    return new, (x, new, new, w)


def test_an_output_in_the_place_of_an_input_in_the_cache_is_named():
    """Is the input told that was overwritten before it was kept?"""
    inputs = {"x": rng.normal(size=(4, 3)), "h": rng.normal(size=(4, 3)), "w": rng.normal(size=3)}
    find = {"recur_forward": recur_forward, "recur_backward": recur_backward}.get
    late_forward.__name__ = "recur_forward"
    check = outcome(check_gradients, late_forward, recur_backward, inputs, find=find)
    assert "`h` in the cache were output 1" in check.cause


def test_a_contract_takes_what_it_names_from_the_functions_that_it_calls():
    """Are the shapes of parameters known that only a part's docstring states, and no others?"""
    scope = {}
    part = 'def part(q, params):\n    """q: (B, Q). params: "W" (V, 4H)."""'
    whole = 'def whole(x, params):\n    """x: (B, T) ids. params: "W"."""\n    return part(x, params)'
    exec(f"{part}\n{whole}", scope)
    found = contract_of(scope["whole"])
    assert found.shapes["W"] == ((1, ("V",)), (4, ("H",)))
    assert "q" not in found.shapes
    assert "q" in contract_of(scope["whole"], whole=True).shapes


def test_defaults_count_as_arguments():
    """Is a limit named that the check leaves at its default?"""

    def clip(x, max_norm=1.0):
        return x * min(1.0, max_norm / np.linalg.norm(x))

    def without_a_limit(x, max_norm=1.0):
        return x.copy()

    check = outcome(check_values, without_a_limit, {"x": np.array([3.0, 4.0])}, clip, find={}.get)
    assert check.diagnosis == "option `max_norm`"


def test_labels_are_not_taken_for_probabilities():
    """Is a row of yes and no, with a single yes, explained by something else than its sum?"""
    right = np.array([0, 1, 1, 0, 1])
    check = outcome(check_values, lambda: np.array([0, 1, 0, 0, 0]), {}, right)
    assert check.diagnosis in ("partly", "zero")
    assert "add up" not in check.cause


def refined(params, data, steps, rate=0.1, own_start=False):
    """params: "w" (3,), "b" (1,). data: (N, 3). Moves them `steps` times; with `own_start` from zeros."""
    w, b = (0 * params[name] if own_start else params[name] for name in ("w", "b"))
    for _ in range(steps):
        error = data @ w + b - 1
        w, b = w - rate * data.T @ error / len(data), b - rate * error.mean()
    return {"w": w, "b": b}


@pytest.mark.parametrize("graded", [False, True])
def test_a_function_that_is_handed_in_and_never_called_is_named(graded):
    """Is it said of the one that is not called, and not of one that the reference ignores as well?"""

    def step(w, slope, watch):
        """w: a number. slope: a function of it. Returns the next w."""
        return w - slope(w)

    def own_slope(w, slope, watch):
        return w - 2 * w

    def wrong_sign(w, slope, watch):
        return w + slope(w)

    inputs = {"w": 3.0, "slope": lambda w: 0.1 * w, "watch": lambda w: 0.0}
    expected, find = (step, lambda name: step) if graded else (2.7, None)
    own_slope.__name__ = wrong_sign.__name__ = "step"
    inputs |= {} if graded else {"watch": 1}
    found = outcome(check_values, own_slope, inputs, expected, find=find)
    assert (found.diagnosis, found.cause) == (
        "option `slope`",
        "`step` does not call `slope`, which it is given.",
    )
    assert "does not call" not in outcome(check_values, wrong_sign, inputs, expected, find=find).cause


def test_what_is_handed_on_wrongly_is_named():
    """Is it said which argument of a function that came in is another one, when nothing that is known explains it?"""

    def step(w, data, slope):
        """w: a number. data: (N,) ids. slope: a function of both. Returns the next w."""
        return w - slope(w, data[1:])

    def turned(w, data, slope):
        return w - slope(w, data[[1, 3, 0]])

    inputs = {
        "w": 3.0,
        "data": np.array([4, 1, 7, 2]),
        "slope": lambda w, data: 0.1 * w * np.sin(data[0] + 2 * data[1]),
    }
    turned.__name__ = "step"
    found = outcome(check_values, turned, inputs, step, find=lambda name: step)
    assert found.diagnosis == "option `slope`"
    assert (
        found.cause
        == "`step` hands another argument 2 to `slope` than it should, at call 1 for the first time."
    )


def test_training_that_begins_from_its_own_parameters_is_named():
    """Is it the dict that came in that does not count, and not one of the numbers or one of its arrays?"""
    inputs = {
        "params": {"w": rng.normal(size=3), "b": rng.normal(size=1)},
        "data": rng.normal(size=(4, 3)),
        "steps": 2,
    }
    found = outcome(
        check_values, lambda params, data, steps: refined(params, data, steps, own_start=True), inputs,
        lambda params, data, steps: refined(params, data, steps),
    )  # fmt: skip
    assert found.diagnosis == "without `params`"
