"""Are rare losses as rare as the fitted tail says?"""

import math

import numpy as np
import pytest

from autograder.calibrate import tail


def test_tail_of_exponential_losses_is_found():
    """Does the fit give back the chance that the sample was drawn with?"""
    losses = np.random.default_rng(0).exponential(0.5, size=20_000) + 2
    assert tail.chance_above(losses, 2 + 0.5 * math.log(1e4)) == pytest.approx(1e-4, rel=0.3)
    assert tail.chance_above(losses, 2.05) == np.mean(losses > 2.05)
    assert tail.fit_tail(losses).reached_with(1e-4) == pytest.approx(2 + 0.5 * math.log(1e4), rel=0.03)


DRAWS = {
    "normal": lambda rng, n: rng.normal(size=n),
    "skewed": lambda rng, n: rng.gamma(2, size=n),
    "heavy": lambda rng, n: rng.standard_t(4, size=n),
}


def held_back_rate(draw, level_of, repeats=300, n=400):
    """How often a half of a sample is above the level that `level_of` takes from the other half."""
    rng = np.random.default_rng(7)
    above = 0
    for _ in range(repeats):
        losses = draw(rng, n)
        above += np.sum(losses[n // 2 :] > level_of(losses[: n // 2]))
    return above / (repeats * (n - n // 2))


@pytest.mark.parametrize("shape", DRAWS)
def test_the_fit_is_honest_about_a_half_that_it_has_not_seen(shape):
    """Is a loss with P = 0.002 by one half about as rare, and not much more frequent, in the other?"""
    rate = held_back_rate(DRAWS[shape], lambda half: tail.fit_tail(half).reached_with(0.002))
    assert 0.0002 < rate < 0.004


def test_the_same_question_finds_a_dishonest_fit():
    """Would a normal's tail be found out on losses that are not normal?"""

    def normal_level(half):
        return half.mean() + 2.878 * half.std()  # P = 0.002

    assert held_back_rate(DRAWS["normal"], normal_level) < 0.004
    assert held_back_rate(DRAWS["skewed"], normal_level) > 0.006
    assert held_back_rate(DRAWS["heavy"], normal_level) > 0.006


def test_the_threshold_keeps_the_chance_of_failing_low():
    """Do right answers from the same distribution fail less than once in 10,000 runs, and not never?"""
    rng = np.random.default_rng(3)
    chances = []
    for _ in range(200):
        limit = tail.threshold(1 + rng.exponential(0.5, size=200))
        assert limit == round(limit, 2)
        chances.append(math.exp(-(limit - 1) / 0.5))
    assert 1e-6 < np.median(chances) < 2e-5
    assert np.quantile(chances, 0.9) < 1e-4


@pytest.mark.parametrize(("losses", "expected"), [
    ([1.234] * 30, 1.24), ([0.08341] * 30, 0.0835), ([0.3] * 9, 0.3), ([2.0] * 9, 2.0), ([-1.234] * 9, -1.23),
    ([4321.0] * 9, 4330.0), ([4.321e-9] * 9, 4.33e-9), ([0.0] * 9, 1e-6),
])  # fmt: skip
def test_thresholds_are_rounded_up(losses, expected):
    """Have thresholds three digits, whatever the size of the losses, and are they never 0 or below these?"""
    assert tail.threshold(losses) == expected
    assert tail.chance_above(losses, expected) == 0


@pytest.mark.parametrize("unit", [1e-12, 1e-3, 1.0, 1e5])
def test_the_unit_of_a_loss_does_not_matter(unit):
    """Is the threshold of losses in another unit the same one in that unit, and below where training began?"""
    losses = 1 + np.random.default_rng(4).exponential(0.01, size=200)
    limit = tail.threshold(losses, 2.0)
    assert max(losses) < limit < 2.0
    assert tail.threshold(losses * unit, 2.0 * unit) == pytest.approx(limit * unit, rel=1e-9)


def test_a_threshold_stays_below_the_loss_before_training():
    """Is one that rounding, or the tail, would lift over that loss kept below it, as long as answers are?"""
    assert tail.threshold([1000.01] * 9, 1000.2) == 1000.1
    assert tail.threshold([1000.01] * 9, 1000.04) == 1000.01
    scattered = list(1 + np.random.default_rng(5).exponential(0.5, size=200))
    before = max(scattered) + 0.1
    assert tail.threshold(scattered) > before
    assert max(scattered) < tail.threshold(scattered, before) < before


def test_losses_that_are_nothing_but_rounding_get_room():
    """Is the threshold of losses of about 0 a part of the loss before training, and not of their own size?"""
    losses = list(np.random.default_rng(6).exponential(1e-17, size=50))
    assert tail.threshold(losses, 3.0) == 3e-6
    assert tail.threshold([0.0] * 50, 3.0) == 3e-6


def test_runs_without_a_loss_count_as_failed():
    """Does half of the runs diverging mean P(fails) >= 1/2, and P(passes) <= 1/2?"""
    losses = [1.0, 1.1, 1.2, 1.3, math.inf, math.inf, math.inf, math.inf]
    assert tail.chance_above(losses, 9.0) == pytest.approx(0.5, abs=1e-6)
    assert tail.chance_below(losses, 9.0) == pytest.approx(0.5)
    assert tail.chance_below([math.inf] * 3, 9.0) == 0
    assert tail.chance_above([math.inf] * 3, 9.0) == 1


def test_the_lower_tail_mirrors_the_upper_one():
    """Is P(a mistake passes) the same as P(fails) of the mirrored logarithms?"""
    losses = np.random.default_rng(1).normal(3, 0.1, size=100)
    assert tail.chance_below(losses, 2.5) == pytest.approx(tail.chance_above(-np.log(losses), -math.log(2.5)))
    assert 0 < tail.chance_below(losses, 2.5) < 1e-3
    assert tail.chance_below(losses, 3.0) == np.mean(losses <= 3.0)
    assert tail.chance_below(losses - 3, -0.5) == pytest.approx(tail.chance_above(3 - losses, 0.5))


def test_a_mistake_that_diverges_is_not_close():
    """Do losses that scatter far above the threshold count as far from it?"""
    losses = np.exp(np.random.default_rng(2).normal(3, 0.6, size=40))
    assert losses.max() > 5 * losses.min() > 20
    assert tail.chance_below(losses, 1.7) < 0.005
    assert tail.chance_above(-losses, -1.7) > 0.01
