"""The roster: who is who, read from roster.csv and made from what platforms export."""

import pytest

from autograder.course import Course, CourseError
from autograder.platforms.roster import Person, Roster, read_roster

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
