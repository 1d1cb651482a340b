"""Moodle: Ada Lovelace_123456_assignsubmission_file/file, or all of it in one name.

The number is the worksheet's `Identifier`, another one in each assignment. Where submissions are anonymous
one word stands for all names; a team has its name and number
(moodle/moodle:public/mod/assign/classes/downloader.php).
"""

from functools import cached_property

from autograder.platforms.named import Named, System
from autograder.platforms.people import name_key
from autograder.platforms.worksheet import Worksheet, find_worksheet

WORD = "Participant"


class Moodle(System):
    """Names of folders, or of files where Moodle was told to make none."""

    pattern = r"(?P<name>((?!_[0-9]+_).)+?)(_(?P<number>[0-9]+))?_assignsubmission_file(_(?P<file>.*))?"

    def read(self, name: str, above: tuple[str, ...] = ()) -> Named | None:
        """See System.read."""
        if not (match := self.match(name)):
            return None
        who, number, file = match["name"], match["number"] or "", match["file"] or ""
        row = self._sheet.rows.get(number)
        members = () if row else self._sheet.members(who)
        hidden = not members and (name_key(who) in self._words or who in self._everybody)
        student = f"{who} {number}" if hidden else who
        named = Named(student, f"{who}_{number}".rstrip("_"), number, file, part=name, members=members)
        if row:
            known = row.full_name or ("" if hidden else who)
            return named._replace(student=known or student, ids=row.ids, full_name=known, anonymous=hidden)
        if not number and not members:
            raise ValueError(f"{who!r} is no name; put the worksheet beside archive/, which says whose it is")
        return named._replace(anonymous=hidden, full_name="" if hidden else who, team="" if hidden else who)

    @cached_property
    def _sheet(self) -> Worksheet:
        return find_worksheet(self.download)

    @property
    def _words(self) -> set[str]:
        """What stands for an anonymous participant, in any language that the worksheet tells."""
        return {name_key(WORD), *self._sheet.words}

    @cached_property
    def _everybody(self) -> set[str]:
        """The one name that all have, where several people handed in."""
        parts = {part for path in self.download.files for part in path.parts}
        found = {match.group("name", "number") for match in map(self.match, parts) if match}
        names = {name for name, _ in found}
        return names if len(names) == 1 and len(found) > 1 else set()
