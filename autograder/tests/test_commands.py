"""The commands on good and bad input: what they write, say, and return."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time

import nbformat
import pytest

from autograder.cli import main
from autograder.course import Course
from autograder.tests.mini import ID, QUICK, release_notebook, source_notebook, submission, write


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A course whose release is built, with a submission each by ada, who is right, and bob, who is blank."""
    from autograder.tests.mini import make_course

    course = make_course(tmp_path_factory.mktemp("course"))
    assert run(course, "build") == 0
    write(course.submitted("ada", ID), submission())
    write(course.submitted("bob", ID), release_notebook())
    return course


@pytest.fixture
def copy(built, tmp_path):
    """A copy of the built course that a test may break."""
    return Course(shutil.copytree(built.root, tmp_path / "course"))


@pytest.fixture(scope="module")
def graded(built, tmp_path_factory):
    """A copy of the built course with eve, who has a mistake; graded once, with what the command said at its end."""
    course = Course(shutil.copytree(built.root, tmp_path_factory.mktemp("graded") / "course"))
    write(course.submitted("eve", ID), submission({"double": "def double(x):\n    return x"}))
    return course, run(course, "grade")


@pytest.fixture
def once(graded, tmp_path):
    """A copy of the graded course that a test may break."""
    return Course(shutil.copytree(graded[0].root, tmp_path / "course"))


def run(course, *arguments):
    return main(["--course", str(course.root), *arguments])


def points(course):
    """(student, points, flagged) from nbgrader's own gradebook."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        return {
            one.student.id: (one.score, one.needs_manual_grade)
            for one in gradebook.find_assignment(ID).submissions
        }


def test_a_class_from_source_to_feedback(graded, once, capsys):
    """Do grade, feedback and report leave gradebook rows, graded notebooks, pages and a report?"""
    assert graded[1] == 0
    assert points(once) == {"ada": (100, False), "bob": (0, False), "eve": (85, False)}
    handed_back = nbformat.read(once.autograded("ada", ID), as_version=4)
    assert {"test_double", "extra"} - {cell.id for cell in handed_back.cells} == {"extra"}
    assert run(once, "feedback") == 0
    page = (once.root / "feedback" / "bob" / ID / f"{ID}.html").read_text()
    assert "is not implemented yet" in page
    assert json.loads((once.reports / "results.json").read_text())["results"]
    assert run(once, "report") == 0
    assert "ada" in capsys.readouterr().out


def test_grading_one_student_keeps_the_others_in_the_report(once):
    """Does the report go on showing who was graded before, but not who is gone?"""
    shutil.rmtree(once.submitted("eve", ID).parent)
    assert run(once, "grade", "--students", "ada") == 0
    results = json.loads((once.reports / "results.json").read_text())["results"]
    assert sorted(result["student"] for result in results) == ["ada", "bob"]


def test_stock_nbgrader_gives_the_same_points(once):
    """Does `nbgrader autograde`, with the course's configuration, fill the gradebook with the same?"""
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory

    ours = points(once)
    config = once.config()
    config.SealedExecute.call_seconds = QUICK.call_seconds
    api = NbGraderAPI(CourseDirectory(config=config, root=str(once.root)), config=config)
    for student in ours:
        result = api.autograde(ID, student, force=True, create=True)
        assert result["success"], result["log"]
    assert points(once) == ours == {"ada": (100, False), "bob": (0, False), "eve": (85, False)}


def test_manual_marks_survive_grading_again(once):
    """Does a mark that a person gave stay when the same submission is graded again, and wait for nobody?"""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{once.gradebook}") as gradebook:
        gradebook.find_grade("test_fit", ID, ID, "bob").manual_score = 7
        gradebook.db.commit()
    before = once.autograded("bob", ID).stat().st_mtime_ns
    run(once, "grade", "--force", "--students", "bob")
    assert once.autograded("bob", ID).stat().st_mtime_ns > before
    assert points(once)["bob"] == (7, False)


def test_what_could_not_run_waits_for_a_person(copy, capsys):
    """Is a broken test flagged in the gradebook instead of counting as a zero?"""
    notebook = source_notebook()
    cell = next(one for one in notebook.cells if one.id == "test_fit")
    cell.source = cell.source.replace("data = np.array", "data = 1 / 0 + np.array")
    write(copy.source(ID), notebook)
    assert run(copy, "grade") == 1
    assert points(copy)["ada"] == (80, True)
    assert "ZeroDivisionError" in " ".join(capsys.readouterr().out.split())


@pytest.mark.slow
def test_ctrl_c_ends_grading_at_once_and_keeps_what_was_written(copy):
    """Does Ctrl-C end a run with an endless loop in it within seconds, with a sentence and no traceback?"""
    write(copy.submitted("eve", ID), submission(extra="while True: pass"))
    command = [sys.executable, "-m", "autograder", "--course", str(copy.root), "grade", "--jobs", "3"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not copy.autograded("ada", ID).exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    _, errors = process.communicate(timeout=60)
    assert time.monotonic() - started < 30
    assert process.returncode == 130
    assert "Stopped" in errors
    assert "Traceback" not in errors
    assert points(copy)["ada"] == (100, False)


def test_sixty_megabytes_of_output_do_no_harm(copy):
    """Is a notebook that swallowed a flood of output graded as if it had none?"""
    notebook = submission()
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="x" * 60 * 2**20)]
    write(copy.submitted("ada", ID), notebook)
    assert run(copy, "grade") == 0
    assert points(copy)["ada"] == (100, False)
    assert copy.autograded("ada", ID).stat().st_size < 2**20


