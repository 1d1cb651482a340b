"""Tables of grades: CSV, xlsx and nbgrader's own export, with names of any kind and no formula."""

import csv
import io
import os
import shutil
import sys
from datetime import datetime

import pytest
from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin

from autograder.cli import main
from autograder.course import Course
from autograder.gradebook import own_programs_first
from autograder.platforms.export.nbgrader import SafeCsvExport
from autograder.platforms.export.spreadsheet import as_xlsx
from autograder.tests.graded_class import (
    CELLS,
    FINALS,
    LATE,
    NOTHING,
    RNN,
    STUDENTS,
    UNMARKED,
    canvas_csv,
    graded_course,
    name_of,
    rename,
)
from autograder.tests.nbgrader_command import runner


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return graded_course(tmp_path_factory.mktemp("tables") / "course")


@pytest.fixture
def course(whole, tmp_path):
    """A course that a test may change."""
    return Course(shutil.copytree(whole.root, tmp_path / "course"))


def records(path):
    """The rows of a CSV file by the student's id."""
    rows = [*csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))]
    return {row.get("student") or row["student_id"]: row for row in rows}


def test_a_row_for_each_student_with_all_that_a_grade_is_made_of(course, capsys):
    """Has the table everybody's names, section, times, sums and cells, and nothing for who handed in nothing?"""
    assert main(["--course", str(course.root), "export", "csv", RNN]) == 1  # one waits for a mark
    assert "not final, a cell waits for a mark by hand: rnn: s26" in " ".join(capsys.readouterr().out.split())
    found = records(course.root / "exported" / "grades.csv")
    assert [*found] == STUDENTS
    assert {s: float(row["rnn final"]) for s, row in found.items() if row["rnn final"]} == pytest.approx(
        FINALS, abs=1e-5
    )
    ada = found["s00"]
    assert (ada["last_name"], ada["first_name"], ada["email"], ada["section"]) == (
        "Lovelace",
        "Ada",
        "s00@example.org",
        "Lab 0",
    )
    assert ada["rnn handed_in"] == "2026-11-22T09:30:00Z"
    late = {name.removeprefix("rnn "): text for name, text in found[LATE].items()}
    assert [late[name] for name in ("automatic", "by_hand", "extra_credit", "late_penalty", "final", "max_score", "waits")] == [
        "66.666667", "0", "0", "12.5", "54.166667", "100", "0"]  # fmt: skip
    assert [late[cell] for cell in CELLS] == ["30", "16.666667", "20"]
    for student in (NOTHING, UNMARKED):
        assert {text for name, text in found[student].items() if name.startswith("rnn ")} == {""}


def test_names_arrive_as_they_are_and_formulas_do_not(course):
    """Do commas, quotes and any script survive, and is a student called =1+1 no formula?"""
    main(["--course", str(course.root), "export", "csv", "--to", str(course.root / "all.csv")])
    found = records(course.root / "all.csv")
    assert [(found[s]["first_name"], found[s]["last_name"]) for s in STUDENTS[:6]] == [
        name_of(s) for s in STUDENTS[:6]
    ]
    assert (found["s06"]["first_name"], found["s06"]["last_name"]) == ("'@SUM(A1)", "'=1+1")
    assert found["s00"]["mlp final"] == "30"
    assert found["s01"]["mlp final"] == ""


def test_only_some_students(course):
    """Does --students leave out the others?"""
    main(["--course", str(course.root), "export", "csv", "--students", "s01", "s03"])
    assert [*records(course.root / "exported" / "grades.csv")] == ["s01", "s03"]


