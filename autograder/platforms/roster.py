"""roster.csv: who is in the class, and what each platform calls everybody.

One row for each student; every column but `id` may be missing or empty, others are kept as they are.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from autograder.course import Course, CourseError
from autograder.platforms.ids import student_id
from autograder.platforms.tables import read_table

# What tells people apart, by platform; no two have the same.
KEYS = ("email", "canvas_id", "sis_id", "login", "moodle_id", "github")


@dataclass(frozen=True)
class Person:
    """A student. `id` is the folder in submitted/ and the name in the gradebook."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    section: str = ""
    team: str = ""
    canvas_id: str = ""  # Canvas: `ID`, the number in the names of its downloads
    sis_id: str = ""  # the university's number: `SIS User ID`, `ID number`, `SID`, `OrgDefinedId`
    login: str = ""  # the university's user name: Canvas, Blackboard, Brightspace, Moodle
    moodle_id: str = ""  # Moodle: the user name, where it is not `login`
    github: str = ""
    other: Mapping[str, str] = field(default_factory=dict, hash=False)  # columns that are somebody else's

    @property
    def name(self) -> str:
        """First and last name, or the id where there is none."""
        return f"{self.first_name} {self.last_name}".strip() or self.id


COLUMNS = [one.name for one in fields(Person) if one.name != "other"]


class Roster:
    """The class; empty without a roster.csv."""

    def __init__(self, people: Iterable[Person] = ()):
        self.people: dict[str, Person] = {person.id: person for person in people}
        self._by_key = {(name, key): person for person in self for name, key in keys_of(person).items()}

    def __iter__(self) -> Iterator[Person]:
        return iter(self.people.values())

    def __len__(self) -> int:
        return len(self.people)

    def find(self, **ids: str) -> Person | None:
        """The one whom these ids name, such as canvas_id="12345", email=""; empty ones say nothing.

        None where they name nobody, or several people.
        """
        asked = [(name, folded(name, text)) for name, text in ids.items()]
        found = {self._by_key[key].id for key in asked if key in self._by_key}
        return self.people[found.pop()] if len(found) == 1 else None

    def name(self, student: str) -> str:
        """First and last name of a student's id; the id where neither is known."""
        return self.people[student].name if student in self.people else student

    def members(self, team: str) -> list[Person]:
        """Who is in a team; nobody in one without a name."""
        return [person for person in self if team and person.team.casefold() == team.strip().casefold()]


def keys_of(person: Person) -> dict[str, str]:
    """All that a person is found by, in the form in which it is compared."""
    found = {name: folded(name, getattr(person, name)) for name in ("id", *KEYS)}
    return {name: key for name, key in found.items() if key}


def folded(name: str, text: str) -> str:
    """How a key is compared: an id as it is, the others without upper case and blanks around."""
    return text if name == "id" else text.strip().casefold()


def read_roster(course: Course) -> Roster:
    """The roster, empty without a roster.csv. Raises CourseError, with the line, for a damaged one."""
    if not course.roster.exists():
        return Roster()
    table = read_table(course.roster)
    _require_header(course.roster, table.header)
    people: list[Person] = []
    lines: dict[tuple[str, str], int] = {}
    for line, record in table.records():
        person = _person(course.roster, line, record)
        _require_new(course.roster, line, person, lines)
        people.append(person)
    return Roster(people)


def _require_header(path: Path, header: list[str]) -> None:
    if "id" not in header:
        raise CourseError(f"{path} has no column `id`; name one of {', '.join(header)} so on line 1.")
    if double := next((name for name in header if name and header.count(name) > 1), ""):
        raise CourseError(f"{path} has two columns {double!r}; take one away on line 1.")


def _person(path: Path, line: int, record: dict[str, str]) -> Person:
    try:
        record["id"] = student_id(record["id"])
    except ValueError as error:
        raise CourseError(f"{path}, line {line}: {error}; write another id there.") from error
    known = {name: text for name, text in record.items() if name in COLUMNS}
    return Person(**known, other={name: text for name, text in record.items() if name not in known})


def _require_new(path: Path, line: int, person: Person, lines: dict) -> None:
    """Raise CourseError when somebody above has one of a person's keys; else note them with their line."""
    for key in keys_of(person).items():
        if key in lines:
            name, text = key[0], getattr(person, key[0])
            raise CourseError(
                f"{path}, line {line}: {name} {text!r} stands on line {lines[key]}, too; mend one of them."
            )
        lines[key] = line
