"""The real course: does every committed notebook keep what the README promises?"""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from autograder.build.leaks import secret_lines
from autograder.build.results import names_of, table
from autograder.build.results import read_results as read_training_results
from autograder.build.solve import without_hidden_tests
from autograder.cells import HIDDEN, SOLUTION
from autograder.cli import main
from autograder.course import CONFIG, Course
from autograder.demo.run import SHOWN
from autograder.demo.search import TELLING, search
from autograder.demo.students import STUDENTS, Assignment
from autograder.grading.results_file import read_results
from autograder.new.make import STARTER
from autograder.reports.suspicion import alike, tampered

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]
COURSE = Course.find(Path(__file__).parent)
ASSIGNMENTS = COURSE.assignments
ENDS = ("ada", "blaise")  # who hand in the solution and the release
# Nats per character: the final parameters on the training part, the best ones on the held-out part.
TARGETS = {
    "01b": (2.398, 2.45),
    "02": (1.30, 1.58),
    "03": (1.20, 1.61),
    "04": (0.70, 1.49),
    "05-rnn": (1.10, 1.60),
    "05-lstm": (0.50, 1.48),
    "06": (0.60, 1.48),
}


def read(path):
    return nbformat.read(path, as_version=4)


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_solutions_are_executed_and_show_no_hidden_test(assignment):
    """Does every committed solution hold outputs and pictures, no error and no line of a hidden test?"""
    solution = read(COURSE.solution(assignment))
    outputs = [output for cell in solution.cells for output in cell.get("outputs", [])]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not [output for output in outputs if output.output_type == "error"]
    text = COURSE.solution(assignment).read_text()
    assert "HIDDEN TESTS" not in text
    for line in secret_lines(read(COURSE.source(assignment)), HIDDEN):
        assert line not in text


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_solutions_are_those_of_the_source(assignment):
    """Was the committed solution made from the source as it is now?"""
    made = without_hidden_tests(read(COURSE.source(assignment)))
    assert [cell.source for cell in read(COURSE.solution(assignment)).cells] == [
        cell.source for cell in made.cells
    ]


@pytest.mark.parametrize("model", TARGETS)
def test_committed_runs_reach_their_targets(model):
    """Did the run in solutions/ reach what the model is known to reach, in time and memory?"""
    (result,) = [result for result in read_training_results(COURSE) if result["model"] == model]
    train, held_out = TARGETS[model]
    assert result["train"] <= train
    assert result["held_out"] <= held_out
    assert result["notebook_seconds"] <= 3600  # with other work beside it; 360 are enough on free cores
    assert result["peak_memory"] < 1.5e9


def test_the_readme_shows_the_committed_runs():
    """Is the table in the README the one that results.json gives?"""
    assert table(read_training_results(COURSE), names_of(COURSE)) in (COURSE.root / "README.md").read_text()


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_most_points_are_for_backward_passes_and_training(assignment):
    """Is the weight where the learning is?"""
    points = {
        cell.metadata.nbgrader.grade_id: cell.metadata.nbgrader.points
        for cell in read(COURSE.source(assignment)).cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }
    backward = [value for name, value in points.items() if "backward" in name or "gradient" in name]
    forward = [value for name, value in points.items() if "forward" in name]
    assert sum(backward) > sum(forward)
    assert sum(points.values()) == 100


def test_the_wheel_holds_no_test_no_solution_and_the_text(tmp_path):
    """Can what students install be searched in vain for answers, and does it bring the corpus?"""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=COURSE.root, check=True, capture_output=True,
    )  # fmt: skip
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = wheel.namelist()
        text = "\n".join(wheel.read(name).decode("utf-8", "replace") for name in names)
    lines = {line.strip() for line in text.splitlines()}
    assert "autograder/data/alice_in_wonderland.txt" in names
    assert "autograder/reports/report.html.j2" in names
    starter = {f"autograder/new/starter/{path.name}" for path in STARTER.iterdir()}
    assert len(starter) == 6
    assert starter <= set(names)
    assert not [name for name in names if re.search(r"tests/|demo/|source/|solutions/|\.ipynb$", name)]
    for assignment in ASSIGNMENTS:
        secrets = secret_lines(read(COURSE.source(assignment)), SOLUTION, HIDDEN)
        assert len(secrets) > 40
        telling = {line for line in secrets if len(line) >= TELLING and not line.startswith("from ")}
        assert telling & lines == set()


def demo_of(root, assignments):
    """The demo of these assignments, in a copy of the course."""
    for assignment in assignments:
        shutil.copytree(COURSE.source(assignment).parent, root / "source" / assignment)
    shutil.copy(COURSE.root / CONFIG, root)
    assert main(["--course", str(root), "demo", "--full"]) == 0
    return Course(root / "demo")


