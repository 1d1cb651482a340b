"""Moodle's grading worksheet: who the numbers of one assignment are."""

import re
from collections import Counter
from dataclasses import dataclass, field

from autograder.platforms.download import Download
from autograder.platforms.named import Named
from autograder.platforms.people import name_key
from autograder.platforms.tables import Table

# Headers in English; an identifier and an address are known by what they look like, in any language.
COLUMNS = {"Email address": "email", "Username": "moodle_id", "ID number": "sis_id"}
IDENTIFIER = re.compile(r"(?P<word>\D+?)(?:\s+|(?<=[^\x00-\x7f]))(?P<number>[0-9]+)")


@dataclass(frozen=True)
class Row:
    """A participant."""

    ids: dict[str, str]
    full_name: str
    groups: frozenset[str]  # folded: the cell of its group, or of all columns that may be that


@dataclass(frozen=True)
class Worksheet:
    """The participants by number, and the words before the numbers; empty where there is no worksheet."""

    rows: dict[str, Row] = field(default_factory=dict)
    words: frozenset[str] = frozenset()

    def members(self, team: str) -> tuple[Named, ...]:
        """Who is in a team of this name: those with a cell that says so."""
        return tuple(
            Named(row.full_name or number, number, number, ids=row.ids, full_name=row.full_name)
            for number, row in self.rows.items() if name_key(team) in row.groups
        )  # fmt: skip


def find_worksheet(download: Download) -> Worksheet:
    """The worksheet beside a download."""
    for table in download.tables():
        if is_worksheet(table):
            return _worksheet(table)
    return Worksheet()


def is_worksheet(table: Table) -> bool:
    """Does each row begin with a word and a number of its own, the word being the same in all?"""
    found = [IDENTIFIER.fullmatch(row[0].strip()) for _, row in table.rows]
    words = {match and match["word"] for match in found}
    return len(words) == 1 and bool(next(iter(words))) and len(table.header) > 3


def _worksheet(table: Table) -> Worksheet:
    rows, words = {}, set()
    address, groups = _address(table), _groups(table)
    for _, record in table.records():
        if match := IDENTIFIER.fullmatch(record[table.header[0]]):  # as each is, or it were no worksheet
            words.add(name_key(match["word"]))
            rows[match["number"]] = _row(record, address, groups)
    return Worksheet(rows, frozenset(words))


def _row(record: dict[str, str], address: str, groups: list[str]) -> Row:
    ids = {key: record[name] for name, key in COLUMNS.items() if record.get(name)}
    if record.get(address):
        ids["email"] = record[address]
    if user := ids.get("moodle_id"):
        ids["login"] = user
    cells = {name_key(record[name]) for name in groups if record[name]}
    return Row(ids, record.get("Full name", ""), frozenset(cells))


def _groups(table: Table) -> list[str]:
    """The columns that may say the group: `Group`, or those before the grade; students write in others."""
    if "Group" in table.header:
        return ["Group"]
    records = [record for _, record in table.records()]
    numbers = (
        place for place, name in enumerate(table.header)
        if name == "Grade" or all(re.fullmatch(r"[0-9.,]+", record[name]) for record in records)
    )  # fmt: skip
    return table.header[3 : next(numbers, 3)]


def _address(table: Table) -> str:
    """The column of addresses, "" for none."""
    with_address = Counter(
        name for _, record in table.records() for name, text in record.items()
        if re.fullmatch(r"[^@\s]+@[^@\s]+", text)
    )  # fmt: skip
    return with_address.most_common(1)[0][0] if with_address else ""
