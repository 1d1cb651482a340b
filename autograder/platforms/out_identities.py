"""What a platform's download of one assignment has told: keys of its own, and the names of files."""

import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from autograder.course import Course, CourseError
from autograder.platforms.archives import is_junk
from autograder.platforms.extractor import files_in
from autograder.platforms.tables import read_table

IDENTITIES, DOWNLOADED = "identities.csv", "downloaded"
PLATFORM, KEY, STUDENT, NAME = "platform", "key", "student", "name"


class Identity(NamedTuple):
    """Whom collecting found behind a key, and the name of the file or folder that had it."""

    student: str
    name: str = ""


def folder(course: Course, assignment: str) -> Path:
    """Where the downloads of an assignment lie."""
    return course.root / DOWNLOADED / assignment


def owners(course: Course, assignment: str, platform: str) -> dict[str, list[Identity]]:
    """The students behind each of the platform's keys, as collecting noted them; several of a team's."""
    path, found = folder(course, assignment) / IDENTITIES, defaultdict(list)
    if path.is_file():
        for _, record in read_table(path).records():
            if record.get(PLATFORM, platform) == platform and record.get(KEY) and record.get(STUDENT):
                found[record[KEY]].append(Identity(record[STUDENT], record.get(NAME, "")))
    return dict(found)


def identities(course: Course, assignment: str, platform: str) -> dict[str, Identity]:
    """The student behind each key that is one person's."""
    found = owners(course, assignment, platform).items()
    return {key: people[0] for key, people in found if len({one.student for one in people}) == 1}


def worksheet_in(course: Course, assignment: str) -> Path | None:
    """The newest CSV file beside a download, which is Moodle's worksheet; None when there is none."""
    found = [path for path in folder(course, assignment).glob("*.csv") if path.name != IDENTITIES]
    return max(found, key=lambda path: (path.stat().st_mtime, path.name), default=None)


def names_in(course: Course, assignment: str) -> Iterator[PurePosixPath]:
    """The paths of all files in a download and in its zips. Raises CourseError for a damaged zip."""
    root = folder(course, assignment) / "archive"
    for path in files_in(root):
        for inner in _inside(path) if path.suffix == ".zip" else ():
            yield PurePosixPath(inner)
        yield PurePosixPath(path.relative_to(root))


def _inside(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as opened:
            return [name for name in opened.namelist() if not is_junk(PurePosixPath(name).parts)]
    except (zipfile.BadZipFile, OSError) as error:
        raise CourseError(f"{path} does not open ({error}); download it again.") from error
