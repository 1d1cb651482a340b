"""Canvas: its own gradebook file comes back with our grades, and with nothing else that is new."""

import csv
import io
import json
import os
import shutil
import time

import pytest

from autograder.cli import main
from autograder.course import Course
from autograder.grading.result import Result
from autograder.reports.stored import VERSION
from autograder.tests.graded_class import (
    BY_HAND,
    EXTRA,
    FINALS,
    LATE,
    NOTHING,
    RNN,
    STUDENTS,
    UNMARKED,
    WAITS,
    canvas_csv,
    graded_course,
    write_roster,
)

COLUMN = f"{RNN}=4711"
RNN_AT, MLP_AT = 6, 7


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return graded_course(tmp_path_factory.mktemp("canvas") / "course")


@pytest.fixture
def course(whole, tmp_path):
    """A course that a test may change."""
    return Course(shutil.copytree(whole.root, tmp_path / "course"))


@pytest.fixture
def export(course, capsys):
    """Writes what Canvas exports and runs the command; returns the exit code, what it said, and the new file."""

    def run(text, *options, kind="canvas", ids=(RNN,)):
        source = course.root / "2026-11-29T1120_Grades-CS101.csv"
        if text is not None:
            source.write_text(text, encoding="utf-8", newline="")
        code = main(["--course", str(course.root), "export", kind, *ids, "--from", str(source), *options])
        said = capsys.readouterr()
        place = course.root / "exported" / "canvas" / source.name
        return (
            code,
            " ".join((said.out + said.err).split()),
            place.read_bytes().decode() if place.exists() else None,
        )

    return run


def rows(text, delimiter=","):
    return [*csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter)]


def column(text, at=RNN_AT):
    """The cells of a column by the student's login."""
    return {row[3].removesuffix("x"): row[at] for row in rows(text)[3:-1]}


def test_every_row_has_its_grade_and_nothing_else_changes(export):
    """Has each of thirty students the grade of record, is every other cell what it was, and who has none left blank?"""
    before = canvas_csv()
    code, said, after = export(before, "--column", COLUMN, "--write")
    assert column(after) == {
        student: f"{FINALS[student]:.2f}" if student in FINALS else "" for student in STUDENTS
    }
    blanked = [
        [*row[:RNN_AT], "", *row[RNN_AT + 1 :]] if at > 2 else row for at, row in enumerate(rows(after))
    ]
    assert blanked == rows(before)
    assert code == 1  # one waits for a mark, one is not graded
    assert "1 student: First26 Last26; give the mark" in said
    assert "handed in, but not graded, so left as it is: 1 student: First27 Last27" in said
    assert "post them in Canvas" in said


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_bytes_stay(export, separator, end):
    """Do a mark at the beginning, semicolons, line ends and Canvas's own quoting stay as they were?"""
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=end).writerows(rows(canvas_csv()))
    before = "\ufeff" + text.getvalue()
    _, _, after = export(before, "--column", COLUMN, "--write", "--students", "s03")
    old, new = before.split(end), after.split(end)
    assert [at for at, (one, other) in enumerate(zip(old, new, strict=True)) if one != other] == [6]
    assert new[6] == old[6].replace(f"{separator * 3}87.50", f"{separator}100.00{separator * 2}87.50")
    assert '"=""' in after  # Canvas's form of a name that would be a formula


def test_only_what_differs_is_changed_and_shown(export):
    """Is a grade that is right already, in any locale, no change, and are old and new shown for one that is not?"""
    grades = {"s01": "66,67", "s03": "100", "s02": "1.063,33", "s04": "30.00", "s05": "12.5", "s07": "A-"}
    _code, said, after = export(canvas_csv(grades), "--column", COLUMN, "--write")
    now = column(after)
    assert (now["s01"], now["s03"], now["s04"], now["s02"], now["s05"]) == (
        "66,67",
        "100",
        "30.00",
        "63.33",
        "66.67",
    )
    assert """s02 Jo "Jay" O'Neil rnn 1.063,33 63.33""" in said
    assert "s05 李 王 rnn 12.5 66.67" in said
    assert "25 cells to change, 3 of them had something else; 3 right already" in said


