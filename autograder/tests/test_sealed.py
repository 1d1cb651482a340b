"""What sealed grading gives to right, odd, edited and unfinished submissions, and to broken tests."""

import pytest
from nbformat import NotebookNode

from autograder.sandbox.session import StudentFunction
from autograder.tests.mini import (
    DOUBLE,
    FULL,
    ID,
    judged,
    messages,
    release_notebook,
    scores,
    source_notebook,
    submission,
    write,
)


def test_instructors_own_notebook_gets_everything(course):
    """Does the source notebook itself score full marks, with nothing to put right?"""
    result = judged(course, source_notebook())
    assert scores(result) == FULL
    assert result.restored == []


def test_release_gets_nothing(course):
    """Does the untouched release score 0, each check saying that nothing is implemented?"""
    result = judged(course, release_notebook())
    assert result.score == 0
    assert all("is not implemented yet" in message for message in messages(result))


def test_points_are_split_over_checks(course):
    """Does a function that only satisfies one of two checks earn half of the points?"""
    result = judged(course, submission({"double": "def double(x):\n    return x"}))
    assert scores(result)["test_double"] == 15


def test_no_double_punishment(course):
    """Is a function judged with the reference's helper where its own is wrong?"""
    result = judged(course, submission({"double": "def double(x):\n    return 3 * x"}))
    assert scores(result) == {"test_double": 15, "test_scale": 50, "test_fit": 20}


@pytest.mark.parametrize(("body", "supplied"), [("2 * x", set()), ("3 * x", {"double"})])
def test_only_unproven_functions_are_supplied(course, monkeypatch, body, supplied):
    """Does a right function stay in the student's process, where calling it is cheap, and a wrong one not?"""
    names, supply = set(), StudentFunction.sealed_supply
    monkeypatch.setattr(
        StudentFunction,
        "sealed_supply",
        lambda self, stand_ins: (names.update(stand_ins), supply(self, stand_ins))[1],
    )
    assert (
        scores(judged(course, submission({"double": f"def double(x):\n    return {body}"})))["test_scale"]
        == 50
    )
    assert names == supplied


def test_a_supplied_function_advances_the_students_generator(course):
    """Does randomness go on after a call of the reference with the student's rng, also by keyword?"""
    notebook = source_notebook()
    cells = {one.id: one for one in notebook.cells}
    cells["double"].source = DOUBLE.replace("double(x)", "double(rng)").replace("2 * x", "rng.normal()")
    cells[
        "fit"
    ].source = 'def fit(rng):\n    """Two draws."""\n    ### BEGIN SOLUTION\n    return double(rng), double(rng=rng)\n    ### END SOLUTION'
    cells["test_fit"].source = (
        "import numpy as np\nfrom autograder import check_values\nfrom autograder.hidden import reference\n"
        "check_values(fit, {'rng': np.random.default_rng(1)}, reference.fit, given=['double'])"
    )
    write(course.source(ID), notebook)
    assert scores(judged(course, notebook))["test_fit"] == 20


def test_edited_deleted_and_doubled_cells_are_put_right(course):
    """Do tests come from the source whatever happened to them, and is each change reported?"""
    notebook = release_notebook()
    by_id = {one.id: one for one in notebook.cells}
    by_id["test_double"].source = "pass"
    by_id["test_scale"].metadata.nbgrader.points = 1000
    notebook.cells.remove(by_id["test_fit"])
    notebook.cells.append(NotebookNode({**by_id["test_double"], "id": "twin"}))
    result = judged(course, notebook)
    assert (result.score, result.max_score) == (0, 100)
    assert set(scores(result)) == set(FULL)
    notes = " ".join(result.restored)
    assert "1 cell edited and put back: test_double" in notes
    assert "1 cell there more than once, of which one counts: test_double" in notes
    assert "1 cell with changed metadata put right: test_scale" in notes
    assert "1 cell missing and put back: test_fit" in notes


def test_a_solution_cell_that_was_deleted_comes_back_blank(course):
    """Does a lost exercise cost its own points only?"""
    notebook = submission()
    notebook.cells = [one for one in notebook.cells if one.id != "fit"]
    result = judged(course, notebook)
    assert scores(result) == {**FULL, "test_fit": 0}


def test_broken_test_cell_is_not_the_students_fault(course):
    """Does a test that fails by itself count as "could not run", with no zero in silence?"""
    notebook = source_notebook()
    cells = {one.id: one for one in notebook.cells}
    cells["test_fit"].source = cells["test_fit"].source.replace("data = np.array", "data = 1 / 0 + np.array")
    write(course.source(ID), notebook)
    result = judged(course, submission())
    assert result.count("could not run") == 2
    assert result.needs_a_person
    assert "ZeroDivisionError" in result.cells[2]["checks"][0]["cause"]
    assert "ZeroDivisionError" not in result.cells[2]["checks"][0]["message"]


def test_a_cell_without_checks_could_not_run(course):
    """Does a test cell in which no check runs earn nothing and get listed?"""
    notebook = source_notebook()
    next(one for one in notebook.cells if one.id == "test_fit").source = "x = 1\n'looks fine'"
    write(course.source(ID), notebook)
    result = judged(course, submission())
    assert scores(result)["test_fit"] == 0
    assert result.count("could not run") == 1


def test_without_a_sandbox_the_same_points(course, monkeypatch):
    """Does `--sandbox none` give trusted code the same points, its own files, and a folder of its own?"""
    monkeypatch.chdir(course.root)
    write(course.submitted("ada", ID).parent / "factor.txt", "2")
    own = "def double(x):\n    open('mine.txt', 'w').close()\n    return int(open('factor.txt').read()) * x"
    assert scores(judged(course, submission({"double": own}), sandbox="none")) == FULL
    assert not list(course.root.rglob("mine.txt"))
