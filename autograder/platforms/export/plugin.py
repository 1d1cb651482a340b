"""What `nbgrader export` and `autograder export` have in common: fill a file of a platform's."""

from collections.abc import Iterable
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import ExportPlugin
from traitlets import Bool, Unicode

from autograder.course import Course, CourseError
from autograder.files import write_whole
from autograder.platforms.export.book import Book, read_book
from autograder.platforms.export.fill import Filled
from autograder.platforms.export.options import FOLDER
from autograder.words import counted, plain


class PlatformExport(ExportPlugin):
    """Fills the file that a platform exported with the grades of record."""

    source = Unicode("", help="the file that the platform exported").tag(config=True)
    scale = Bool(False, help="convert points where the platform's maximum is another one").tag(config=True)

    def fill(self, book: Book, course: Course) -> list[Filled]:
        """The files, filled; nothing is written yet. Raises CourseError."""
        raise NotImplementedError

    def filled(self, gradebook: Gradebook, course: Course) -> list[Filled]:
        """`fill` with what the options choose."""
        assignments, students = map(str, self.assignment), map(str, self.student)
        filled = self.fill(read_book(gradebook, course, [*assignments], [*students]), course)
        require_one([one for one in filled if one.changes], self.to)
        return filled

    def export(self, gradebook: Gradebook) -> None:
        """Run by `nbgrader export`: says what changes, then writes."""
        course = Course(Path(self.parent.coursedir.root))
        try:
            for one in self.filled(gradebook, course):
                for sentence in [in_short(one), *one.notes, *one.unsettled]:
                    self.log.warning("%s", plain(sentence))
                if one.changes:
                    self.log.warning("Written: %s", write_filled(one, course, self.to))
        except CourseError as error:
            self.parent.fail(plain(str(error)))


def in_short(filled: Filled) -> str:
    """`RNN.csv: 30 cells change, 2 of them had something else; 4 are right already.`"""
    replaced = sum(bool(change.old) for change in filled.changes)
    others = f", {replaced} of them had something else" if replaced else ""
    cells = f"{counted(len(filled.changes), 'cell')} to change{others}"
    said = cells if filled.changes else "nothing to change"
    return f"{filled.source.name}: {said}; {filled.same} right already."


def place_of(filled: Filled, course: Course, to: str) -> Path:
    """Where the filled file goes. Raises CourseError when that is the file that was read."""
    place = Path(to or course.root / FOLDER)
    if not to or place.is_dir():
        place = place / filled.folder / filled.source.name
    if place.resolve() == filled.source.resolve():
        raise CourseError(f"{place} is the file that the platform exported; name another with --to.")
    return place


def require_one(filled: Iterable[Filled], to: str) -> None:
    """Raise CourseError when several files would go to one."""
    if to and len([*filled]) > 1 and not Path(to).is_dir():
        raise CourseError(f"There are several files to write; make {to} a folder, or name one assignment.")


def write_filled(filled: Filled, course: Course, to: str) -> Path:
    """Write it, as a whole; returns where."""
    place = place_of(filled, course, to)
    write_whole(place, filled.content)
    return place
