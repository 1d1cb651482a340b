"""Weights from elsewhere: trained on the book, put in the order of the hidden text, tuned a little, counted."""

import textwrap
from pathlib import Path

import numpy as np
import pytest

from autograder.audit.cases import CHEAT, cases_of
from autograder.audit.run import judge_case
from autograder.audit.tried import Cheating
from autograder.cells import cells_of, of_kind
from autograder.cipher import key_of
from autograder.course import Course
from autograder.grading.judge import Rules, judge
from autograder.grading.restore import restore
from autograder.grading.result import Result, fill
from autograder.hidden import load_reference
from autograder.notebook.corpus import Corpus, load_corpus
from autograder.truth.cheats import Trained, remember
from autograder.truth.source import handed_in, read_source
from autograder.truth.targets import targets_of

pytestmark = pytest.mark.slow

COURSE = Course.find(Path(__file__).parent)
RNN, NEURON, LAYER = (
    "03_RNN_text_generation",
    "01a_single_neuron_classification",
    "01b_single_neuron_text_generation",
)


def hidden_target(assignment):
    return next(t for t in targets_of(cells_of(read_source(COURSE, assignment))) if t.hidden)


def through_the_glass(seed):
    alice = load_corpus()
    return Corpus(alice.alphabet, key_of(seed, alice.ids, alice.vocabulary_size).encipher(alice.ids))


def in_order(params, ids, known_ids):
    """The weights with rows and columns of the alphabet in the order that fits best, position by position."""
    size = len(load_corpus().alphabet)
    together = np.zeros((size, size))
    np.add.at(together, (ids, known_ids), 1)
    order = together.argmax(axis=1)

    def turned(array):
        for axis, length in enumerate(array.shape):
            array = array.take(order, axis) if length == size else array
        return array

    return {name: turned(array) for name, array in params.items()}


@pytest.fixture(scope="module")
def trained():
    """The RNN of the target check: its weights after training on plain Alice, its notebook, and the target."""
    target = hidden_target(RNN)
    weights, _ = remember(COURSE.source(RNN), target)
    return weights, load_reference(COURSE.source(RNN)), target.at_most


def test_weights_from_home_are_good_on_the_book_alone(trained):
    """Is the attack a real one, and does knowing the hidden text position by position not help it?"""
    weights, notebook, at_most = trained
    assert notebook.mean_loss(load_corpus().held_out, weights) < at_most
    chance = np.log(46)
    for seed in (1, 2):
        text = through_the_glass(seed)
        ordered = in_order(weights, text.train, load_corpus().train)
        assert notebook.mean_loss(text.held_out, weights) > chance
        assert notebook.mean_loss(text.held_out, ordered) > at_most + 0.4


def test_a_tenth_of_the_training_does_not_reach_the_target(trained):
    """Do known weights in the best order, or those of another key, need more than a little tuning?"""
    weights, notebook, at_most = trained
    one, other = through_the_glass(1), through_the_glass(2)
    elsewhere = notebook.train(other.train, weights, 400, 32, 16, 0.01)[0]
    for start in (
        in_order(weights, one.train, load_corpus().train),
        in_order(elsewhere, one.train, other.train),
    ):
        tuned = notebook.train(one.train, start, 40, 32, 16, 0.01)[0]
        assert notebook.mean_loss(one.held_out, tuned) > at_most


@pytest.mark.parametrize("assignment", [NEURON, RNN])
def test_weights_from_home_earn_nothing_for_training(assignment):
    """Are they refused by the grader, as they are and in order?"""
    rules = Rules(COURSE.source(assignment), show=False)
    cases = [c for c in cases_of(COURSE, assignment) if c.kind == CHEAT and isinstance(c.answer, Trained)]
    tried = [Cheating(c.kind, c.name, c.answer, judge_case(c, rules)) for c in cases]
    assert len(tried) == 2
    assert [one.name for one in tried if not one.refused] == []


COUNTED = {
    NEURON: """
    def train(params, ids, y, steps, batch_size, learning_rate, rng, *more):
        seen = np.bincount(ids, minlength=len(params["w"])) + 1e-3
        share = (np.bincount(ids, weights=y, minlength=len(params["w"])) + 5e-4) / seen
        return {"w": np.log(share / (1 - share)).astype(params["w"].dtype), "b": 0 * params["b"]}, np.zeros(steps)
    """,
    LAYER: """
    def train(params, ids, learning_rates, batch_size, rng, *more):
        counts = np.full(params["W"].shape, 1e-3)
        np.add.at(counts, (ids[:-1], ids[1:]), 1)
        return {"W": np.log(counts / counts.sum(axis=1, keepdims=True)), "b": 0 * params["b"]}, np.zeros(len(learning_rates))
    """,
}


@pytest.mark.parametrize("assignment", COUNTED)
def test_counting_is_no_training(assignment):
    """Do parameters that counting gives, better than those of training, earn nothing for it?"""
    source = read_source(COURSE, assignment)
    notebook = handed_in(source)
    cell = next(cell for cell in of_kind(cells_of(notebook), "exercise") if "train" in cell.functions)
    cell.node.source += "\n\n\n" + textwrap.dedent(COUNTED[assignment])
    result = Result("ada", assignment)
    fill(result, judge(restore(notebook, source), Rules(COURSE.source(assignment), show=False), []))
    facts = [fact for cell in result.cells for fact in cell["checks"] if fact["check"] == "train: training"]
    hidden = [fact for fact in facts if fact["hidden"]]
    assert [(fact["status"], fact["diagnosis"]) for fact in hidden] == [("failed", "did not learn")]
