"""Checks on systems where graders cannot start a process of a student's, as on Windows."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from autograder.learn.check import check
from autograder.learn.folder import Desk
from autograder.learn.inside import BROKE_OFF, judge_inside
from autograder.learn.judges import How
from autograder.learn.record import Record
from autograder.tests.mini import (
    DOUBLE,
    ID,
    SCALE,
    cell,
    make_course,
    release_notebook,
    source_notebook,
    write,
)
from autograder.tests.test_learn import fill

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[2]
WINDOWS = """
import sys
import pwd, nbgrader.utils
sys.modules |= {"fcntl": None, "resource": None}
"""
PLAIN = "assert triple(2) == 6\n### BEGIN HIDDEN TESTS\nassert triple(1.5) == 4.5\n### END HIDDEN TESTS"


@pytest.fixture
def course(tmp_path):
    (tmp_path / "course").mkdir()
    course = make_course(tmp_path / "course")
    write(course.release(ID), release_notebook())
    return course


def desk(course, answers, root=None):
    """A learner's folder with these answers."""
    root = root or course.root.parent / "mine"
    fill(write(root / ID / f"{ID}.ipynb", release_notebook()), answers)
    return Desk(root, Path(tempfile.gettempdir()))


def judged(course, answers):
    """Points by test cell, and the messages of all checks."""
    result, texts = judge_inside(course, desk(course, answers), ID)
    assert not result.problem
    assert set(texts) == {ID}
    return {one["cell"]: one["score"] for one in result.cells}, [one["message"] for one in result.checks]


def test_a_system_without_what_graders_need(course):
    """Are points and messages the same as the sealed graders', where Python has not the modules they need?"""
    answers = {"double": DOUBLE, "scale": SCALE.replace("dout * w", "-dout * w")}
    mine = desk(course, answers).root
    Record(mine).begin()
    [sealed] = check(course, mine, [ID], How()).checks
    folder = write(course.root.parent / "site" / "sitecustomize.py", WINDOWS).parent
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(folder), str(REPOSITORY)]),
        "COLUMNS": "200",
    }
    command = [sys.executable, "-m", "autograder", "learn", str(mine), "--check", "--force"]
    done = subprocess.run(
        command, cwd=course.root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing limits its time here" in done.stdout
    assert "mini: 30 of 100 points (not sealed)" in done.stdout
    open_ = Record(mine).last(ID)
    assert open_.walls == "none"
    assert sealed.walls != "none"
    assert open_.exercises == sealed.exercises


def test_a_notebook_that_ends_its_process_is_told(course):
    """Is the sentence one that says where to look, and no zero?"""
    result, texts = judge_inside(course, desk(course, {"double": "import os\nos._exit(3)"}), ID)
    assert (result.problem, result.score, texts) == (BROKE_OFF, None, {})


def test_what_the_learner_did_to_the_tests_does_not_count(course):
    """Do the tests come from the course, an edited one too?"""
    scores, _ = judged(course, {"test_double": "pass", "double": "double = 3"})
    assert scores["test_double"] == 0


def test_plain_tests(course):
    """Do asserts count as with nbgrader, hidden ones too, and files beside the notebook lie there?"""
    source = source_notebook()
    answer = "def triple(x):\n    ### BEGIN SOLUTION\n    return 3 * x\n    ### END SOLUTION"
    source.cells = [cell("triple", answer, solution=True), cell("test_triple", PLAIN, points=10)]
    write(course.source(ID), source)
    (course.release(ID).parent / "factor.txt").write_text("3")
    write(course.release(ID), source)
    root = course.root.parent / "mine"
    write(root / ID / f"{ID}.ipynb", source)
    for text, points, message in (
        ("def triple(x):\n    return int(open('factor.txt').read()) * x", 10, ""),
        ("def triple(x):\n    return int(3 * x)", 0, "An assert of `test_triple` does not hold."),
    ):
        fill(root / ID / f"{ID}.ipynb", {"triple": text})
        result, _ = judge_inside(course, Desk(root, root), ID)
        assert (result.score, [one["message"] for one in result.checks]) == (points, [message])
