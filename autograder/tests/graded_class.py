"""A class of thirty with a filled gradebook, made without grading, and files as platforms write them."""

import csv
import functools
import io
import sqlite3
import tempfile
import warnings
from datetime import datetime
from pathlib import Path

from nbgrader.api import Gradebook
from sqlalchemy.exc import SAWarning

from autograder.gradebook import own_programs_first
from autograder.tests.mini import make_course

RNN, MLP = "rnn", "mlp"
CELLS = {"test_a": 30, "test_b": 50, "test_c": 20}
STUDENTS = [f"s{number:02}" for number in range(30)]
NAMES = {
    "s00": ("Ada", "Lovelace"), "s01": ("Grace, B.", "Hopper"), "s02": ('Jo "Jay"', "O'Neil"),
    "s03": ("Zoë", "Ünlü"), "s04": ("Ana María", "de la Cruz"), "s05": ("李", "王"), "s06": ("@SUM(A1)", "=1+1"),
}  # fmt: skip
# What is special about the rnn of some students.
BY_HAND, EXTRA, LATE, WAITS, UNMARKED, NOTHING = "s23", "s24", "s25", "s26", "s27", "s28"
FINALS = {
    f"s{number:02}": 30 + 50 * (number % 4) / 3 + 20 * (number % 2) for number in range(30)
    if f"s{number:02}" not in (UNMARKED, NOTHING)
} | {BY_HAND: 87.5, EXTRA: 104.0, LATE: 30 + 50 / 3 + 20 - 12.5, WAITS: 30 + 50 * 2 / 3}  # fmt: skip


def name_of(student: str) -> tuple[str, str]:
    """First and last name."""
    return NAMES.get(student, (f"First{student[1:]}", f"Last{student[1:]}"))


def graded_course(root: Path, roster: bool = True):
    """A course whose gradebook is filled, with everybody in the roster."""
    root.mkdir(parents=True, exist_ok=True)
    course = make_course(root)
    course.gradebook.write_bytes(_gradebook())
    if roster:
        write_roster(course)
    return course


def write_roster(course, students=STUDENTS) -> None:
    """roster.csv with every key."""
    rows = ["id,first_name,last_name,email,section,team,canvas_id,sis_id,login"]
    for number, student in enumerate(students):
        cells = [student, *name_of(student), f"{student}@example.org", f"Lab {number % 2}", "", f"{1000 + number}",
                 f"u{number:05}", f"{student}x"]  # fmt: skip
        rows.append(",".join('"' + cell.replace('"', '""') + '"' for cell in cells))
    (course.root / "roster.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def rename(course, names: dict[str, str]) -> None:
    """Give the gradebook's students other ids."""
    with sqlite3.connect(course.gradebook) as database:
        for old, new in names.items():
            database.execute("UPDATE student SET id = ? WHERE id = ?", (new, old))
            database.execute(
                "UPDATE submitted_assignment SET student_id = ? WHERE student_id = ?", (new, old)
            )


@functools.cache
def _gradebook() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "gradebook.db")
        with own_programs_first(), warnings.catch_warnings(), Gradebook(f"sqlite:///{file}") as gradebook:
            warnings.simplefilter("ignore", SAWarning)  # nbgrader's own order of inserts
            _fill(gradebook)
        return file.read_bytes()


def _fill(gradebook: Gradebook) -> None:
    for assignment in (RNN, MLP):
        gradebook.add_assignment(assignment, duedate=datetime(2026, 11, 23, 10))
        gradebook.add_notebook(assignment, assignment)
        for cell, points in CELLS.items():
            gradebook.add_grade_cell(cell, assignment, assignment, max_score=points, cell_type="code")
    for student in STUDENTS:
        gradebook.add_student(student)
    for student in STUDENTS:
        if student != NOTHING:
            _hand_in(gradebook, RNN, student)
    _hand_in(gradebook, MLP, "s00")
    gradebook.db.commit()


