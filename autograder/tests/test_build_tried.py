"""Does a build find out that its own solution loses points, before anybody else does?"""

import pytest

from autograder.build import trial
from autograder.build.release import build
from autograder.cli import main
from autograder.course import CourseError
from autograder.tests.mini import DOUBLE, ID, TEST_DOUBLE, TEST_SCALE, calibration_of, source_notebook, write
from autograder.truth.calibration import path_of

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")


def changed(course, **texts):
    """The mini course with other texts in some cells, its targets calibrated."""
    import json

    source = source_notebook()
    for cell in source.cells:
        cell.source = texts.get(cell.id, cell.source)
    write(course.source(ID), source)
    write(path_of(course, ID), json.dumps(calibration_of(source)))
    return course


@pytest.mark.slow
def test_a_sound_assignment_is_graded_once(course, monkeypatch):
    """Does a sound one build, and is it not graded again until something changes?"""
    graded = []

    def counted(name, assignment, *others):
        graded.append(name)
        return judge_known(name, assignment, *others)

    judge_known = trial.judge_known
    monkeypatch.setattr(trial, "judge_known", counted)
    assert build(course, ID, trial=True) == "made the release"
    assert graded == ["its solution", "its release, as it is,"]
    assert build(course, ID, trial=True) == "the release is up to date"
    assert len(graded) == 2
    changed(course, double=DOUBLE.replace("2 * x", "x + x"))
    build(course, ID, trial=True)
    assert len(graded) == 4


def test_a_solution_that_loses_points_is_refused(course):
    """Are score, cell, check and reason said, and is nothing released?"""
    wrong = TEST_DOUBLE.replace("reference.double", "lambda x: 3 * x")
    with pytest.raises(CourseError) as refusal:
        build(changed(course, test_double=wrong), ID, trial=True)
    head, *lines = str(refusal.value).splitlines()
    assert "its solution gets 85 of 100 points" in head
    assert "nothing was released" in head
    assert len(lines) == 1
    assert lines[0].startswith(
        "  test_double, check 2 (double: values, hidden): the solution fails: the result "
    )
    assert not course.release(ID).exists()
    assert not course.tried(ID).exists()


def test_a_release_that_gets_points_is_refused(course):
    """Is a check found that passes although nothing is written?"""
    free = TEST_DOUBLE.replace(
        "check_shapes(double", "check_values(np.sum, {'x': np.ones(3)}, 3.0)\ncheck_shapes(double"
    )
    free = free.replace("import check_shapes", "import check_shapes, check_values")
    with pytest.raises(CourseError) as refusal:
        build(changed(course, test_double=free), ID, trial=True)
    assert "its release, as it is, gets 10 of 100 points" in str(refusal.value)
    assert "test_double, check 1 (sum: values): passes although nothing is written yet" in str(refusal.value)


def test_a_broken_check_is_named(course):
    """Is a check that could not run for anybody refused, with its error?"""
    broken = TEST_SCALE.replace("np.array([0.5, -1.0, 2.0])", "np.array([0.5, -1.0, 1 / 0])")
    with pytest.raises(CourseError, match=r"test_scale, check 1 .*could not be run \(ZeroDivisionError"):
        build(changed(course, test_scale=broken), ID, trial=True)


def test_without_walls_the_way_out_is_said(course, monkeypatch, capsys):
    """Is a machine that cannot grade told of --untried, and does that build?"""

    def nowhere(*arguments):
        raise CourseError("There are no walls here.")

    monkeypatch.setattr(trial, "sealed_steps", nowhere)
    assert main(["--course", str(course.root), "build"]) == 2
    assert "no walls here. Where nothing can be graded, `autograder build --untried`" in " ".join(
        capsys.readouterr().err.split()
    )
    assert not course.release(ID).exists()
    assert main(["--course", str(course.root), "build", "--untried"]) == 0
    assert course.release(ID).exists()
    assert "Nobody has graded the solutions" in " ".join(capsys.readouterr().out.split())
