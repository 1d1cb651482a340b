"""What a platform's download of one assignment has told: keys of its own, and the names of files."""

import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from autograder.course import Course, CourseError
from autograder.platforms.collect.archives import is_junk
from autograder.platforms.collect.extractor import files_in
from autograder.platforms.download import IDENTITIES
from autograder.platforms.identities import Identity, read_identities
from autograder.platforms.tables import read_table
from autograder.platforms.worksheet import is_worksheet


def owners(course: Course, assignment: str, platform: str) -> dict[str, list[Identity]]:
    """The students behind each of the platform's keys, as collecting noted them; several of a team's."""
    found = defaultdict(list)
    for one in read_identities(course, assignment):
        if one.platform == platform and one.student:
            found[one.key].append(one)
    return dict(found)


def identities(course: Course, assignment: str, platform: str) -> dict[str, Identity]:
    """The student behind each key that is one person's."""
    found = owners(course, assignment, platform).items()
    return {key: people[0] for key, people in found if len({one.student for one in people}) == 1}


def worksheet_in(course: Course, assignment: str) -> Path | None:
    """The newest of Moodle's worksheets beside a download; None when there is none.

    Where no file looks like one, any other will do: reading it ends in a sentence.
    """
    beside = [path for path in course.downloaded(assignment).glob("*.csv") if path.name != IDENTITIES]
    found = [path for path in beside if is_worksheet(read_table(path))] or beside
    return max(found, key=lambda path: (path.stat().st_mtime, path.name), default=None)


def names_in(course: Course, assignment: str) -> Iterator[PurePosixPath]:
    """The paths of all files in a download and in its zips. Raises CourseError for a damaged zip."""
    root = course.downloaded(assignment) / "archive"
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
