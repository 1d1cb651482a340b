"""Tables for a spreadsheet: CSV and xlsx in which no cell is a formula, whatever a name says."""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

Value = str | float | int | datetime | None
# With these a spreadsheet begins a formula; the wide forms count in some languages.
SIGNS = "-=+@＝＋－＠"
RUNS, BREAKS, SPLIT = set(SIGNS), re.compile(r"[\t\r\n\v\f]"), re.compile(rf"(;)(?=[\s\"]*[{SIGNS}])")
NUMBER = re.compile(r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]+)?")
SPLITS = set(',;\t"\r\n')
FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # no XML has them
TITLE, LONGEST = 31, 32767  # characters in the name of a sheet, and in a cell


def sanitize(text: str) -> str:
    """`text` on one line, with a quote where a spreadsheet would begin to run it; a negative number is none.

    That is at the beginning, and behind a semicolon, at which some spreadsheets split what others do not.
    """
    line = BREAKS.sub(" ", text)
    runs = line.lstrip()[:1] in RUNS and line.strip() not in ("", "-") and not NUMBER.fullmatch(line.strip())
    return SPLIT.sub(r"\1'", f"'{line}" if runs else line)


def as_csv(rows: Iterable[Sequence[Value]]) -> str:
    """The rows as CSV; a cell is in quotes where any reader could take it for several."""
    return "".join(",".join(map(_cell, row)) + "\n" for row in rows)


def _cell(value: Value) -> str:
    text = sanitize(_text(value)) if isinstance(value, str) else _text(value)
    quotes = set(text) & SPLITS or text != text.strip()
    return '"' + text.replace('"', '""') + '"' if quotes else text


def _text(value: Value) -> str:
    """Numbers without needless digits, times in ISO 8601 as UTC, nothing for None."""
    if isinstance(value, datetime):
        return f"{value.isoformat(timespec='seconds')}Z"
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    return "" if value is None else str(value)


def as_xlsx(sheets: Mapping[str, Iterable[Sequence[Value]]]) -> bytes:
    """A workbook with a sheet for each table, whose first row stays in sight."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for title, rows in zip(titles(sheets), sheets.values(), strict=True):
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "B2"
        for at, row in enumerate(rows, 1):
            for column, value in enumerate(row, 1):
                _put(sheet.cell(at, column), value)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _put(cell, value: Value) -> None:
    """Text stays text, also when somebody edits the cell."""
    if not isinstance(value, str):
        cell.value = value
        return
    cell.value = FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", value)[:LONGEST]
    cell.data_type = "s"
    cell.quotePrefix = sanitize(value) != value


def titles(names: Iterable[str]) -> list[str]:
    """Names of sheets, as a workbook can have them: short, each another one, and without some characters."""
    found: list[str] = []
    for name in names:
        whole = re.sub(r"[][:*?/\\]|^'|'$", "_", name) or "_"
        ends = ("", *(f"~{number}" for number in range(2, 1000)))
        made = (f"{whole[: TITLE - len(end)]}{end}" for end in ends)
        taken = {other.casefold() for other in found}
        found.append(next(title for title in made if title.casefold() not in taken))
    return found
