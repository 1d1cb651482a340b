"""Moodle: the grading worksheet comes back with our grades, and comments where they are asked for."""

import csv
import io
import json
import shutil

import pytest

from autograder.cli import main
from autograder.course import Course
from autograder.grading.result import Result
from autograder.platforms.export.comment import comment, sanitize_html
from autograder.tests.graded_class import (
    BY_HAND,
    EXTRA,
    FINALS,
    LATE,
    NOTHING,
    RNN,
    STUDENTS,
    UNMARKED,
    graded_course,
    moodle_csv,
)

MOST = "104.00"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return graded_course(tmp_path_factory.mktemp("moodle") / "course")


@pytest.fixture
def course(whole, tmp_path):
    """A course that a test may change."""
    return Course(shutil.copytree(whole.root, tmp_path / "course"))


@pytest.fixture
def export(course, capsys):
    """Puts a worksheet beside the download and runs the command; returns the exit code, what it said, the new file."""

    def run(text, *options, write="--write"):
        source = course.root / "downloaded" / RNN / "Grades-CS101-rnn-77.csv"
        source.parent.mkdir(parents=True, exist_ok=True)
        if text is not None:
            source.write_text(text, encoding="utf-8", newline="")
        code = main(
            ["--course", str(course.root), "export", "moodle", RNN, *options, *([write] if write else [])]
        )
        said = capsys.readouterr()
        place = course.root / "exported" / "moodle" / RNN / source.name
        return (
            code,
            " ".join((said.out + said.err).split()),
            place.read_bytes().decode() if place.exists() else "",
        )

    return run


def rows(text):
    """Rows as dicts, in order."""
    return [*csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))]


def grades(text):
    """Grade by student, of participant numbers."""
    return {STUDENTS[880100 - int(row["Identifier"].split()[1])]: row["Grade"] for row in rows(text)}


def identities(course, **who):
    """What collecting notes: the platform's key, the student, the folder's name."""
    path = course.root / "downloaded" / RNN / "identities.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"moodle,{key[1:]},{student},{name}" for key, (student, name) in who.items()]
    path.write_text("\n".join(["platform,key,student,name", *lines]) + "\n")


def test_every_row_has_its_grade_and_nothing_else_changes(export):
    """Has each of thirty students the grade of record, and is every other cell what it was?"""
    before = (
        moodle_csv(most=MOST, comments={"s01": "Well, done"}).replace(MOST, "100.00").replace("100.00", MOST)
    )
    code, said, after = export(before, "--scale")
    assert grades(after) == {
        s: f"{FINALS[s] * 1.04:.2f}" if s in FINALS and s != EXTRA else "" for s in STUDENTS
    }
    assert [row | {"Grade": ""} for row in rows(after)] == rows(before)
    assert after.startswith("\ufeffIdentifier,")
    assert (
        "more than Moodle's maximum of 104.00, which it would not take, so left as it is: 1 student: First24 Last24"
        in said
    )
    assert code == 1


def test_comma_as_decimal_sign(export):
    """Are points written with the worksheet's decimal sign, and an equal grade not written again?"""
    before = moodle_csv({"s03": "100,00", "s01": "66,67", "s02": "1,00"}, most="100,00")
    _, said, after = export(before)
    now = grades(after)
    assert (now["s03"], now["s01"], now["s02"], now["s00"], now[BY_HAND]) == (
        "100,00",
        "66,67",
        "63,33",
        "30,00",
        "87,50",
    )
    assert """s02 Jo "Jay" O'Neil rnn 1,00 63,33""" in said
    assert '"63,33"' in after


def test_grades_of_who_handed_in_nothing_stay(export):
    """Is what Moodle has for somebody without a submission, or without marks, left as it is?"""
    now = grades(export(moodle_csv({NOTHING: "55.00", UNMARKED: "12.00"}))[2])
    assert (now[NOTHING], now[UNMARKED], now[LATE]) == ("55.00", "12.00", "54.17")


def test_locked_rows_are_listed_and_left(export):
    """Is a grade that Moodle says cannot be changed left, with its student's name said?"""
    _, said, after = export(moodle_csv(locked=["s01", "s02"]))
    assert (grades(after)["s01"], grades(after)["s02"]) == ("", "")
    assert 'locked in Moodle, so left as it is: 2 students: Grace, B. Hopper, Jo "Jay" O\'Neil' in said


def test_another_maximum_needs_a_word(export):
    """Is a worksheet with other points, several maxima, or words of a scale left alone with a sentence?"""
    for most, says in [
        ("40.00", "gives 40 points and the gradebook 100"),
        ("Poor,Fair,Good", "words of a scale"),
    ]:
        code, said, after = export(moodle_csv(most=most))
        assert (code, after) == (1, "")
        assert says in said
    lines = moodle_csv().split("\n")
    lines[5] = lines[5].replace("100.00", "40.00")
    assert "several maximum grades ('100.00', '40.00')" in export("\n".join(lines))[1]