@pytest.fixture(scope="module")
def demo(tmp_path_factory, request):
    """The demo with its whole class; the one of `make demo`, where .ci/run has just made it."""
    if request.config.getoption("--stress"):
        return demo_of(tmp_path_factory.mktemp("course"), ASSIGNMENTS)
    if "DEMO_IS_MADE" in os.environ:
        return Course(COURSE.root / "demo")
    return demo_of(tmp_path_factory.mktemp("course"), ASSIGNMENTS[:SHOWN])


@pytest.fixture(scope="module")
def results(demo, tmp_path_factory):
    """(student, assignment): result, of the demo; in assignments that it leaves out of ENDS only."""
    found = read_results(demo.reports / "results.json")
    if rest := [one for one in ASSIGNMENTS if one not in demo.assignments]:
        with pytest.MonkeyPatch.context() as patch:
            for student in set(STUDENTS) - set(ENDS):
                patch.delitem(STUDENTS, student)
            ends = demo_of(tmp_path_factory.mktemp("ends"), rest)
        found += read_results(ends.reports / "results.json")
    return {(result.student, result.assignment): result for result in found}


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_solution_scores_everything(results, assignment):
    """Does ada, who hands in the solution, get 100 of 100, every check passing?"""
    result = results["ada", assignment]
    assert [c["check"] for c in result.checks if c["status"] != "passed"] == []
    assert (result.score, result.max_score, result.problem) == (100, 100, "")


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_release_scores_nothing(results, assignment):
    """Does blaise, with the committed release as it is, get 0, each check failing because something is not implemented?"""
    known, release = Assignment.load(COURSE, assignment), read(COURSE.release(assignment))
    handed_in = nbformat.reads(STUDENTS["blaise"](known), as_version=4)
    assert [cell.source for cell in handed_in.cells] == [cell.source for cell in release.cells]
    result = results["blaise", assignment]
    assert (result.score, result.restored) == (0, [])
    assert {c["status"] for c in result.checks} == {"failed"}
    assert all("is not implemented yet" in c["message"] for c in result.checks)


def test_every_demo_student_gets_what_is_due(demo):
    """Do right, wrong, blank, broken and dishonest students get their points in each assignment?"""
    results = read_results(demo.reports / "results.json")
    assert len(results) == len(STUDENTS) * len(demo.assignments)
    for result in results:
        case = f"{result.student} {result.assignment}"
        if result.student in ("ada", "emmy", "grace"):
            assert result.score == 100, case
        elif result.student in ("blaise", "mallory"):
            assert result.score == 0, case
        elif result.student in ("charles", "alan"):
            assert 40 < result.score < 99, case
        else:
            assert (result.student, result.score) == ("kurt", None)
        assert bool(result.restored) == (result.student in ("grace", "mallory")), case
        assert result.count("could not run") == 0, case


def scores(course, assignment):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        return {one.student.id: one.score for one in gradebook.find_assignment(assignment).submissions}


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_stock_nbgrader_agrees_on_the_demo(demo, assignment, monkeypatch):
    """Does `nbgrader autograde` give a student, another one in each notebook, the same points?"""
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory

    if assignment not in demo.assignments:
        pytest.skip("only with --stress")
    ours = scores(demo, assignment)
    config = demo.config()
    monkeypatch.chdir(demo.root)
    api = NbGraderAPI(CourseDirectory(config=config, root=str(demo.root)), config=config)
    student = sorted(ours)[ASSIGNMENTS.index(assignment)]
    outcome = api.autograde(assignment, student, force=True, create=True)
    assert outcome["success"], outcome["log"]
    assert scores(demo, assignment) == ours
    assert len(ours) == len(STUDENTS) - 1, "everybody but the one whose file is damaged"


def test_feedback_of_the_demo_class_gives_nothing_away(demo):
    """Is no hidden-test line, hidden number or traceback of the grader on any feedback page?"""
    found = search(demo)
    assert found.leaks == []
    assert found.pages == (len(STUDENTS) - 1) * len(demo.assignments)
    assert found.lines > 500
    assert found.numbers > 10_000


def test_demo_report_names_the_copy_and_the_faker(demo):
    """Are the two who wrote alike, and the one who changed tests, named in each assignment, and nobody else?"""
    results = read_results(demo.reports / "results.json")
    assert {(pair.students, pair.assignment) for pair in alike(results)} == {
        (("emmy", "grace"), assignment) for assignment in demo.assignments
    }
    assert {result.student for result in tampered(results)} == {"mallory"}
