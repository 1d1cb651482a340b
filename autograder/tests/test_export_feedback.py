"""Feedback pages in one zip: each under the name by which Canvas or Moodle finds its student."""

import os
import shutil
import zipfile

import pytest

from autograder.cli import main
from autograder.course import Course
from autograder.platforms.export.feedback_canvas import Upload, readings
from autograder.tests.graded_class import (
    FINALS,
    RNN,
    graded_course,
    moodle_csv,
    name_of,
)

GRADED = sorted(FINALS)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    course = graded_course(tmp_path_factory.mktemp("feedback") / "course")
    for student in GRADED:
        page = course.root / "feedback" / student / RNN / f"{RNN}.html"
        page.parent.mkdir(parents=True)
        page.write_text(f"<p>{student}")
    return course


@pytest.fixture
def course(whole, tmp_path):
    """A course that a test may change."""
    return Course(shutil.copytree(whole.root, tmp_path / "course"))


def archive(course, names, zipped=True):
    """Put files of these names into the download, in a zip as the platform makes it, or unpacked."""
    folder = course.root / "downloaded" / RNN / "archive"
    folder.mkdir(parents=True, exist_ok=True)
    if zipped:
        with zipfile.ZipFile(folder / "cs101-rnn_submissions.zip", "w") as file:
            for name in names:
                file.writestr(name, "{}")
        return
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")


def packed(course, capsys, platform, *options):
    """Exit code, what was said, and the zip's pages."""
    code = main(["--course", str(course.root), "export", f"{platform}-feedback", *options])
    said = capsys.readouterr()
    path = course.root / "exported" / f"{RNN}-{platform}-feedback.zip"
    pages = {}
    if path.exists():
        with zipfile.ZipFile(path) as file:
            pages = {name: file.read(name).decode() for name in file.namelist()}
    return code, " ".join((said.out + said.err).split()), pages


def canvas_name(number, late="", upload=500, file=f"{RNN}.ipynb"):
    first, last = name_of(f"s{number:02}")
    who = "".join(letter for letter in f"{last}{first}".casefold() if letter.isalnum())
    return f"{who}{late}_{1000 + number}_{upload + number}_{file}"


def canvas_reads(name):
    """The numbers of user and upload that Canvas takes from a name: the first two that are all digits."""
    numbers = [part for part in name.split("_") if part.isdigit()]
    return numbers[0], numbers[1]


@pytest.mark.parametrize("zipped", [True, False])
def test_canvas_finds_each_student(course, capsys, zipped):
    """Does Canvas, as its source reads names, give each page to its student's last upload of the notebook?"""
    names = [canvas_name(number, "_LATE" if number == 3 else "") for number in range(29)]
    names += [
        canvas_name(1, upload=700, file=f"{RNN}-1.ipynb"),
        canvas_name(1, upload=900, file="data.csv"),
        "__MACOSX/._x",
        "notes.txt",
    ]
    archive(course, names, zipped)
    code, said, pages = packed(course, capsys, "canvas", RNN)
    expected = {
        (str(1000 + int(s[1:])), str((700 if s == "s01" else 500) + int(s[1:]))): f"<p>{s}"
        for s in GRADED
        if s != "s29"
    }
    assert {canvas_reads(name): text for name, text in pages.items()} == expected
    assert all(name.endswith(f"_{RNN}_feedback.html") and "/" not in name for name in pages)
    assert code == 1
    assert "the download has no place for 1 student: First29 Last29" in said


def test_canvas_names_that_mislead(course, capsys):
    """Does a name that ends in a number, which shifts the two that count, still get to its student?"""
    archive(course, ["group_7_1002_502_rnn.ipynb", "r2_d2_1003_503_03_04_rnn.ipynb"])
    _, _, pages = packed(course, capsys, "canvas", RNN)
    assert {canvas_reads(name): text for name, text in pages.items()} == {
        ("1002", "502"): "<p>s02",
        ("1003", "503"): "<p>s03",
    }
    assert readings("anon_k3XyZ_67890_03_RNN.ipynb") == [Upload("anon_k3XyZ", 67890, "03_RNN.ipynb")]
    assert readings("LATE_anon_k3XyZ_67890_03_RNN.ipynb")[0].upload == 67890
    assert readings("notes.txt") == readings("a_1_b.ipynb") == []


