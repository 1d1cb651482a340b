"""There and back: thirty students from a platform's download to submitted/, and their grades to its own file."""

import csv
import io
import zipfile

import pytest

from autograder.cli import main
from autograder.tests.graded_class import (
    EXTRA,
    FINALS,
    NOTHING,
    RNN,
    STUDENTS,
    canvas_csv,
    graded_course,
    moodle_csv,
    name_of,
    rename,
)
from autograder.tests.nbgrader_command import runner

HANDED_IN = [student for student in STUDENTS if student != NOTHING]


def cleaned(text):
    """A name in Moodle's folders."""
    return "".join(letter for letter in text if letter not in "&<>\"`'|:/\\")


def canvas_names():
    """A flat zip: letters of the name, LATE, the numbers of the student and the upload, an earlier copy."""
    for number, student in enumerate(STUDENTS):
        first, last = name_of(student)
        who = "".join(letter for letter in f"{last}{first}".casefold() if letter.isalnum() or letter == "_")
        late = "_LATE" if number % 7 == 0 else ""
        yield student, f"{who}{late}_{1000 + number}_{500 + number}_{RNN}.ipynb"


def moodle_names():
    """A folder for each participant, whose number is the worksheet's."""
    for number, student in enumerate(STUDENTS):
        yield (
            student,
            f"{cleaned(' '.join(name_of(student)))}_{880100 - number}_assignsubmission_file/{RNN}.ipynb",
        )


@pytest.fixture(params=[True, False], ids=["roster", "no roster"])
def course(request, tmp_path):
    """A course with grades, and with or without a roster.csv."""
    return graded_course(tmp_path / "course", roster=request.param)


@pytest.fixture
def collect(course, monkeypatch, tmp_path):
    """Collects a zip of names, in which each file says whose it is; grades follow it to the ids that came out."""

    def run(names):
        archive = course.root / "downloaded" / RNN / "archive"
        archive.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(archive / "download.zip", "w") as file:
            for student, name in names:
                if student != NOTHING:
                    file.writestr(name, student)
        runner(course, monkeypatch, tmp_path / "home")("zip_collect", RNN)
        found = {
            path.read_text(): path.parents[1].name
            for path in course.root.glob(f"submitted/*/{RNN}/{RNN}.ipynb")
        }
        assert sorted(found) == HANDED_IN
        rename(course, found)
        return found

    return run


def exported(course, *options):
    """What the command wrote."""
    main(["--course", str(course.root), "export", *options])
    return {path.suffix: path for path in (course.root / "exported").rglob("*.*")}


def pages(course, ids):
    """A feedback page for everybody with a grade, which says whose it is."""
    for student in FINALS:
        page = course.root / "feedback" / ids[student] / RNN / f"{RNN}.html"
        page.parent.mkdir(parents=True)
        page.write_text(student)


def unpacked(path):
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name).decode() for name in file.namelist()}


def test_canvas_there_and_back(course, collect):
    """Does everybody's grade and page come back to the row and the upload that the submission came from?"""
    ids = collect(canvas_names())
    source = course.root / "Grades-CS101.csv"
    source.write_text(before := canvas_csv())
    after = exported(course, "canvas", RNN, "--from", str(source), "--column", f"{RNN}=4711", "--write")[
        ".csv"
    ].read_text()
    rows, old = ([*csv.reader(io.StringIO(text, newline=""))] for text in (after, before))
    for number, student in enumerate(STUDENTS, 3):
        grade = f"{FINALS[student]:.2f}" if student in FINALS else ""
        assert rows[number] == [*old[number][:6], grade, *old[number][7:]], student
    assert [*rows[:3], *rows[33:]] == [*old[:3], *old[33:]]
    pages(course, ids)
    packed = unpacked(exported(course, "canvas-feedback", RNN)[".zip"])
    numbers = {
        tuple(part for part in name.split("_") if part.isdigit())[:2]: student
        for name, student in packed.items()
    }
    assert numbers == {(str(1000 + int(s[1:])), str(500 + int(s[1:]))): s for s in FINALS}


def test_moodle_there_and_back(course, collect):
    """The same of Moodle: the worksheet's rows, and the folders of participants?"""
    ids = collect(moodle_names())
    (course.root / "downloaded" / RNN / "Grades-CS101-rnn-77.csv").write_text(before := moodle_csv())
    after = exported(course, "moodle", RNN, "--write")[".csv"].read_text()
    rows, old = ([*csv.DictReader(io.StringIO(text, newline=""))] for text in (after, before))
    for row, was, student in zip(rows, old, STUDENTS, strict=True):
        assert row == was | {
            "Grade": f"{FINALS[student]:.2f}" if student in FINALS and student != EXTRA else ""
        }, student
    pages(course, ids)
    packed = unpacked(exported(course, "moodle-feedback", RNN)[".zip"])
    assert {name.split("_")[1]: student for name, student in packed.items()} == {
        str(880100 - int(s[1:])): s for s in FINALS
    }
