"""The open challenge: the lowest loss on text that is left out, one character at a time."""

import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from autograder.notebook.budget import unattended
from autograder.notebook.corpus import load_corpus
from autograder.notebook.printable import printable

MINUTES, CORES = 10, 2  # of so many cores an entry may use so many minutes
STRETCHES, SHARE = 10, 0.1  # how many stretches are left out, and how much of the text in all
MOST_OFF = 1e-3  # by which the sum of probabilities may differ from 1
TRIES = 100  # to leave stretches out so that the rest has every character

Read = Callable[[int | None], Any]


class NoProbabilities(ValueError):
    """An answer is no distribution over the characters; the text goes on after "`read`"."""


def left_out(
    ids: NDArray, V: int, rng: np.random.Generator, stretches: int = STRETCHES
) -> tuple[NDArray, list[NDArray]]:
    """The text to learn from, and the stretches to be read: SHARE of it in all, one in each equal part.

    ids: (n,). Whatever is left is joined, and has every one of the V characters. Raises ValueError where
    that cannot be.
    """
    parts = np.linspace(0, len(ids), stretches + 1).astype(int)
    length = int(len(ids) * SHARE / stretches)
    for _ in range(TRIES if length else 0):
        starts = [int(rng.integers(low, high - length + 1)) for low, high in pairwise(parts)]
        is_read = np.zeros(len(ids), dtype=bool)
        for start in starts:
            is_read[start : start + length] = True
        if len(np.unique(ids[~is_read])) == V:
            return ids[~is_read], [ids[start : start + length] for start in starts]
    raise ValueError(f"the text is too short to leave {stretches} stretches out, and no character with them")


def probabilities(answer: Any, V: int) -> NDArray[np.float64]:
    """What `read` returned as V probabilities whose sum is 1. Raises NoProbabilities."""
    try:
        found = np.asarray(answer)
    except (TypeError, ValueError):
        raise NoProbabilities("returned something that is no array of numbers") from None
    if found.dtype.kind not in "fiu":
        raise NoProbabilities("returned something that is no array of numbers")
    if found.shape != (V,):
        raise NoProbabilities(f"returned an array of the shape {found.shape}, and there are {V} characters")
    found = found.astype(np.float64)
    if not np.isfinite(found).all():
        raise NoProbabilities("returned probabilities that are not finite")
    with np.errstate(over="ignore"):
        total = found.sum()
    if (found < 0).any() or abs(total - 1) > MOST_OFF:
        raise NoProbabilities("returned numbers that are no probabilities: below 0, or their sum is not 1")
    return found / total


def surprises(read: Read, stretches: Sequence[NDArray], V: int) -> Iterator[float]:
    """The loss of each character of the stretches, in nats; `read` learns each one after its answer.

    Raises NoProbabilities, and whatever `read` raises.
    """
    for stretch in stretches:
        previous = None
        for true in stretch.tolist():
            chance = probabilities(read(previous), V)[true]
            if chance == 0:
                raise NoProbabilities("gave probability 0 to a character that came")
            yield -math.log(chance)
            previous = true


def challenge_loss(
    open_reader: Callable[[NDArray, int, np.random.Generator], Read], *,
    characters: int | None = None, stretches: int = 0, seed: int = 0,
) -> float:  # fmt: skip
    """The loss of an entry to the open challenge, nats per character, measured as the grader does it.

    open_reader(train, V, rng) learns from `train`, ids (n,) of V characters, and returns a function
    read(previous): the V probabilities of the next character. It is called with None where a stretch of text
    begins, then with each true character's id, one at a time, and may go on learning.

    It reads the last tenth of the book, or with `stretches=10` so many that are spread over the book, drawn
    with `seed`, as in grading; `characters` ends it early. Learning and reading have 20 minutes of the
    processor's time (ten minutes on two cores). Where a grader or nbgrader runs the notebook this does
    nothing and returns NaN. Raises ValueError when an answer is no distribution over the characters.
    """
    if unattended():
        return math.nan
    corpus, V = load_corpus(), load_corpus().vocabulary_size
    train, texts = corpus.train, [corpus.held_out]
    if stretches:
        train, texts = left_out(corpus.ids, V, np.random.default_rng(seed), stretches)
    asked = min(sum(map(len, texts)), characters or len(corpus.ids))
    began = time.process_time()
    read = open_reader(train, V, np.random.default_rng(seed))
    learned = time.process_time()
    bar = tqdm(total=asked, desc=printable("reading"), file=sys.stdout, mininterval=0.5, ncols=96)
    losses: list[float] = []
    with bar:
        try:
            for loss in surprises(read, texts, V):
                losses.append(loss)
                bar.update()
                if len(losses) == asked:
                    break
        except NoProbabilities as error:
            raise ValueError(f"character {len(losses) + 1}: read {error}.") from None
    mean = sum(losses) / len(losses)
    _say(mean, len(losses), learned - began, time.process_time() - learned)
    return mean


def _say(mean: float, characters: int, learning: float, reading: float) -> None:
    """What came out, and how much of its time it took."""
    limit = 60 * MINUTES * CORES
    print(printable(
        f"{mean:.4f} nats per character, {mean / math.log(2):.3f} bits, over {characters:,} characters\n"
        f"{learning:.0f} seconds of the processor to learn, {reading:.0f} to read, of {limit:,} in all"
    ))  # fmt: skip
    if learning + reading > limit:
        print("It takes too long for a place.")
