"""Does a sampler draw from the distribution that it should?"""

import contextlib
import math
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from autograder.checks.calls import call_times
from autograder.checks.outcome import Failure, Row
from autograder.checks.running import check, seed_of_check

FALSE_ALARM = 1e-6  # of all looks at some draws together; of `surprise` half of it, of `repeats` a quarter
LARGEST, STEP, STEPS = 3.0, 1.1, 200  # nats; and so many sums of variances are told apart, from 1e-4 on
CLOSELY = 0.6  # of the limit; right draws come nearer nearly always
EXPECTED = 20
COLD = 1e-3
HOTTER, MORE = 1.6, 4  # times the temperature, and times the draws, where an explanation must hold, too


@check
def check_sampling(
    sample: Callable,
    logits: NDArray,
    *,
    temperature: float = 1.0,
    draws: int = 2000,
    seed: int | None = None,
) -> str:
    """Does `sample(logits, temperature, rng)` draw ids with probability softmax(logits / temperature)?

    `logits` is (V,). First the distribution: an id expected 20 times or more comes up (a right sampler
    misses one with probability below exp(-20)), the largest gap between drawn and true cumulative
    probabilities stays below sqrt(ln(4 / 1e-6) / (2 draws)), and the draws are as surprising as they should
    be (`surprise`), which all right samplers but one in a million do (Dvoretzky-Kiefer-Wolfowitz inequality
    with Massart's constant). Then the cold limit: at temperature 0.001 every draw is the largest logit's id.
    Last, equal generators must give equal draws. Without a `seed` grading draws from the hidden one.
    """
    seed = seed_of_check(seed)
    rng = np.random.default_rng(seed)
    counts = np.bincount(_draw(sample, logits, temperature, rng, draws), minlength=len(logits))
    _require_all(counts, draws * _softmax(logits / temperature), temperature)
    p, limit = _softmax(logits / temperature), math.sqrt(math.log(4 / FALSE_ALARM) / (2 * draws))
    off = surprise((p, i, count) for i, count in enumerate(counts))
    if _gap(counts, p) > limit or off.is_too_large:
        found = {temperature: counts}
        with contextlib.suppress(Failure):  # the first one says enough
            again = _draw(sample, logits, HOTTER * temperature, rng, MORE * draws)
            found[HOTTER * temperature] = np.bincount(again, minlength=len(logits))
        raise _failure(found, logits, limit, off)
    if set(_draw(sample, logits, COLD, rng, 20)) != {int(np.argmax(logits))}:
        raise Failure(
            "Close to temperature 0 the most likely character must win every time, and it does not.",
            code="temperature",
        )
    twice = [_draw(sample, logits, 1.0, np.random.default_rng(seed), 30) for _ in range(2)]
    if twice[0] != twice[1]:
        raise Failure(
            "Equal generators must give equal draws: take all randomness from `rng`.", code="state kept"
        )
    return f"{draws} draws follow softmax(logits / {temperature:g})"


def _require_all(counts: NDArray, expected: NDArray, temperature: float) -> None:
    """Raises Failure when ids that should come up often enough never do."""
    missed = (counts == 0) & (expected >= EXPECTED)
    if missed.any() and np.count_nonzero(counts) == 1:
        raise Failure(
            f"At temperature {temperature:g} the same character is drawn every time.", code="greedy"
        )
    if missed.any():
        raise Failure(
            f"At temperature {temperature:g} some characters never come up that should.", code="never drawn"
        )


def _gap(counts: NDArray, p: NDArray) -> float:
    """The largest distance between drawn and true cumulative probabilities, the likeliest ids first."""
    return float(np.abs(np.cumsum((counts / counts.sum() - p)[np.argsort(-p, kind="stable")])).max())


def gap_row(gap: float, limit: float) -> Row:
    """The measurement of a gap for the table under a message."""
    return Row("largest gap", f"{gap:.3f} (limit {limit:.3f})", "too large" if gap > limit else "ok")


class Astray(NamedTuple):
    """How far a sum over n draws is from its mean, and the limit, for each draw."""

    what: str
    off: float
    limit: float

    @property
    def is_too_large(self) -> bool:
        return abs(self.off) > self.limit

    @property
    def row(self) -> Row:
        """The measurement for the table under a message."""
        verdict = "is off" if self.is_too_large else "ok"
        return Row(self.what, f"{self.off:+.3f} for each draw (limit {self.limit:.3f})", verdict)


