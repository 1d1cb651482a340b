"""The buttons of nbgrader's formgrader: each does what our command does, by nbgrader's own API."""

import json
import shutil

import nbformat
import pytest
from nbgrader.apps.api import NbGraderAPI
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory

from autograder.cli import main
from autograder.course import Course
from autograder.doctor import _formgrader
from autograder.gradebook import own_programs_first
from autograder.tests.mini import ID, make_course, release_notebook, source_notebook, submission, write

# nbgrader's own: its order of inserts, an old name, and files that it leaves open.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings(
    "ignore::sqlalchemy.exc.SAWarning", "ignore::DeprecationWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)]  # fmt: skip
STUDENT = "zoe"
WRONG_DOUBLE = {"double": "def double(x):\n    return 3 * x"}


class Formgrader:
    """What its page calls when a button is pressed."""

    def __init__(self, course, place):
        self.course, self.place, config = course, place, course.config()
        for folder in ("exchange", "cache"):
            (place / folder).mkdir(exist_ok=True)
        (place / "exchange").chmod(0o777)
        config.Exchange.root, config.Exchange.cache = str(place / "exchange"), str(place / "cache")
        config.Exchange.assignment_dir = str(place)
        folders = CourseDirectory(config=config, root=str(course.root))
        self.api = NbGraderAPI(folders, Authenticator(config=config), config=config)

    def press(self, button, *arguments):
        """Press a button that has to work; returns its log."""
        found = self.pressed(button, *arguments)
        assert found["success"], found.get("log", found)
        return found["log"]

    def pressed(self, button, *arguments):
        with own_programs_first():
            return getattr(self.api, button)(*arguments)

    def submit(self, notebook):
        """A student fetches and hands in, with the commands' own parts."""
        write(self.place / ID / f"{ID}.ipynb", notebook)
        self.api.coursedir.assignment_id, self.api.coursedir.student_id = ID, STUDENT
        parts = {"coursedir": self.api.coursedir, "authenticator": self.api.authenticator, "parent": self.api}
        self.api.exchange.Submit(**parts).start()
        self.api.coursedir.student_id = "*"


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    """A course that only ever saw the formgrader: generated, released, handed in, collected, graded."""
    place = tmp_path_factory.mktemp("formgrader")
    (place / "course").mkdir()
    formgrader = Formgrader(make_course(place / "course"), place)
    formgrader.press("generate_assignment", ID)
    formgrader.press("release_assignment", ID)
    formgrader.submit(submission(WRONG_DOUBLE))
    formgrader.press("collect", ID)
    formgrader.press("autograde", ID, STUDENT)
    return formgrader


def test_generate_makes_the_release_of_build(used, tmp_path):
    """Is the release, byte by byte, that of `autograder build`, and remembered like that one?"""
    course = Course(shutil.copytree(used.course.root, tmp_path / "course"))
    before = course.release(ID).read_bytes(), course.released(ID).read_bytes()
    shutil.rmtree(course.root / "release")
    course.released(ID).unlink()
    assert main(["--course", str(course.root), "build", "--untried"]) == 0
    assert (course.release(ID).read_bytes(), course.released(ID).read_bytes()) == before


def test_autograde_seals(used):
    """Are the points ours, with our checks beside them in the graded notebook?"""
    submitted = used.api.get_submission(ID, STUDENT)
    assert submitted["score"] == 85
    graded = nbformat.read(used.course.autograded(STUDENT, ID), as_version=4)
    [cell] = [cell for cell in graded.cells if cell.id == "test_double"]
    assert [check["status"] for check in cell.metadata.autograder.checks] == ["passed", "failed"]


@pytest.mark.parametrize("whose", [(ID,), (ID, STUDENT)], ids=["everybody", "one"])
def test_feedback_is_our_page(used, whose):
    """Do both buttons write our page, without hidden tests, and both release it to the student?"""
    used.press("generate_feedback", *whose)
    page = (used.course.root / "feedback" / STUDENT / ID / f"{ID}.html").read_text()
    assert "Exercises" in page
    assert "hidden_rng" not in page
    for path in (used.place / "exchange").glob("*/feedback/*"):
        path.unlink()
    used.press("release_feedback", *whose)
    used.press("fetch_feedback", ID, STUDENT)
    assert [path.read_text() for path in used.place.glob(f"{ID}/feedback/*/*.html")] == [page]


def test_our_commands_go_on(used, tmp_path):
    """Does `autograder grade` take over what the buttons made, with the same points?"""
    course = Course(shutil.copytree(used.course.root, tmp_path / "course"))
    assert main(["--course", str(course.root), "grade"]) == 0
    [result] = json.loads((course.reports / "results.json").read_text())["results"]
    assert result["grade"]["final"] == 85


