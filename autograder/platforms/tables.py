"""Tables as platforms and spreadsheets write them: CSV with any usual separator, UTF-8 or with a mark."""

import codecs
import csv
import io
from dataclasses import dataclass
from pathlib import Path

from autograder.course import CourseError
from autograder.files import write_whole

SEPARATORS = ",;\t"
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
MAX_BYTES = 50 * 2**20


@dataclass(frozen=True)
class Table:
    """A header and the rows below it, each with the line on which it ends."""

    header: list[str]
    rows: list[tuple[int, list[str]]]
    separator: str = ","
    encoding: str = "utf-8"

    def records(self) -> list[tuple[int, dict[str, str]]]:
        """The rows by column, the first of two with one name; a cell that is missing is empty."""
        columns = {name: at for at, name in reversed([*enumerate(self.header)])}
        padded = [(line, [*row, *[""] * len(self.header)]) for line, row in self.rows]
        return [(line, {name: row[columns[name]].strip() for name in self.header}) for line, row in padded]


def read_table(path: Path) -> Table:
    """The table in a file; lines without any text are passed over. Raises CourseError."""
    text, encoding = _text(path)
    separator = max(SEPARATORS, key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        lines = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise CourseError(f"{path} is no table from line {reader.line_num} on ({error}); mend it.") from error
    if not lines:
        raise CourseError(f"{path} is empty; put a table with a header there.")
    return Table([cell.strip() for cell in lines[0][1]], lines[1:], separator, encoding)


def write_table(path: Path, table: Table) -> bool:
    """Replace a file as a whole; False when it says all this already."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=table.separator, lineterminator="\n")
    writer.writerow(table.header)
    writer.writerows(row for _, row in table.rows)
    return write_whole(path, text.getvalue().encode(table.encoding))


def _text(path: Path) -> tuple[str, str]:
    """The file's text without a byte-order mark, and its encoding."""
    if path.stat().st_size > MAX_BYTES:
        raise CourseError(f"{path} is too large for a table of students; see what it is.")
    data = path.read_bytes()
    encoding = next((name for mark, name in MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CourseError(
            f"{path} is not UTF-8 on line {line}; save it again as CSV in UTF-8 and run this again."
        ) from error
    if "\0" in text:
        raise CourseError(f"{path} is no text; export it as CSV in UTF-8 and run this again.")
    return text, encoding