def _hand_in(gradebook: Gradebook, assignment: str, student: str) -> None:
    gradebook.add_submission(assignment, student, timestamp=datetime(2026, 11, 22, 9, 30))
    number = int(student[1:])
    scores = {"test_a": 30.0, "test_b": 50 * (number % 4) / 3, "test_c": 20.0 * (number % 2)}
    for cell, score in scores.items():
        grade = gradebook.find_grade(cell, assignment, assignment, student)
        if student != UNMARKED:
            grade.auto_score, grade.needs_manual_grade = score, False
        if cell == "test_c":
            _special(gradebook, grade, assignment, student)


def _special(gradebook: Gradebook, grade, assignment: str, student: str) -> None:
    if student == BY_HAND:
        grade.manual_score = 7.5
    if student == EXTRA:
        grade.manual_score, grade.extra_credit = 20.0, 54.0
    if student == LATE:
        gradebook.find_submission_notebook(assignment, assignment, student).late_submission_penalty = 12.5
    if student == WAITS:
        grade.auto_score, grade.needs_manual_grade = None, True


def canvas_csv(
    grades: dict[str, str] | None = None,
    students=STUDENTS,
    most="100.00",
    extra: dict[str, str] | None = None,
    first_last=False,
) -> str:
    """What Canvas's gradebook exports: a custom column, two assignments, totals, and a row of what is not posted."""
    grades, extra = grades or {}, extra or {}
    who = ["LastName", "FirstName"] if first_last else ["Student"]
    blank = [""] * len(who)
    head = [*who, "ID", "SIS User ID", "SIS Login ID", "Section", "Notes", "RNN, forward (4711)", "mlp (4712)",
            "Homework Current Score", "Current Score", "Final Score"]  # fmt: skip
    rows = [
        head,
        [*blank, "", "", "", "", "", "Manual Posting", "", "", "", ""],
        ["    Points Possible", *blank[1:], "", "", "", "", "", most, "40.00", "(read only)", "(read only)", "(read only)"],
    ]  # fmt: skip
    for number, student in enumerate(students):
        first, last = name_of(student)
        name = [last, first] if first_last else [f"{last}, {first}"]
        name[0] = f'="{name[0]}"' if name[0].startswith("=") else name[0]
        rows.append([*name, f"{1000 + number}", f"u{number:05}", f"{student}x", f"Lab {number % 2} and Lecture", "a, b",
                     grades.get(student, ""), extra.get(student, ""), "87.50", "87.50", "43.75"])  # fmt: skip
    rows.append(
        [
            *(["Test", "Student"] if first_last else ["Student, Test"]),
            "9999",
            "",
            "d41d8cd98f00b204",
            "Lecture",
            "",
            "",
            "",
            "",
            "",
            "",
        ]
    )
    return _csv(rows)


def moodle_csv(
    grades=None, comments=None, students=STUDENTS, most="100.00", locked=(), anonymous=False, email=True
) -> str:
    """Moodle's grading worksheet; participant numbers run backwards from 880100."""
    grades, comments = grades or {}, comments or {}
    about = [] if anonymous else ["Full name", *(["Email address"] if email else [])]
    rows = [["Identifier", *about, "Status", "Grade", "Maximum grade", "Grade can be changed",
             "Last modified (submission)", "Last modified (grade)", "Feedback comments"]]  # fmt: skip
    for number, student in enumerate(students):
        who = [" ".join(name_of(student)), *([f"{student}@example.org"] if email else [])]
        rows.append([
            f"Participant {880100 - number}", *([] if anonymous else who), "Submitted for grading", grades.get(student, ""), most,
            "No" if student in locked else "Yes", "Sunday, 29 November 2026, 11:20 AM", "-", comments.get(student, ""),
        ])  # fmt: skip
    return "\ufeff" + _csv(rows)


def _csv(rows) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
