"""The roster: who is who, read from roster.csv and made from what platforms export."""

import random
import sqlite3

import pytest

from autograder.cli import main
from autograder.course import Course, CourseError
from autograder.platforms.ids import student_id
from autograder.platforms.people import name_key
from autograder.platforms.roster import COLUMNS, Person, Roster, read_roster
from autograder.platforms.roster_join import join
from autograder.platforms.roster_lists import Listed, read_list

HEADER = "id,first_name,last_name,email,section,team,canvas_id,sis_id,login,moodle_id,github\n"
ANN = "ann,Ann,Example,Ann@Example.org,Tuesday,Red,12345,0042,aexample,,annx\n"


@pytest.fixture
def course(tmp_path):
    """An empty course folder."""
    (tmp_path / "nbgrader_config.py").touch()
    return Course(tmp_path)


def test_a_person_is_found_by_what_platforms_call_them(course):
    """Do ids, in any case and with any of the usual separators, lead to the one person?"""
    for separator, encoding in ((",", "utf-8"), (";", "utf-8-sig"), ("\t", "utf-16")):
        text = (HEADER + ANN + "bob,,,,,red,6,,,,\n").replace(",", separator)
        course.roster.write_text(text, encoding=encoding)
        roster = read_roster(course)
        ann = roster.people["ann"]
        assert ann == Person("ann", "Ann", "Example", "Ann@Example.org", "Tuesday", "Red", "12345", "0042",
                             "aexample", "", "annx")  # fmt: skip
        assert roster.find(canvas_id="12345") is roster.find(email="ann@example.ORG", login="") is ann
        assert roster.find(canvas_id="12345", github="nobody") is ann
        assert roster.find(canvas_id="6", login="aexample") is None
        assert roster.find(canvas_id="") is roster.find(moodle_id="") is None
        assert (roster.name("ann"), roster.name("bob"), roster.name("cyd")) == ("Ann Example", "bob", "cyd")
        assert [person.id for person in roster.members("red")] == ["ann", "bob"]
        assert roster.members("") == []


def test_without_a_file_the_roster_is_empty(course):
    """Is no roster no error?"""
    assert len(read_roster(course)) == len(Roster()) == 0


DAMAGED = {
    "no column": (b"name,email\nAnn,a@b\n", "no column `id`"),
    "two columns": (b"id,email,email\nann,a,b\n", "two columns 'email'"),
    "one id twice": (b"id\nann\n\nbob\nann\n", "line 5: id 'ann' stands on line 2"),
    "one email twice": (b"id,email\nann,a@b\nbob,A@B\n", "line 3: email 'A@B' stands on line 2"),
    "a path": (b"id\nann\n../bob\n", "line 3: '../bob' would not be a folder"),
    "no id": (b"id,email\n,a@b\n", "line 2: '' would not be a folder"),
    "a pattern": (b"id\na*\n", "line 2"),
    "Latin-1": (b"id,last_name\nann,x\nbob,B\xf6b\n", "not UTF-8 on line 3"),
    "half of UTF-16": (b"\xff\xfei\0d\0\n\0a", "not UTF-8"),
    "a spreadsheet": (b"PK\x03\x04\0\0id", "no text"),
    "a huge cell": (b'id\n"' + b"a" * 200_000, "no table"),
    "nothing": (b"\n\n", "is empty"),
}


