"""Are questions answered at once, kept out of the release, and graded only where a course wants it?"""

import copy

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.build.lint import lint
from autograder.build.pair import synchronise
from autograder.build.release import build, read_sources
from autograder.build.solve import without_hidden_tests
from autograder.cells import without_hidden
from autograder.grading.released import versions
from autograder.grading.restore import blank, restore
from autograder.notebook.questions import digest_of, is_right, predict
from autograder.tests.mini import ID, judged, make_course, scores, source_notebook, submission, write


def with_questions():
    """The mini notebook with a question of each kind."""
    nb = source_notebook()
    choice = f'guess_sign = "b"  # "a" or "b"\npredict("sign", guess_sign, "{digest_of("sign", "b")}")'
    number = f'guess_loss = 3.83\npredict("loss", guess_loss, "{digest_of("loss", 3.83)}")'
    nb.cells[1].source += "\nfrom autograder import predict"
    nb.cells += [
        new_code_cell(choice, metadata={"tags": ["question"]}),
        new_code_cell(number, metadata={"tags": ["question"]}),
        new_markdown_cell("Because of the square.", metadata={"title": "why", "tags": ["written"]}),
    ]
    return nb


def course_with(tmp_path, settings=""):
    course = make_course(tmp_path)
    write(course.source(ID), with_questions())
    with (tmp_path / "nbgrader_config.py").open("a") as config:
        config.write(settings)
    synchronise(course, ID)
    return course


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    course = course_with(tmp_path_factory.mktemp("course"))
    build(course, ID)
    return course, nbformat.read(course.release(ID), as_version=4)


@pytest.mark.parametrize(("answer", "right"), [
    ("b", True), (" B) ", True), ("(b)", True), ("a", False), ("", False), (3.83, False), (None, False),
])  # fmt: skip
def test_letter(answer, right):
    """Is one letter right, however it is spelled?"""
    assert is_right("sign", answer, digest_of("sign", "b")) == right


@pytest.mark.parametrize(("answer", "right"), [
    (3.83, True), (3.66, True), (3.8, True), (3.9, True), (3.7, True), (4, False), (3.6, False), (38, False), ("3.8", False),
    (float("nan"), False), (0, False), (-3.83, False),
])  # fmt: skip
def test_number(answer, right):
    """Is a number right as far as its digits count?"""
    assert is_right("loss", answer, digest_of("loss", 3.83)) == right


def test_a_number_beside_a_power_of_ten():
    """Is one more in the last digit right where that is another power of ten?"""
    assert is_right("share", 1.0, digest_of("share", 0.99))
    assert is_right("share", 0.99, digest_of("share", 1.0))
    assert not is_right("share", 0.9, digest_of("share", 1.2))


def test_same_answer_of_two_questions_looks_different():
    """Does one answer not tell another?"""
    assert digest_of("sign", "b") != digest_of("loss", "b")


def test_predict_tells(capsys, monkeypatch):
    """Does each answer get a sentence, and nobody one who does not watch?"""
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    for answer in (None, "a", "b"):
        predict("sign", answer, digest_of("sign", "b"))
    nothing, wrong, right = capsys.readouterr().out.splitlines()
    assert "in place of None" in nothing
    assert "✗" in wrong
    assert "b is right. ✓" in right
    monkeypatch.setenv("NBGRADER_EXECUTION", "1")
    predict("sign", "b", digest_of("sign", "b"))
    assert not capsys.readouterr().out


def test_release_holds_no_answer(released):
    """Do students get questions without answers, in an editable cell, and no points on them?"""
    _, nb = released
    choice, number, why = nb.cells[-3:]
    assert choice.source.startswith('guess_sign = None  # "a" or "b"\npredict("sign"')
    assert number.source.startswith("guess_loss = None\n")
    assert why.source == "YOUR ANSWER HERE"
    assert not any("nbgrader" in cell.metadata for cell in (choice, number, why))


def test_solution_holds_the_answers(released):
    """Does the solution answer its questions?"""
    course, _ = released
    nb = without_hidden_tests(read_sources(course, ID)[ID])
    assert nb.cells[-1].source == "Because of the square."
    assert 'guess_sign = "b"' in nb.cells[-3].source


