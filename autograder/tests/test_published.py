"""Exercises that equal the course's own code: named, counted, and no verdict."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from autograder.course import Course
from autograder.grading.budget import Budget
from autograder.grading.published import copies, published
from autograder.grading.result import Result
from autograder.reports.page import render
from autograder.reports.stored import as_json
from autograder.reports.suspicion import copied, sentences
from autograder.truth.source import handed_in, read_source
from autograder.truth.variants import load_variants, with_variant

COURSE = Course.find(Path(__file__).parent)
ID = "03_RNN_text_generation"


@pytest.fixture(scope="module")
def known():
    return published(COURSE)


def found(notebook, known):
    return copies(notebook, known, Budget()).split()


def test_the_solution_is_known_by_its_long_functions(known):
    """Are those that students write at length named, and short ones, which anybody writes so, not?"""
    places = found(handed_in(read_source(COURSE, ID)), known)
    assert f"{ID}/rnn_backward" in places
    assert f"{ID}/readout_forward" not in places


def test_comments_and_layout_hide_nothing_and_another_name_is_another_text(known):
    """Is it the code that counts, names included?"""
    notebook = handed_in(read_source(COURSE, ID))
    cell = next(cell for cell in notebook.cells if "def rnn_backward(" in cell.source)
    cell.source = cell.source.replace("\n    dh = ", "\n    # from the future\n    dh  =  ", 1)
    assert f"{ID}/rnn_backward" in found(notebook, known)
    cell.source = cell.source.replace("dz", "delta")
    assert f"{ID}/rnn_backward" not in found(notebook, known)


def test_what_another_notebook_gives_is_known_too(known):
    """Is a given function of a later release named, where it is pasted into an exercise that asks for it?"""
    notebook = handed_in(read_source(COURSE, ID))
    given = next(cell.source for cell in read_source(COURSE, "04_LSTM_text_generation").cells
                 if "def adam_step(" in cell.source)  # fmt: skip
    exercise = next(cell for cell in notebook.cells if "def adam_step(" in cell.source)
    exercise.source = given
    assert "04_LSTM_text_generation/adam_step" in found(notebook, known)
    assert f"{ID}/adam_step" not in found(notebook, known)


@pytest.mark.parametrize("assignment", COURSE.assignments)
def test_right_answers_in_other_styles_are_not_named(known, assignment):
    """Does nobody who wrote it in another way stand there?"""
    solution = handed_in(read_source(COURSE, assignment))
    own = set(found(solution, known))
    for variant in load_variants(COURSE, assignment):
        written = {name for name in own if f"def {name.partition('/')[2]}(" in variant.text}
        assert not written & set(found(with_variant(solution, variant), known)), variant.name


def test_the_report_says_it_and_counts_the_others():
    """Is it in page, terminal and JSON, with how many share it?"""
    same = {"published": f"{ID}/rnn_backward 04_LSTM_text_generation/adam_step"}
    results = [
        Result(name, ID, 100.0, 100.0, fingerprints=same if name != "cyd" else {})
        for name in ("ada", "bob", "cyd")
    ]
    assert [(one.student, len(places), others) for one, places, others in copied(results)] == [
        ("ada", 2, 1),
        ("bob", 2, 1),
    ]
    assert sentences(results) == ["Exercises as in the course's own code, down to the names: ada 2, bob 2."]
    page = render(results, datetime(2026, 1, 2))
    assert (
        "`rnn_backward` as in the course&#39;s own solution; 04_LSTM_text_generation/adam_step as in another"
        in page
    )
    assert "(and 1 other student)" in page
    assert json.loads(as_json(results, datetime(2026, 1, 2)))["suspicious"]["published"][0]["others"] == 1
