"""Is a sentence that only one example's numbers suggest never said? Each of these was, once."""

import functools

import numpy as np
import pytest

from autograder import check_gradients, check_values
from autograder.checks.running import listening

rng = np.random.default_rng(0)


def outcome(check, *arguments, find=None, **options):
    """What a check reports, with `find` as in grading."""
    heard = []
    with listening(heard.append, find):
        check(*arguments, **options)
    return heard[0]


def scaled(x, rate):
    """x: (B, T). rate: a number below 1. Returns out (B, T)."""
    return x / (1 - rate)


def mean_surprise(p):
    """p: (B,). Returns loss (a number)."""
    return float(-np.log(p).mean())


def walk(params, steps, rate):
    """params: "w" (H,). Returns params and losses (steps,)."""
    losses = []
    for step in range(steps):
        losses.append(float((params["w"] ** 2).sum()))
        params = {"w": params["w"] - rate * (1 - step / steps) * np.sin(params["w"])}
    return params, np.array(losses)


def test_a_small_error_is_no_opposite_sign():
    """Is a gradient that is nearly right not called one of the opposite sign?"""
    x = rng.normal(size=(3, 4))
    for error in (1e-4, 1e-5):
        found = outcome(
            check_values, lambda x, error=error: np.tanh(x) * (1 + error * np.cos(x)), {"x": x}, np.tanh
        )
        assert found.status == "failed"
        assert found.diagnosis != "sign"
        assert "sign" not in found.cause


def test_values_that_happen_to_add_up_to_one():
    """Is the sum of an example's values not taken for a law?"""
    found = outcome(check_values, lambda x: x + x**2, {"x": np.array([0.25, 0.75])}, lambda x: x)
    assert "add up" not in found.cause


def test_a_rate_that_happens_to_be_a_size():
    """Is a factor 1 - rate not called B where B is 2 and the rate is a half?"""
    for find in (None, {"scaled": scaled}.get):
        wrong = functools.update_wrapper(lambda x, rate: x.copy(), scaled)
        found = outcome(check_values, wrong, {"x": rng.normal(size=(2, 3)), "rate": 0.5}, scaled, find=find)
        assert "factor of B" not in found.cause
        assert "1 - `rate`" in found.cause or "`rate` were 0" in found.cause


def test_a_loss_that_happens_to_be_ln_2():
    """Is a loss of 1 where ln 2 is right not blamed on the base of the logarithm?"""
    found = outcome(
        check_values, lambda p: float(1 / (2 * p.mean())), {"p": np.array([0.5, 0.5])}, mean_surprise
    )
    assert "logarithm" not in found.cause


def test_another_base_is_still_named():
    """Is it named where it holds for all numbers?"""
    found = outcome(
        check_values, lambda p: float(-np.log2(p).mean()), {"p": np.array([0.5, 0.4])}, mean_surprise
    )
    assert found.diagnosis == "scale"
    assert "logarithm" in found.cause


def test_an_argument_on_which_nothing_depends():
    """Is a result not blamed for ignoring an argument that the right one ignores as well?"""

    def step(x, rate, unused):
        return x * rate, x + unused

    wrong = lambda x, rate, unused: (x * rate**2, x + unused)  # noqa: E731
    found = outcome(check_values, wrong, {"x": rng.normal(size=4), "rate": 0.3, "unused": 0.5}, step)
    assert "unused" not in found.cause


@pytest.mark.parametrize("found", [3e-16, -2e-17])
def test_rounding_where_zero_is_right(found):
    """Is a number that is as good as zero no missing term?"""
    check = outcome(check_values, lambda x: np.full(3, found), {"x": np.ones(3)}, np.zeros(3))
    assert "normalis" not in check.cause
    assert "add up" not in check.cause


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda step, steps: 1.0, "as long as `steps` is at most 1"),
        (lambda step, steps: 1 - (step + step // 2) / steps, "as long as `steps` is at most 2"),
    ],
)
def test_bugs_of_a_loop_are_told_by_the_first_wrong_step(wrong, words):
    """Is the first wrong step of a loop named, not that it is right for a single one?"""

    def walk_wrongly(params, steps, rate):
        losses = []
        for step in range(steps):
            losses.append(float((params["w"] ** 2).sum()))
            params = {"w": params["w"] - rate * wrong(step, steps) * np.sin(params["w"])}
        return params, np.array(losses)

    check = outcome(
        check_values, walk_wrongly, {"params": {"w": rng.normal(size=3)}, "steps": 5, "rate": 0.3}, walk
    )
    assert not check.diagnosis.startswith("option `steps`")
    assert check.diagnosis == "loop"
    assert words in check.cause


def test_a_zero_that_no_mask_has_put_there():
    """Is a wrong formula not called a wrong mask where the first row's only gradient happens to be 0?"""

    def causal_backward(dweights, weights):
        """dweights: (T, T). weights: (T, T), each row adds up to 1. Returns dscores (T, T)."""
        return weights * (dweights - (dweights * weights).sum(axis=-1, keepdims=True))

    def mistaken(dweights, weights):
        return np.tril(weights - dweights)

    weights = np.tril(rng.uniform(0.1, 1, size=(4, 4)))
    weights /= weights.sum(axis=-1, keepdims=True)
    inputs = {"dweights": rng.normal(size=(4, 4)), "weights": weights}
    assert outcome(check_values, mistaken, inputs, causal_backward).diagnosis != "mask"


def test_zeros_that_are_ids():
    """Is an id of 0 where another one is right not called a gradient that does not arrive?"""
    check = outcome(
        check_values, lambda x: np.zeros(3, int), {"x": np.arange(3.0)}, lambda x: np.array([2, 1, 2])
    )
    assert "gradient" not in check.look


def test_a_product_is_not_blamed_where_there_is_none():
    """Is a one-hot matrix that lies on its side told so without a word about products?"""
    right = np.eye(4)[[2, 0, 1, 1]]
    check = outcome(check_values, lambda ids: right.T.copy(), {"ids": np.array([2, 0, 1, 1])}, right)
    assert check.diagnosis == "transposed"
    assert "product" not in check.look


def test_an_exception_in_a_probe_is_no_verdict():
    """Is a function that takes none of the other inputs blamed for its result alone?"""
    example = rng.normal(size=(3, 4))

    def picky_forward(x):
        if not np.array_equal(x.shape, example.shape) or abs(x.sum() - example.sum()) > 0.1:
            raise ValueError("not these")
        return x * 2, x

    check = outcome(check_gradients, picky_forward, lambda dout, x: dout * 2 + 0.1 * x, {"x": example})
    assert check.status == "failed"
    assert "raised" not in check.cause
    assert check.diagnosis != "raised"