def test_anonymous_rows_are_found_by_their_number(export, course):
    """Where a worksheet has numbers only, do those that collecting noted find everybody?"""
    who = {
        f"p{880100 - number}": (student, f"Participant_{880100 - number}_assignsubmission_file")
        for number, student in enumerate(STUDENTS)
    }
    identities(course, **who)
    _, said, after = export(moodle_csv(anonymous=True))
    assert {s: grade for s, grade in grades(after).items() if grade} == {
        s: f"{FINALS[s]:.2f}" for s in FINALS if s != EXTRA
    }
    (course.root / "downloaded" / RNN / "identities.csv").unlink()
    code, said, after = export(moodle_csv(anonymous=True), write="")
    assert code == 1
    assert "a grade, but no row in" in said
    assert "nothing to change" in said


def test_the_number_of_a_team_is_nobody(export, course):
    """Does a team's number give no grade to the participant who has the same one by chance?"""
    identities(course, p880098=("s05", "Team A_880098_assignsubmission_file"))
    _, _, after = export(moodle_csv(email=False))
    assert (grades(after)["s02"], grades(after)["s05"]) == ("63.33", "66.67")


def test_a_number_and_an_address_that_disagree(export, course):
    """Is a row left with a sentence when the download's number names somebody else than its address?"""
    identities(course, p880098=("s05", "Participant_880098_assignsubmission_file"))
    _, said, after = export(moodle_csv())
    assert (grades(after)["s02"], grades(after)["s05"]) == ("", "")
    assert "could be s02 or s05" in said


def test_names_find_whom_no_key_finds(export, course):
    """Are people found by their names, as Moodle writes them in folders too, and namesakes by no name at all?"""
    (course.root / "roster.csv").unlink()
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        for student, first, last in [
            ("s00", "Ada", "Lovelace"),
            ("s02", "jo jay", "ONeil"),
            ("s03", "A", "Twin"),
            ("s04", "A", "Twin"),
        ]:
            entry = gradebook.find_student(student)
            entry.first_name, entry.last_name = first, last
        gradebook.db.commit()
    text = (
        moodle_csv()
        .replace("Zoë Ünlü", "A Twin")
        .replace("Ana María de la Cruz", "A Twin")
        .replace("Ada Lovelace", "  ada  LOVELACE ")
    )
    _, said, after = export(text)
    assert {s: grade for s, grade in grades(after).items() if grade} == {"s00": "30.00", "s02": "63.33"}
    assert "could be s03 or s04" in said


def test_a_name_with_another_address_is_somebody_else(export, course):
    """Does a namesake whose address the roster does not have get nobody's grade?"""
    before = moodle_csv().replace("s00@example.org", "other@example.org")
    _, said, after = export(before)
    assert grades(after)["s00"] == ""
    assert "a grade, but no row in Grades-CS101-rnn-77.csv: 1 student: Ada Lovelace" in said


def test_comments_only_when_asked(export, course):
    """Do comments stay as they came, blank ones too, without --comments, and say points and the first failure with it?"""
    checks = [{"check": "b: values", "status": "passed", "hidden": False, "message": "right", "cause": "", "diagnosis": ""},
              {"check": "b: gradients", "status": "failed", "hidden": True, "message": 'dx is <b>"wrong"</b> & a\\b.', "cause": "c", "diagnosis": ""},
              {"check": "b: more", "status": "failed", "hidden": True, "message": "second", "cause": "c", "diagnosis": ""}]  # fmt: skip
    cells = [{"cell": "test_b", "points": 50.0, "score": 16.7, "checks": checks}]
    result = Result("s01", RNN, 66.7, 100.0, 1.0, "", [], cells, {})
    course.reports.mkdir(exist_ok=True)
    from autograder.reports.stored import VERSION

    (course.reports / "results.json").write_text(
        json.dumps({"version": VERSION, "results": [result.as_dict()]})
    )
    before = moodle_csv({"s01": "66.67"}, comments={"s01": "Old, but gold", NOTHING: "See me"})
    comments = {row["Identifier"]: row["Feedback comments"] for row in rows(export(before)[2])}
    assert (comments["Participant 880099"], comments["Participant 880072"]) == ("Old, but gold", "See me")
    _, said, after = export(before, "--comments")
    comments = {row["Identifier"]: row["Feedback comments"] for row in rows(after)}
    assert comments["Participant 880099"] == (
        "66.7 of 100 points. a: 30 of 30. b: 16.7 of 50; dx is &lt;b&gt;&quot;wrong&quot;&lt;/b&gt; &amp; a&#92;b. c: 20 of 20."
    )
    assert comments["Participant 880072"] == "See me"
    assert comments["Participant 880075"].startswith(
        "54.2 of 100 points. 12.5 taken off because it was late. a: "
    )
    assert "s01 Grace, B. Hopper rnn comme" in said
    assert "nothing to change" in export(after, "--comments", write="")[1]


