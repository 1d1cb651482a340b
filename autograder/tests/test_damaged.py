"""Notebooks damaged at random: each is graded or gets one sentence, and the class goes on."""

import re

import pytest

from autograder.tests.hostile.random_damage import damaged
from autograder.tests.hostile.run import built_course, grade_class
from autograder.tests.mini import ID, submission, write

pytestmark = pytest.mark.slow

FEW, MANY = 60, 2000
SENTENCES = (
    r"mini\.ipynb is not UTF-8 text; .*", r"mini\.ipynb is not a notebook.*",
    r"mini\.ipynb has damaged cells.*", r"mini\.ipynb has (notebook format -?\d+|an unknown notebook format), not 4; .*",
)  # fmt: skip


@pytest.fixture(scope="module")
def count(stress):
    """How many notebooks."""
    return MANY if stress else FEW


@pytest.fixture(scope="module")
def run(tmp_path_factory, count):
    """A class of damaged notebooks and one neighbour, graded."""
    course = built_course(tmp_path_factory.mktemp("damaged") / "course")
    write(course.submitted("neighbour", ID), submission())
    for seed in range(count):
        path = course.submitted(f"seed-{seed:04}", ID)
        path.parent.mkdir(parents=True)
        path.write_bytes(damaged(seed))
    return grade_class(course, tmp_path_factory.mktemp("around"), "bwrap", seconds=2 * 3600)


def test_everybody_has_a_result(run, count):
    """Is each one graded or reported, with an entry in the gradebook just when it is graded?"""
    assert len(run.results) == count + 1
    graded = {student for student, result in run.results.items() if result.score is not None}
    assert (
        graded
        == {student for student, result in run.results.items() if not result.problem}
        == set(run.points)
    )
    assert 0 < len(graded) < count, "some damage is harmless, and some is not"


def test_each_problem_is_a_sentence_of_ours(run):
    """Does every refusal say what is wrong in one known sentence, and none that the grader failed?"""
    problems = {result.problem for result in run.results.values() if result.problem}
    strange = [text for text in problems if not any(re.fullmatch(rule, text) for rule in SENTENCES)]
    assert not strange
    assert all(text.endswith(".") and len(text) < 120 for text in problems)
    assert "Traceback" not in run.printed


def test_no_check_could_not_run(run):
    """Is nobody's check the grader's fault?"""
    assert not [student for student, result in run.results.items() if result.count("could not run")]


def test_the_neighbour_has_full_marks(run):
    """Does the honest submission among them get what it would get alone?"""
    assert run.points["neighbour"] == 100


def test_nothing_is_left_behind(run):
    """Is no process and no file left, and everything that was handed in as it was?"""
    assert run.processes_gone
    assert run.files == []
    assert run.untouched
