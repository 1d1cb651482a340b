"""The text and its figures."""

import hashlib

import numpy as np
import pytest

from autograder import load_corpus
from autograder.notebook.corpus import _corpus_path


@pytest.fixture(scope="module")
def corpus():
    return load_corpus()


def entropy(counts):
    """Nats per draw."""
    p = counts[counts > 0] / counts.sum()
    return float(-(p * np.log(p)).sum())


def bigram_entropy(ids, V=46):
    """H(next | current) in nats."""
    pairs = np.bincount(ids[:-1] * V + ids[1:], minlength=V * V).reshape(V, V)
    return sum(row.sum() / pairs.sum() * entropy(row) for row in pairs if row.any())


def test_file_is_the_documented_one():
    """Is the text byte for byte the one whose figures data/README.md gives?"""
    digest = hashlib.sha256(_corpus_path().read_bytes()).hexdigest()
    assert digest == "142055ae37a5cc258cf789475a86b4ea176ddc0da99ee4011365051c87353d6e"


def test_counts(corpus):
    """Do the counts in data/README.md hold?"""
    assert (len(corpus.ids), corpus.vocabulary_size) == (148_598, 46)
    assert (len(corpus.train), len(corpus.held_out)) == (133_738, 14_860)


def test_entropies(corpus):
    """Do the entropies in data/README.md hold?"""
    assert entropy(np.bincount(corpus.ids)) == pytest.approx(3.008, abs=5e-4)
    assert entropy(np.bincount(corpus.train)) == pytest.approx(3.006, abs=5e-4)
    assert bigram_entropy(corpus.ids) == pytest.approx(2.392, abs=5e-4)
    assert bigram_entropy(corpus.train) == pytest.approx(2.393, abs=5e-4)


def test_encode_undoes_decode(corpus):
    """Does a text survive the way to ids and back, and is a foreign character refused by name?"""
    assert corpus.decode(corpus.encode("down the\nrabbit-hole")) == "down the\nrabbit-hole"
    with pytest.raises(ValueError, match="Ü"):
        corpus.encode("Ü")