def test_blank_is_blank(released):
    """Is the release itself still known as untouched, with a better notebook beside it?"""
    course, nb = released
    notes = restore(nb, read_sources(course, ID)[ID], beside=["mini-Copy1.ipynb"]).notes
    assert any("differs from the release" in note for note in notes)


def test_a_blank_of_an_earlier_release_is_blank(released):
    """Is a release whose code has changed since known as untouched, and one that was never released not?"""
    course, nb = released
    source = read_sources(course, ID)[ID]
    exercise = next(cell for cell in nb.cells if "NotImplementedError" in cell.source)
    exercise.source += "\nlast_year = True"

    def said(words):
        notes = restore(copy.deepcopy(nb), source, released=words, beside=["mini-Copy1.ipynb"]).notes
        return any("differs from the release" in note for note in notes)

    assert said(versions(nb))
    assert not said(set())


@pytest.mark.parametrize(("source", "told"), [
    ('guess_a = "b"\npredict("a", guess_a, "00000000")', f'predict("a", guess_a, "{digest_of("a", "b")}")'),
    ('guess_a = 12.5\npredict("a", guess_a, "3~0")', f'predict("a", guess_a, "{digest_of("a", 12.5, 3)}")'),
    ('guess_a = "b"\nautograder.predict("a", guess_a, "00000000")', digest_of("a", "b")),
    ('guess_a = "b"', "is no question"),
    ('guess_a = "b"\npredict("a", other, "00000000")', "is no question"),
    ('guess_a = "#"\npredict("a", guess_a, "00000000")', "is no question"),
    ('guess_a = None\npredict("a", guess_a, "00000000")', "is no question"),
])  # fmt: skip
def test_question_of_another_form_is_refused(source, told):
    """Does the author hear what to write?"""
    nb = source_notebook()
    nb.cells.append(new_code_cell(source, metadata={"tags": ["question"]}))
    assert any(told in problem.message for problem in lint(nb))


GRADED = "\nc.Questions.points = 2\nc.Questions.written_points = 5\n"


@pytest.mark.parametrize("title", ["", "why so?"])
def test_written_answer_needs_a_name(title):
    """Can the gradebook call each one something?"""
    nb = source_notebook()
    nb.cells.append(new_markdown_cell("Because.", metadata={"title": title, "tags": ["written"]}))
    assert any("needs a title" in problem.message for problem in lint(nb))


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("sign", "loss", "points"), [("b", 3.9, 4), ("a", 3.66, 2), ("b", 3.6, 2), (None, None, 0)]
)
def test_points_where_a_course_wants_them(tmp_path, sign, loss, points):
    """Do right predictions count, and does a written answer wait for a person?"""
    course = course_with(tmp_path, GRADED)
    source = read_sources(course, ID)[ID]
    assert not lint(source)
    handed = submission()
    handed.cells = [*handed.cells, *blank(source).cells[len(handed.cells) :]]
    handed.cells[1].source = source.cells[1].source
    for cell in handed.cells:
        cell.source = without_hidden(cell.source)
        cell.source = cell.source.replace("guess_sign = None", f"guess_sign = {sign!r}")
        cell.source = cell.source.replace("guess_loss = None", f"guess_loss = {loss!r}")
    result = judged(course, handed)
    found = scores(result)
    assert sum(found[name] for name in found if name.startswith("question_")) == points
    assert sum(found[name] for name in found if name.startswith("test_")) == 100
    why = next(cell for cell in source.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == "why")
    assert why.metadata.nbgrader["points"] == 5


def test_choice_can_be_taken_back(tmp_path):
    """Is the source as before once the settings are gone?"""
    course = course_with(tmp_path)
    before = course.text(ID).read_bytes()
    config = tmp_path / "nbgrader_config.py"
    plain = config.read_text()
    config.write_text(plain + GRADED)
    synchronise(course, ID)
    assert "made the release" in build(course, ID, trial=True)
    assert course.text(ID).read_bytes() != before
    config.write_text(plain)
    synchronise(course, ID)
    assert course.text(ID).read_bytes() == before
