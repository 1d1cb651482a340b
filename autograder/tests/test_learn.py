"""Learning alone: the folder, checks, solutions, the page of progress, from the start to the end."""

import os
import re
import subprocess
from pathlib import Path

import nbformat
import pytest

from autograder.cli import main
from autograder.course import Course, CourseError
from autograder.learn import lab
from autograder.learn.folder import place_of
from autograder.learn.record import DONE, RECORD, Check, Exercise, Record, now
from autograder.learn.source import choose
from autograder.sandbox.places import SEALED
from autograder.tests.mini import DOUBLE, FIT, ID, SCALE, make_course, release_notebook, write

pytestmark = pytest.mark.slow

PASSED = {"double": DOUBLE, "scale": SCALE, "fit": FIT}
WRONG = "def double(x):\n    return -2 * x"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A course with a release, in whose folder one is."""
    (tmp_path / "course").mkdir()
    course = make_course(tmp_path / "course")
    write(course.release(ID), release_notebook())
    (course.release(ID).parent / "notes.txt").write_text("given")
    monkeypatch.chdir(course.root)
    return course.root / "learn"


def learn(*arguments):
    return main(["learn", *map(str, arguments)])


def begin(place):
    assert learn("--no-lab") == 0
    return place / ID / f"{ID}.ipynb"


def fill(path, answers):
    """Write these answers into the notebook."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = answers.get(name, cell.source)
    nbformat.write(notebook, path)


def page_of(place):
    return re.sub(r"\s+", " ", (place / "progress.html").read_text())


def test_from_the_start_to_the_end(place, capsys):
    """Is the folder made, a blank one checked, and each step seen on the terminal and on the page?"""
    mine = begin(place)
    assert mine.is_file()
    assert (place / ID / "notes.txt").read_text() == "given"
    assert learn("--check") == 0
    assert "not begun: mini Next: double in mini" in " ".join(capsys.readouterr().out.split())
    assert "0 of 100 points" in page_of(place)

    fill(mine, {"double": DOUBLE, "scale": SCALE.replace("dout * w", "-dout * w")})
    assert learn("--check") == 0
    said = capsys.readouterr().out
    assert "mini: 30 of 100 points (sealed by" in said
    assert "✓ double  30 of 30" in said
    assert "✗ scale  0 of 50\n    dx has the opposite sign." in said.replace("`", "")
    assert "1 exercise not written yet: fit" in said
    assert "Next: scale in mini" in said
    page = page_of(place)
    assert "30 of 100 points" in page
    assert "1 of 3 exercises done in 1 notebook" in page
    assert "has the opposite sign" in page
    assert 'href="feedback/mini/mini.html"' in page
    assert page.count("The course's solution") == 1
    assert "instructor" not in page
    assert "has the opposite sign" in (place / "feedback" / "mini" / "mini.html").read_text()

    assert learn("--check", ID) == 0
    assert "as it was checked before" in capsys.readouterr().out
    assert len(Record(place).checks) == 1

    assert learn("--show", ID, "double") == 0
    assert "return 2 * x" in capsys.readouterr().out
    assert learn("--show", ID, "fit") == 2
    assert "--give-up" in capsys.readouterr().err
    assert learn("--show", ID, 3, "--give-up") == 0
    shown = capsys.readouterr().out
    assert "data.mean()" in shown
    assert "BEGIN SOLUTION" not in shown
    assert learn("--show", ID, "fit") == 0  # it is remembered
    assert "given up" in page_of(place)

    fill(mine, {"scale": SCALE})
    assert learn("--check") == 0
    assert "Everything is done or given up." in capsys.readouterr().out
    assert "Everything is done or given up" in page_of(place)
    fill(mine, {"fit": FIT})
    assert learn("--check") == 0
    page = page_of(place)
    assert "100 of 100 points" in page
    assert "solution was shown" in page
    assert [round(check.score) for check in Record(place).checks] == [30, 80, 100]


def test_nothing_of_the_learners_is_overwritten(place):
    """Does the command leave what is there, and bring what is missing?"""
    mine = begin(place)
    fill(mine, {"double": WRONG})
    before = mine.read_bytes()
    (place / ID / "notes.txt").unlink()
    assert learn("--no-lab") == 0
    assert mine.read_bytes() == before
    assert (place / ID / "notes.txt").is_file()


SENTENCES = {
    "--give-up": "--give-up goes with --show",
    "--force": "--force goes with --check",
    "--show mini double --no-lab": "--no-lab goes with no other option",
    "--check week": "There is no assignment 'week'; known are: mini.",
    "--show mini nothing": "mini has no exercise 'nothing'; it has: 1 double; 2 scale; 3 fit.",
    "elsewhere --check": "is no folder of `autograder learn`",
    ". --no-lab": "is a course; name a folder of your own",
    "source --no-lab": "holds other files; name a new folder",
    "nbgrader_config.py --no-lab": "is a file, and has to be a folder",
    "learn --wheel dist": "--wheel takes one folder",
}  # fmt: skip


