"""What the names in a download say: who handed in which file, and when.

| system | name |
|---|---|
| Canvas | lovelaceada_12345_67890_file, lovelaceada_LATE_12345_67890_file |
| Moodle | Ada Lovelace_123456_assignsubmission_file_/file, or all of it in one name |
| Blackboard | title_alovelace_attempt_2026-11-23-10-15-30_file |
"""

import re
import unicodedata
from datetime import datetime
from typing import NamedTuple

# From the most to the least telling one: a name counts for the first that it matches.
SYSTEMS = {
    "blackboard": r"(?P<person>.+?)_attempt_(?P<time>[0-9]{4}(-[0-9]{2}){5})(_(?P<file>.*))?",
    "moodle": r"(?P<person>(?P<student>((?!_[0-9]+_).)+)_[0-9]+)_assignsubmission_file(_(?P<file>.*))?",
    "canvas": r"(?P<name>.+?)_((?P<late>LATE)_)?(?P<student>[0-9]+)_(?P<upload>[0-9]+)_(?P<file>.+)",
}


class Named(NamedTuple):
    """Who and when, as a name says; `person` is all that the system tells people apart by."""

    student: str
    person: str
    time: str = ""
    late: bool = False
    upload: int = 0
    file: str = ""


def system_of(name: str) -> str:
    """The system that names files like this, "" for none."""
    return next((system for system in SYSTEMS if _match(system, name)), "")


def read_name(system: str, name: str, title: str) -> Named | None:
    """What a file's or folder's name says, None when it is not of this system.

    `title` is what the assignment is called in Blackboard. Raises ValueError, with a sentence, when it
    cannot be told where a title ends and a user name begins.
    """
    if not (match := _match(system, name)):
        return None
    found = match.groupdict()
    student = found.get("student") or _user(found["person"], title)
    person = found.get("person") or student
    time = datetime.strptime(found["time"], "%Y-%m-%d-%H-%M-%S").isoformat() if found.get("time") else ""
    upload = int(found.get("upload") or 0)
    return Named(student, person, time, bool(found.get("late")), upload, found["file"] or "")


def _match(system: str, name: str) -> re.Match | None:
    return re.fullmatch(SYSTEMS[system], name, re.DOTALL)


def _user(text: str, title: str) -> str:
    """The user name behind a title. Both may hold `_`, and cut at a wrong one two people become one."""
    if text.casefold().startswith(f"{title}_".casefold()):
        return text[len(title) + 1 :]
    if text.count("_") == 1:
        return text.partition("_")[2]
    raise ValueError(f"say how Blackboard calls the assignment, if not {title!r}: --LMSCollector.title='...'")


def notebook_name(file: str, assignment: str) -> tuple[str, int]:
    """The name without the suffix as it should be, and the number of the copy: `id (2).ipynb`, `id-2.ipynb`.

    A name that is not the assignment's stays; grading says to rename it.
    """
    stem = unicodedata.normalize("NFC", file).removesuffix(".ipynb")
    match = re.fullmatch(r"(.*?)(?:[ _-]\(?|\()([0-9]{1,9})\)?", stem, re.DOTALL)
    for name, copy in ((stem, 0), match.groups() if match else ("", 0)):
        if name.casefold() == assignment.casefold():
            return assignment, int(copy)
    return stem, 0
