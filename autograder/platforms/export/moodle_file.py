"""Moodle's grading worksheet: its columns, in whatever language, and its rows."""

import re
from collections.abc import Mapping
from pathlib import Path

from autograder.course import CourseError
from autograder.platforms.export.cells import read_sheet
from autograder.platforms.export.fill import quoted
from autograder.platforms.export.numbers import decimal_sign, read_number
from autograder.platforms.export.people import NAME, Row
from autograder.platforms.identities import Identity
from autograder.platforms.people import name_key

IDENTIFIER, GRADE, MOST, TIME = "Identifier", "Grade", "Maximum grade", "Last modified (grade)"
OPEN, COMMENT, FULL_NAME, NO = "Grade can be changed", "Feedback comments", "Full name", "No"
NEEDED = (IDENTIFIER, GRADE, TIME)
# Identity fields, as far as the roster has them.
KEYS = {"Email address": "email", "Username": "moodle_id", "ID number": "sis_id"}


class Worksheet:
    """One worksheet; `words` has what Moodle calls things in another language. Raises CourseError."""

    def __init__(self, path: Path, words: Mapping[str, str], identities: Mapping[str, Identity]):
        self.path, self.sheet, self.words = path, read_sheet(path), words
        self.header = [name.casefold() for name in self.sheet.header]
        if missing := [self.word(name) for name in NEEDED if self.column(name) is None]:
            raise CourseError(
                f"{path} has no column {quoted(missing)}, but {quoted(self.sheet.header[:12])}. Download the "
                "grading worksheet with Moodle set to English, or translate in c.MoodleExport.words."
            )
        self.rows = [self._row(at, identities) for at in range(1, len(self.sheet.lines)) if self._has(at)]
        self.sign = decimal_sign([self.said(row, what) for row in self.rows for what in (MOST, GRADE)])

    def word(self, name: str) -> str:
        """What Moodle calls it in the worksheet's language."""
        return self.words.get(name, name)

    def column(self, name: str) -> int | None:
        """Where a column is, if it is there."""
        wanted = self.word(name).casefold()
        return self.header.index(wanted) if wanted in self.header else None

    def said(self, row: Row, name: str) -> str:
        """What a row says in a column; "" where there is none."""
        return self.sheet.value(row.number, self.column(name))

    def is_locked(self, row: Row) -> bool:
        """May the row's grade not be changed?"""
        return self.said(row, OPEN).casefold() == self.word(NO).casefold()

    @property
    def most(self) -> float | None:
        """The maximum grade, None where no row says one. Raises ValueError for a scale of words."""
        said = {self.said(row, MOST) for row in self.rows} - {""}
        numbers = {read_number(text) for text in said}
        if None in numbers:
            raise ValueError(f"its grades are words of a scale ({quoted(sorted(said))}), not points")
        if len(numbers) > 1:
            raise ValueError(f"its rows have several maximum grades ({quoted(sorted(said))})")
        return next(iter(numbers), None)

    def _has(self, at: int) -> bool:
        return bool(self.sheet.value(at, self.column(IDENTIFIER)))

    def _row(self, at: int, identities: Mapping[str, Identity]) -> Row:
        said = {name: self.sheet.value(at, self.column(name)) for name in (*KEYS, FULL_NAME, IDENTIFIER)}
        key = number_of(said[IDENTIFIER])
        keys = {kind: said[name] for name, kind in KEYS.items() if said[name]}
        if "moodle_id" in keys:
            keys["login"] = keys["moodle_id"]
        if said[FULL_NAME]:
            keys[NAME] = said[FULL_NAME]
        student = collected(identities.get(key), said[FULL_NAME], said[IDENTIFIER])
        return Row(at, said[FULL_NAME] or said[IDENTIFIER], keys, student)


def collected(identity: Identity | None, full_name: str, identifier: str) -> str:
    """Whom the download had under this number; "" where its folder was somebody else's.

    The number of a team is none of a participant, and may be that of one by chance.
    """
    if not identity:
        return ""
    folder = name_key(identity.name.partition("_")[0])
    words = {name_key(name) for name in (full_name, identifier.removesuffix(number_of(identifier)), "")}
    return identity.student if folder in words or not full_name else ""


def number_of(identifier: str) -> str:
    """`880123` of `Participant 880123`, in any language; also of the download's names."""
    found = re.search(r"([0-9]+)\s*$", identifier)
    return found[1] if found else identifier
