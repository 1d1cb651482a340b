"""Do assignments of other courses go from source to feedback, with the points that nbgrader gives them?"""

import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest

from autograder.cli import main
from autograder.grading.judge import Rules
from autograder.grading.one import judge_one
from autograder.grading.restore import is_tampering
from autograder.grading.result import Result, add
from autograder.grading.results_file import read_results
from autograder.grading.submission import SubmissionError
from autograder.grading.taken import notebooks_in
from autograder.tests.mini import write
from autograder.tests.nbgrader_command import runner
from autograder.tests.other_courses import (
    DATA,
    NOTEBOOKS,
    WEEK,
    WRONG,
    add_gru,
    add_week,
    course_at,
    hand_in,
    hand_in_release,
    marks,
)
from autograder.truth.mistakes import load_mistakes, with_mistake
from autograder.truth.source import handed_in, read_source

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
EXAMPLE = Path(find_spec("nbgrader").origin).parent / "docs/source/user_guide/source/ps1"
BY_HAND = {("functions", "explain"), ("rain", "plot"), ("rain", "measure")}


def run(course, *arguments):
    return main(["--course", str(course.root), *arguments])


def by_cell(course, assignment, student):
    """(points, waits) by cell."""
    found = marks(course, assignment)
    return {key[1:]: mark[:2] for key, mark in found.items() if key[0] == student}


@pytest.fixture(scope="module")
def nbgrader(tmp_path_factory):
    """Runs nbgrader's commands in a course's folder."""
    with pytest.MonkeyPatch.context() as patch:
        yield lambda course, *words: runner(course, patch, tmp_path_factory.getbasetemp())(*words)


@pytest.fixture(scope="module")
def stock(tmp_path_factory, nbgrader):
    """The introductory course as nbgrader's users have it, graded by nbgrader."""
    course = course_at(tmp_path_factory.mktemp("stock"), "stock")
    add_week(course)
    nbgrader(course, "generate_assignment", WEEK)
    handed_in_by_three(course)
    nbgrader(course, "autograde", WEEK)
    return course


def handed_in_by_three(course):
    for name in NOTEBOOKS:
        hand_in(course, "right", WEEK, name, {})
        hand_in(course, "wrong", WEEK, name, WRONG)
    write(course.submitted("right", WEEK).with_name(DATA), "month,mm\nJan,1\n")  # the course's file counts
    hand_in_release(course, "blank", WEEK)


@pytest.fixture(scope="module")
def week(tmp_path_factory, nbgrader):
    """The same course, moved: with the settings of docs/moving.md; nbgrader makes a release, the build another."""
    course = course_at(tmp_path_factory.mktemp("moved"), "moved")
    add_week(course)
    nbgrader(course, "generate_assignment", WEEK)
    generated = released(course)
    assert run(course, "build") == 0
    handed_in_by_three(course)
    assert run(course, "grade") == 1  # answers wait for a mark
    assert run(course, "feedback") == 0
    return course, generated


def released(course):
    return {
        name: [cell.source for cell in nbformat.read(course.release(WEEK, name), 4).cells]
        for name in NOTEBOOKS
    }


@pytest.fixture(scope="module")
def gru(tmp_path_factory):
    """The GRU, built and graded: right, blank, and a student for each known mistake."""
    course = course_at(tmp_path_factory.mktemp("gru"))
    add_gru(course)
    assert run(course, "build") == 0
    hand_in(course, "right", "gru", "gru", {})
    hand_in_release(course, "blank", "gru")
    solution = handed_in(read_source(course, "gru"))
    for number, mistake in enumerate(load_mistakes(course, "gru")):
        write(course.submitted(f"wrong-{number}", "gru"), with_mistake(solution, mistake))
    assert run(course, "grade") == 0
    assert run(course, "feedback") == 0
    return course


def test_a_gru_goes_from_source_to_feedback(gru):
    """Do right, wrong and blank get what they earn, and does feedback say which gradient is wrong?"""
    scores = {one.student: (one.final, one.out_of) for one in read_results(gru.reports / "results.json")}
    assert scores["right"] == (12.5, 12.5)
    assert scores["blank"] == (0, 12.5)
    page = (gru.root / "feedback" / "wrong-2" / "gru" / "gru.html").read_text()
    assert "dh" in page
    assert "hidden_rng" not in page


def test_the_grus_known_mistakes_are_caught(gru):
    """Does each mistake fail the check that it names, with its diagnosis, and no check of another function?"""
    results = {one.student: one for one in read_results(gru.reports / "results.json")}
    for number, mistake in enumerate(load_mistakes(gru, "gru")):
        lost = [check for check in results[f"wrong-{number}"].checks if check["status"] == "failed"]
        assert {(check["check"], check["diagnosis"]) for check in lost} == {
            (mistake.check, mistake.diagnosis)
        }


def test_a_notebook_of_a_wrong_name_is_asked_about(tmp_path):
    """Of two notebooks, is one that is missing no fault, but one beside them of another name a sentence?"""
    one, two = (tmp_path / f"{name}.ipynb" for name in ("one", "two"))
    write(one, "{}")
    assert notebooks_in([one, two]) == [one]
    write(tmp_path / "two-Copy1.ipynb", "{}")
    with pytest.raises(
        SubmissionError, match=r"two.ipynb is missing: found two-Copy1.ipynb; name it two.ipynb"
    ):
        notebooks_in([one, two])
    with pytest.raises(SubmissionError, match=r"holds no notebook"):
        notebooks_in([tmp_path / "empty" / "one.ipynb", tmp_path / "empty" / "two.ipynb"])


