"""Texts that follow their probabilities, and many that do not."""

import contextlib
import itertools

import numpy as np
import pytest

from autograder import check_no_draws, check_randomness, check_sampling, check_text
from autograder.checks.calls import draws
from autograder.checks.sampling import repeats, surprise
from autograder.sandbox.limits import Limits
from autograder.sandbox.session import Session, StudentFunction
from autograder.tests.test_checks import failure

P = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.05, 0.25, 0.7]])
INPUTS = {"table": np.log(P), "start": 1, "length": 5, "temperature": 0.8, "rng": np.random.default_rng(0)}


def softmax(z):
    p = np.exp(z - z.max())
    return p / p.sum()


def following(ids):
    """The distribution of the next id; a text begins with the start."""
    return softmax(np.log(P[ids[-1]]) / 0.8) if len(ids) else np.eye(3)[1]


def draw(z, rng):
    return int(rng.choice(len(z), p=softmax(z)))


def write(pick, rng_of=lambda rng: rng):
    def generate(table, start, length, temperature, rng):
        rng, ids = rng_of(rng), [start]
        while len(ids) < length:
            ids.append(pick(table, ids, temperature, rng))
        return np.array(ids)

    return generate


def right(table, ids, temperature, rng):
    return draw(table[ids[-1]] / temperature, rng)


@pytest.mark.parametrize("seed", range(5))
def test_right_texts_pass(seed, capsys):
    """Does a right text pass whatever the seed, drawn in one way or another?"""
    check_text(write(right), INPUTS, following, length=5, seed=seed)
    gumbel = write(lambda table, ids, t, rng: int(np.argmax(table[ids[-1]] / t + rng.gumbel(size=3))))
    check_text(gumbel, INPUTS, following, length=5, seed=seed)


@pytest.mark.parametrize(
    ("generate", "code"),
    [
        (write(lambda table, ids, t, rng: int(np.argmax(table[ids[-1]]))), "greedy"),
        (write(right, lambda rng: np.random.default_rng(0)), "greedy"),
        (write(right, lambda rng: np.random.default_rng()), "state kept"),
        (write(right, lambda rng: np.random), "state kept"),
        (write(lambda table, ids, t, rng: draw(table[ids[-1]] * t * 3, rng)), "distribution"),
        (write(lambda table, ids, t, rng: draw(table[ids[-1]] / 2, rng)), "distribution"),
        (write(lambda table, ids, t, rng: draw(table[ids[0]] / t, rng)), "time"),
        (write(lambda table, ids, t, rng: draw(table[ids[-2:][0]] / t, rng)), "shifted"),
        (write(lambda table, ids, t, rng: int(rng.integers(3))), "randomness"),
        (write(lambda table, ids, t, rng: 3 + right(table, ids, t, rng)), "raised"),
    ],
)
def test_wrong_texts_fail(generate, code):
    """Is each kind of wrong draw caught?"""
    assert failure(check_text, generate, INPUTS, following, length=5, seed=1).diagnosis == code


@pytest.mark.parametrize("seed", range(5))
def test_a_network_that_is_sure_is_not_called_greedy(seed, capsys):
    """Does a right text pass where one text comes out every time because all others are next to impossible?"""
    table = 40 * np.roll(np.eye(3), 1, axis=1)
    sure = lambda ids: softmax(table[ids[-1]] / 0.8) if len(ids) else np.eye(3)[1]  # noqa: E731
    check_text(write(right), {**INPUTS, "table": table}, sure, length=5, seed=seed)


@pytest.mark.parametrize(("power", "words"), [(0, "were 1"), (2, "counted twice"), (-1, "were a factor")])
def test_what_a_temperature_does_is_said(power, words):
    """Is a temperature recognised that is ignored, divides twice, or multiplies?"""
    warm = {**INPUTS, "temperature": 0.35}
    wrong = write(lambda table, ids, t, rng: draw(table[ids[-1]] / t**power, rng))
    right = lambda ids: softmax(np.log(P[ids[-1]]) / 0.35) if len(ids) else np.eye(3)[1]  # noqa: E731
    found = failure(check_text, wrong, warm, right, length=5, seed=1)
    assert found.diagnosis == "option `temperature`"
    assert words in found.cause


def drawn(p, power, count, seed):
    """Surprise of draws from another temperature than they should have."""
    q = p**power / (p**power).sum()
    return surprise((p, i, 1) for i in np.random.default_rng(seed).choice(len(p), size=count, p=q))