def test_excused_and_unassigned_students_are_left(export):
    """Does EX stay unless it is forced, and N/A always?"""
    before = canvas_csv({"s01": "EX", "s02": "ex", "s03": "N/A", "s04": "EX"})
    _, said, after = export(before, "--column", COLUMN, "--write")
    assert [column(after)[student] for student in ("s01", "s02", "s03", "s04")] == ["EX", "ex", "N/A", "EX"]
    assert "excused in Canvas, so left as it is: 3 students" in said
    assert "not assigned in Canvas, or anonymous and not posted, so left as it is: 1 student" in said
    _, _, after = export(before, "--column", COLUMN, "--write", "--overwrite-excused")
    assert [column(after)[student] for student in ("s01", "s02", "s03")] == ["66.67", "63.33", "N/A"]


def test_a_score_of_who_handed_in_nothing_stays(export):
    """Is a grade that Canvas has for somebody without a submission, or without marks, neither cleared nor a 0?"""
    _, _, after = export(canvas_csv({NOTHING: "55.00", UNMARKED: "12.00"}), "--column", COLUMN, "--write")
    assert (column(after)[NOTHING], column(after)[UNMARKED]) == ("55.00", "12.00")


def test_the_grade_is_the_grade_of_record(export):
    """Do marks by hand, extra credit, penalties count, and a grade that waits as it is now?"""
    _, _, after = export(canvas_csv(), "--column", COLUMN, "--write")
    now = column(after)
    assert [now[one] for one in (BY_HAND, EXTRA, LATE, WAITS)] == ["87.50", "104.00", "54.17", "63.33"]


def test_a_grade_of_an_earlier_submission_is_named(export, course):
    """Is somebody told whose last submission could not be graded, so that an older grade goes out?"""
    course.reports.mkdir(exist_ok=True)
    result = Result("s03", RNN, problem="It is damaged.")
    content = {"version": VERSION, "results": [result.as_dict()]}
    (course.reports / "results.json").write_text(json.dumps(content))
    code, said, after = export(canvas_csv(), "--column", COLUMN, "--write")
    assert (code, column(after)["s03"]) == (1, "100.00")
    assert "because the last one could not be graded: 1 student: Zoë Ünlü; `autograder report`" in said


def test_nothing_is_written_without_a_word(export, course, monkeypatch):
    """Is the file written only with --write or a yes, and the platform's own never?"""
    code, said, after = export(canvas_csv(), "--column", COLUMN)
    assert (code, after) == (1, None)
    assert "Nothing is written; add --write" in said
    monkeypatch.setattr("sys.stdin", type("Terminal", (io.StringIO,), {"isatty": lambda self: True})("n\n"))
    monkeypatch.setattr("builtins.input", lambda *_: "no")
    assert export(canvas_csv(), "--column", COLUMN)[2] is None
    monkeypatch.setattr("builtins.input", lambda *_: "yes")
    assert export(canvas_csv(), "--column", COLUMN)[2]
    source = course.root / "2026-11-29T1120_Grades-CS101.csv"
    code, said, _ = export(canvas_csv(), "--column", COLUMN, "--write", "--to", str(source))
    assert (code, source.read_text()) == (2, canvas_csv())
    assert "name another with --to" in said


def test_a_second_time_there_is_nothing_to_do(export):
    """Does a file that has all grades give no new one, and say so?"""
    _, _, after = export(canvas_csv(), "--column", COLUMN, "--write")
    _code, said, _ = export(after, "--column", COLUMN)
    assert "nothing to change; 28 right already" in said
    assert "Nothing is written" not in said


