"""Whose row is it? What a platform's file says of people, compared with the roster and the gradebook."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from autograder.platforms.people import name_key
from autograder.platforms.roster import KEYS, Person, Roster, folded
from autograder.words import plain

NAME = "name"


@dataclass(frozen=True)
class Row:
    """A row of a platform's file: where, who, and its keys (`canvas_id`, `email`, `name`, ...), not empty."""

    number: int
    name: str
    keys: Mapping[str, str]
    student: str = ""  # where the platform's download has said it already


@dataclass
class Matched:
    """The student of each row that has one, and sentences about the others that could have one."""

    students: dict[int, str] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)


def match(rows: Iterable[Row], people: Iterable[Person], roster: Roster) -> Matched:
    """Each student to one row at most, and nobody by guessing.

    Keys come before names. Of a student whom the roster has no key for, the id counts as that key.
    """
    rows, finder, found = list(rows), _Finder(people, roster), Matched()
    by_keys = {row.number: finder.by_keys(row) for row in rows}
    _settle(rows, by_keys, found)
    left = [row for row in rows if not by_keys[row.number]]
    _settle(left, {row.number: finder.by_name(row) - set(found.students.values()) for row in left}, found)
    return found


def _settle(rows: list[Row], candidates: Mapping[int, set[str]], found: Matched) -> None:
    """Take what is one to one, and word what is not."""
    claimed = defaultdict(list)
    for row in rows:
        students = candidates[row.number]
        if len(students) > 1:
            found.doubts.append(f"the row of {plain(row.name)} could be {_several(students, 'or')}")
        for student in students:
            claimed[student].append(row)
    for student, own in claimed.items():
        if len(own) > 1:
            names = _several({f"line {row.number + 1}" for row in own}, "and")
            found.doubts.append(f"several rows could be {plain(student)} ({names})")
        elif len(candidates[own[0].number]) == 1:
            found.students[own[0].number] = student


class _Finder:
    """Students by what they are called."""

    def __init__(self, people: Iterable[Person], roster: Roster):
        self.roster = roster
        self.by: dict[tuple[str, str], set[str]] = defaultdict(set)
        for person in people:
            for key in _keys(person):
                self.by[key].add(person.id)

    def by_keys(self, row: Row) -> set[str]:
        """Whom the row's keys name; several where they disagree."""
        keys = [(name, folded(name, key)) for name, key in row.keys.items() if name != NAME]
        return {row.student}.union(*(self.by.get(key, set()) for key in keys)) - {""}

    def by_name(self, row: Row) -> set[str]:
        """Who is called so, and has no other key than the row."""
        key = name_key(row.keys.get(NAME, ""))
        named = self.by.get((NAME, key), set()) if key else set()
        return {student for student in named if not self._differs(student, row)}

    def _differs(self, student: str, row: Row) -> bool:
        person = self.roster.people.get(student)
        known = [(getattr(person, name, ""), key, name) for name, key in row.keys.items() if name != NAME]
        return any(own and folded(name, own) != folded(name, key) for own, key, name in known)


def _keys(person: Person) -> Iterable[tuple[str, str]]:
    """What a student is found by: keys that are known, the id in place of the others, and the name."""
    for name in KEYS:
        yield name, folded(name, getattr(person, name) or person.id)
    for name in {person.name, person.id}:
        yield NAME, name_key(name)


def _several(names: Iterable[str], word: str) -> str:
    return f" {word} ".join(plain(name) for name in sorted(names))
