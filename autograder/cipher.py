"""The looking glass: the text under a cipher with feedback, in which known weights are useless.

y[t] = P[c(y[t-1])][x[t]], with two permutations P of the V ids and a colour c of 0 or 1 for each id, all
drawn from a seed. A plain permutation would not do: who knows the text reads it off, and puts the rows and
columns of known weights in its order. Here the same character has two ids, and which one it gets depends on
the id before. What it costs a model that learns from the start stands in docs/calibration.md.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

KEYS = 15
SAMPLE = 10_000  # characters, by which keys are compared


@dataclass(frozen=True)
class Key:
    """`permutations` (2, V) and `colours` (V,), int64; half of the ids have either colour."""

    permutations: NDArray[np.int64]
    colours: NDArray[np.int64]

    def encipher(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """The ids (N,) of a text under this key, int64; the first one is taken after colour 0."""
        choices, colours = self.permutations[:, ids].T.tolist(), self.colours.tolist()
        out, colour = [], 0
        for pair in choices:
            out.append(pair[colour])
            colour = colours[out[-1]]
        return np.array(out, dtype=np.int64)


def key_of(seed: int, ids: NDArray[np.int64], size: int) -> Key:
    """The key of a seed for a text (N,) of ids below `size`.

    Some keys make a harder text than others. Of KEYS that are drawn it is the one in the middle, by the
    entropy of a character after the one before, which says most about the loss of a small model.
    """
    rng = np.random.default_rng(seed)
    keys = [_drawn(rng, size) for _ in range(KEYS)]
    return sorted(keys, key=lambda key: bigram_entropy(key.encipher(ids[:SAMPLE]), size))[KEYS // 2]


def _drawn(rng: np.random.Generator, size: int) -> Key:
    permutations = rng.permuted(np.tile(np.arange(size), (2, 1)), axis=1)
    return Key(permutations, rng.permutation(size) % 2)


def bigram_entropy(ids: NDArray[np.int64], size: int) -> float:
    """The mean surprise of an id after the one before it, in nats, by the counts in the text itself."""
    counts = np.bincount(ids[:-1] * size + ids[1:], minlength=size * size).reshape(size, size)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return float(-np.sum(counts * np.log(np.maximum(share, 1e-300))) / counts.sum())