@pytest.mark.parametrize("seed", range(20))
def test_draws_are_as_surprising_as_they_should_be(seed):
    """Does a sum over all draws see a temperature, and leave right draws alone, also where some hardly ever come?"""
    p = softmax(np.linspace(-3, 3, 7))
    flatter, sharper = drawn(p, 0.6, 600, seed), drawn(p, 2, 600, seed)
    assert flatter.off > flatter.limit
    assert sharper.off < -sharper.limit
    assert not drawn(p, 1, 600, seed).is_too_large
    rare = softmax(np.array([0.0, 0.0, -9.0, -30.0]))
    assert not drawn(rare, 1, 20_000, seed).is_too_large


def remembering(table, start, length, temperature, rng):
    """A text in which what was drawn behind an id always comes behind it."""
    ids, known = [start], {}
    while len(ids) < length:
        ids.append(known.setdefault(ids[-1], draw(table[ids[-1]] / temperature, rng)))
    return np.array(ids)


@pytest.mark.parametrize("seed", range(20))
def test_draws_that_hang_together_are_not_right(seed):
    """Is a draw that is remembered seen, although each one by itself has its probabilities?"""
    table = 0.3 * np.arange(5) + 0.01 * np.arange(5)[:, None]
    inputs = {**INPUTS, "table": table, "start": 0, "temperature": 1.0}
    right = lambda ids: softmax(table[ids[-1]]) if len(ids) else np.eye(5)[0]  # noqa: E731
    found = failure(check_text, remembering, {**inputs, "length": 6}, right, length=6, seed=seed)
    assert found.diagnosis in ("randomness", "distribution")
    assert ("the same too often" in found.cause) == (found.diagnosis == "randomness")


@pytest.mark.parametrize("seed", range(20))
def test_right_draws_repeat_as_often_as_they_should(seed):
    """Do independent draws stay within the limit, and draws that avoid the one before not?"""
    rng, p = np.random.default_rng(seed), np.array([0.5, 0.3, 0.2])
    ids = rng.choice(3, size=600, p=p)
    assert not repeats((p, int(one), int(other)) for one, other in itertools.pairwise(ids)).is_too_large
    avoiding = [(p, one, int(rng.choice([i for i in range(3) if i != one]))) for one in ids[:200].tolist()]
    assert repeats(avoiding).off < -repeats(avoiding).limit


def test_a_look_that_finds_nothing_says_so():
    """Is a measurement within its limit called ok in the table under the message of the other?"""
    rare = np.array([0.5, 0.5 - 1e-3, 1e-3])
    assert surprise([(rare, 0, 50), (rare, 1, 50)]).row.verdict == "ok"


@pytest.mark.parametrize("seed", range(10))
def test_the_order_of_the_ids_hides_no_temperature(seed):
    """Is a squared temperature seen whichever ids are the likely ones?"""
    logits = np.random.default_rng(seed).permutation(np.linspace(-2, 2, 9))
    found = failure(
        check_sampling, lambda z, t, rng: draw(z / t**2, rng), logits, temperature=1.7, draws=1500, seed=seed
    )
    assert "counts twice" in found.cause
    assert [row.verdict for row in found.rows] == ["too large", "is off"]


def test_what_comes_back_must_be_so_many_ids():
    """Are floats, and one id too many, told before any distribution?"""
    for change, code in (
        (lambda ids: ids + 0.0, "dtype"),
        (lambda ids: ids[:-1], "shape"),
        (lambda ids: ids + 3, "returns"),
    ):

        def generate(*inputs, change=change):
            return change(write(right)(*inputs))

        assert failure(check_text, generate, INPUTS, following, length=5).diagnosis == code


def test_randomness_comes_from_the_generator(capsys):
    """Does a function pass that draws from `rng`, and none that does not, or that draws elsewhere, too?"""
    inputs = {"x": np.ones(4), "rng": np.random.default_rng(0)}
    check_randomness(lambda x, rng: (x, {"w": rng.normal(size=4)}), inputs)
    assert failure(check_randomness, lambda x, rng: x * 2, inputs).diagnosis == "randomness"
    assert (
        failure(check_randomness, lambda x, rng: np.random.normal(size=4), inputs).diagnosis == "state kept"
    )


def test_nothing_is_drawn_where_nothing_is_random():
    """Does a function that leaves `rng` alone pass, and one that draws for nothing fail, sealed as well?"""
    inputs, source = {"x": np.ones(4), "rng": np.random.default_rng(0)}, "def f(x, rng):\n    {}return x"
    check_no_draws(lambda x, rng: x, inputs)
    assert failure(check_no_draws, lambda x, rng: x + 0 * rng.random(), inputs).diagnosis == "randomness"
    for wasted, drew in (("", False), ("rng.random(3); ", True)):
        with contextlib.closing(Session("none", Limits(), [])) as session:
            session.run(source.format(wasted))
            assert draws(StudentFunction(session, "f"), list(inputs.values())) == drew
