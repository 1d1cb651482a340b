"""Names and lists made at random: whatever students and platforms write ends as an id or a sentence."""

import contextlib
import random
from pathlib import Path, PurePath

import pytest

from autograder.course import CourseError
from autograder.platforms.collect.choose import handed
from autograder.platforms.collect.names import SYSTEMS, systems_in
from autograder.platforms.collect.owners import owners
from autograder.platforms.collect.reading import read_path
from autograder.platforms.download import Download
from autograder.platforms.ids import student_id
from autograder.platforms.roster import COLUMNS, Person, Roster, read_roster
from autograder.platforms.roster_join import join
from autograder.platforms.roster_lists import read_list
from autograder.platforms.worksheet import find_worksheet
from autograder.tests.downloads import ID

PARTS = ["ann", "_", "7", "12345", "LATE", "anon", "k3XyZ", "_attempt_", "2026-11-23-10-15-30", "2026-13-99-99-99-99", "x.ipynb",
         "_assignsubmission_file", " - ", "Nov 23, 2026 1015 AM", "Feb 31, 2026 999 PM", "1-2", "(", ")", ",", ";", "submission_1",
         "submission_metadata.yml", "-submissions", "rnn", "-", "Team A", "Default group", "٣", "\udc80", "9" * 60, "members.txt",
         "0a1b2c3d-0000-4000-8000-0123456789ab", "timestamp.txt", "..", "*", "\n"]  # fmt: skip
CLASS = Roster(
    [
        Person("ann", "Ann", "X", team="Team A", canvas_id="12345", login="ann"),
        Person("b", team="team_a", login="a_b"),
    ]
)
CELLS = ["", "ann", "Ann Example", "Participant 1", "Participant 2", "a@b", "=1+1", '"x', "#u", "..", "a/b", "é", "12", "\0", "\r",
         "Points Possible", "Student, Test", '="12"', "٣", "\x85", "x" * 300]  # fmt: skip
HEADS = [*COLUMNS, "Student", "ID", "Section", "Identifier", "Full name", "Group", "Grade", "github_username", "identifier", "SID",
         "First Name", "Role", "", "LastName", "Email", "student_repository_name"]  # fmt: skip


@pytest.mark.parametrize("system", SYSTEMS)
def test_any_name_is_an_id_or_a_sentence(system, stress):
    """Does nothing but a ValueError come of it, and is every id one that may be a folder?"""
    for seed in range(20_000 if stress else 500):
        rng = random.Random(seed)
        glue = rng.choice(["", "_", " - "])
        path = PurePath(
            *(glue.join(rng.choices(PARTS, k=rng.randint(1, 7))) for _ in range(rng.randint(1, 3)))
        )
        systems_in([path])
        with contextlib.suppress(ValueError, OverflowError):
            if named := read_path(path, SYSTEMS[system](Download(ID, CLASS, Path("/nonexistent"), (path,)))):
                for student in owners(named, CLASS, {}):
                    one = handed(path, named, student, ID, True)
                    assert student_id(one.student) == one.student


def test_any_table_is_read_or_gets_a_sentence(course, stress):
    """Of random cells, separators, encodings and damage: does nothing but a CourseError come?"""
    path = course.root / "list.csv"
    for seed in range(20_000 if stress else 150):
        rng = random.Random(seed)
        rows = [
            rng.choices(HEADS, k=rng.randint(1, 8)),
            *(rng.choices(CELLS, k=rng.randint(1, 9)) for _ in range(rng.randint(0, 5))),
        ]
        data = "\n".join(map(rng.choice(",;\t").join, rows)).encode(
            rng.choice(["utf-8", "utf-8-sig", "utf-16", "latin-1"]), "replace"
        )
        path.write_bytes(data[: rng.choice([len(data), rng.randint(0, len(data))])])
        course.roster.write_bytes(path.read_bytes())
        for read in (
            lambda: read_roster(course),
            lambda: join([], read_list(path), set()),
            lambda: find_worksheet(Download(beside=course.root)),
        ):
            with contextlib.suppress(CourseError):
                read()


def test_of_two_columns_with_one_name_the_first_counts(course):
    """Is a worksheet read by its identifiers, whatever a later column of that name holds?"""
    (course.root / "sheet.csv").write_text(
        "Identifier,Full name,Grade,Identifier\nParticipant 7,Ann,,x\nParticipant 8,Bob\n"
    )
    assert set(find_worksheet(Download(beside=course.root)).rows) == {"7", "8"}
