"""The looking glass: is it another text for everybody, and as new to whoever knows the book?"""

import functools

import numpy as np

from autograder.cipher import bigram_entropy, key_of
from autograder.notebook.corpus import load_corpus

ALICE = load_corpus()
V = ALICE.vocabulary_size
IDS = ALICE.ids[:60_000]  # as much as tells entropies apart


@functools.cache
def enciphered(seed):
    return key_of(seed, IDS, V).encipher(IDS)


def test_each_character_has_two_ids_by_the_colour_of_the_one_before():
    """Is the text what the rule says, character by character?"""
    key, text = key_of(1, IDS, V), enciphered(1)
    colours = np.concatenate([[0], key.colours[text[:-1]]])
    assert text.dtype == np.int64
    assert np.array_equal(text, key.permutations[colours, IDS])
    assert sorted(key.colours.tolist()) == [0] * (V // 2) + [1] * (V // 2)


def test_another_seed_is_another_text_and_the_same_seed_the_same():
    """Do two submissions share next to nothing, and two gradings of one everything?"""
    assert np.array_equal(enciphered(1), enciphered.__wrapped__(1))
    assert (enciphered(1) != enciphered(2)).mean() > 0.9


def test_all_keys_make_texts_that_are_about_as_hard():
    """Does the entropy of a character after the one before differ little, as it does without the choice of a key?"""
    entropies = [bigram_entropy(enciphered(seed), V) for seed in range(12)]
    assert np.std(entropies) < 0.02
    assert bigram_entropy(IDS, V) < min(entropies) < max(entropies) < bigram_entropy(IDS, V) + 0.15


def test_no_order_of_the_alphabet_undoes_it():
    """Is a character that is known position by position still not the other one's id?"""
    together = np.zeros((V, V))
    np.add.at(together, (enciphered(3), IDS), 1)
    assert together.max(axis=1).sum() / together.sum() < 0.9