@pytest.mark.parametrize(("data", "said"), DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_roster_gets_a_sentence_with_its_line(course, data, said):
    """Is what cannot be read refused, where it stands and with what to do?"""
    course.roster.write_bytes(data)
    with pytest.raises(CourseError, match=said.replace("*", r"\*")):
        read_roster(course)


CANVAS = '''Student,ID,SIS User ID,SIS Login ID,Section,Notes,RNN (4711),Final Score
,,,,,,Manual Posting,(read only)
"    Points Possible",,,,,,40.00,(read only)
"Example, Ann",12345,s1,aexample,Tuesday and Friday,,37.50,90
"=""=SUM(1), Bob""",12346,s2,bob@example.org,Friday,,EX,
"Student, Test",99,,0deadbeef,Friday,,,
'''
LASTNAME = '''LastName,FirstName,ID,SIS User ID,SIS Login ID,Section,RNN (4711)
"    Points Possible",,,,,,40.00
Example,Ann,12345,s1,aexample,Tuesday and Friday,37.50
"=""=SUM(1)""",Bob,12346,s2,bob@example.org,Friday,EX
Student,Test,99,,0deadbeef,Friday,
'''
SHEET = """Identifier,Full name,Email address,Status,Group,Grade,Maximum grade,Grade can be changed,Last modified (grade)
Participant 880123,Ann Example,ann@example.org,-,Team A,,40.00,Yes,-
Participant 880124,Bob Bee,BOB@example.org,-,Default group,,40.00,Yes,-
"""
LISTS = {
    "canvas": (CANVAS, [("Ann", "Example", {"canvas_id": "12345", "sis_id": "s1", "login": "aexample", "section": "Tuesday and Friday"}),
                        ("Bob", "SUM(1)", {"canvas_id": "12346", "sis_id": "s2", "login": "bob@example.org", "section": "Friday"})]),
    "canvas, two columns": (LASTNAME, None),
    "moodle, worksheet": (SHEET, [("Ann", "Example", {"email": "ann@example.org", "team": "Team A"}), ("Bob", "Bee", {"email": "BOB@example.org", "team": ""})]),
    "moodle, participants": ("First name,Last name,ID number,Email address,Groups\nAnn,Example,s1,ann@example.org,Lab 1\n",
                             [("Ann", "Example", {"sis_id": "s1", "email": "ann@example.org", "section": "Lab 1"})]),
    "gradescope, roster": ("Full Name,SID,Email,Role,Section\nAnn Example,s1,ann@example.org,Student,Lab\nTom T,,tom@example.org,TA,\n",
                           [("Ann", "Example", {"sis_id": "s1", "email": "ann@example.org", "section": "Lab"})]),
    "gradescope, grades": ("First Name,Last Name,SID,Email,Sections,Total Score,Max Points\nAnn,Example,s1,ann@example.org,Lab,1,2\n",
                           [("Ann", "Example", {"sis_id": "s1", "email": "ann@example.org", "section": "Lab"})]),
    "github, roster": ('"identifier","github_username","github_id","name"\n"ann@example.org","ann-x","1","Ann Example"\n"s7","","",""\n',
                       [("Ann", "Example", {"email": "ann@example.org", "github": "ann-x"}), ("", "", {"login": "s7"})]),
    "github, grades": ("assignment_name,github_username,roster_identifier,group_name\nRNN,ann-x,77,Red\n",
                       [("", "", {"sis_id": "77", "github": "ann-x", "team": "Red"})]),
    "blackboard": ("Last Name\tFirst Name\tUsername\tStudent ID\nExample\tAnn\taexample\ts1\n",
                   [("Ann", "Example", {"login": "aexample", "sis_id": "s1"})]),
    "brightspace": ("OrgDefinedId,Username,Last Name,First Name,Email,End-of-Line Indicator\n#s1,#aexample,Example,Ann,ann@example.org,#\n",
                    [("Ann", "Example", {"sis_id": "s1", "login": "aexample", "email": "ann@example.org"})]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), LISTS.values(), ids=LISTS.keys())
def test_lists_of_platforms_are_read(tmp_path, text, expected):
    """Is each documented export understood, without rows that are nobody and cells that a spreadsheet runs?"""
    path = tmp_path / "list.csv"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        path.write_text(text, encoding=encoding)
        found = [one.values for one in read_list(path)]
        wanted = expected or LISTS["canvas"][1]
        for values, (first, last, ids) in zip(found, wanted, strict=True):
            assert (values["first_name"], values["last_name"]) == (first, last)
            assert {key: text for key, text in values.items() if text} == {
                key: text for key, text in (ids | {"first_name": first, "last_name": last}).items() if text
            }


@pytest.mark.parametrize(
    "text", ["a,b\n1,2\n", "First name,Last name\nAnn,Example\n", "Vorname,Nachname\nAnn,Example\n"]
)
def test_a_list_that_is_none_is_refused(tmp_path, text):
    """Does a file without anything that tells people apart get a sentence?"""
    (tmp_path / "list.csv").write_text(text)
    with pytest.raises(CourseError, match="no list of people that is known"):
        read_list(tmp_path / "list.csv")


def listed(*rows):
    """A list of one platform."""
    return [Listed("list.csv", line, row) for line, row in enumerate(rows, 2)]


def test_lists_are_joined_by_whatever_they_share():
    """Login, address, number, the course's own id, last the name: is each one person, with gaps filled, and nothing changed?"""
    people = [
        Person("ann", login="aexample"),
        Person("bob", email="bob@example.org", section="A"),
        Person("cyd", "Cyd", "Ng"),
    ]
    other = Listed("2.csv", 2, {"first_name": "Cyd", "last_name": "Ng", "canvas_id": "4", "login": "cyd2"})
    joined = join(people, [*listed(
        {"login": "AEXAMPLE", "email": "ann@example.org"}, {"login": "bob@example.org", "canvas_id": "2", "section": "B"},
        {"first_name": "NG", "last_name": "Cyd", "canvas_id": "3"}, {"sis_id": "ann", "github": "annx"},
    ), other], set())  # fmt: skip
    assert list(joined.people) == ["ann", "bob", "cyd", "cyd2"]
    assert joined.people["ann"] == Person(
        "ann", login="aexample", email="ann@example.org", github="annx", sis_id="ann"
    )
    assert joined.people["bob"].section == "A"
    assert joined.people["cyd"].canvas_id == "3"
    assert joined.added == ["cyd2"]
    assert joined.filled == ["ann", "bob", "cyd"]
    assert [remark.rpartition(") ")[2] for remark in joined.remarks] == [
        "has section 'B'; bob keeps 'A'", "is taken for cyd, by the name alone",
    ]  # fmt: skip


def test_what_may_be_several_is_left_to_a_person():
    """Are ids of two people, names of two, and somebody without any id said, and nothing changed by them?"""
    people = [
        Person("ann", "Ann", "Ex", login="a"),
        Person("eve", "Ann", "Ex", email="e@x"),
        Person("bob", "Bob", "B"),
    ]
    joined = join(people, listed(
        {"login": "a", "email": "e@x", "canvas_id": "1"}, {"first_name": "Ann", "last_name": "Ex", "canvas_id": "2"},
        {"first_name": ".", "last_name": ""},
    ), set())  # fmt: skip
    assert list(joined.people.values()) == people
    assert [doubt.partition(") ")[2].partition(";")[0] for doubt in joined.doubts] == [
        "may be ann or eve", "may be ann or eve", "has nothing that can be an id",
    ]  # fmt: skip
    twice = join(
        [],
        listed(
            {"first_name": "A", "last_name": "B", "email": "1@x"},
            {"first_name": "A", "last_name": "B", "email": "2@x"},
        ),
        set(),
    )
    assert list(twice.people) == ["1@x", "2@x"]


def test_who_has_a_folder_keeps_its_name():
    """Is the id of somebody new the folder that collecting made before there was a roster?"""
    row = {"first_name": "Ann", "last_name": "Example", "canvas_id": "12345", "login": "aexample"}
    for existing, chosen in ((set(), "aexample"), ({"12345"}, "12345"), ({"Ann Example"}, "Ann Example")):
        assert list(join([], listed(row), existing).people) == [chosen]


def test_joining_again_and_in_any_order_loses_nobody():
    """Random classes, exported by two platforms: is everybody there once, and does a second time change nothing?"""
    for seed in range(200):
        rng = random.Random(seed)
        size = rng.randint(1, 12)
        canvas = [
            {"first_name": f"F{n % 5}", "last_name": f"L{n}", "canvas_id": str(n), "login": f"u{n}"}
            for n in range(size)
        ]
        moodle = [
            {"first_name": f"F{n % 5}", "last_name": f"L{n}", "email": f"u{n}@x"}
            for n in range(size)
            if rng.random() < 0.8
        ]
        github = [{"login": f"u{n}", "github": f"g{n}"} for n in range(size) if rng.random() < 0.5]
        lists = [canvas, moodle, github]
        rng.shuffle(lists)
        rows = [one for rows in lists for one in listed(*rows)]
        first = join([], [Listed(f"{at}", one.line, one.values) for at, one in enumerate(rows)], set())
        again = join(first.people.values(), rows, set())
        assert list(again.people.values()) == list(first.people.values())
        assert {text for person in first.people.values() if (text := person.canvas_id)} == {
            str(n) for n in range(size)
        }
        if lists[0] is not github and lists[1] is not github:
            assert len(first.people) == size


def test_the_command_makes_updates_and_registers(course, capsys):
    """Are rows, foreign columns and separators kept, and do names and addresses come to nbgrader's gradebook?"""
    root = course.root
    course.roster.write_text("id;pronouns;email\nann;she;ann@example.org\nzed;they;\n", encoding="utf-8-sig")
    (root / "canvas.csv").write_text(CANVAS.replace("aexample", "ann@example.org"))
    (root / "sheet.csv").write_text(SHEET)
    (root / "submitted" / "12346").mkdir(parents=True)
    assert main(["--course", str(root), "roster", str(root / "canvas.csv"), str(root / "sheet.csv")]) == 0
    lines = course.roster.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "id;pronouns;email;" + ";".join(
        name for name in COLUMNS if name not in ("id", "email", "moodle_id", "github")
    )
    assert (
        lines[1] == "ann;she;ann@example.org;Ann;Example;Tuesday and Friday;Team A;12345;s1;ann@example.org"
    )
    assert lines[2].startswith("zed;they;;")
    assert lines[3] == "12346;;BOB@example.org;Bob;SUM(1);Friday;;12346;s2;bob@example.org"
    said = capsys.readouterr().out
    for sentence in (
        "3 students in roster.csv",
        "New: 1 (12346)",
        "Filled in: 1 (ann)",
        "12346 keeps 'SUM(1)'",
    ):
        assert sentence in said
    rows = sqlite3.connect(course.gradebook).execute(
        "select id, first_name, last_name, email, lms_user_id from student"
    )
    assert set(rows) == {("ann", "Ann", "Example", "ann@example.org", "12345"), ("zed", None, None, None, None),
                         ("12346", "Bob", "SUM(1)", "BOB@example.org", "12346")}  # fmt: skip
    before = course.roster.read_bytes()
    assert main(["--course", str(root), "roster", str(root / "sheet.csv")]) == 0
    assert course.roster.read_bytes() == before
    (root / "other.csv").write_text("id,email,login\nx,ann@example.org,bob@example.org\n")
    assert main(["--course", str(root), "roster", str(root / "other.csv")]) == 1
    assert "may be 12346 or ann" in capsys.readouterr().out
    course.roster.write_bytes(before + b"ann;;\n")
    assert main(["--course", str(root), "roster", str(root / "sheet.csv")]) == 2


def test_names_are_compared_as_platforms_write_them():
    """Order, case, quotes and `_` do not count; other names do."""
    assert name_key("O'Example, Bob") == name_key("Bob OExample") == name_key("bob_O'EXAMPLE")
    assert name_key("Ann Example") != name_key("Anna Example")
    assert name_key("Zoe\u0308 Ng") == name_key("ng Zoë")
    assert student_id("Zoe\u0308") == "Zoë"