def test_a_damaged_notebook_costs_no_points_of_the_assignment(tmp_path):
    """Do all points of all notebooks stand beside a submission of which one cannot be read?"""
    course = course_at(tmp_path)
    add_week(course)
    for name in NOTEBOOKS:
        write(course.submitted("ada", WEEK, name), "no notebook")
    result, _ = judge_one(course, "ada", WEEK, Rules(course.source(WEEK, NOTEBOOKS[0])))
    assert (result.score, result.max_score) == (None, 21)


def test_notes_name_cells_as_the_report_does():
    """Is what was put right in one of several notebooks told with the notebook's name?"""
    whole, part = Result("ada", WEEK), Result("", "", score=1.0)
    part.restored = ["2 cells edited and put back: a, b", "This notebook is as it was released."]
    add(whole, part, "rain")
    assert whole.restored == [
        "2 cells edited and put back: rain/a, rain/b",
        "In rain: This notebook is as it was released.",
    ]
    assert is_tampering(whole.restored[0], ["rain/a"])


def test_build_and_nbgrader_make_the_same_release(week):
    """Do students get the same cells from both, and the data file, but nothing that answers?"""
    course, generated = week
    assert released(course) == generated
    names = sorted(path.name for path in course.release(WEEK).parent.iterdir())
    assert names == sorted([DATA, *(f"{name}.ipynb" for name in NOTEBOOKS)])
    text = str(generated)
    assert "MARK SCHEME" not in text
    assert "-40" not in text


def test_the_source_stays_as_its_author_saved_it(week):
    """Does the build add no text form to notebooks that have no checks of ours?"""
    course, _ = week
    assert sorted(path.name for path in course.source(WEEK).parent.iterdir()) == sorted(
        [DATA, *(f"{name}.ipynb" for name in NOTEBOOKS)]
    )


@pytest.mark.parametrize("student", ["right", "wrong", "blank"])
def test_points_and_marks_by_hand_are_nbgraders(stock, week, student):
    """Does each cell give what stock nbgrader gives it, and wait for a person where it does there?"""
    ours, theirs = by_cell(week[0], WEEK, student), by_cell(stock, WEEK, student)
    assert len(theirs) == 8
    assert ours == theirs
    if student == "right":
        assert {cell for cell, (_, waits) in ours.items() if waits} == BY_HAND
        assert sum(points or 0 for points, _ in ours.values()) == 13


def test_the_courses_data_take_the_place_of_a_students(stock, week):
    """Is the file that lies beside the graded notebook the course's, as with nbgrader?"""
    copies = [(course.autograded("right", WEEK).with_name(DATA)).read_text() for course in (stock, week[0])]
    assert copies[0] == copies[1] == week[0].source(WEEK).with_name(DATA).read_text()


def test_the_report_names_notebook_and_cell(week):
    """Is a cell called by its notebook, too, and are all points of the gradebook counted?"""
    results = {one.student: one for one in read_results(week[0].reports / "results.json")}
    assert [cell["cell"] for cell in results["right"].cells][:2] == [
        "functions/test_celsius",
        "functions/test_stack",
    ]
    assert {one.out_of for one in results.values()} == {21}
    assert results["wrong"].grade.waits == ["functions/explain", "rain/measure", "rain/plot"]
    assert results["right"].restored == results["wrong"].restored == results["blank"].restored == []


def test_feedback_has_a_page_for_each_notebook(week):
    """Does each page show its own cells and points, the author's words of a hidden assert and nothing else of it?"""
    folder = week[0].root / "feedback" / "wrong" / WEEK
    pages = {name: re.sub(r"<[^>]+>", " ", (folder / f"{name}.html").read_text()) for name in NOTEBOOKS}
    assert "Is there nothing too cold?" in pages["functions"]
    assert "-500" not in pages["functions"]
    assert "celsius" not in pages["rain"]
    assert "of 9.5 points" not in pages["functions"]
    assert "3 of 11.5 points" not in pages["rain"]


@pytest.fixture(scope="module")
def example(tmp_path_factory, nbgrader):
    """nbgrader's own example, which `nbgrader quickstart` copies, graded by nbgrader and sealed: two courses."""
    root, courses = tmp_path_factory.mktemp("quickstart"), []
    for kind in ("stock", "moved"):
        course = course_at(root / kind, kind)
        shutil.copytree(EXAMPLE, course.source("ps1").parent)
        if kind == "stock":
            nbgrader(course, "generate_assignment", "ps1")
        else:
            assert run(course, "build") == 0
        for name in course.notebooks("ps1"):
            hand_in(course, "right", "ps1", name, {})
        courses.append(course)
    hand_in(course, "half", "ps1", "problem1", {})  # sealed alone
    nbgrader(courses[0], "autograde", "ps1")
    assert run(courses[1], "grade") == 1  # answers wait for a mark
    return courses


def test_nbgraders_own_example_gets_the_same_points(example):
    """Does its solution get sealed what stock nbgrader gives it, in each cell?"""
    theirs, ours = (by_cell(course, "ps1", "right") for course in example)
    assert len(theirs) == 9
    assert ours == theirs
    assert sum(points or 0 for points, _ in ours.values()) == 3


def test_one_of_two_notebooks_alone_is_graded(example):
    """Does a notebook that was not handed in cost its own points, and nothing wait for a mark there?"""
    half = by_cell(example[1], "ps1", "half")
    assert {cell: mark for cell, mark in half.items() if cell[0] == "problem2"} == {
        ("problem2", "part-a"): (0, False), ("problem2", "part-b"): (0, False),
    }  # fmt: skip
    assert sum(points or 0 for points, _ in half.values()) == 3
