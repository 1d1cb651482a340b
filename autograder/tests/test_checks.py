"""The checks, on a right and many wrong versions of one small recurrent step."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import check_gradients, check_sampling, check_shapes, check_training, check_values
from autograder.checks.gradients import DIRECTIONS, _directions, _upstream
from autograder.checks.outcome import CheckFailed
from autograder.checks.running import listening
from autograder.checks.show import for_student

rng = np.random.default_rng(7)
B, H, V = 3, 5, 7
INPUTS = {
    "x": np.array([1, 1, 4]),
    "h_prev": rng.normal(size=(B, H)),
    "params": {"Wx": rng.normal(size=(V, H)), "Wh": rng.normal(size=(H, H)), "b": rng.normal(size=H)},
}


def step_forward(x, h_prev, params):
    """x: (B,) ids. h_prev: (B, H). params: "Wx" (V, H), "Wh" (H, H), "b" (H,). Returns h (B, H) and a cache."""
    h = np.tanh(params["Wx"][x] + h_prev @ params["Wh"] + params["b"])
    return h, (x, h_prev, h, params)


def step_backward(dh, cache):
    x, h_prev, h, params = cache
    da = dh * (1 - h**2)
    dWx = np.zeros_like(params["Wx"])
    np.add.at(dWx, x, da)
    return da @ params["Wh"].T, {"Wx": dWx, "Wh": h_prev.T @ da, "b": da.sum(axis=0)}


def wrong(change):
    """A backward pass that differs by `change(dh_prev, grads, dh, cache)`, which returns the new pair."""

    def step_backward_wrong(dh, cache):
        return change(*step_backward(dh, cache), dh, cache)

    return step_backward_wrong


def failure(check, *arguments, **options):
    """The outcome of a check that must fail."""
    heard = []
    with listening(heard.append):
        check(*arguments, **options)
    assert [outcome.status for outcome in heard] == ["failed"]
    return heard[0]


def replaced(**changes):
    return lambda dh_prev, grads, *_: (dh_prev, {**grads, **{k: f(grads[k]) for k, f in changes.items()}})


def overwriting(dh_prev, grads, dh, cache):
    grads["Wx"] = np.zeros_like(grads["Wx"])
    grads["Wx"][cache[0]] = dh * (1 - cache[2] ** 2)
    return dh_prev, grads


@pytest.mark.parametrize("projections", [0, 4])
def test_right_gradients_pass(projections, capsys):
    """Do right gradients pass, entry by entry and along random directions, with one line of praise?"""
    check_gradients(step_forward, step_backward, INPUTS, projections=projections)
    assert "agree: dh_prev, dWx, dWh, db" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (replaced(Wh=np.negative), "dWh has the opposite sign"),
        (replaced(Wh=np.transpose), "dWh is transposed"),
        (replaced(b=np.zeros_like), "db is all zeros"),
        (replaced(b=lambda g: g / B), "db is too small by a constant factor"),
        (replaced(b=lambda g: g * 1.001), "db is too large by a constant factor"),
        (overwriting, "dWx is right only when no id stands in `x` twice"),
        (lambda dh_prev, grads, *_: (dh_prev * 0, grads), "dh_prev is all zeros"),
        (lambda dh_prev, grads, *_: (dh_prev.sum(axis=0), grads), "dh_prev has the wrong shape"),
        (lambda dh_prev, grads, *_: (dh_prev * np.nan, grads), "dh_prev is not finite"),
        (lambda dh_prev, grads, *_: (None, grads), "dh_prev is nothing (None)"),
        (lambda dh_prev, grads, *_: dh_prev, "should return dh_prev, grads"),
        (lambda dh_prev, grads, *_: (dh_prev, {"Wx": grads["Wx"]}), "grads should be a dict with the keys"),
        (lambda dh_prev, grads, *_: (dh_prev, {k: g.astype(np.float64) for k, g in grads.items()}),
         "float64 where float32 is asked for"),
    ],
)  # fmt: skip
def test_wrong_gradients_fail_and_say_why(change, cause):
    """Is each kind of wrong gradient caught and named?"""
    assert cause in failure(check_gradients, step_forward, wrong(change), INPUTS).cause


def test_a_forward_pass_of_nothing_has_no_gradient_to_check():
    """Does a pair that returns zeros throughout fail, although zero is the derivative of zero?"""

    def zero_forward(x, h_prev, params):
        return np.zeros_like(h_prev), (h_prev, params)

    def zero_backward(dout, cache):
        return np.zeros_like(cache[0]), {name: np.zeros_like(p) for name, p in cache[1].items()}

    assert "does not depend on" in failure(check_gradients, zero_forward, zero_backward, INPUTS).cause


def test_the_kernel_shows_where_and_what(capsys):
    """Does a student see the worst entry, and a hint to the helpers that grading would replace?"""

    def double(x):
        return 2 * x

    with pytest.raises(CheckFailed) as failed:
        check_values(double, {"x": np.arange(3.0)}, np.array([0.0, 2.0, 9.0]), given=["helper"])
    assert "at [2] is 4 and should be 9" in failed.value.report
    assert "also calls your `helper`" in failed.value.report


@pytest.mark.parametrize("projections", [1, 3])
def test_projections_see_a_single_wrong_entry(projections):
    """Does a whole-model check notice one wrong entry among many?"""

    def change(gradient):
        gradient = gradient.copy()
        gradient[2, 3] += 0.1
        return gradient

    outcome = failure(
        check_gradients, step_forward, wrong(replaced(Wh=change)), INPUTS, projections=projections
    )
    assert outcome.cause.startswith("dWh")


def test_mutation_is_a_failure_of_its_own():
    """Does changing an input in place fail with its own message?"""

    def step_forward(x, h_prev, params):
        h_prev *= 2
        return h_prev, None

    assert "in place" in failure(check_shapes, step_forward, INPUTS, [(B, H)]).cause


def test_state_between_calls_is_a_failure_of_its_own():
    """Do results that depend on earlier calls fail with their own message?"""
    calls = []

    def step_forward_counted(x, h_prev, params):
        calls.append(1)
        return h_prev + len(calls)

    assert "two results" in failure(check_shapes, step_forward_counted, INPUTS, [(B, H)]).cause


def test_finite_differences_are_no_backward_pass():
    """Is a "backward pass" caught that differentiates numerically instead?"""

    def step_backward_numeric(dh, cache):
        x, h_prev, _, params = cache

        def slope(array):
            gradient = np.zeros_like(array)
            for i in np.ndindex(array.shape):
                old = array[i]
                array[i] = old + 1e-5
                above = (step_forward(x, h_prev, params)[0] * dh).sum()
                array[i] = old - 1e-5
                gradient[i] = (above - (step_forward(x, h_prev, params)[0] * dh).sum()) / 2e-5
                array[i] = old
            return gradient

        return slope(h_prev), {name: slope(array) for name, array in params.items()}

    assert "float32" in failure(check_gradients, step_forward, step_backward_numeric, INPUTS).cause


def test_wrong_forward_pass_is_named_as_the_cause():
    """Does a backward pass of a wrong forward pass fail with a hint to the forward pass?"""

    def step_forward_linear(x, h_prev, params):
        return params["Wx"][x] + h_prev @ params["Wh"] + params["b"], (x, h_prev, 0 * h_prev, params)

    outcome = failure(check_gradients, step_forward_linear, step_backward, INPUTS, reference=step_forward)
    assert "forward pass" in outcome.cause


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        (np.array([1.0, 2.5]), "is wrong at some places"),
        (np.array([-1.0, -2.0]), "opposite sign"),
        (np.array([[1.0, 2.0]]), "wrong shape"),
        (np.array(["a", "b"]), "not a NumPy array of real numbers"),
        ([1.0, 2.0], "not a NumPy array"),
        ((np.ones(2), np.ones(2)), "wrong number of values"),
        (np.array([1.0, np.inf]), "not finite"),
        (np.array([1.0, 2.0], np.float32), "loses precision"),
    ],
)
def test_wrong_values_fail_and_say_why(value, cause):
    """Does each rung of the ladder have its own message?"""

    def f(x):
        return value

    assert cause in failure(check_values, f, {"x": np.ones(2)}, np.array([1.0, 2.0])).cause


def test_values_of_other_types():
    """Are ints, bools, dicts and tuples compared as what they are?"""

    def f(x):
        return 3, {"a": np.ones(2), "b": True}

    check_values(f, {"x": 1}, (3, {"a": np.ones(2), "b": True}))
    failure(check_values, f, {"x": 1}, (4, {"a": np.ones(2), "b": True}))
    failure(check_values, f, {"x": 1}, (3, {"a": np.zeros(2), "b": True}))
    failure(check_values, f, {"x": 1}, (3, {"a": np.ones(2), "b": False}))


def sample_next(logits, temperature, rng):
    p = np.exp((logits - logits.max()) / temperature)
    return rng.choice(len(logits), p=p / p.sum())


def test_samplers():
    """Does a right sampler pass, and do the usual wrong ones fail?"""
    logits = np.array([0.0, 1.5, -1.0, 3.0, 0.5])
    check_sampling(sample_next, logits, temperature=0.8)

    def hot(logits, temperature, rng):
        return sample_next(logits, 1.0 if temperature > 0.1 else temperature, rng)

    def upside_down(logits, temperature, rng):
        return sample_next(logits * temperature, 1.0, rng)

    def greedy(logits, temperature, rng):
        return int(np.argmax(logits))

    def deaf(logits, temperature, rng):
        return sample_next(logits, temperature, np.random.default_rng())

    def characters(logits, temperature, rng):
        return "a"

    for sampler in (hot, upside_down, greedy, deaf, characters):
        failure(check_sampling, sampler, logits, temperature=0.5)


def test_training_is_judged_by_the_evaluator():
    """Does the loss count that the evaluator finds, and are odd parameters refused before it runs?"""
    like, inputs = {"w": np.zeros(3)}, {"steps": 5}

    def evaluate(params):
        return float(np.abs(params["w"]).sum())

    def check(params):
        def train(steps):
            return params, "a loss of zero, honestly"

        check_training(train, inputs, evaluate, at_most=1.0, like=like)

    check({"w": np.zeros(3, np.float32)})
    for params, cause in [
        ({"w": np.ones(3)}, "above the target"),
        ({"w": np.ones(4)}, "wrong shape"),
        ({"w": np.full(3, np.nan)}, "not finite"),
        ({"v": np.ones(3)}, "keys"),
        (None, "keys"),
    ]:
        with pytest.raises(CheckFailed, match=cause):
            check(params)


def test_unfinished_and_broken_functions():
    """Does a blank exercise say so, and does an exception name its kind and, in the kernel, its words?"""

    def blank(x):
        raise NotImplementedError

    def broken(x):
        raise ValueError("axis 7")

    assert failure(check_shapes, blank, {"x": 1}, [()]).cause == "`blank` is not implemented yet."
    outcome = failure(check_shapes, broken, {"x": 1}, [()], says="A hidden case.")
    assert outcome.cause == "`broken` raised ValueError."
    assert "axis 7" in str(outcome.rows)
    assert "axis 7" not in for_student(outcome, hidden=True)


def test_given_functions_stand_in_and_go_away_again():
    """Does grading put the reference's helper in place during the check only, and a kernel never?"""
    scope, heard = {}, []
    exec("def helper(x): return x\ndef user(x): return helper(x)", scope)
    with listening(heard.append, {"helper": lambda x: 10 * x}.get):
        check_values(scope["user"], {"x": 2.0}, 20.0, given=["helper"])
    assert heard[0].status == "passed"
    assert scope["user"](2.0) == 2.0
    check_values(scope["user"], {"x": 2.0}, 2.0, given=["helper"])


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
    | st.sampled_from([np.ones(2), np.ones((B, H)), np.zeros(0), np.ones((B, H), complex), np.array("x"),
                       np.array([None]), np.float32(1), np.ones((B, H), int), np.ones((B, H), bool), 10**399, object(), {1, 2}, b"x", 10**30]),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner)
    | st.dictionaries(st.sampled_from(["Wx", "Wh", "b", 1]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=60, deadline=None, derandomize=True)
@given(value=ODD)
def test_whatever_a_student_returns_is_the_students_failure(value):
    """Do checks always end in an outcome of their own, never in an error of the grader's?"""

    def odd_forward(*_):
        return copy.deepcopy(value)

    def odd(*_):
        return copy.deepcopy(value)

    heard = []
    with listening(heard.append):
        check_values(odd, INPUTS, np.full((B, H), 0.5))
        check_values(odd, INPUTS, (3, {"a": np.ones(2)}, [1.0]))
        check_shapes(odd_forward, INPUTS, [(B, H), ()])
        check_gradients(odd_forward, odd, INPUTS)
        check_gradients(step_forward, odd, INPUTS, reference=step_forward)
        check_sampling(odd, np.zeros(3))
        check_training(odd, INPUTS, lambda params: 0.0, at_most=-1.0, like={"Wx": np.ones(2)})
    assert len(heard) == 7
    assert {outcome.status for outcome in heard} == {"failed"}


def ever_other(*results):
    """A function that returns these results in turn."""
    waiting = iter(results)
    return lambda *_: next(waiting)


@pytest.mark.parametrize(
    ("expected", "results"),
    [
        (np.ones(2), (np.ones(2), [[1.0], [2.0, 3.0]])),
        (np.ones(2), (np.ones(2), [np.ones(2), np.ones(3)])),
        (1.0, (1.0, [[1.0], []])),
        ({"a": np.ones(2)}, ({"a": np.ones(2)}, {"a": [[1.0], []]})),
        ({"a": np.ones(2)}, ({"a": np.ones(2)}, None)),
        ([1.0, np.ones(2)], ([1.0, np.ones(2)], [1.0, np.ones(2), "x"])),
        (True, (np.zeros(0),) * 2),
        (None, (np.ones(2),) * 2),
        ("text", (np.array(3.0),) * 2),
        ("text", (10**399,) * 2),
        (3, (10**399,) * 2),
    ],
)
def test_results_that_no_array_can_be_made_of(expected, results):
    """Are odd results failures with a sentence, at the first call and at the second?"""
    function = ever_other(*results)
    function.__name__ = "f"
    assert failure(check_values, function, {"x": 1}, expected).diagnosis in ("returns", "state kept", "dtype")


def test_losses_of_any_shape_and_parameters_of_any_number_type():
    """Is a training run that reports a single loss, or returns whole numbers, judged by its parameters?"""

    def evaluate(params):
        return float((-params["w"]).std()) + 2

    for w, losses in ((np.array([0.0, 2.0, 4.0]), np.array(1.0)), (np.array([0, 2, 4]), [1.0])):
        outcome = failure(
            check_training, ever_other(({"w": w}, losses)), {"params": {"w": np.ones(3)}}, evaluate,
            at_most=1.0, like={"w": np.ones(3)},
        )  # fmt: skip
        assert outcome.diagnosis == "diverged"


def test_a_forward_pass_with_more_outputs_than_the_reference():
    """Is another number of outputs the student's failure, where a reference says how many there are?"""

    def two_forward(*inputs):
        h, cache = step_forward(*inputs)
        return h, h, cache

    outcome = failure(check_gradients, two_forward, lambda dh, dh2, cache: step_backward(dh, cache), INPUTS,
                      reference=step_forward)  # fmt: skip
    assert outcome.diagnosis == "forward"


@pytest.mark.parametrize("error", [RecursionError, MemoryError, FloatingPointError, TypeError])
def test_a_check_that_breaks_in_a_kernel_says_that_the_result_is_odd(error):
    """Does a student read a sentence and not a traceback out of our code, and an author of a check his slip?"""

    class Odd:
        def __eq__(self, other):
            raise error("too much")

    def odd(x):
        return Odd()

    with pytest.raises(CheckFailed, match="`odd` returned something that this check cannot work with"):
        check_values(odd, {"x": 1}, Odd())
    with pytest.raises(TypeError, match="tolerence"):
        check_values(odd, {"x": 1}, Odd(), tolerence=1)


def orthogonal(gradients, projections, seed):
    """Noise of their size that projections from this seed do not see."""
    noise = {name: np.random.default_rng(5).normal(size=g.shape) for name, g in gradients.items()}
    rng = np.random.default_rng((seed, DIRECTIONS))
    for name, gradient in gradients.items():
        seen = np.array([d.ravel() for d in _directions(gradient, projections, rng)])
        flat = noise[name].ravel()
        noise[name] = (flat - np.linalg.pinv(seen) @ (seen @ flat)).reshape(gradient.shape)
    return noise


@pytest.mark.parametrize("known", [0, 11])
@pytest.mark.parametrize("graded", [True, False])
def test_noise_that_known_directions_do_not_see(known, graded):
    """Does a gradient fail in grading that agrees along the directions of seed 0, or even along the hidden ones?"""
    grads = step_backward(np.ones((B, H)), step_forward(*INPUTS.values())[1])
    noise = orthogonal({"h_prev": grads[0], **grads[1]}, 3, known)

    def step_backward_noisy(dh, cache):
        dh_prev, grads = step_backward(dh, cache)
        noisy = {name: (g + noise[name]).astype(g.dtype) for name, g in grads.items()}
        return (dh_prev + noise["h_prev"]).astype(dh_prev.dtype), noisy

    step_backward_noisy.__name__ = "step_backward"
    find = {"step_forward": step_forward, "step_backward": step_backward}.get if graded else None
    heard = []
    with listening(heard.append, find, seed=11):
        check_gradients(step_forward, step_backward_noisy, INPUTS, projections=3)
    assert heard[0].status == ("failed" if graded or known == 0 else "passed")


def test_what_is_drawn_does_not_come_from_the_stream_of_the_inputs():
    """Are upstream gradients others than the numbers that hidden inputs are drawn from with the same seed?"""
    out = np.zeros(4)
    drawn = [_upstream(seed)(out) for seed in (0, 11)]
    assert not np.isin(drawn, np.random.default_rng(11).normal(size=100)).any()
    assert not np.array_equal(*drawn)


@pytest.mark.parametrize(("factor", "status"), [(1.0, "passed"), (1.01, "failed"), (0.0, "failed")])
def test_a_gradient_that_is_almost_zero_is_judged_by_what_rounding_allows(factor, status):
    """Does a right gradient of 1e-5 beside a large output pass, and a wrong one of that size fail?"""

    def sum_forward(x, w):
        return 1e-5 * x + w, None

    def sum_backward(dout, _):
        return factor * 1e-5 * dout, dout

    heard = []
    with listening(heard.append):
        check_gradients(sum_forward, sum_backward, {"x": np.ones(3), "w": np.full(3, 50.0)})
    assert heard[0].status == status


@pytest.mark.parametrize("graded", [False, True])
def test_a_gradient_that_an_author_gives_is_diagnosed(graded):
    """Is it said where a gradient is zero, of one that is not the derivative but what a docstring asks for?"""

    def clipped_forward(p):
        """p: (N,). Returns out (N,) and a cache."""
        return np.maximum(p, 0.1), p

    def clipped_backward(dout, cache):
        return dout * (cache > 0.1)

    def right_backward(dout, cache):
        return dout

    clipped_backward.__name__ = right_backward.__name__ = "clipped_backward"
    find = {"clipped_forward": clipped_forward, "clipped_backward": right_backward}.get if graded else None
    heard = []
    with listening(heard.append, find):
        check_gradients(
            clipped_forward,
            clipped_backward,
            {"p": np.array([0.5, 0.05, 0.8, 0.01])},
            expected=lambda dout: dout,
        )
    assert heard[0].diagnosis == "zero"
    assert "dp is 0 at places where it should not be" in heard[0].cause
