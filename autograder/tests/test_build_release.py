"""Is the release complete, byte-stable, registered, and free of anything that students must not see?"""

import contextlib
import logging
import os
import sqlite3
import subprocess
from pathlib import Path

import nbformat
import pytest

from autograder.build.leaks import require_no_leak, secret_lines
from autograder.build.pair import synchronise
from autograder.build.release import build
from autograder.cells import HIDDEN, SOLUTION
from autograder.course import Course, CourseError
from autograder.gradebook import own_programs_first

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")

REPOSITORY = Course(Path(__file__).parents[2])
RELEASED = [a for a in REPOSITORY.assignments if REPOSITORY.release(a).exists()]

CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "course"
c.CourseDirectory.solution_directory = "solutions"
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "*.py"]
c.Lint.points = 100
"""

TEXT = '''\
# %% nbgrader={"grade": false, "grade_id": "double", "locked": false, "schema_version": 3, "solution": true}
def double(x):
    """Twice x, any shape."""
    ### BEGIN SOLUTION
    secret_factor = 2
    return secret_factor * x
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_double", "locked": true, "points": 100, "schema_version": 3, "solution": false}
from autograder import check_values

check_values(double, {"x": 1.0}, 2.0)
### BEGIN HIDDEN TESTS
check_values(double, {"x": 7.25}, 14.5, says="`double` is tried on a number.")
### END HIDDEN TESTS
'''
GIVEN = '\n# %% nbgrader={"grade": false, "grade_id": "given", "locked": true, "schema_version": 3, "solution": false}\n'
SECRETS = ("secret_factor", "7.25", "14.5", "BEGIN SOLUTION", "HIDDEN TESTS")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A course with its gradebook."""
    course = Course(tmp_path_factory.mktemp("course"))
    (course.root / "nbgrader_config.py").write_text(CONFIG)
    write(course, TEXT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", os.defpath)  # as in a virtual environment that nobody activated
        build(course, "a")
    return course


@pytest.fixture
def course(built):
    """The course as `built`, whatever the test before did to its files."""
    (built.root / "nbgrader_config.py").write_text(CONFIG)
    write(built, TEXT)
    build(built, "a")
    return built


def write(course, text):
    course.text("a").parent.mkdir(parents=True, exist_ok=True)
    course.text("a").write_text(text)
    synchronise(course, "a", "text")


def gradebook(course):
    from nbgrader.api import Gradebook

    return Gradebook(f"sqlite:///{course.gradebook}")


def test_release_blanks_what_it_should_and_keeps_the_rest(course):
    """Are stub, docstring and visible check there, and no secret?"""
    nb = nbformat.read(course.release("a"), as_version=4)
    exercise, test = (cell.source for cell in nb.cells)
    assert exercise.endswith(
        '"""Twice x, any shape."""\n    # YOUR CODE HERE\n    raise NotImplementedError()'
    )
    assert 'check_values(double, {"x": 1.0}, 2.0)' in test
    text = course.release("a").read_text()
    assert [secret for secret in SECRETS if secret in text] == []
    assert nb.metadata.keys() == {"kernelspec"}
    assert nb.cells[1].metadata.editable is False


def test_two_builds_are_identical(course):
    """Does a rebuild leave every byte, and say so?"""
    before = course.release("a").read_bytes()
    assert build(course, "a") == "the release is up to date"
    course.release("a").unlink()
    assert build(course, "a") == "made the release"
    assert course.release("a").read_bytes() == before


def test_a_new_gradebook_is_of_nbgraders_version(course, monkeypatch):
    """Does it name the tables' version as `alembic` does, and was that not started for it?"""
    from nbgrader.api import Gradebook, get_alembic_version

    with own_programs_first():
        monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a process was started"))
        Gradebook(f"sqlite:///{course.root / 'new.db'}").close()
        monkeypatch.undo()
        right = get_alembic_version()
    with contextlib.closing(sqlite3.connect(course.root / "new.db")) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [(right,)]


def test_build_registers_the_points(course):
    """Does nbgrader's gradebook know assignment, cells and points?"""
    with gradebook(course) as book:
        assert book.find_assignment("a").max_score == 100
        assert [cell.name for cell in book.find_notebook("a", "a").grade_cells] == ["test_double"]
        assert "14.5" in book.find_source_cell("test_double", "a", "a").source


def test_build_disturbs_nothing(course, capfd):
    """Do working directory, PATH, the root logger and the terminal stay as they were?"""
    before = (os.getcwd(), os.environ["PATH"], list(logging.getLogger().handlers))
    build(course, "a")
    assert before == (os.getcwd(), os.environ["PATH"], list(logging.getLogger().handlers))
    assert capfd.readouterr() == ("", "")
    assert not list(course.root.glob(".release-*"))


def test_stray_files_are_removed(course):
    """Does a file that an earlier build leaked vanish?"""
    stray = course.release("a").with_name("a.py")
    stray.write_text(TEXT)
    assert build(course, "a") == "made the release"
    assert not stray.exists()


def test_leak_through_another_file_is_refused(course):
    """Is the text, which nbgrader copies when its name is not ignored, found before it is out?"""
    (course.root / "nbgrader_config.py").write_text(CONFIG.replace('"*.py"', '"*.txt"'))
    before = course.release("a").read_bytes()
    with pytest.raises(CourseError, match=r"release/a/a\.py would show .*CourseDirectory\.ignore"):
        build(course, "a")
    assert [p.name for p in course.release("a").parent.iterdir()] == ["a.ipynb"]
    assert course.release("a").read_bytes() == before


def test_leak_through_a_preprocessor_is_refused(course):
    """Is a configuration that leaves hidden tests in the release found out?"""
    (course.root / "nbgrader_config.py").write_text(CONFIG + "c.ClearHiddenTests.enabled = False\n")
    with pytest.raises(CourseError, match="would show students"):
        build(course, "a")


def test_lint_problems_stop_the_build(course):
    """Are all problems listed by cell, and is the old release kept?"""
    before = course.release("a").read_bytes()
    write(
        course,
        TEXT.replace('"points": 100', '"points": 90').replace(
            'check_values(double, {"x": 1.0}', 'assert (double, {"x": 1.0}'
        ),
    )
    with pytest.raises(CourseError) as refusal:
        build(course, "a")
    assert "\n  notebook: has 90 points" in str(refusal.value)
    assert "  test_double: line 3: " in str(refusal.value)
    assert course.release("a").read_bytes() == before


def test_broken_configuration_is_named(course):
    """Does a mistake in nbgrader_config.py give a sentence?"""
    (course.root / "nbgrader_config.py").write_text("c = get_config(\n")
    with pytest.raises(CourseError, match=r"nbgrader_config\.py does not load \(SyntaxError"):
        build(course, "a")


def test_what_nbgrader_stumbles_over_is_said(course):
    """Does an error inside nbgrader give its reason, and keep the old release?"""
    header = 'c.IncludeHeaderFooter.header = "nowhere.ipynb"'
    (course.root / "nbgrader_config.py").write_text(CONFIG + header)
    with pytest.raises(CourseError, match=r"could not make the release of a \(FileNotFoundError.*nowhere"):
        build(course, "a")
    assert course.release("a").exists()


def test_cells_may_change_before_anybody_hands_in(course):
    """Can cells come and go as long as the gradebook holds no submission?"""
    write(course, TEXT + GIVEN + "x = 1\n")
    assert build(course, "a") == "made the release"


def test_submissions_allow_new_text_but_no_new_cells(course):
    """After the first hand-in, does an edited test build, and a new cell say what to do?"""
    with gradebook(course) as book:
        book.add_student("ann")
        book.add_submission("a", "ann")
    try:
        write(course, TEXT.replace("7.25", "7.75").replace("14.5", "15.5"))
        assert build(course, "a") == "the release is up to date"
        write(course, TEXT + GIVEN + "x = 1\n")
        with pytest.raises(CourseError, match="nbgrader db assignment remove a --force"):
            build(course, "a")
    finally:
        with gradebook(course) as book:
            book.remove_submission("a", "ann")
    assert "x = 1" not in course.release("a").read_text()


@pytest.mark.parametrize("assignment", RELEASED)
def test_committed_release_gives_nothing_away(assignment):
    """Is every file in release/ free of the solution and the hidden tests of its source?"""
    source = nbformat.read(REPOSITORY.source(assignment), as_version=4)
    secrets = secret_lines(source, SOLUTION, HIDDEN)
    assert secrets
    for path in REPOSITORY.release(assignment).parent.rglob("*"):
        require_no_leak(path.name, path.read_bytes(), secrets, "")
