"""A term with one assignment: whatever happens, all places name the same grade."""

import csv
import json
import re
import shutil
import sys

import pytest
from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin
from traitlets.config import Config

from autograder.cli import main
from autograder.course import Course
from autograder.tests.mini import ID, make_course, release_notebook, submission, write

pytestmark = pytest.mark.slow

PLUGIN = """
from nbgrader.plugins import BasePlugin

class TenADay(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 10 * (total_seconds_late // 86400 + 1)
"""
WRONG_DOUBLE = {"double": "def double(x):\n    return 3 * x"}
ON_TIME, LATE = "2026-11-23 09:00:00 +0100\n", "2026-11-24 09:00:00 Europe/Berlin\n"


class Term:
    """A course with one student, and where her grade can be read."""

    def __init__(self, root, capsys):
        self.course, self.capsys = Course(root), capsys

    def run(self, *arguments):
        """Run a command; returns its exit code and what it printed on one line."""
        self.capsys.readouterr()
        code = main(["--course", str(self.course.root), *arguments])
        return code, " ".join(self.capsys.readouterr().out.split())

    def hand_in(self, notebook, time):
        path = write(self.course.submitted("ada", ID), notebook)
        path.with_name("timestamp.txt").write_text(time)

    def gradebook(self):
        return Gradebook(f"sqlite:///{self.course.gradebook}")

    def exported(self):
        """The score in the CSV of nbgrader's own exporter."""
        path = self.course.root / "grades.csv"
        with self.gradebook() as gradebook:
            CsvExportPlugin(to=str(path)).export(gradebook)
        (row,) = csv.DictReader(path.read_text().splitlines())
        return float(row["score"])

    def everywhere(self):
        """The grade in the terminal, the report, results.json, the feedback page and nbgrader's export."""
        _, printed = self.run("report")
        self.run("feedback")
        page = (self.course.reports / "index.html").read_text()
        (result,) = json.loads((self.course.reports / "results.json").read_text())["results"]
        feedback = self.feedback()
        return {
            "terminal": float(re.search(r" ada ([\d.]+)", printed)[1]),
            "report": float(re.search(r'class="score">([\d.]+)', page)[1]),
            "JSON": result["grade"]["final"],
            "feedback": float(re.search(r"([\d.]+) (?:of|/) 100", feedback)[1]),
            "export": self.exported(),
        }

    def feedback(self):
        return (self.course.root / "feedback" / "ada" / ID / f"{ID}.html").read_text()

    def comment(self, cell, text):
        """What the formgrader does when a grader types a comment."""
        with self.gradebook() as gradebook:
            gradebook.find_comment(cell, ID, ID, "ada").manual_comment = text
            gradebook.db.commit()

    def waits(self):
        found = json.loads((self.course.reports / "results.json").read_text())["waits"]
        return [(one["why"], one["cell"]) for one in found]

    def mark(self, cell, *, manual=None, extra=None):
        """What the formgrader does when a grader types points."""
        with self.gradebook() as gradebook:
            grade = gradebook.find_grade(cell, ID, ID, "ada")
            grade.manual_score, grade.extra_credit, grade.needs_manual_grade = manual, extra, False
            gradebook.db.commit()


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A course with a plugin for late penalties, whose release is built."""
    course = make_course(tmp_path_factory.mktemp("term"))
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + 'c.AssignLatePenalties.plugin_class = "late_by_days.TenADay"\n')
    (course.root / "late_by_days.py").write_text(PLUGIN)
    assert main(["--course", str(course.root), "build"]) == 0
    return course.root


@pytest.fixture
def term(built, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "late_by_days", raising=False)
    return Term(shutil.copytree(built, tmp_path / "course"), capsys)


def same(term, final):
    found = term.everywhere()
    assert set(found.values()) == {final}, found


def test_a_term(term):
    """Do all five places agree after each step of a term?"""
    assert term.run("due", ID, "2026-11-23 10:00 Europe/Berlin")[0] == 0
    term.hand_in(submission(WRONG_DOUBLE), ON_TIME)
    assert term.run("grade")[0] == 0
    same(term, 85)
    term.hand_in(submission(WRONG_DOUBLE), LATE)
    assert term.run("grade")[0] == 0
    same(term, 75)
    code, printed = term.run("due", ID, "2026-11-24 10:00 +0100", "--students", "ada")
    assert code == 0
    assert "ada: at 2026-11-24 09:00:00 UTC." in printed
    _, printed = term.run("grade")
    assert "ada/mini: 75 before, 85 now" in printed
    same(term, 85)
    term.mark("test_double", manual=22, extra=3)
    term.comment("double", "Nearly: which factor?")
    same(term, 95)
    term.run("due", ID, "2026-11-22 10:00 UTC")  # her extension of a day is too short now
    term.run("grade")
    same(term, 85)
    assert term.waits() == []
    term.hand_in(submission(), LATE)
    assert term.run("grade")[0] == 1
    same(term, 85)
    assert term.waits() == [("by hand", "test_double")]
    term.mark("test_double")
    term.run("grade", "--force")
    same(term, 90)
    write(term.course.submitted("ada", ID), "{ damaged")
    code, printed = term.run("grade")
    assert code == 1
    assert "Until then an older grade stands" in printed
    same(term, 90)
    assert term.waits() == [("older grade", "")]
    assert "Nearly: which factor?" in term.feedback()


def test_a_time_that_is_none_enters_nothing(term):
    """Is a timestamp that says no time a sentence and exit code 1, with nothing in the gradebook?"""
    term.hand_in(submission(), "handed in on Tuesday evening")
    code, printed = term.run("grade")
    assert code == 1
    assert "which is no date and time" in printed
    with term.gradebook() as gradebook:
        assert not gradebook.assignment_submissions(ID)


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own order of inserts
def test_stock_nbgrader_reads_the_same_time(term):
    """Does `nbgrader autograde` enter the time, which nbgrader itself reads as UTC and 100 seconds?"""
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory

    term.run("due", ID, "2026-11-23 08:30 UTC")
    term.hand_in(submission(), ON_TIME)
    config = Config(term.course.config())
    api = NbGraderAPI(CourseDirectory(config=config, root=str(term.course.root)), config=config)
    result = api.autograde(ID, "ada", force=True, create=True)
    assert result["success"], result["log"]
    assert term.exported() == 100


def test_an_extension_before_anything_is_handed_in(term):
    """Does an extension hold for what comes later, and is it no submission by itself?"""
    term.run("due", ID, "2026-11-23 08:30 UTC")
    term.hand_in(release_notebook(), ON_TIME)
    term.run("grade")
    with term.gradebook() as gradebook:
        gradebook.add_student("bob")
    assert term.run("due", ID, "2026-11-30 00:00 UTC", "--students", "bob")[0] == 0
    assert term.run("report")[0] == 0
    path = write(term.course.submitted("bob", ID), submission())
    path.with_name("timestamp.txt").write_text(LATE)
    term.run("grade")
    results = json.loads((term.course.reports / "results.json").read_text())["results"]
    assert {one["student"]: one["grade"]["final"] for one in results} == {"ada": 0, "bob": 100}


@pytest.mark.parametrize(("arguments", "sentence"), [
    ((ID, "tomorrow"), "The due date says 'tomorrow'"),
    ((ID, "2026-11-23 10:00 PST"), "letters that several zones have"),
    ((ID, "2026-11-23 10:00 UTC", "--students", "ada"), "has no due date; set it first"),
    (("other", "2026-11-23 10:00 UTC"), "There is no assignment 'other'"),
])  # fmt: skip
def test_wrong_due_dates_are_sentences(term, arguments, sentence):
    """Does `autograder due` refuse what is not one time, or cannot be extended?"""
    assert main(["--course", str(term.course.root), "due", *arguments]) == 2
    assert sentence in " ".join(term.capsys.readouterr().err.split())
