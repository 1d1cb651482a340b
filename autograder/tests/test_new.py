"""Is a new assignment one that works, wherever it is begun, and is nothing of anybody's overwritten?"""

import json
from pathlib import Path

import nbformat
import pytest

from autograder.build.leaks import secret_lines
from autograder.build.pair import to_notebook
from autograder.build.results import names_of
from autograder.cells import HIDDEN, SOLUTION
from autograder.cli import main
from autograder.course import Course
from autograder.demo.students import STUDENTS, Assignment
from autograder.new.make import STARTER
from autograder.tests.mini import write
from autograder.truth.source import handed_in, read_source

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
REPOSITORY = Path(__file__).parents[2]


def run(root, *arguments):
    return main(["--course", str(root), *arguments])


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """A course that began in an empty folder, built."""
    root = tmp_path_factory.mktemp("My course ")
    (root / ".venv").mkdir()
    assert run(root, "new", "week_1") == 0
    assert run(root, "build") == 0
    return Course(root)


def test_the_starter_grades(begun):
    """Does the solution get full marks, and the release none, from a fresh course?"""
    write(begun.submitted("ada", "week_1"), handed_in(read_source(begun, "week_1")))
    write(begun.submitted("bob", "week_1"), nbformat.read(begun.release("week_1"), as_version=4))
    assert run(begun.root, "grade") == 0
    results = json.loads((begun.reports / "results.json").read_text())["results"]
    assert {one["student"]: one["score"] for one in results} == {"ada": 10, "bob": 0}


@pytest.mark.slow
def test_the_starter_audits(begun, tmp_path):
    """Does everything hold that an audit asks for: mistakes caught and told, cheats refused, loops right?"""
    found = tmp_path / "audit.json"
    assert run(begun.root, "audit", "week_1", "--json", str(found)) == 0
    audit = json.loads(found.read_text())
    assert audit["mistakes"] == {"total": 3, "caught": 3}
    assert audit["diagnosis"] == {"total": 3, "right": 3, "first_right": 3}
    assert audit["variants"] == {"total": 1, "full_marks": 1}
    assert audit["cheats"] == {"total": 4, "refused": 4}
    assert audit["hidden_alone"]["unexplained"] == 0


def test_the_release_gives_nothing_away(begun):
    """Is no line of the starter's solution or hidden tests in what students get?"""
    secrets = secret_lines(read_source(begun, "week_1"), SOLUTION, HIDDEN)
    text = begun.release("week_1").read_text()
    assert len(secrets) > 5
    assert [line for line in secrets if line in text] == []
    assert [path.name for path in begun.release("week_1").parent.iterdir()] == ["week_1.ipynb"]


def test_two_exercises_without_variants_are_enough_for_the_demo(begun):
    """Can each of the demo's students hand in an assignment of two exercises, with no or one mistake known?"""
    known = Assignment.load(begun, "week_1")
    for mistakes in (known.mistakes, known.mistakes[:1], []):
        few = Assignment(known.source, mistakes, [])
        handed = {student: hand_in(few) for student, hand_in in STUDENTS.items()}
        assert all(handed.values())
        assert (handed["charles"] == handed["ada"]) == (not mistakes)
        assert "while True" in handed["alan"]


def test_the_plain_form_is_an_ordinary_notebook(tmp_path):
    """Do its tests need nothing but Python, so that nbgrader alone could grade it?"""
    assert run(tmp_path, "new", "--plain", "week_1") == 0
    course = Course(tmp_path)
    text = course.text("week_1").read_text()
    assert "autograder import" not in text
    assert "check_" not in text
    tests = {}
    for cell in handed_in(to_notebook(text)).cells:
        if cell.cell_type == "code":
            exec(cell.source, tests)
    assert {"median", "count_words"} <= tests.keys()


def test_a_second_one_joins_the_course(begun, capsys):
    """Does a new one below the course's folder become its next assignment, in the course's own settings?"""
    settings = (begun.root / "nbgrader_config.py").read_text()
    assert run(begun.root / "source", "new", "week-2") == 0
    assert begun.assignments == ["week-2", "week_1"]
    assert (begun.root / "nbgrader_config.py").read_text() == settings
    assert "nbgrader_config" not in capsys.readouterr().out


def test_nothing_is_overwritten(begun, capsys):
    """Is an id that is taken refused, and everything as it was?"""
    before = begun.text("week_1").read_bytes()
    assert run(begun.root, "new", "week_1") == 2
    assert "is there already; choose another id" in " ".join(capsys.readouterr().err.split())
    assert begun.text("week_1").read_bytes() == before


@pytest.mark.parametrize("name", ["", "a b", "../up", "a+b", "-x", "wöche", "a.b"])
def test_a_name_that_would_not_work_is_refused(tmp_path, name, capsys):
    """Is a name that nbgrader or a folder does not take one sentence, with nothing written?"""
    assert run(tmp_path, "new", "--", name) == 2
    assert "is no id" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_other_things_is_asked_about(tmp_path, capsys):
    """Does a course begin among other files only when that is said?"""
    write(tmp_path / "letter.txt", "Dear all,")
    assert run(tmp_path, "new", "week_1") == 2
    assert "or say `--here`" in " ".join(capsys.readouterr().err.split())
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
    assert run(tmp_path, "new", "week_1", "--here") == 0
    assert Course(tmp_path).assignments == ["week_1"]


def test_a_missing_folder_is_named(tmp_path, capsys):
    """Is a folder that is not there one sentence?"""
    assert run(tmp_path / "nowhere", "new", "week_1") == 2
    assert "There is no folder" in capsys.readouterr().err


def test_the_course_has_a_name_of_its_own(begun):
    """Is the course called as its folder, in letters that nbgrader takes?"""
    name = begun.config().CourseDirectory.course_id
    assert name.startswith("My-course-")
    assert " " not in name


def test_settings_are_those_of_this_course():
    """Does a new course get every setting of ours, but for its name and our own rules for notebooks?"""
    ours = (REPOSITORY / "nbgrader_config.py").read_text()
    theirs = (STARTER / "nbgrader_config.py.txt").read_text()
    assert ours.startswith(theirs.replace("@COURSE@", "neuron-to-transformer"))
    rest = ours[len(theirs.replace("@COURSE@", "neuron-to-transformer")) :]
    assigned = [line.split(" = ")[0] for line in rest.splitlines() if line.startswith("c.")]
    assert {name.split(".")[1] for name in assigned} == {"Lint", "Models"}


def test_the_package_knows_no_assignment_of_ours():
    """Is no id of the seven notebooks, and no name of a model, written anywhere in the package?"""
    ours = Course(REPOSITORY)
    words = {*ours.assignments, *(f'"{name}"' for name in names_of(ours))}
    assert len(words) == 14
    package = REPOSITORY / "autograder"
    files = [path for path in package.rglob("*") if path.suffix in (".py", ".j2", ".js", ".txt", ".toml")]
    texts = {path: path.read_text() for path in files if path.relative_to(package).parts[0] != "tests"}
    assert {(path.name, word) for path, text in texts.items() for word in words if word in text} == set()
