"""The CSV that Canvas's gradebook exports: its columns, its rows above the students, and the students."""

import re
from pathlib import Path

from autograder.course import CourseError
from autograder.platforms.export.cells import Sheet, read_sheet
from autograder.platforms.export.fill import quoted
from autograder.platforms.export.people import Row

KEYS = {"ID": "canvas_id", "SIS User ID": "sis_id", "SIS Login ID": "login"}
ABOUT = {"Student", "LastName", "FirstName", *KEYS, "Integration ID", "Root Account", "Section"}
# Canvas takes a header with one of these in it for a total, and drops it.
TOTALS = re.compile("(Current|Final) (Score|Points|Grade)|Override (Score|Grade|Status)")
POSSIBLE, HIDDEN = "Points Possible", re.compile("Muted|Manual Posting", re.IGNORECASE)


class CanvasFile:
    """One export; rows and columns count from 0."""

    def __init__(self, path: Path):
        self.path, self.sheet = path, read_sheet(path)
        self.header = self.sheet.header
        if not ({"Student", "LastName"} & set(self.header[:1]) and {"ID", "Section"} <= set(self.header)):
            raise CourseError(
                f"{path} is no gradebook of Canvas's: its columns are {quoted(self.header[:8])}; take what "
                "Grades, Export, Export Entire Gradebook gives you."
            )
        self.about = {at for at, name in enumerate(self.header) if name in ABOUT}
        self.rows = [_row(self.sheet, self.header, at) for at in self._students()]
        self.heads = set(range(len(self.sheet.lines))) - {row.number for row in self.rows}

    def _students(self) -> list[int]:
        """The rows of students: not the one of points possible, nor the one of what is not posted."""
        return [
            at for at in range(1, len(self.sheet.lines))
            if POSSIBLE not in self.sheet.value(at, 0)
            and any(self.sheet.value(at, column) for column in self.about)
        ]  # fmt: skip

    def possible(self, column: int) -> str:
        """What stands in the row of points possible; "" where there is none."""
        found = [row for row in self.heads if POSSIBLE in self.sheet.value(row, 0)]
        return self.sheet.value(found[0], column) if found else ""

    def is_hidden(self, column: int) -> bool:
        """Do students see grades of it only when somebody posts them?"""
        return any(HIDDEN.search(self.sheet.value(row, column)) for row in self.heads - {0})

    def column_of(self, assignment: str, wanted: str = "") -> int:
        """The column of an assignment, by a number or title that is `wanted`, else by its id as the title.

        Raises ValueError, with a sentence, when there is none, or two, or Canvas would not read it.
        """
        number = wanted if wanted.isascii() and wanted.isdigit() else ""
        found = [at for at, name in enumerate(self.header) if _is(name, number, wanted or assignment)]
        if len(found) != 1:
            what = f"the number {number}" if number else f"the title {wanted or assignment!r}"
            others = [name for name in self.header if name not in ABOUT and not TOTALS.search(name)]
            raise ValueError(
                f"{'two columns have' if found else 'no column has'} {what}; say which with "
                f"--column {assignment}=NUMBER. There are: {quoted(others) or 'none'}"
            )
        if TOTALS.search(self.header[found[0]]):
            raise ValueError(
                f"Canvas takes {self.header[found[0]]!r} for a total and drops it; rename it in Canvas"
            )
        return found[0]


def _is(name: str, number: str, title: str) -> bool:
    """Is it the header of the assignment with this number, or else title?"""
    found = re.fullmatch(r"(.*) \(([0-9]+)\)", name, re.DOTALL)
    if number:
        return found is not None and found[2] == number
    names = {name.strip().casefold(), (found[1] if found else name).strip().casefold()}
    return name not in ABOUT and title.strip().casefold() in names


def _row(sheet: Sheet, header: list[str], at: int) -> Row:
    said = {name: sheet.value(at, column) for column, name in enumerate(header) if name in ABOUT}
    name = said.get("Student") or f"{said.get('LastName', '')}, {said.get('FirstName', '')}"
    keys = {key: said[column] for column, key in KEYS.items() if said.get(column)}
    if "@" in keys.get("login", ""):
        keys["email"] = keys["login"]
    return Row(at, name, keys)