def test_comments_without_a_column_for_them(export):
    """Is --comments refused with a sentence where Moodle's worksheet has no place for them?"""
    text = "\n".join(line.rpartition(",")[0] for line in moodle_csv().split("\n"))
    code, said, after = export(text, "--comments")
    assert (code, after) == (1, "")
    assert "no column 'Feedback comments'; switch the feedback type on" in said
    assert grades(export(text)[2])["s03"] == "100.00"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-x", "@a", " =1"])
def test_no_comment_begins_a_formula(text):
    """Does a comment that Moodle's writer would put a quote before begin with something else?"""
    assert sanitize_html(text)[0] == "·"


def test_a_long_comment_is_cut(export):
    """Is a comment of a notebook with hundreds of cells bounded?"""
    from autograder.grading.of_record import CellGrade, GradeOfRecord

    many = tuple(CellGrade(f"test_{number}", 1.0, None, 0.0, 1.0, False) for number in range(900))
    assert 1000 < len(comment(GradeOfRecord(many, 900.0), None)) <= 1500


def test_worksheets_in_another_language(export, course):
    """Is a worksheet that is not English refused with what to do, and read with the course's translation?"""
    words = {"Identifier": "ID", "Grade": "Bewertung", "Last modified (grade)": "Zuletzt geändert (Bewertung)", "No": "Nein",
             "Full name": "Vollständiger Name", "Maximum grade": "Bestwertung", "Grade can be changed": "Bewertung kann geändert werden"}  # fmt: skip
    head, rest = moodle_csv(most="100,00", locked=["s02"]).replace(",No,", ",Nein,").split("\n", 1)
    for word in sorted(words, key=len, reverse=True):
        head = ",".join(
            words[word] if cell.removeprefix("\ufeff") == word else cell for cell in head.split(",")
        )
    text = f"\ufeff{head}\n{rest}"
    code, said, _ = export(text)
    assert code == 2
    assert "has no column 'Identifier', 'Grade', 'Last modified (grade)', but 'ID', " in said
    assert "translate in c.MoodleExport.words" in said
    config = course.root / "nbgrader_config.py"
    config.write_text(f"{config.read_text()}\nc.MoodleExport.words = {words!r}\n")
    _, said, after = export(text)
    found = {row["ID"]: row["Bewertung"] for row in csv.DictReader(io.StringIO(after.removeprefix("\ufeff")))}
    assert (found["Participant 880097"], found["Participant 880098"]) == ("100,00", "")
    assert "locked in Moodle" in said


def test_a_row_of_another_length_is_left(export):
    """Is a row with a cell too few, which Moodle would refuse with the whole file, said and left?"""
    lines = moodle_csv().split("\n")
    lines[4] = lines[4].rpartition(",")[0]
    _, said, after = export("\n".join(lines))
    assert after.split("\n")[4] == lines[4]
    assert "line 5 has another number of cells than the header, so left as it is: 1 student" in said


def test_no_worksheet(course, capsys):
    """Is a missing worksheet, or one for several assignments, answered with what to do?"""
    for options, says in [
        ((RNN,), "There is no grading worksheet for rnn; download it in Moodle"),
        ((), "no grading worksheet for mlp, rnn"),
        (("--from", "x.csv"), "A worksheet is of one assignment; name it"),
        ((RNN, "--from", "x.csv"), "There is no file x.csv"),
    ]:
        assert main(["--course", str(course.root), "export", "moodle", *options]) == 2
        assert says in " ".join(capsys.readouterr().err.split())


def test_worksheets_of_one_name_stay_apart(course, capsys):
    """Do two assignments' worksheets of the same name go to two files, also in a folder that --to names?"""
    for assignment in (RNN, "mlp"):
        folder = course.root / "downloaded" / assignment
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "grades.csv").write_text(moodle_csv())
    for to in ((), ("--to", str(course.reports))):
        course.reports.mkdir(exist_ok=True)
        main(["--course", str(course.root), "export", "moodle", "--write", *to])
        root = course.reports if to else course.root / "exported"
        found = {path.parent.name: grades(path.read_text())["s03"] for path in root.rglob("grades.csv")}
        assert found == {RNN: "100.00", "mlp": ""}
    assert main(["--course", str(course.root), "export", "moodle", "--write", "--to", "one.csv"]) == 2
    assert "There are several files to write; make one.csv a folder" in " ".join(
        capsys.readouterr().err.split()
    )
