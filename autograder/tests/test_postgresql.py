"""The gradebook on a PostgreSQL server: the same as in SQLite, and a sentence when the server is away."""

import csv
import shutil

import pytest
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import CsvExportPlugin

from autograder.cli import main
from autograder.course import Course
from autograder.grading.record import Recorder
from autograder.tests.mini import (
    ID,
    built_course,
    cell,
    release_notebook,
    source_notebook,
    submission,
    write,
)
from autograder.tests.postgresql import MISSING, server

pytestmark = pytest.mark.slow

STUDENTS = {
    "ada": submission(),
    "bob": release_notebook(),
    "Zoë d'A. Łę": submission({"double": "def double(x):\n    return x"}),
}


@pytest.fixture(scope="module")
def url():
    """The URL of a server."""
    with server() as address:
        yield address


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A course with its release, a gradebook in a file, and a class that handed in."""
    course = built_course(tmp_path_factory.mktemp("course"))
    for student, notebook in STUDENTS.items():
        write(course.submitted(student, ID), notebook)
    return course


def moved(course, place, url):
    """A copy of the course whose gradebook is at `url`."""
    copy = Course(shutil.copytree(course.root, place))
    copy.gradebook.unlink()
    config = copy.root / "nbgrader_config.py"
    config.write_text(config.read_text() + f"c.CourseDirectory.db_url = {url!r}\n")
    return copy


def run(course, *arguments):
    return main(["--course", str(course.root), *arguments])


def graded(course, url):
    """Grade a class, mark by hand, grade one again with a time: everything the gradebook says, twice."""
    assert run(course, "grade") == 0
    first = exported(course, url)
    with Gradebook(url) as gradebook:
        gradebook.find_grade("test_fit", ID, ID, "bob").manual_score = 7
        gradebook.db.commit()
    write(course.submitted("bob", ID).with_name("timestamp.txt"), "2026-11-23 10:15:30 UTC")
    assert run(course, "grade", "--students", "bob", "--force") == 0
    return first, exported(course, url)


def exported(course, url):
    """What `nbgrader export` writes."""
    file = course.root / "grades.csv"
    with Gradebook(url) as gradebook:
        CsvExportPlugin(to=str(file)).export(gradebook)
    return sorted(csv.DictReader(file.read_text().splitlines()), key=lambda row: row["student_id"])


def test_the_gradebook_on_a_server_says_what_a_file_says(built, tmp_path, url):
    """Are points, manual marks, times and export the same, is nothing graded twice, and is there no file?"""
    in_file = Course(shutil.copytree(built.root, tmp_path / "file"))
    on_server = moved(built, tmp_path / "server", url)
    assert run(on_server, "build") == 0
    first, second = graded(on_server, url)
    assert (first, second) == graded(in_file, f"sqlite:///{in_file.gradebook}")
    assert [row["score"] for row in first] == ["85.0", "100.0", "0.0"]
    assert [second[-1][name] for name in ("score", "timestamp")] == ["7.0", "2026-11-23 10:15:30"]
    copies = {path: path.stat().st_mtime_ns for path in on_server.root.glob("autograded/*/*/*.ipynb")}
    assert run(on_server, "grade") == 0
    assert {path: path.stat().st_mtime_ns for path in copies} == copies
    assert run(on_server, "feedback") == 0
    assert len(list(on_server.root.glob("feedback/*/*/*.html"))) == len(STUDENTS)
    assert not on_server.gradebook.exists()


@pytest.mark.parametrize("place", ["file", "server"])
def test_an_entry_is_there_whole_or_not_at_all(built, tmp_path, url, place):
    """Does a grade that cannot be written leave nothing of itself, and the next one is written?"""
    in_file = Course(shutil.copytree(built.root, tmp_path / "file"))
    course = in_file if place == "file" else moved(built, tmp_path / "course", url)
    address = url if place == "server" else f"sqlite:///{course.gradebook}"
    assert run(course, "build") == 0
    recorder = Recorder(course, course.config())
    odd = source_notebook()
    odd.cells.append(cell("unknown", "1", points=1))
    with pytest.raises(MissingEntry):
        recorder.record("eve", ID, {ID: odd})
    recorder.record("ann", ID, {ID: source_notebook()})
    with Gradebook(address) as gradebook:
        assert gradebook.find_submission(ID, "ann").score == 100
        with pytest.raises(MissingEntry):
            gradebook.find_student("eve")


AWAY = {
    "no server": ("postgresql+psycopg://course:secret@/grades?host=/nowhere", "does not open"),
    "nothing listens": ("postgresql+psycopg://course:secret@127.0.0.1:9/grades", "Connection refused"),
    "no such kind": ("oracel://course:secret@host/grades", "Can't load plugin"),
    "no URL": ("grades at the office", "Could not parse"),
    "no driver": ("postgresql+pg8000://course:secret@host/grades", "pip install"),
}


@pytest.mark.parametrize(("address", "reason"), AWAY.values(), ids=AWAY.keys())
def test_a_server_that_is_away_gets_a_sentence(built, tmp_path, capsys, address, reason):
    """Do build, grade and feedback say what does not open and why, without a traceback or a password?"""
    course = moved(built, tmp_path / "course", address)
    write(course.autograded("ada", ID), submission())
    for command in ("build", "grade", "feedback"):
        capsys.readouterr()
        assert run(course, command) == 2
        said = " ".join(capsys.readouterr().err.split())
        assert reason in said
        assert "secret" not in said
        assert "Traceback" not in said


def test_a_missing_server_is_skipped_or_fails(monkeypatch):
    """Does a machine without PostgreSQL skip with the way to get it, and fail where servers are required?"""
    monkeypatch.setattr("autograder.tests.postgresql.programs", lambda: None)
    for required, outcome in (("", pytest.skip.Exception), ("1", pytest.fail.Exception)):
        monkeypatch.setenv("REQUIRE_SERVERS", required)
        with pytest.raises(outcome, match=r"apt-get install postgresql"), server():
            pass
    assert "apt-get" in MISSING
