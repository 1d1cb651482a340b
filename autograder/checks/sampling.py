"""Does a sampler draw from the distribution that it should?"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.checks.calls import call_times
from autograder.checks.outcome import Failure, Row, check

FALSE_ALARM = 1e-6
EXPECTED = 20
COLD = 1e-3


@check
def check_sampling(
    sample: Callable, logits: NDArray, *, temperature: float = 1.0, draws: int = 2000, seed: int = 0
) -> str:
    """Does `sample(logits, temperature, rng)` draw ids with probability softmax(logits / temperature)?

    `logits` is (V,). First the cold limit: at temperature 0.001 every draw is the largest logit's
    id. Then equal generators must give equal draws. Last the distribution: an id expected 20 times or
    more comes up (a right sampler misses one with probability below exp(-20)), and the largest gap
    between drawn and true cumulative probabilities stays below sqrt(ln(2 / 1e-6) / (2 draws)), which
    a right sampler exceeds less than once in a million runs (Dvoretzky-Kiefer-Wolfowitz inequality
    with Massart's constant).
    """
    rng = np.random.default_rng(seed)
    cold = _draw(sample, logits, COLD, rng, 20)
    if set(cold) != {int(np.argmax(logits))}:
        raise Failure(
            "Close to temperature 0 the most likely character must win every time, and it does not."
        )
    if _draw(sample, logits, 1.0, np.random.default_rng(seed), 30) != _draw(
        sample, logits, 1.0, np.random.default_rng(seed), 30
    ):
        raise Failure("Equal generators must give equal draws: take all randomness from `rng`.")
    p = _softmax(logits / temperature)
    counts = np.bincount(_draw(sample, logits, temperature, rng, draws), minlength=len(logits))
    if (counts[draws * p >= EXPECTED] == 0).any():
        raise Failure(f"At temperature {temperature:g} some characters never come up that should.")
    gap = float(np.abs(np.cumsum(counts / draws - p)).max())
    limit = math.sqrt(math.log(2 / FALSE_ALARM) / (2 * draws))
    if gap > limit:
        raise Failure(
            f"At temperature {temperature:g} the draws do not follow softmax(logits / temperature).",
            rows=(Row("largest gap", f"{gap:.3f} (limit {limit:.3f})", "too large"),),
        )
    return f"{draws} draws follow softmax(logits / {temperature:g})"


def _draw(sample: Callable, logits: NDArray, temperature: float, rng, draws: int) -> list[int]:
    """Ids drawn one after the other with one generator. Raises Failure for anything but an id."""
    drawn = call_times(sample, (logits, temperature, rng), draws)
    ids = [_whole(one) for one in drawn]
    if any(type(i) is not int or not 0 <= i < len(logits) for i in ids):
        raise Failure(f"`{sample.__name__}` should return one id, an integer from 0 to V - 1.")
    return ids


def _whole(value: Any) -> Any:
    """A NumPy integer as a built-in one, anything else as it is."""
    is_one = isinstance(value, np.ndarray | np.generic) and value.size == 1 and value.dtype.kind in "iu"
    return int(value.reshape(())) if is_one else value


def _softmax(logits: NDArray) -> NDArray:
    exponentials = np.exp(logits - logits.max())
    return exponentials / exponentials.sum()
