"""The folder of one who learns: a release of each assignment, which is the learner's own from then on."""

from dataclasses import dataclass
from pathlib import Path

from autograder.course import CONFIG, Course, CourseError, notebooks_of, require_folder
from autograder.files import write_whole
from autograder.learn.record import RECORD, Record

DEFAULT = "learn"


@dataclass(frozen=True)
class Desk(Course):
    """A learner's folder, which grading reads as if it were what one student handed in.

    `work` is where files lie while they are judged.
    """

    work: Path

    def submitted(self, student: str, assignment: str, notebook: str = "") -> Path:
        """What the learner wrote."""
        return self.root / assignment / f"{notebook or assignment}.ipynb"

    @property
    def judging(self) -> Path:
        """Outside of the learner's folder."""
        return self.work


def place_of(named: Path | None) -> Path:
    """The folder that is named, or the one that the working folder lies in, or the default one."""
    if named:
        return named.absolute()
    here = Path.cwd()
    return next((one for one in (here, *here.parents) if (one / RECORD).is_file()), here / DEFAULT)


def require_begun(folder: Path) -> Record:
    """The record of a learner's folder. Raises CourseError when it is none."""
    if not (folder / RECORD).is_file():
        raise CourseError(f"{folder} is no folder of `autograder learn`; that makes one, or name yours.")
    return Record(folder)


def make(course: Course, folder: Path) -> list[Path]:
    """Put every file of the releases that is not there yet into the folder; returns the new ones.

    What is there stays as it is. Raises CourseError for a folder of other things, and when a release is not
    built.
    """
    _require_fit(folder)
    wanted = {place: content for one in course.choose([]) for place, content in _release(course, one)}
    missing = {folder / place: content for place, content in wanted.items() if not (folder / place).exists()}
    Record(folder).begin()
    for path, content in missing.items():
        write_whole(path, content)
    return sorted(missing)


def _require_fit(folder: Path) -> None:
    require_folder(folder)
    if (folder / RECORD).is_file() or not folder.exists():
        return
    if (folder / CONFIG).exists():
        raise CourseError(f"{folder} is a course; name a folder of your own, such as {folder / DEFAULT}.")
    if any(not one.name.startswith(".") and one.suffix != ".whl" for one in folder.iterdir()):
        raise CourseError(f"{folder} holds other files; name a new folder, or an empty one.")


def _release(course: Course, assignment: str) -> list[tuple[Path, bytes]]:
    """A release's files, each with its place in a learner's folder."""
    folder = course.release(assignment).parent
    if not notebooks_of(folder):
        raise CourseError(
            f"The release of {assignment} is not built; run `autograder build {assignment}` first."
        )
    files = (path for path in folder.rglob("*") if path.is_file())
    return [(Path(assignment, path.relative_to(folder)), path.read_bytes()) for path in files]


def is_untouched(course: Course, desk: Desk, assignment: str) -> bool:
    """Are the learner's notebooks just as they were released?"""
    for name in course.notebooks(assignment):
        mine, released = desk.submitted("", assignment, name), course.release(assignment, name)
        if not mine.is_file() or mine.read_bytes() != released.read_bytes():
            return False
    return True
