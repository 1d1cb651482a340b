"""The text that every model of the course learns."""

from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FILE_NAME = "alice_in_wonderland.txt"
TRAIN_SHARE = 0.9


@dataclass(frozen=True)
class Corpus:
    """A text as token ids over its own alphabet; the first 90 % train, the last 10 % are held out.

    `alphabet[i]` is the character with id `i`; `ids` is an int64 array with one id per character.
    """

    alphabet: str
    ids: NDArray[np.int64]

    @property
    def vocabulary_size(self) -> int:
        """V, the number of different characters."""
        return len(self.alphabet)

    @cached_property
    def text(self) -> str:
        """The whole text."""
        return self.decode(self.ids)

    @property
    def train(self) -> NDArray[np.int64]:
        """The ids of the training part."""
        return self.ids[: int(len(self.ids) * TRAIN_SHARE)]

    @property
    def held_out(self) -> NDArray[np.int64]:
        """The ids of the held-out part."""
        return self.ids[int(len(self.ids) * TRAIN_SHARE) :]

    def encode(self, text: str) -> NDArray[np.int64]:
        """The ids of a text, int64, one per character. Raises ValueError for a foreign character."""
        foreign = sorted(set(text) - set(self.alphabet))
        if foreign:
            raise ValueError(f"{foreign} not in the alphabet {self.alphabet!r}; use lower-case letters")
        return np.array([self._id_of[character] for character in text], dtype=np.int64)

    def decode(self, ids: NDArray) -> str:
        """The text of an array of ids."""
        return "".join(self.alphabet[i] for i in np.asarray(ids).ravel().tolist())

    @cached_property
    def _id_of(self) -> dict[str, int]:
        return {character: i for i, character in enumerate(self.alphabet)}


def load_corpus() -> Corpus:
    """*Alice's Adventures in Wonderland*, lower-cased: 148,598 characters, V = 46."""
    text = _corpus_path().read_text(encoding="ascii").lower()
    alphabet = "".join(sorted(set(text)))
    codes = np.frombuffer(text.encode("ascii"), dtype=np.uint8)
    table = np.zeros(128, dtype=np.int64)
    table[[ord(character) for character in alphabet]] = np.arange(len(alphabet))
    return Corpus(alphabet, table[codes])


def _corpus_path() -> Path:
    """In an installed package the text lies inside it, in a checkout beside it."""
    package = Path(str(files("autograder")))
    places = [package / "data" / FILE_NAME, package.parent / "data" / FILE_NAME]
    for place in places:
        if place.is_file():
            return place
    raise FileNotFoundError(f"{FILE_NAME} is missing; reinstall the course package")