@pytest.mark.parametrize("words", SENTENCES)
def test_bad_input_gets_one_sentence(place, capsys, words):
    """Does each say what is wrong, and what to do?"""
    begin(place)
    assert learn(*words.split()) == 2
    said = capsys.readouterr().err
    assert said.startswith("✗ ")
    assert SENTENCES[words] in said
    assert said.count("\n") == 1


def test_there_must_be_a_course(tmp_path, monkeypatch, capsys):
    """Does the command say where a course comes from, in a folder without one?"""
    monkeypatch.chdir(tmp_path)
    assert learn("--no-lab") == 2
    assert "There is no course to learn from" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_release_must_be_built(place, capsys):
    """Is the command named that makes it, and no half a folder made?"""
    (place.parent / "release" / ID / f"{ID}.ipynb").unlink()
    assert learn("--no-lab") == 2
    assert "run `autograder build mini`" in capsys.readouterr().err
    assert not place.exists()


def test_a_damaged_notebook_is_named(place, capsys):
    """Is one that cannot be read named, without a word about handing in, and nothing remembered of it?"""
    begin(place).write_text("{")
    assert learn("--check") == 1
    said = capsys.readouterr().out
    assert (
        "mini could not be checked: mini.ipynb is not a notebook, or was cut off. Rename or remove it" in said
    )
    assert Record(place).checks == []


def test_without_walls_it_says_so(place, capsys, monkeypatch):
    """Is a machine without walls told of that, and the notebook checked all the same, by the same grader?"""

    def refuse(*_):
        raise CourseError("No walls here.")

    fill(begin(place), {"double": DOUBLE})
    for wall in SEALED:
        monkeypatch.setattr(wall, "require", refuse)
    assert learn("--check") == 0
    said = capsys.readouterr().out
    assert "! Not sealed: " in said
    assert "No walls here." in said
    assert "mini: 30 of 100 points (not sealed)" in said
    assert "not sealed" in page_of(place)
    assert (
        learn("--check", "--force", "--sandbox", "bwrap") == 2
    )  # what was asked for by name is not replaced


def test_the_folder_is_found_from_inside(place, monkeypatch):
    """Is the learner's folder found in a terminal of JupyterLab, which begins in it, or below?"""
    mine = begin(place)
    for inside in (place, mine.parent):
        monkeypatch.chdir(inside)
        assert place_of(None) == place
    monkeypatch.chdir(place.parent)
    assert place_of(None) == place


def test_a_damaged_record_costs_no_more_than_its_lines(place):
    """Are lines that somebody wrote by hand passed over, and the others read?"""
    begin(place)
    done = Exercise("double", "", 30.0, 30.0, DONE)
    Record(place).add(Check(ID, now(), "bwrap", "", (done,)))
    line = (place / RECORD).read_text().splitlines()[-1]
    bad = ["no JSON", "[]", '{"what": "checked"}', line.replace("30.0", '"many"'), line.replace("done", "odd"),
           re.sub(r'"at": "[^"]*"', '"at": "today"', line)]  # fmt: skip
    (place / RECORD).write_text("\n".join([*bad, line, ""]))
    assert len(Record(place).checks) == 1
    assert Record(place).state(ID, "double") == DONE
    assert learn("--show", ID, "double") == 0


def test_assignments_by_their_beginnings(tmp_path):
    """Is an assignment known by its head or by any beginning that no other has?"""
    course = Course(tmp_path)
    for name in ("1a_one", "1b_two", "1bc_three"):
        write(course.source(name), release_notebook())
    assert choose(course, ["1a", "1b", "1bc_t"]) == ["1a_one", "1b_two", "1bc_three"]
    with pytest.raises(CourseError, match="'1' may be 1a_one or 1b_two or 1bc_three"):
        choose(course, ["1"])


def test_jupyterlab_opens_what_is_next(place, monkeypatch, capsys):
    """Is JupyterLab started on the folder with the next notebook, without a browser where that is wished?"""
    started = []
    monkeypatch.setattr(subprocess, "call", lambda command, env: started.append((command, env)) or 0)
    assert learn("--no-browser") == 0
    [(command, env)] = started
    assert command[1:3] == ["-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={place}" in command
    assert "--no-browser" in command
    assert command[-1] == str(place / ID / f"{ID}.ipynb")
    assert (Path(env["PATH"].split(os.pathsep)[0]) / "jupyter").exists()
    monkeypatch.setattr(lab.importlib.util, "find_spec", lambda name: None)
    assert learn() == 2
    assert "run `pip install jupyterlab`" in capsys.readouterr().err
