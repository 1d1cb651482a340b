"""Does the build take ordinary nbgrader notebooks, and refuse only what nobody could grade?"""

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

import autograder
from autograder.build.lint import lint
from autograder.build.pair import synchronise
from autograder.build.release import build
from autograder.cells import CHECKS
from autograder.cli import main
from autograder.course import Course, CourseError
from autograder.doctor import examine_course
from autograder.tests.mini import TEST_DOUBLE, cell, write
from autograder.tests.other_courses import WEEK, add_week, course_at

pytestmark = pytest.mark.filterwarnings("ignore")
ANSWER, TEST = "def f(x):\n    return x + 1", "assert f(1) == 2"


def noted(kind, **marks):
    """A text cell with nbgrader's marks."""
    metadata = {
        "grade": False,
        "solution": False,
        "locked": False,
        "task": False,
        "schema_version": 3,
        "grade_id": kind,
    }
    return new_markdown_cell(kind, metadata={"nbgrader": metadata | marks})


def plain(*more, answer=ANSWER, test=TEST, points=1.5):
    return new_notebook(cells=[cell("f", answer, solution=True), cell("test_f", test, points=points), *more])


def told(notebook, **wishes):
    return [f"{one.cell}: {one.message}" for one in lint(notebook, **wishes)]


FINE = {
    "as it is": plain(),
    "no points": plain(points=0),
    "an answer and a task": plain(
        noted("essay", solution=True, grade=True, points=3), noted("task", task=True, locked=True, points=2)
    ),
    "plotted by hand": plain(cell("plot", "import matplotlib.pyplot as plt", solution=True, points=2)),
    "broken on purpose": plain(cell("mend_me", "def g(:")),
    "a file and a class": plain(answer="class F:\n    pass\nopen('data.csv')"),
    "a test that is not locked": plain(cell("late", TEST, solution=False, points=1)),
    "helpers of that name": plain(test="def check_all():\n    assert f(1) == 2\ncheck_all()"),
}
FINE["a test that is not locked"].cells[-1].metadata.nbgrader.locked = False


@pytest.mark.parametrize("case", FINE)
def test_a_plain_notebook_has_no_problem(case):
    """Is a notebook as other courses have it left alone, outputs included?"""
    FINE[case].cells[0].execution_count = 3
    assert told(FINE[case]) == []