@pytest.mark.parametrize(
    ("arguments", "spoil", "sentence"),
    [
        (["grade", "nope"], None, "There is no assignment 'nope'; known are: mini."),
        (["build", "nope"], None, "There is no assignment 'nope'"),
        (["grade", "--students", "zoe"], None, "submitted/ has no student 'zoe'; it has: ada, bob."),
        (["grade"], "submitted", "submitted/ holds nothing for mini"),
        (["grade"], "gradebook.db", "There is no gradebook yet; run `autograder build` first."),
        (["grade"], "release", "The release of mini is not built; run `autograder build mini`."),
        (["feedback"], None, "run `autograder grade` first"),
        (["report"], None, "autograder grade"),
        (["grade"], "nbgrader_config.py", "run this inside the course folder"),
        (["grade"], "source", "holds no assignment"),
    ],
)
def test_bad_input_gets_one_sentence_and_exit_code_2(copy, capsys, arguments, spoil, sentence):
    """Does a command that cannot do its job say why and what to do, without a traceback?"""
    if spoil:
        path = copy.root / spoil
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert run(copy, *arguments) == 2
    captured = capsys.readouterr()
    assert sentence in " ".join(captured.err.split())
    assert captured.out.strip() == ""


@pytest.mark.parametrize(
    "arguments", [["grade", "--jobs", "0"], ["grade", "--sandbox", "paper"], ["fly"], []]
)
def test_wrong_options_are_usage_errors(arguments, capsys):
    """Do wrong options end with usage and exit code 2?"""
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
def test_stock_nbgrader_copies_nothing_through_a_link(copy):
    """Does a link in a submission bring no file of the instructor's to the graded folder?"""
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory

    folder = copy.submitted("ada", ID).parent
    (folder / "leak.txt").symlink_to(copy.source(ID))
    write(folder / "own.txt", "mine")
    config = copy.config()
    api = NbGraderAPI(CourseDirectory(config=config, root=str(copy.root)), config=config)
    result = api.autograde(ID, "ada", force=True, create=True)
    assert result["success"], result["log"]
    graded = copy.autograded("ada", ID).parent
    assert (graded / "own.txt").exists()
    assert not (graded / "leak.txt").exists()


@pytest.mark.parametrize("name", ["nbgrader_config.py", "nbgrader_config.json", "jupyter_config.py"])
def test_settings_are_read_where_nbgrader_reads_them(copy, tmp_path, monkeypatch, name):
    """Do settings in the user's Jupyter folder hold, below the course's own?"""
    text = 'c.CourseDirectory.submitted_directory = "in"\nc.CourseDirectory.course_id = "other"\n'
    if name.endswith(".json"):
        text = json.dumps({"CourseDirectory": {"submitted_directory": "in", "course_id": "other"}})
    write(tmp_path / "jupyter" / name, text)
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "jupyter"))
    settings = copy.config().CourseDirectory
    assert settings.submitted_directory == "in"
    assert settings.course_id == "neuron-to-transformer"


def test_settings_that_do_not_load_are_a_sentence_with_their_place(copy, tmp_path, monkeypatch, capsys):
    """Is a damaged file outside of the course named?"""
    path = write(tmp_path / "jupyter" / "nbgrader_config.py", "c.X.y = 1 /\n")
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "jupyter"))
    assert run(copy, "grade") == 2
    assert f"{path} does not load" in capsys.readouterr().err.replace("\n", "")


def test_the_report_tells_what_the_last_run_changed(once):
    """Does the page name what changed since, keep it when it is made again, and link what feedback wrote?"""
    page = once.reports / "index.html"
    assert "Since the last run" not in page.read_text()
    write(once.submitted("ada", ID), submission({"double": "def double(x):\n    return x"}))
    write(once.submitted("fay", ID), submission())
    run(once, "grade")
    text = page.read_text()
    fell = "100 before, 85 now"
    assert fell in text
    assert "mini, 1 student" in text
    assert (f"../autograded/ada/{ID}/{ID}.ipynb" in text, "../feedback" in text) == (True, False)
    run(once, "feedback", "--students", "ada")
    assert re.findall(r'href="../feedback/(\w+)/', page.read_text()) == ["ada"]
    run(once, "report")
    assert fell in page.read_text()


def test_a_damaged_roster_is_told_before_grading(copy, capsys):
    """Is it one sentence with its line, and is nobody graded meanwhile?"""
    write(copy.root / "roster.csv", "id,section\nada,Tuesday\nada,Friday\n")
    assert run(copy, "grade") == 2
    assert "roster.csv, line 3" in " ".join(capsys.readouterr().err.split())
    assert not (copy.reports / "graded.jsonl").exists()