def test_a_workbook(course):
    """Has the workbook numbers as numbers, times as times, all text as text, and a sheet for each assignment?"""
    openpyxl = pytest.importorskip("openpyxl")
    main(["--course", str(course.root), "export", "xlsx"])
    book = openpyxl.load_workbook(course.root / "exported" / "grades.xlsx")
    assert book.sheetnames == ["grades", "mlp", "rnn"]
    cells = {cell.data_type for sheet in book for row in sheet for cell in row}
    assert "f" not in cells
    assert "e" not in cells
    head, *rows = book["rnn"].iter_rows(values_only=True)
    found = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    assert {s: row["final"] for s, row in found.items() if row["final"] is not None} == pytest.approx(
        FINALS, abs=1e-5
    )
    assert (found["s06"]["first_name"], found["s06"]["last_name"]) == ("@SUM(A1)", "=1+1")
    assert found["s00"]["handed_in"] == datetime(2026, 11, 22, 9, 30)
    assert found[NOTHING]["final"] is None
    assert (
        dict(zip(*[[*row] for row in book["grades"].iter_rows(max_row=2, values_only=True)], strict=True))[
            "mlp"
        ]
        == 30
    )


def test_text_in_a_workbook_is_never_run():
    """Do formulas, errors and control characters stay text?"""
    openpyxl = pytest.importorskip("openpyxl")
    texts = ["=1+1", "#N/A", "+1", "a\x07b", "-3", "@x", "x" * 40000, ""]
    sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx({"a/b": [texts]}))).active
    read = [cell.value for cell in sheet[1]]
    assert [cell.data_type for cell in sheet[1] if cell.value] == ["s"] * 7
    assert read[:6] == ["=1+1", "#N/A", "+1", "a\ufffdb", "-3", "@x"]
    assert [cell.quotePrefix for cell in sheet[1]][:3] == [True, False, False]


def test_without_openpyxl_there_is_a_sentence(course, monkeypatch, capsys):
    """Is somebody without the library told what to install, before anything is written?"""
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    assert main(["--course", str(course.root), "export", "xlsx"]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "This needs openpyxl: run `pip install 'neuron-to-transformer[instructor]'`." in said
    assert not (course.root / "exported").exists()


def test_nbgraders_own_export_has_the_same_cells(course):
    """Without odd names, is what our exporter writes byte for byte what nbgrader's writes?"""
    url, ours, theirs = f"sqlite:///{course.gradebook}", course.root / "ours.csv", course.root / "theirs.csv"
    with own_programs_first(), Gradebook(url) as gradebook:
        for options in ({}, {"student": ["s03"], "assignment": [RNN]}):
            SafeCsvExport(to=str(ours), **options).export(gradebook)
            CsvExportPlugin(to=str(theirs), **options).export(gradebook)
            assert ours.read_text() == theirs.read_text()


@pytest.fixture
def nbgrader(monkeypatch, course, tmp_path):
    """Runs one of nbgrader's commands in the course's folder."""
    return runner(course, monkeypatch, tmp_path / "home")


def test_nbgrader_export_is_ours(course, nbgrader):
    """Does `nbgrader export` in a course quote names, and write a student called =1+1 as text?"""
    rename(course, {"s01": "=1+1"})
    with own_programs_first(), Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        gradebook.find_student("s02").last_name = 'O"Neil, Jr'
        gradebook.db.commit()
    nbgrader("export", "--assignment", RNN)
    found = records(course.root / "grades.csv")
    assert found["s02"]["last_name"] == 'O"Neil, Jr'
    assert (found["'=1+1"]["score"], found["'=1+1"]["timestamp"]) == (
        str(FINALS["s01"]),
        "2026-11-22 09:30:00",
    )


def test_nbgrader_runs_the_platforms_exporters(course, nbgrader, capsys):
    """Does `nbgrader export --exporter=...` fill Canvas's file, and end with a sentence when it cannot?"""
    source = course.root / "canvas.csv"
    source.write_text(canvas_csv())
    arguments = ["export", "--exporter=autograder.platforms.export.canvas.CanvasExport", f"--CanvasExport.source={source}",
                 f"--CanvasExport.columns={RNN}=4711", "--to", str(course.root / "filled.csv")]  # fmt: skip
    nbgrader(*arguments, "--assignment", RNN)
    said = capsys.readouterr().err
    assert "canvas.csv: 28 cells to change; 0 right already." in said
    assert "Written: " in said
    rows = [*csv.reader(io.StringIO((course.root / "filled.csv").read_text(), newline=""))]
    assert rows[6][6] == "100.00"
    os.remove(source)
    with pytest.raises(SystemExit):
        nbgrader(*arguments)
    assert "There is no file" in capsys.readouterr().err
