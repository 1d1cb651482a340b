"""Lists of people as platforms export them, turned into rows that a roster can be joined with."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.course import CourseError
from autograder.platforms.roster import COLUMNS
from autograder.platforms.tables import Table, read_table
from autograder.platforms.worksheet import is_worksheet

# Headers in lower case, as Moodle's participants, Gradescope, Blackboard, Brightspace and a roster have them.
HEADERS = {
    **{name: name for name in COLUMNS},
    "first name": "first_name", "last name": "last_name", "name": "name", "full name": "name",
    "email address": "email", "sid": "sis_id", "id number": "sis_id", "student id": "sis_id",
    "orgdefinedid": "sis_id", "username": "login", "section": "section", "sections": "section",
    "section_name": "section", "groups": "section", "role": "role",
}  # fmt: skip
CANVAS = {"ID": "canvas_id", "SIS User ID": "sis_id", "SIS Login ID": "login", "Section": "section",
          "FirstName": "first_name", "LastName": "last_name", "Student": "name"}  # fmt: skip
MOODLE = {"Full name": "name", "Email address": "email", "ID number": "sis_id", "Username": "moodle_id",
          "Group": "team"}  # fmt: skip
GITHUB = {"github_username": "github", "identifier": "identifier", "roster_identifier": "identifier",
          "name": "name", "group_name": "team"}  # fmt: skip
ENOUGH = {"email", "sis_id", "login", "id", "canvas_id", "moodle_id", "github"}
NO_TEAM = {"default group"}


@dataclass(frozen=True)
class Listed:
    """Somebody in a list, with where that stands; `values` has columns of roster.csv."""

    file: str
    line: int
    values: dict[str, str]
    hint: str = ""  # one of the ids, and nothing says which

    @property
    def name(self) -> str:
        """How a person would call them."""
        own = f"{self.values.get('first_name', '')} {self.values.get('last_name', '')}".strip()
        return own or next((self.values[key] for key in COLUMNS if self.values.get(key)), "somebody")


def read_list(path: Path) -> list[Listed]:
    """The people in a file that a platform exported. Raises CourseError when it is none that is known."""
    if not path.is_file():
        raise CourseError(f"There is no file {path}; name one that the platform exported.")
    table = read_table(path)
    columns = _columns(table)
    if not set(columns.values()) & (ENOUGH | {"identifier"}):
        raise CourseError(
            f"{path} is no list of people that is known; its first line has to name columns such as those "
            f"of roster.csv: {', '.join(COLUMNS)}."
        )
    return [
        Listed(path.name, line, _named(_identified(values)), values.get("identifier", ""))
        for line, values in _people(table, columns)
    ]


def _columns(table: Table) -> dict[str, str]:
    """What the columns of a list are, by header."""
    header = table.header
    if len(header) > 1 and "ID" in header[1:3] and {"Student", "LastName"} & set(header[:1]):
        known = CANVAS
    elif "github_username" in header:
        known = GITHUB
    elif is_worksheet(table):
        known = MOODLE
    else:
        return {name: HEADERS[name.casefold()] for name in header if name.casefold() in HEADERS}
    return {name: known[name] for name in header if name in known}


def _people(table: Table, columns: dict[str, str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows by roster column, without those that are nobody: points possible, test students, staff."""
    for line, record in table.records():
        values = {columns[name]: _clean(text) for name, text in record.items() if name in columns}
        role = values.pop("role", "").casefold()
        if any(values.values()) and role in ("", "student") and not _is_nobody(values):
            yield line, values


def _is_nobody(values: dict[str, str]) -> bool:
    """Is it one of Canvas's rows for points and posting, or its test student?"""
    name = values.get("name") or f"{values.get('last_name')}, {values.get('first_name')}"
    return values.get("canvas_id") == "" or name == "Student, Test"


def _clean(text: str) -> str:
    """A cell without what spreadsheets are told by: `="12"`, `#` before ids; nothing that they would run."""
    text = re.sub(r'^="(.*)"$', r"\1", text.strip(), flags=re.DOTALL)
    return " ".join(text.lstrip("=+@#").split())


def _identified(values: dict[str, str]) -> dict[str, str]:
    """With GitHub Classroom's identifier, which may be anything, as what it looks like."""
    text = values.get("identifier", "")
    values = {key: value for key, value in values.items() if key != "identifier"}
    if "@" in text:
        column = "email"
    elif " " in text:
        column = "name"
    else:
        column = "sis_id" if text.isdigit() else "login"
    return values if not text or values.get(column) else values | {column: text}


def _named(values: dict[str, str]) -> dict[str, str]:
    """With first and last name in place of one, and without a team that is none."""
    last, comma, first = (values.pop("name", "")).partition(",")
    if not comma:
        first, _, last = last.partition(" ")
    if values.get("team", "").casefold() in NO_TEAM:
        values = values | {"team": ""}
    known = {key: text for key, text in values.items() if text}
    return {"first_name": first.strip(), "last_name": last.strip()} | known