REFUSED = {
    "is text, which no test grades": plain(noted("m", grade=True, points=1)),
    "has the grade_id of an earlier cell": plain(noted("f", solution=True)),
    "has -1 points": plain(points=-1),
    "does not compile": plain(test="assert f(1) =="),
    "holds a BEGIN HIDDEN TESTS marker": plain(
        cell("given", "### BEGIN HIDDEN TESTS\n1\n### END HIDDEN TESTS")
    ),
    "of an old version": plain(noted("old", solution=True, schema_version=1)),
    "holds AUTOTEST lines": plain(test="### AUTOTEST f(1)"),
    "a check must be a statement of its own": plain(
        test=f"{TEST}\nif f(1):\n    check_values(f, {{'x': 1}}, 2)"
    ),
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_nobody_could_grade_is_refused(message):
    """Is it one sentence that names the cell, and nothing else?"""
    problems = told(REFUSED[message])
    assert len(problems) == 1
    assert message in problems[0]


def test_rules_of_exercises_hold_above_checks_alone():
    """In a notebook of both kinds, does an exercise keep the rules that the test below it needs?"""
    shown = "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
    ours = [cell("double", shown, solution=True), cell("test_double", TEST_DOUBLE, points=2)]
    assert told(plain(*ours)) == ["double: shows no docstring of `double`; write it above the markers."]


def test_another_language_is_a_sentence():
    """Is a notebook in R refused before anything runs?"""
    notebook = plain()
    notebook.metadata["kernelspec"] = {"name": "ir", "language": "R", "display_name": "R"}
    assert told(notebook) == ["notebook: is written in r, and grading runs Python alone."]


def test_markers_of_a_courses_own_are_a_sentence(tmp_path):
    """Is a course told whose markers only nbgrader would know?"""
    course = course_at(tmp_path)
    add_week(course)
    path = tmp_path / "nbgrader_config.py"
    path.write_text(path.read_text() + 'c.ClearSolutions.begin_solution_delimeter = "BEGIN ANSWER"\n')
    with pytest.raises(
        CourseError, match="begin_solution_delimeter gives a marker a name that grading does not know"
    ):
        build(course, WEEK)


def test_all_points_of_an_assignment_count(tmp_path):
    """Is the sum that a course asks for that of all notebooks, with what is marked by hand?"""
    course = course_at(tmp_path)
    add_week(course)
    path = tmp_path / "nbgrader_config.py"
    path.write_text(path.read_text() + "c.Lint.points = 100\n")
    with pytest.raises(CourseError, match=r"has 21 points in all; make it 100 \(c.Lint.points\)"):
        build(course, WEEK)


def test_plain_sources_stay_as_they_are(tmp_path):
    """Is no byte of a plain notebook changed, with and without something graded in it?"""
    course = Course(tmp_path)
    shown = nbformat.v4.new_code_cell(
        "1 + 1", outputs=[nbformat.v4.new_output("stream", text="2")], execution_count=1
    )
    for notebook in (plain(), new_notebook(cells=[new_markdown_cell("Welcome."), shown])):
        write(course.source("a", "one"), notebook)
        before = course.source("a", "one").read_bytes()
        for keep in (None, "notebook"):
            assert synchronise(course, "a", keep, "one") == "kept as it is"
            assert (course.source("a", "one").read_bytes(), course.text("a", "one").exists()) == (
                before,
                False,
            )
        assert told(notebook) == []


def test_build_and_doctor_say_the_same(tmp_path, capsys):
    """Is a cell that cannot run sealed refused with the doctor's reason, and is nbgrader's way a way out?"""
    course, path = course_at(tmp_path), tmp_path / "nbgrader_config.py"
    write(
        course.source("a", "one"),
        plain(answer="n = 1\ndef f(x):\n    return x + n", test="n = 2\nassert f(1) == 3"),
    )
    assert main(["--course", str(tmp_path), "build"]) == 2
    said = " ".join(capsys.readouterr().err.split())
    _, change = examine_course(course)
    assert change.name == "a, one/test_f"
    assert f"one/test_f: {change.text}" in said
    assert "0 of 1 plain test cells run sealed. " in said
    path.write_text(path.read_text() + 'c.SealedExecute.plain = {"a": "kernel"}\n')
    assert main(["--course", str(tmp_path), "build"]) == 0
    assert "made the release; 1 plain test cells run unsealed" in " ".join(capsys.readouterr().out.split())


def test_one_notebook_is_asked_for_where_several_will_not_do(tmp_path):
    """Is an audit, or a zip for Gradescope, of an assignment of several notebooks one sentence?"""
    course = course_at(tmp_path)
    add_week(course)
    for command in (["audit", WEEK], ["solve", WEEK], ["gradescope", WEEK], ["calibrate", WEEK]):
        assert main(["--course", str(tmp_path), *command]) == 2


def test_the_checks_are_those_that_notebooks_can_import():
    """Is what makes a cell one of ours every check that there is?"""
    assert {name for name in autograder.__all__ if name.startswith("check_")} == CHECKS


def test_names_of_notebooks(tmp_path):
    """Is an assignment all notebooks of its folder, and one that is only text its own?"""
    course = Course(tmp_path)
    write(course.source("two", "b"), nbformat.v4.new_notebook())
    write(course.source("two", "a"), nbformat.v4.new_notebook())
    write(course.source("two", "._a"), "what some systems put beside files")
    write(course.text("one"), "# %%\n1")
    (tmp_path / "source" / "empty").mkdir()
    assert course.assignments == ["one", "two"]
    assert (course.notebooks("one"), course.notebooks("two")) == (["one"], ["a", "b"])
