"""A CSV file in which single cells change, and every other byte stays as it came."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.course import CourseError

SEPARATORS = ",;\t"
MARK = "\ufeff"  # a byte-order mark, as text
MAX_BYTES = 50 * 2**20


@dataclass(frozen=True)
class Line:
    """A row: its cells as they are written, and what ends it."""

    cells: list[str]
    end: str


class Sheet:
    """A CSV file as it is written; rows and columns count from 0, and row 0 is the header."""

    def __init__(self, text: str):
        self.mark = MARK if text.startswith(MARK) else ""
        body = text.removeprefix(MARK)
        first = re.sub('"[^"]*"', "", body.partition("\n")[0])
        self.separator = max(SEPARATORS, key=first.count)
        self.lines = _lines(body, self.separator)

    @property
    def header(self) -> list[str]:
        """The names of the columns."""
        return [value_of(cell).strip() for cell in self.lines[0].cells]

    def value(self, row: int, column: int | None) -> str:
        """What a cell says, without blanks around; "" where there is none."""
        cells = self.lines[row].cells
        return value_of(cells[column]).strip() if column is not None and column < len(cells) else ""

    def is_whole(self, row: int) -> bool:
        """Does a row have as many cells as the header?"""
        return len(self.lines[row].cells) == len(self.lines[0].cells)

    def text(
        self, changes: Mapping[tuple[int, int], str], rows: Collection[int] | None = None,
        columns: Collection[int] | None = None,
    ) -> str:  # fmt: skip
        """The file with other values in the cells (row, column); all rows and columns, or only some."""
        kept = range(len(self.lines)) if rows is None else sorted(rows)
        return self.mark + "".join(self._line(row, changes, columns) for row in kept)

    def _line(self, row: int, changes: Mapping, columns: Collection[int] | None) -> str:
        line = self.lines[row]
        cells = [
            written(changes[row, column], self.separator) if (row, column) in changes else cell
            for column, cell in enumerate(line.cells) if columns is None or column in columns
        ]  # fmt: skip
        return self.separator.join(cells) + line.end


def read_sheet(path: Path) -> Sheet:
    """A file of a platform's. Raises CourseError when it is missing or no CSV in UTF-8."""
    if not path.is_file():
        raise CourseError(f"There is no file {path}; name the one that the platform exported with --from.")
    data = path.read_bytes() if path.stat().st_size <= MAX_BYTES else b"\0"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise CourseError(
            f"{path} is not UTF-8, so a spreadsheet has saved it again; export it anew and do not open it."
        ) from None
    if "\0" in text or not text.strip(MARK).strip():
        raise CourseError(f"{path} is no CSV file; export it from the platform again.")
    try:
        return Sheet(text)
    except ValueError as error:
        raise CourseError(f"{path} is damaged ({error}); export it from the platform again.") from None


def value_of(cell: str) -> str:
    """What a cell says, of how it is written."""
    if not cell.startswith('"'):
        return cell
    inner, _, rest = cell[1:].replace('""', "\0").partition('"')
    return inner.replace("\0", '"') + rest


def written(value: str, separator: str) -> str:
    """How a value is written in a cell: in quotes where another reader could take it for several."""
    if set(value) & {separator, *SEPARATORS, '"', "\r", "\n"} or value != value.strip():
        return '"' + value.replace('"', '""') + '"'
    return value


def _lines(text: str, separator: str) -> list[Line]:
    """The rows of a text. Raises ValueError where quotes do not close."""
    cell = re.compile(rf'((?:"[^"]*(?:""[^"]*)*(?:"|\Z))?[^{separator}\r\n]*)({separator}|\r\n|\r|\n|\Z)')
    lines: list[Line] = []
    cells: list[str] = []
    at = 0
    while (at < len(text) or cells) and (found := cell.match(text, at)):
        _require_closed(found[1], text, at)
        cells.append(found[1])
        if found[2] != separator:
            lines.append(Line(cells, found[2]))
            cells = []
        at = found.end()
    return lines


def _require_closed(cell: str, text: str, at: int) -> None:
    if cell.startswith('"') and not re.match(r'"[^"]*(""[^"]*)*"(?!")', cell):
        raise ValueError(f"quotes that open on line {text.count(chr(10), 0, at) + 1} do not close")
