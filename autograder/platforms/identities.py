"""identities.csv beside a download: what the platform called whom in this assignment, for the way back."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from autograder.course import Course, CourseError
from autograder.platforms.download import IDENTITIES
from autograder.platforms.tables import Table, read_table, write_table


class Identity(NamedTuple):
    """One student in one assignment's download; a team has one for each member, with the same key."""

    platform: str  # canvas, moodle, ...
    key: str  # Canvas: the number, or anon_...; Moodle: the worksheet's number, or a team's
    student: str  # the folder in submitted/
    name: str  # of the file or folder in the download: Canvas and Moodle take feedback back under it


def read_identities(course: Course, assignment: str) -> list[Identity]:
    """What the last collecting found out; empty without the file. Raises CourseError when it is damaged."""
    return read_from(course.downloaded(assignment) / IDENTITIES)


def read_from(path: Path) -> list[Identity]:
    """The same of a file."""
    if not path.exists():
        return []
    table = read_table(path)
    if table.header[:4] != list(Identity._fields):
        raise CourseError(
            f"{path} does not begin with {','.join(Identity._fields)}; move it away, collect again."
        )
    return [Identity(*list(record.values())[:4]) for _, record in table.records()]


def students_by_key(identities: Iterable[Identity], platform: str) -> dict[str, list[str]]:
    """Who a platform's keys are."""
    found = defaultdict(list)
    for one in identities:
        if one.platform == platform and one.student:
            found[one.key].append(one.student)
    return dict(found)


def write_identities(path: Path, identities: Iterable[Identity]) -> None:
    """Add these to the file, in place of what stood there under their keys."""
    new = sorted(set(identities))
    keys = {(one.platform, one.key) for one in new}
    kept = [one for one in read_from(path) if (one.platform, one.key) not in keys]
    if not new:
        return
    rows = [(0, list(one)) for one in sorted([*kept, *new])]
    write_table(path, Table(list(Identity._fields), rows))