def surprise(draws: Iterable[tuple[NDArray, int, int]]) -> Astray:
    """Draws as (probabilities, the id, how often): are they as surprising as they should be, in nats?

    What is added up is -ln p of the id that came, at most 3 nats above the entropy: in that direction a
    temperature changes a distribution, so hardly any other sum sees one better.
    """

    def told(p: NDArray) -> NDArray:
        nats = -np.log(np.maximum(p, np.finfo(float).tiny))
        return np.minimum(nats, p @ nats + LARGEST)

    return _astray("surprise", FALSE_ALARM / 2, ((p, told(p), drawn, count) for p, drawn, count in draws))


def repeats(draws: Iterable[tuple[NDArray, int, int]]) -> Astray:
    """Draws as (probabilities, an id that was drawn with the same ones before, the id that comes now): are
    the two the same as often as they should be? Draws that follow each other, or are remembered, are not.
    """
    same = lambda p, before: (np.arange(len(p)) == before).astype(float)  # noqa: E731
    alike = ((p, same(p, before), drawn, 1) for p, before, drawn in draws)
    return _astray("repeats", FALSE_ALARM / 4, alike)


def _astray(what: str, alarm: float, draws: Iterable[tuple[NDArray, NDArray, int, int]]) -> Astray:
    """The sum over (probabilities, what each id adds, the id, how often), less its mean.

    Right draws leave the limit with a probability of `alarm` at most (Freedman 1975; the sum of the
    variances, which hangs on the draws, is rounded up to a power of 1.1, and each of 200 has its share).
    """
    total = variance = 0.0
    largest, n = 0.0, 0
    for p, told, drawn, count in draws:
        told = told - p @ told
        total, variance, n = total + count * told[drawn], variance + count * (p @ told**2), n + count
        largest = max(largest, float(np.abs(told).max()))
    chance, least = math.log(2 * STEPS / alarm), 1e-4
    variance = least * STEP ** math.ceil(math.log(max(variance, least) / least, STEP))
    bound = chance * largest / 3
    limit = bound + math.sqrt(bound**2 + 2 * chance * variance)
    return Astray(what, total / max(n, 1), limit / max(n, 1))


def _failure(found: dict[float, NDArray], logits: NDArray, limit: float, off: Astray) -> Failure:
    """The Failure that says which other distribution the draws follow at each temperature, if one is known.

    `found` are the counts by temperature; the check is about the first one, and the limit is for it.
    """
    temperature, counts = next(iter(found.items()))
    words = f"At temperature {temperature:g} the draws do not follow softmax(logits / temperature)"
    rows = (gap_row(_gap(counts, _softmax(logits / temperature)), limit), off.row)

    def far(other: Callable[[float], NDArray]) -> float:
        """From the draws, in limits, where it is farthest."""
        limits = {t: limit * math.sqrt(counts.sum() / some.sum()) for t, some in found.items()}
        return max(_gap(some, other(t)) / limits[t] for t, some in found.items())

    others: dict[tuple[str, str], Callable[[float], NDArray]] = {
        ("randomness", "all characters come up equally often"): lambda t: _softmax(0 * logits),
        ("temperature", "they do not depend on the temperature"): lambda t: _softmax(logits),
        ("temperature", "a higher one makes them less random"): lambda t: _softmax(logits * t),
        ("temperature", "it counts twice"): lambda t: _softmax(logits / t**2),
        ("normalisation", "the scores go through two softmaxes"): lambda t: _softmax(_softmax(logits) / t),
    }
    best = min(others, key=lambda other: far(others[other]))
    if far(others[best]) <= CLOSELY:
        return Failure(f"{words}; {best[1]}.", rows=rows, code=best[0])
    if off.is_too_large:
        often = "often" if off.off < 0 else "seldom"
        return Failure(f"{words}; likely characters come too {often}.", rows=rows, code="distribution")
    return Failure(f"{words}.", rows=rows)


def _draw(sample: Callable, logits: NDArray, temperature: float, rng, draws: int) -> list[int]:
    """Ids drawn one after the other with one generator. Raises Failure for anything but an id."""
    drawn = call_times(sample, (logits, temperature, rng), draws)
    ids = [_whole(one) for one in drawn]
    if any(type(i) is not int or not 0 <= i < len(logits) for i in ids):
        raise Failure(
            f"`{sample.__name__}` should return one id, an integer from 0 to V - 1.", code="returns"
        )
    return ids


def _whole(value: Any) -> Any:
    """A NumPy integer, or one of a class of its own, as a built-in one, anything else as it is."""
    is_one = isinstance(value, np.ndarray | np.generic) and value.size == 1 and value.dtype.kind in "iu"
    own = isinstance(value, int) and not isinstance(value, bool)
    return int(value.reshape(())) if is_one else int(value) if own else value


def _softmax(logits: NDArray) -> NDArray:
    exponentials = np.exp(logits - logits.max())
    return exponentials / exponentials.sum()
