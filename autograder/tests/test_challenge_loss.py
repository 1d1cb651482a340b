"""What a student measures of an entry to the open challenge, in the notebook."""

import math

import numpy as np
import pytest

from autograder import challenge_loss, load_corpus
from autograder.notebook.challenge import SHARE, NoProbabilities, left_out, probabilities, surprises

CORPUS = load_corpus()
V = CORPUS.vocabulary_size


@pytest.fixture(autouse=True)
def _watched(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


def uniform(train, V, rng):
    return lambda previous: np.full(V, 1 / V)


def test_stretches_are_a_tenth_from_all_over_the_text():
    """Is a tenth left out, a piece of each part of the text, all else kept in order, with every character?"""
    train, stretches = left_out(CORPUS.ids, V, np.random.default_rng(1))
    assert len(stretches) == 10
    assert sum(map(len, stretches)) == pytest.approx(SHARE * len(CORPUS.ids), abs=10)
    assert len(np.unique(train)) == V
    book, text = CORPUS.text, CORPUS.decode(train)
    places = [book.index(CORPUS.decode(one)) for one in stretches]
    assert [place * 10 // len(book) for place in places] == list(range(10))
    pieces = [
        book[: places[0]],
        *(book[a + len(stretches[0]) : b] for a, b in zip(places, [*places[1:], len(book)], strict=True)),
    ]
    assert "".join(pieces) == text


def test_other_secret_other_stretches():
    """Do the places depend on the generator, and on nothing else?"""
    first, again, other = (left_out(CORPUS.ids, V, np.random.default_rng(seed))[1] for seed in (1, 1, 2))
    assert all(map(np.array_equal, first, again))
    assert not any(map(np.array_equal, first, other))


def test_short_text_is_refused():
    """Is a text of which no tenth can be left out refused in a sentence?"""
    with pytest.raises(ValueError, match="too short"):
        left_out(np.arange(50), 50, np.random.default_rng(0))


def test_loss_of_each_character_is_what_read_said_before_it_came():
    """Is the loss that of the answer, with None at the beginning of a stretch and nothing ahead of its time?"""
    heard = []

    def read(previous):
        heard.append(previous)
        return [0.5, 0.25, 0.25]

    losses = list(surprises(read, [np.array([0, 1, 2]), np.array([2, 0])], 3))
    assert heard == [None, 0, 1, None, 2]
    assert losses == pytest.approx([math.log(2), math.log(4), math.log(4), math.log(4), math.log(2)])


@pytest.mark.parametrize(("answer", "said"), [
    ([0.5, 0.6, 0], "below 0, or their sum"), ([1.5, -0.5, 0], "below 0"), ([0.5, 0.5], "shape"), ([math.nan, 1, 0], "not finite"),
    (None, "no array"), ("abc", "no array"), ([[1], [2, 3], 4], "no array"), ([1 + 1j, 0, 0], "no array"), (0.3, "shape"),
    (np.array([True, False, False]), "no array"), ([1e308, 1e308, 1e308], "sum is not 1"), (lambda: 0, "no array"),
])  # fmt: skip
def test_no_distribution(answer, said):
    """Does every answer that is none get a sentence?"""
    with pytest.raises(NoProbabilities, match=said):
        probabilities(answer, 3)


def test_nearly_one_is_made_one():
    """Is a sum that rounding left beside 1 put right, in any kind of array?"""
    assert probabilities(np.array([0.5, 0.25, 0.2505], np.float32), 3).sum() == pytest.approx(1, abs=1e-12)
    assert probabilities((0, 1, 0), 3).tolist() == [0, 1, 0]


def test_uniform_entry_costs_log_v(capsys):
    """Does a reader that knows nothing get log V, over the last tenth or over stretches, and a line that says so?"""
    assert challenge_loss(uniform, characters=200) == pytest.approx(math.log(V))
    assert challenge_loss(uniform, characters=200, stretches=10, seed=3) == pytest.approx(math.log(V))
    said = capsys.readouterr().out
    assert "3.8286 nats per character, 5.524 bits, over 200 characters" in said
    assert "of 1,200 in all" in said


def test_what_it_learns_from_is_not_what_it_reads():
    """Does an entry get the training part alone, and the first characters of the rest to read?"""
    seen = []

    def open_reader(train, V, rng):
        seen.append(train)
        return lambda previous: (seen.append(previous), np.full(V, 1 / V))[1]

    challenge_loss(open_reader, characters=5)
    assert np.array_equal(seen[0], CORPUS.train)
    assert seen[1:] == [None, *CORPUS.held_out[:4].tolist()]


def test_wrong_answer_is_told_with_its_place():
    """Does a student learn at which character the answer was no distribution?"""
    with pytest.raises(ValueError, match="character 1: read gave probability 0 to a character that came"):
        challenge_loss(lambda train, V, rng: lambda previous: np.eye(V)[V - 1])


def test_nothing_runs_where_nobody_watches(monkeypatch, capsys):
    """Does a notebook with an entry of ten minutes stay quick for nbgrader and the grader?"""
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    assert math.isnan(challenge_loss(lambda *_: pytest.fail("it ran")))
    assert capsys.readouterr().out == ""