def test_canvas_anonymous_and_teams(course, capsys):
    """Are anonymous students found as collecting noted them, and has a team one page for all?"""
    archive(course, ["anon_k3XyZ_601_rnn.ipynb", "blue_1005_605_rnn.ipynb"])
    notes = [
        "canvas,anon_k3XyZ,s04,anon_k3XyZ_601_rnn.ipynb",
        "canvas,1005,s05,x",
        "canvas,1005,s06,x",
        "moodle,1005,s07,x",
    ]
    (course.root / "downloaded" / RNN / "identities.csv").write_text(
        "\n".join(["platform,key,student,name", *notes]) + "\n"
    )
    _, said, pages = packed(course, capsys, "canvas", RNN)
    assert set(pages) == {"anon_k3XyZ_601_rnn_feedback.html", "student_1005_605_rnn_feedback.html"}
    assert pages["anon_k3XyZ_601_rnn_feedback.html"] == "<p>s04"
    assert "25 students: Ada Lovelace" in said


def test_moodle_finds_each_participant(course, capsys):
    """Has each student a folder with the worksheet's number, in a form of which Moodle reads the number?"""
    archive(course, [f"Team A_77_assignsubmission_file/{RNN}.ipynb"])
    (course.root / "downloaded" / RNN / "Grades-CS101-rnn-77.csv").write_text(moodle_csv())
    code, _, pages = packed(course, capsys, "moodle", RNN)
    parts = {name: name.split("/")[0].split("_") for name in pages}
    assert all(len(part) == 4 and part[2:] == ["assignsubmission", "file"] for part in parts.values())
    assert {parts[name][1]: text for name, text in pages.items()} == {
        str(880100 - int(s[1:])): f"<p>{s}" for s in GRADED
    }
    assert all(name.endswith(f"/{RNN}.html") and name.count("/") == 1 for name in pages)
    assert code == 0


def test_moodle_without_a_worksheet(course, capsys):
    """Are the numbers taken from the download's own folders, with what collecting noted, and is nobody guessed?"""
    archive(course, [f"Ada Lovelace_880100_assignsubmission_file/{RNN}.ipynb", f"Jo Jay ONeil_880098_assignsubmission_file_{RNN}.ipynb",
                     f"Participant_880097_assignsubmission_file/{RNN}.ipynb", f"Participant_880096_assignsubmission_file/{RNN}.ipynb"])  # fmt: skip
    notes = "platform,key,student,name\nmoodle,880097,s03,Participant_880097_assignsubmission_file\n"
    (course.root / "downloaded" / RNN / "identities.csv").write_text(notes)
    code, said, pages = packed(course, capsys, "moodle", RNN)
    assert {name.split("_")[1]: text for name, text in pages.items()} == {
        "880100": "<p>s00",
        "880098": "<p>s02",
        "880097": "<p>s03",
    }
    assert code == 1
    assert "25 students: " in said


def test_pages_that_are_missing_or_old(course, capsys):
    """Is somebody told whose page is not made yet, and whose is older than the grade?"""
    (course.root / "downloaded" / RNN).mkdir(parents=True)
    (course.root / "downloaded" / RNN / "Grades.csv").write_text(moodle_csv())
    (course.root / "feedback" / "s00" / RNN / f"{RNN}.html").unlink()
    graded = course.autograded("s01", RNN)
    graded.parent.mkdir(parents=True)
    graded.write_text("{}")
    os.utime(graded, (2e9, 2e9))
    code, said, pages = packed(course, capsys, "moodle")
    assert code == 1
    assert "rnn: no page yet: 1 student: Ada Lovelace; run `autograder feedback rnn`" in said
    assert "rnn: graded again after their pages were made: 1 student: Grace, B. Hopper" in said
    assert len(pages) == len(GRADED) - 1


def test_the_same_pages_make_the_same_zip(course, capsys):
    """Is the zip the same bytes each time?"""
    (course.root / "downloaded" / RNN).mkdir(parents=True)
    (course.root / "downloaded" / RNN / "Grades.csv").write_text(moodle_csv())
    path = course.root / "exported" / f"{RNN}-moodle-feedback.zip"
    packed(course, capsys, "moodle", RNN)
    first = path.read_bytes()
    path.unlink()
    packed(course, capsys, "moodle", RNN)
    assert path.read_bytes() == first


def test_nothing_to_pack(course, capsys):
    """Are no pages, no download and a damaged one each answered with a sentence?"""
    code, said, pages = packed(course, capsys, "canvas", RNN)
    assert (code, pages) == (1, {})
    assert f"the download has no place for {len(GRADED)} students" in said
    archive(course, ["x"])
    (course.root / "downloaded" / RNN / "archive" / "broken.zip").write_bytes(b"PK\x03\x04nonsense")
    code, said, _ = packed(course, capsys, "canvas", RNN)
    assert code == 2
    assert "broken.zip does not open" in said
    shutil.rmtree(course.root / "feedback")
    for options in ((RNN,), ()):
        assert packed(course, capsys, "canvas", *options)[0] == 2
