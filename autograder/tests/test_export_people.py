"""Whose row is it? Nobody gets somebody else's grade, whatever is missing, doubled or oddly written."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from autograder.platforms.export.people import NAME, Row, match
from autograder.platforms.roster import Person, Roster

NAMES = st.sampled_from(["Ada", "Grace, B.", 'Jo "Jay"', "Zoë", "O'Neil", " Li ", "李", "de la Cruz", "=1+1"])
KINDS = ("email", "canvas_id", "sis_id", "login")


@st.composite
def classes(draw):
    """People with few names and many namesakes, some without keys; and a row for each, with some of their keys."""
    people = []
    for number in range(draw(st.integers(1, 7))):
        person = Person(f"s{number}", draw(NAMES), draw(NAMES))
        keys = {kind: f"{kind}{number}" for kind in KINDS}
        people.append(
            (replace(person, **{kind: key for kind, key in keys.items() if draw(st.booleans())}), keys)
        )
    rows = [
        Row(
            at,
            person.name,
            {kind: key for kind, key in keys.items() if draw(st.booleans())} | {NAME: person.name.upper()},
        )
        for at, (person, keys) in enumerate(people)
    ]
    return [person for person, _ in people], rows


@given(classes())
def test_nobody_gets_the_row_of_somebody_else(found):
    """Is every match right, unless only a name that nothing contradicts speaks for it, and is one key enough?"""
    people, rows = found
    students = match(rows, people, Roster(people)).students
    for row, person in zip(rows, people, strict=True):
        known = {kind for kind in KINDS if kind in row.keys and getattr(person, kind)}
        if known:
            assert students[row.number] == person.id
    assert len({*students.values()}) == len(students)
    sure = {row.number: student for row, student in zip(rows, people, strict=True)}
    for number, student in students.items():
        if student != sure[number].id:  # a namesake, of whom no key is known that the row has
            row, other = rows[number], next(person for person in people if person.id == student)
            assert not any(getattr(other, kind) for kind in row.keys if kind != NAME)


def test_namesakes_are_left_to_a_person():
    """Are two rows of one name, or two people of one, nobody's, and a name that is one person's found?"""
    twins = [Person("a", "Ada", "Twin"), Person("b", "Ada", "Twin"), Person("c", "Cy", "Solo")]
    rows = [Row(1, "Ada Twin", {NAME: "Twin, Ada"}), Row(2, "Cy", {NAME: "solo,  cy"})]
    found = match(rows, twins, Roster(twins))
    assert found.students == {2: "c"}
    assert found.doubts == ["the row of Ada Twin could be a or b"]
    found = match([rows[1], replace(rows[1], number=5)], twins, Roster(twins))
    assert (found.students, found.doubts) == ({}, ["several rows could be c (line 3 and line 6)"])


def test_an_id_is_a_key_only_where_the_roster_has_none():
    """Is a student called 1234 not taken for the one whom Canvas calls so, when the roster says another number?"""
    rows = [Row(1, "Ada", {"canvas_id": "1234"})]
    for canvas_id, students in [("", {1: "1234"}), ("999", {})]:
        people = [Person("1234", canvas_id=canvas_id)]
        assert match(rows, people, Roster(people)).students == students