def broken(text, new):
    source = source_notebook()
    for cell in source.cells:
        cell.source = cell.source.replace(text, new)
    return source


@pytest.mark.parametrize(("text", "new", "sentence"), [
    ("return 2 * x", "return 4 * x / 2 + 1", "the solution fails"),
    ("[(3,)]", "[(3,)], tolerence=1", "tolerence"),
    ("import numpy as np", "import numpy as np\nimport helpers", "put its code into a given cell"),
    ("A tiny assignment.", "A small assignment.", "name the file in c.CourseDirectory.ignore"),
])  # fmt: skip
def test_generate_refuses_what_build_refuses(tmp_path, text, new, sentence):
    """Is a solution that loses points, a broken rule or an answer beside it a sentence, with no release there?"""
    course = make_course(tmp_path)
    write(course.source(ID), broken(text, new))
    write(course.source(ID).with_name("helpers.py"), "x = 1")
    write(course.source(ID).with_name("notes.txt"), "return double(x) * w / 2, (x, w)")
    found = Formgrader(course, tmp_path).pressed("generate_assignment", ID)
    assert not found["success"]
    assert sentence in found["log"]
    assert not course.release(ID).exists()


def test_generate_refuses_a_notebook_older_than_its_text(tmp_path):
    """Does an edit of the text that nobody built stop the button, with what to do?"""
    course = make_course(tmp_path)
    assert main(["--course", str(course.root), "build", "--untried"]) == 0
    text = course.text(ID).read_text()
    course.text(ID).write_text(text.replace("A tiny assignment", "A small assignment"))
    found = Formgrader(course, tmp_path).pressed("generate_assignment", ID)
    assert not found["success"]
    assert "was edited, and the notebook is older; run `autograder build`" in found["log"]


def test_autograde_says_why_a_file_is_not_graded(used, tmp_path):
    """Is a damaged notebook a failed press, which leaves the others' points alone?"""
    formgrader = Formgrader(Course(shutil.copytree(used.course.root, tmp_path / "course")), tmp_path)
    write(formgrader.course.submitted("max", ID), "{ damaged")
    write(formgrader.course.submitted("tim", ID), release_notebook())
    assert not formgrader.pressed("autograde", ID, "max")["success"]
    formgrader.press("autograde", ID, "tim")
    assert formgrader.api.get_submission(ID, "tim")["score"] == 0
    assert formgrader.api.get_submission(ID, STUDENT)["score"] == 85


@pytest.mark.parametrize(("line", "fine", "words"), [
    ("", False, "would grade"),
    ('load_subconfig("nbgrader_config.py", path="{root}")', True, "sealed"),
])  # fmt: skip
def test_doctor_sees_a_formgrader_that_would_not_seal(tmp_path, monkeypatch, line, fine, words):
    """Does the doctor tell a hub's settings that name the course alone from those that load its settings too?"""
    home, root = tmp_path / "home", tmp_path / "course"
    home.mkdir()
    root.mkdir()
    course = make_course(root)
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(home))
    settings = f'c.CourseDirectory.root = "{course.root}"\n{line.format(root=course.root)}\n'
    write(home / "nbgrader_config.py", settings)
    [finding] = _formgrader()
    assert finding.fine is fine
    assert words in finding.text


def test_a_hub_server_that_starts_at_home_grades_sealed(tmp_path, monkeypatch):
    """Do the documented settings give formgrader's own loader our steps, each at its place?"""
    from nbgrader.apps import NbGrader
    from nbgrader.converters import Autograde, GenerateAssignment

    (tmp_path / "course").mkdir()
    course = make_course(tmp_path / "course")
    write(tmp_path / "nbgrader_config.py", f"""
c.CourseDirectory.root = "{course.root}"
load_subconfig("nbgrader_config.py", path="{course.root}")
""")  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    app = NbGrader()
    app.load_config_file()  # as in nbgrader/server_extensions/formgrader/formgrader.py
    folders = CourseDirectory(config=app.config)
    assert folders.root == str(course.root)
    steps = Autograde(coursedir=folders, config=app.config).autograde_preprocessors
    assert [step.__name__ for step in steps] == ["SealedExecute", "SaveSealedGrades", "AssignLatePenalties"]
    made = GenerateAssignment(coursedir=folders, config=app.config).preprocessors
    assert (made[0].__name__, made[-1].__name__) == ("CheckSource", "TidyRelease")
