"""Entries of the open challenge in Gradescope's container: a line of the leaderboard, and no harm to points."""

import json
import math
import stat
import zipfile

import pytest

from autograder.cli import main
from autograder.course import CourseError
from autograder.gradescope import challenge
from autograder.gradescope.pack import pack
from autograder.gradescope.run import Run
from autograder.tests.entries import BASELINE, COUNTS, SOURCE, course_of, handed_in, measured, reader
from autograder.tests.mini import ID, make_course, submission, write
from autograder.tests.test_challenge_sealed import LOOKS_AHEAD
from autograder.tests.test_gradescope import Box, image, needs_root

pytestmark = pytest.mark.slow
__all__ = ["image"]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Gradescope's folder with the zip of a course with a short text."""
    course = course_of(tmp_path)
    pack(course, ID, tmp_path / "mini.zip", 10, "visible", challenge=True)
    root = tmp_path / "autograder"
    with zipfile.ZipFile(tmp_path / "mini.zip") as archive:
        archive.extractall(root / "source")
    (root / "results").mkdir()
    (root / "submission").mkdir()
    monkeypatch.setattr("autograder.gradescope.run.close", lambda root: None)
    monkeypatch.setattr("autograder.gradescope.run.choose", lambda root, limits: "landlock")
    monkeypatch.setattr("autograder.gradescope.challenge._close_the_book", lambda: None)
    return root


def graded(root, notebook):
    """results.json of a notebook."""
    write(root / "submission" / f"{ID}.ipynb", notebook)
    assert Run(root).grade() == 0
    return json.loads((root / "results" / "results.json").read_text())


def test_an_entry_is_a_line_of_the_leaderboard(place):
    """Does it stand beside the training losses with the loss that the course's own command measures?"""
    results = graded(place, handed_in(COUNTS))
    loss = measured(COUNTS, minutes=0.1).loss
    assert results["score"] == 100
    assert results["leaderboard"][-1] == {
        "name": "challenge: loss",
        "value": pytest.approx(loss, abs=1e-4),
        "order": "asc",
    }
    assert f"Challenge: {loss:.4f} nats per character." in results["output"]


def test_without_an_entry_nothing_is_said(place):
    """Is there no line for the cell as it was released, and none for a notebook without it?"""
    for notebook in (handed_in(BASELINE), submission()):
        results = graded(place, notebook)
        assert [one["name"] for one in results["leaderboard"]] == ["fit: loss"]
        assert "hallenge" not in results["output"]


def test_a_failure_harms_no_points(place, monkeypatch):
    """Has who hands in a broken entry all points, and a sentence without anything that the entry made up?"""
    results = graded(place, handed_in(reader("{}['at 8,123 begins a stretch']")))
    assert results["score"] == 100
    assert "Challenge: no place. `read(previous)` raised KeyError." in results["output"]
    assert "8,123" not in results["output"]
    monkeypatch.setattr("autograder.gradescope.challenge.measure", lambda *rest, **named: 1 / 0)
    results = graded(place, handed_in(COUNTS))
    assert results["score"] == 100
    assert "Challenge: your entry could not be run, which is not your fault." in results["output"]


def test_an_end_in_the_middle_keeps_points(place, monkeypatch):
    """Does results.json have all points while an entry runs, for Gradescope ends what takes too long?"""
    seen = []

    def slow(*rest, **named):
        seen.append(json.loads((place / "results" / "results.json").read_text()))
        return challenge.Measured(None, "It took too long.")

    monkeypatch.setattr("autograder.gradescope.challenge.measure", slow)
    graded(place, handed_in(COUNTS))
    assert seen[0]["score"] == 100
    assert "Your entry was not done in the time that a run has here." in seen[0]["output"]


def test_a_zip_of_which_runs_would_be_ended_is_refused(tmp_path, capsys):
    """Is a limit that leaves an entry no time told, with the one that does, and a course without a challenge?"""
    course = course_of(tmp_path)
    with (tmp_path / "nbgrader_config.py").open("a") as config:
        config.write("c.Challenge.minutes = 10\n")
    command = ["--course", str(tmp_path), "gradescope", ID, "--challenge"]
    assert main(command) == 2
    assert "say `--minutes 25` or more" in capsys.readouterr().err
    assert main([*command, "--minutes", "25"]) == 0
    write(course.source(ID), submission())
    with pytest.raises(CourseError, match="has no challenge"):
        pack(course, ID, tmp_path / "x.zip", 30, "visible", challenge=True)


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """The zip of a course whose challenge is the book."""
    course = make_course(tmp_path_factory.mktemp("course"))
    write(course.source(ID), SOURCE)
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write("c.Challenge.minutes = 1\n")
    path = course.root / "mini.zip"
    pack(course, ID, path, 10, "visible", challenge=True)
    return path


@needs_root
@pytest.mark.timeout(600)
def test_the_book_is_closed_in_the_container(image, tmp_path):
    """Does an entry that looks for the book in an installed package find no more than it learns from?"""
    tmp_path.chmod(0o755)
    box = Box(image, tmp_path)
    results = box.run({f"{ID}.ipynb": handed_in(LOOKS_AHEAD)})
    assert results["leaderboard"][-1]["value"] == pytest.approx(math.log(46), abs=1e-3), results["output"]
    [book] = (box.root / "opt" / "package" / "autograder" / "data").iterdir()
    assert stat.S_IMODE(book.stat().st_mode) == 0o600
