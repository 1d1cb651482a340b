"""How likely is a loss that nobody has seen? Peaks over a threshold, with an exponential tail or a heavier.

Above the 80 % quantile u the excess over u is taken as exponential, with the mean that it has in the
sample: the tail of a normal falls faster, so the chance of a large loss comes out too high rather than
too low. When at least ENOUGH excesses scatter more than exponential ones do, a generalised Pareto tail
by the method of moments (Hosking and Wallis, Technometrics 29, 1987) takes its place; it falls slower.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

QUANTILE = 0.8
GOAL = 1e-5
DIGITS = 3  # of a threshold
NEGLIGIBLE = 1e-6  # of the loss before training, or of the largest: rounding's, and no loss to ask for
# So many excesses tell a tail's shape from chance; the variance of ten or so does not.
ENOUGH = 20


@dataclass(frozen=True)
class Tail:
    """P(loss > x) = share * (1 + shape * (x - start) / scale) ** (-1 / shape) for x >= start.

    With shape 0 that is share * exp(-(x - start) / scale). `start` and `scale` are in the losses' unit.
    """

    start: float
    share: float
    scale: float
    shape: float = 0.0

    def chance_above(self, loss: float) -> float:
        """P(a loss is above `loss`), which is not below `start`."""
        if self.scale == 0:
            return self.share if loss <= self.start else 0.0
        excess = (loss - self.start) / self.scale
        if self.shape == 0:
            return self.share * math.exp(-excess)
        return self.share * (1 + self.shape * excess) ** (-1 / self.shape)

    def reached_with(self, chance: float) -> float:
        """The loss above which an answer ends with this chance, which is below `share`."""
        fold = math.log(self.share / chance)
        return self.start + self.scale * (math.expm1(self.shape * fold) / self.shape if self.shape else fold)


def fit_tail(losses: Sequence[float]) -> Tail:
    """The upper tail of finite losses, at least two of them."""
    values = np.asarray(losses, dtype=float)
    start = float(np.quantile(values, QUANTILE))
    excess = values[values > start] - start
    if not len(excess):
        return Tail(start, 0.0, 0.0)
    mean, share = float(excess.mean()), len(excess) / len(values)
    spread = float(excess.var(ddof=1)) / mean**2 if len(excess) >= ENOUGH else 1.0
    shape = (1 - 1 / spread) / 2 if spread > 1 else 0.0
    return Tail(start, share, mean * (1 - shape), shape)


def chance_above(losses: Sequence[float], loss: float) -> float:
    """P(above `loss`): by the fitted tail, below its start by counting; runs without a loss are above."""
    finite = [value for value in losses if math.isfinite(value)]
    lost = 1 - len(finite) / len(losses)
    if len(finite) < 2:
        return lost + sum(value > loss for value in finite) / len(losses)
    tail = fit_tail(finite)
    counted = float(np.mean(np.asarray(finite) > loss))
    return lost + (1 - lost) * (counted if loss < tail.start else tail.chance_above(loss))


def chance_below(losses: Sequence[float], loss: float) -> float:
    """P(at most `loss`): the same for the lower tail; runs without a loss are never below.

    Of positive losses the logarithms are taken: training that goes wrong scatters over decades, and
    such losses are no closer to zero than close ones.
    """
    finite = [value for value in losses if math.isfinite(value)]
    if not finite:
        return 0.0
    scale = math.log if min([loss, *finite]) > 0 else float
    return len(finite) / len(losses) * chance_above([-scale(value) for value in finite], -scale(loss))


def normal_chance_above(losses: Sequence[float], loss: float) -> float:
    """P(above `loss`) if finite losses were normal, for comparison."""
    values = np.asarray([value for value in losses if math.isfinite(value)])
    deviation = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    if deviation == 0:
        return float(np.mean(values > loss)) if len(values) else 1.0
    return math.erfc((loss - float(values.mean())) / deviation / math.sqrt(2)) / 2


def threshold(losses: Sequence[float], before: float = math.inf) -> float:
    """The loss that correct code exceeds once in 100,000 runs, rounded up to three digits; never 0.

    It stays below `before`, the least loss before training, as long as all `losses` do. More digits are kept
    where that needs them.
    """
    finite = [value for value in losses if math.isfinite(value)]
    tail = fit_tail(finite) if len(finite) > 1 else Tail(finite[0], 0.0, 0.0)
    exact = tail.reached_with(GOAL) if tail.share else tail.start
    unit = abs(before) if math.isfinite(before) else max(map(abs, finite))
    if abs(exact) <= (least := NEGLIGIBLE * (unit or 1.0)):
        exact = least
    if exact >= before > max(finite):
        exact = (max(finite) + before) / 2
    return rounded_up(exact, before)


def rounded_up(loss: float, below: float) -> float:
    """`loss`, which is not 0, in as few digits as keep it below `below`, but DIGITS at least."""
    for digits in range(DIGITS, 12):
        places = digits - 1 - math.floor(math.log10(abs(loss)))
        whole = math.ceil(round(loss * 10.0**places, 6))
        if (found := round(whole / 10.0**places, places)) < below:
            return found
    return loss