def test_columns_are_found_by_number_title_or_id(export, course):
    """Is a column found by the course's settings, by its title, and by an id that is its title; else a sentence?"""
    code, said, after = export(canvas_csv(), "--write")
    assert (code, after) == (2, None)
    assert "no column has the title 'rnn'; say which with --column rnn=NUMBER. There are: " in said
    assert "'RNN, forward (4711)'" in said
    assert "Current Score" not in said
    assert column(export(canvas_csv(), "--write", "--column", f"{RNN}=rnn, Forward")[2])["s03"] == "100.00"
    assert column(export(canvas_csv(), "--write", ids=())[2], MLP_AT) == dict.fromkeys(STUDENTS, "")
    config = course.root / "nbgrader_config.py"
    config.write_text(f"{config.read_text()}\nc.CanvasExport.columns = {{'{RNN}': 4711}}\n")
    assert column(export(canvas_csv(), "--write")[2])["s03"] == "100.00"
    assert (
        "a column is named for 'rmm', which is no assignment here"
        in export(canvas_csv(), "--column", "rmm=1")[1]
    )
    for wrong in ("rnn", "=4711", "rnn="):
        assert export(canvas_csv(), "--column", wrong)[0] == 2


def test_titles_that_canvas_would_misread(export):
    """Are a title that looks like a total, and one that two columns have, refused with a sentence?"""
    text = canvas_csv().replace("RNN, forward (4711)", "Final Grade Project (4711)")
    assert (
        "takes 'Final Grade Project (4711)' for a total and drops it; rename it"
        in export(text, "--column", COLUMN)[1]
    )
    text = canvas_csv().replace("mlp (4712)", '"RNN, forward (4712)"')
    assert "two columns have the title 'RNN, forward'" in export(text, "--column", f"{RNN}=RNN, forward")[1]
    assert column(export(text, "--write", "--column", COLUMN)[2])["s03"] == "100.00"


def test_another_maximum_is_scaled_only_when_asked(export):
    """Is a column of other points left alone with a sentence, and converted with --scale?"""
    code, said, after = export(canvas_csv(), "--write", ids=("mlp",))
    assert (code, after) == (1, None)
    assert "mlp is left as it is: the platform gives 40 points and the gradebook 100" in said
    _, _, after = export(canvas_csv(), "--write", "--scale", ids=("mlp",))
    assert column(after, MLP_AT) == {student: "12.00" if student == "s00" else "" for student in STUDENTS}
    _, _, after = export(canvas_csv(most="1,000.00"), "--write", "--scale", "--column", COLUMN)
    assert column(after)["s01"] == "666.67"


def test_a_read_only_column_is_left(export):
    """Does a column that Canvas marks as read only get a sentence and no grade?"""
    code, said, after = export(canvas_csv(most="(read only)"), "--column", COLUMN, "--write")
    assert (code, after) == (1, None)
    assert "marks the column 'RNN, forward (4711)' as read only" in said


def test_people_on_one_side_only(export):
    """Are rows that are nobody's and grades without a row both named, and the grades of all others written?"""
    code, said, _after = export(canvas_csv(students=[*STUDENTS[:20], "x1"]), "--column", COLUMN, "--write")
    assert code == 1
    assert (
        "rnn: a grade, but no row in 2026-11-29T1120_Grades-CS101.csv: 7 students: First21 Last21, First22"
        in said
    )
    assert "no grade here is theirs: 1 student: Student, Test" in said  # x1 has the keys of s20


@pytest.mark.parametrize("key", ["canvas_id", "sis_id", "login", "email"])
def test_one_key_is_enough(export, course, key):
    """Is everybody found by each single key that the roster has, and by the id where it has none?"""
    head, *people = rows((course.root / "roster.csv").read_text())
    at = {"canvas_id": 6, "sis_id": 7, "login": 8, "email": 3}[key]
    kept = [[cell if column in (0, at) else "" for column, cell in enumerate(person)] for person in people]
    text = io.StringIO()
    csv.writer(text).writerows([head, *kept])
    (course.root / "roster.csv").write_text(text.getvalue())
    before = canvas_csv()
    if key == "email":
        before = "\n".join(
            line.replace("x,", "@example.org,", 1) if "Lab" in line else line for line in before.split("\n")
        )
    _, _, after = export(before, "--column", COLUMN, "--write")
    assert [row[RNN_AT] for row in rows(after)[3:-1]] == [
        f"{FINALS[s]:.2f}" if s in FINALS else "" for s in STUDENTS
    ]


