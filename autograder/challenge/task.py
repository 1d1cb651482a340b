"""What all entries of a class read: a text, and the stretches of it that are left out."""

import hashlib
import json
from dataclasses import dataclass

import numpy as np
from nbformat import NotebookNode
from numpy.typing import NDArray

from autograder.cells import HIDDEN, split
from autograder.course import CourseError
from autograder.notebook.challenge import CORES, left_out
from autograder.notebook.corpus import Corpus, load_corpus

VERSION = 1  # of the rules; another one measures everybody anew


@dataclass(frozen=True)
class Task:
    """The text as ids of V characters: what to learn from, and the stretches to read.

    `shown` is what an entry's process sees in place of the corpus, None for the corpus itself. `seed` is that
    of its generator; `minutes` of CORES cores is what it has.
    """

    V: int
    train: NDArray
    stretches: list[NDArray]
    shown: str | None
    seed: int
    minutes: float

    @property
    def seconds(self) -> float:
        """Of the processor, for learning and reading together."""
        return 60 * CORES * self.minutes

    @property
    def characters(self) -> int:
        """How many there are to read."""
        return sum(map(len, self.stretches))

    @property
    def digest(self) -> str:
        """Changes with whatever an entry's loss comes from, but for the entry."""
        about = hashlib.sha256(json.dumps([VERSION, self.V, self.seed, self.minutes]).encode())
        for part in (self.train, *self.stretches):
            about.update(part.astype(np.int64).tobytes() + b"|")
        return about.hexdigest()[:16]


def make_task(
    source: NotebookNode, minutes: float, secret: str, other: str | None = None, end: bool = False
) -> Task:
    """The task of an assignment, whose hidden tests are a part of the secret; `other` is another text.

    With `end` the last tenth is read and nothing is secret, as in the notebook. Raises CourseError.
    """
    corpus = load_corpus()
    if other is not None:
        corpus = _as_corpus(other)
    V, seed = corpus.vocabulary_size, _seed(source, secret)
    train, stretches = corpus.train, [corpus.held_out]
    if not end:
        try:
            train, stretches = left_out(corpus.ids, V, np.random.default_rng(seed))
        except ValueError as error:
            raise CourseError(f"There is no challenge: {error}; choose another c.Challenge.text.") from None
    return Task(V, train, stretches, corpus.decode(train) if other is None else None, seed % 2**32, minutes)


def _as_corpus(text: str) -> Corpus:
    """Any text as ids, in the order of its characters' numbers."""
    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    alphabet, ids = np.unique(codes, return_inverse=True)
    return Corpus("".join(map(chr, alphabet.tolist())), ids.astype(np.int64))


def _seed(source: NotebookNode, secret: str) -> int:
    """A number that nobody knows who knows neither the hidden tests nor `c.Challenge.secret`."""
    hidden = [line for cell in source.cells for line in split(cell.source, HIDDEN)[1]]
    if not hidden and not secret:
        raise CourseError(
            "Which stretches of the text are read has to be secret, and this assignment has no hidden test "
            'to make them from; set c.Challenge.secret = "..." in nbgrader_config.py.'
        )
    content = json.dumps([secret, hidden]).encode()
    return int.from_bytes(hashlib.sha256(b"challenge" + content).digest()[:8], "big")
