"""The page of progress: what it shows of any course, how the points grew, and nothing that runs or loads."""

import re
from datetime import datetime, timedelta

import pytest

from autograder.grading.restore import blank
from autograder.learn.outline import NOT_RUN, as_exercise, for_a_learner, graded_in, outline
from autograder.learn.page import HEIGHT, SHOWN, WIDTH, bar_width, bars, render
from autograder.learn.plan import Day, days, next_step, standings
from autograder.learn.record import DONE, LOST, TODO, Check, Exercise, Record
from autograder.tests.mini import ID, make_course, source_notebook, write

NOON = datetime.fromisoformat("2026-03-01T12:00+01:00")


def exercise(name, score, state, first=""):
    return Exercise(name, "About it", 10.0, score, state, first)


def checked(assignment, score, after=0):
    state = DONE if score == 10 else TODO
    return Check(assignment, NOON + timedelta(days=after), "bwrap", "", (exercise("a", score, state),))


@pytest.fixture
def course(tmp_path):
    return make_course(tmp_path)


def test_days_have_the_points_at_their_end():
    """Do several checks of a day count as one, and losses as losses?"""
    found = days([checked("x", 4), checked("x", 10), checked("y", 5, 1), checked("x", 0, 3)])
    assert [(day.day.day, day.score, day.gained) for day in found] == [(1, 10, 10), (2, 15, 5), (4, 5, -10)]
    assert days([]) == []


def test_bars_fit_the_picture():
    """Is each bar as high as its points, and is the picture never left, for however many days?"""
    many = [Day(NOON.date(), float(score), 0.0) for score in range(100)]
    found = bars(many, 99.0)
    assert len(found) == SHOWN
    assert found[-1]["height"] == HEIGHT
    assert found[-1]["x"] + bar_width(many) == pytest.approx(WIDTH, abs=5)
    assert bars(many[:2], 0.0)[0]["height"] == 0


def test_next_is_what_is_neither_done_nor_given_up(course):
    """Is the next step the first open exercise in the course's order, and none at the end?"""
    record = Record(course.root)
    assert next_step(standings(course, record)).exercise.name == "double"
    states = {"double": DONE, "scale": LOST, "fit": TODO}
    record.add(
        Check(ID, NOON, "bwrap", "", tuple(exercise(name, 0, state) for name, state in states.items()))
    )
    assert (next_step(standings(course, record)).number, next_step(standings(course, record)).title) == (
        2,
        "Mini",
    )
    record.give_up(ID, "scale")
    record.give_up(ID, "fit")
    assert next_step(standings(course, Record(course.root))) is None


def test_an_assignment_of_two_notebooks(course):
    """Are exercises of several notebooks told apart, and called as everywhere else?"""
    course.source(ID).unlink()
    for name in ("one", "two"):
        write(course.source(ID, name), source_notebook())
    names = [one.name for one in outline(course, ID)]
    assert names == [f"{book}/{name}" for book in ("one", "two") for name in ("double", "scale", "fit")]


def test_a_blank_is_not_written_yet_and_all_points_are_done():
    """Are the states of an exercise those of its checks?"""
    notebook = blank(source_notebook())
    facts = {
        "check": "double: values",
        "hidden": False,
        "message": "Wrong sign.",
        "diagnosis": "sign",
        "cause": "",
    }
    states = {}
    for status, diagnosis, score in (
        ("failed", "sign", 0.0), ("failed", "not implemented", 0.0), ("passed", "", 30.0), ("could not run", "", 0.0)
    ):  # fmt: skip
        check = facts | {"status": status, "diagnosis": diagnosis}
        notebook.cells[3].metadata["autograder"] = {"score": score, "checks": [check]}
        one = as_exercise(graded_in(for_a_learner(notebook))[0])
        states[status, diagnosis] = (one.state, one.first)
    assert list(states.values()) == [(LOST, "Wrong sign."), (TODO, ""), (DONE, ""), (LOST, NOT_RUN)]


def test_the_page_shows_text_as_text_and_loads_nothing(course):
    """Is what a record holds shown as text, by a page that no script or address of elsewhere is in?"""
    odd = exercise("<b>a</b>", 5, LOST, "Look at `dx` <script>alert(1)</script>")
    record = Record(course.root)
    record.add(Check(ID, NOON, "<i>", "", (odd,)))
    record.add(Check(ID, NOON + timedelta(days=1), "<i>", "", (odd,)))
    page = render(course, course.root)
    assert "<code>dx</code> &lt;script&gt;" in page
    assert "&lt;b&gt;a&lt;/b&gt;" in page
    assert "sealed by &lt;i&gt;" in page
    assert "<script" not in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert not re.search(r"(src|href)=\"?https?:|url\(|@import", page)
    assert page.count("<rect") == 2