def test_without_a_roster_the_ids_are_keys(export, course):
    """Is a student whose id is Canvas's number, user name or university number found without a roster?"""
    (course.root / "roster.csv").unlink()
    _, _said, after = export(
        canvas_csv().replace("s03x", "s03").replace("u00005", "s05").replace("1007,", "s07,"),
        "--column",
        COLUMN,
        "--write",
    )
    assert {row[1]: row[RNN_AT] for row in rows(after)[3:-1] if row[RNN_AT]} == {
        "1003": "100.00",
        "1005": "66.67",
        "s07": "100.00",
    }


def test_keys_that_disagree_give_nobody_a_grade(export, course):
    """Is a row whose keys name two people, and a student whom two rows name, left with a sentence?"""
    write_roster(course)
    before = canvas_csv().replace("s03x", "s04x")
    _, said, after = export(before, "--column", COLUMN, "--write")
    at = [row[RNN_AT] for row in rows(after)[3:]]
    assert (at[3], at[4]) == ("", "")
    assert "the row of Ünlü, Zoë could be s03 or s04" in said


def test_names_in_two_columns(export):
    """Is a file with first and last names in columns of their own filled as well?"""
    _, _, after = export(canvas_csv(first_last=True), "--column", COLUMN, "--write")
    assert {row[4]: row[7] for row in rows(after)[3:]}["s03x"] == "100.00"


def test_the_smallest_file_has_only_what_changes(export):
    """With --only, is there nothing that could set back other grades, and does Canvas still know the header?"""
    grades = {student: f"{FINALS[student]:.2f}" for student in FINALS if student not in ("s01", "s02")}
    _, _, after = export(canvas_csv(grades, extra={"s01": "39.00"}), "--column", COLUMN, "--write", "--only")
    head, posting, possible, *students = rows(after)
    assert head == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "RNN, forward (4711)"]
    assert posting[-1] == "Manual Posting"
    assert possible == ["    Points Possible", "", "", "", "", "100.00"]
    assert [(row[3], row[5]) for row in students] == [("s01x", "66.67"), ("s02x", "63.33")]


def test_an_old_file_is_said_to_be_old(export, course):
    """Is somebody warned whose file would set back newer grades, unless only changes are written?"""
    source = course.root / "2026-11-29T1120_Grades-CS101.csv"
    source.write_text(canvas_csv())
    os.utime(source, (time.time() - 7300,) * 2)
    assert "is 2 hours old" in export(None, "--column", COLUMN)[1]
    assert "hours old" not in export(None, "--column", COLUMN, "--only")[1]


@pytest.mark.parametrize(
    ("text", "says"),
    [("a,b\n1,2\n", "is no gradebook of Canvas's: its columns are 'a', 'b'"), ("", "no CSV"), (None, "There is no file")],
)  # fmt: skip
def test_another_file_gets_a_sentence(export, text, says):
    """Is a file that is no gradebook refused in one sentence?"""
    code, said, _ = export(text, "--column", COLUMN)
    assert code == 2
    assert says in said


def test_options_and_ids_that_make_no_sense(export, course, capsys):
    """Do unknown ids, options of another platform, and a missing file each get a sentence?"""
    for options, says in [
        (("export", "canvas", "nix"), "no assignment 'nix'; it has: mlp, rnn"),
        (("export", "canvas", RNN), "with --from"),
        (("export", "canvas", RNN, "--students", "zed"), "student 'zed'"),
        (("export", "canvas", RNN, "--comments"), "--comments is not for canvas"),
        (("export", "moodle", RNN, "--only"), "--only is not for moodle"),
        (("export", "moodle", RNN, "--column", COLUMN), "--column is not for moodle"),
    ]:
        assert main(["--course", str(course.root), *options]) == 2
        assert says in " ".join(capsys.readouterr().err.split())
    course.gradebook.unlink()
    assert main(["--course", str(course.root), "export", "csv"]) == 2
    assert "There is no gradebook yet" in capsys.readouterr().err
    assert not course.gradebook.exists()
