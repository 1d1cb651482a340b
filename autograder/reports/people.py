"""Who is who on the page: names, sections and teams, where a roster has them, and where one's part is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from autograder.platforms.roster import Person


@dataclass(frozen=True)
class Student:
    """A student as the page shows one; `anchor` is the id of an element of the page."""

    id: str
    anchor: str
    first_name: str = ""
    last_name: str = ""
    section: str = ""
    team: str = ""

    @property
    def name(self) -> str:
        """First and last name, or the id where there is none."""
        return f"{self.first_name} {self.last_name}".strip() or self.id

    @property
    def listed(self) -> str:
        """The name as in a list that is sorted by last names."""
        return ", ".join(filter(None, (self.last_name, self.first_name))) or self.id


class People(Mapping[str, Student]):
    """The students of a page by id, in the order of their last names, then of their ids."""

    def __init__(self, students: Iterable[str], roster: Mapping[str, Person]):
        found = [_student(student, roster.get(student)) for student in set(students) | set(roster)]
        # Numbers for anchors, because an id may hold what no address can.
        found.sort(key=lambda one: (one.listed.casefold(), one.id))
        self._students = {one.id: replace(one, anchor=f"s{place}") for place, one in enumerate(found, 1)}

    def __getitem__(self, student: str) -> Student:
        return self._students[student]

    def __iter__(self):
        return iter(self._students)

    def __len__(self) -> int:
        return len(self._students)

    @property
    def are_named(self) -> bool:
        """Does anybody have a name besides the id?"""
        return any(one.name != one.id for one in self.values())

    @property
    def sections(self) -> list[str]:
        """The sections that there are."""
        return sorted({one.section for one in self.values()} - {""}, key=str.casefold)

    @property
    def teams(self) -> list[str]:
        """The teams that there are."""
        return sorted({one.team for one in self.values()} - {""}, key=str.casefold)


def _student(student: str, person: Person | None) -> Student:
    if person is None:
        return Student(student, "")
    return Student(student, "", person.first_name, person.last_name, person.section, person.team)
