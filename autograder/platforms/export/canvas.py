"""Canvas: the CSV that its gradebook exports, with our grades in it (docs/exporting.md)."""

import time
from pathlib import Path

from traitlets import Bool, Dict

from autograder.course import Course, CourseError
from autograder.platforms.export.book import Book, listed
from autograder.platforms.export.canvas_file import CanvasFile
from autograder.platforms.export.fill import Change, Filled, factor, matched, quoted, say_who_is_left
from autograder.platforms.export.numbers import is_same, points, read_number
from autograder.platforms.export.plugin import PlatformExport
from autograder.words import counted

EXCUSED, NOT_ASSIGNED = "EX", "N/A"
FRESH = 3600  # seconds


class CanvasExport(PlatformExport):
    """`nbgrader export --exporter=autograder.platforms.export.canvas.CanvasExport`, with a `source`."""

    columns = Dict(help="the column of an assignment: its number, or its title in Canvas").tag(config=True)
    only = Bool(False, help="leave out all columns and rows in which nothing changes").tag(config=True)
    overwrite_excused = Bool(False, help="give a grade to who is excused in Canvas, too").tag(config=True)

    def fill(self, book: Book, course: Course) -> list[Filled]:
        if not self.source:
            raise CourseError(
                "Name the file that Canvas gives you (Grades, Export, Export Entire Gradebook) with --from."
            )
        filled = _Filling(self, Path(self.source), book).run()
        if unknown := sorted(set(self.columns) - {*book.assignments, *course.assignments}):
            filled.unsettled.append(f"a column is named for {quoted(unknown)}, which is no assignment here")
        return [filled]


class _Filling:
    """One file on its way."""

    def __init__(self, settings: CanvasExport, path: Path, book: Book):
        self.settings, self.book = settings, book
        self.file, self.filled = CanvasFile(path), Filled(path, "canvas")
        self.cells: dict[tuple[int, int], str] = {}

    def run(self) -> Filled:
        """All assignments that have a column."""
        students = matched(self.filled, self.file.rows, self.book).students
        for assignment, column in self._columns().items():
            self._fill(assignment, column, students)
        self._warn_of_age()
        self.filled.content = self.file.sheet.text(self.cells, *self._kept())
        return self.filled

    def _columns(self) -> dict[str, int]:
        """Where each assignment's grades are; one that was asked for by its id must have a place."""
        found, problems = {}, {}
        for assignment in self.book.assignments:
            wanted = str(self.settings.columns.get(assignment, "")).strip()
            try:
                found[assignment] = self.file.column_of(assignment, wanted)
            except ValueError as error:
                problems[assignment] = f"{assignment}: {error}"
        if problems and (self.settings.assignment or not found):
            raise CourseError(f"{'; '.join(problems.values())}.")
        self.filled.notes += problems.values()
        return found

    def _fill(self, assignment: str, column: int, students: dict[int, str]) -> None:
        graded = self.book.graded(assignment)
        say_who_is_left(self.filled, self.book, assignment, students.values())
        try:
            times = self._factor(column, assignment)
        except ValueError as error:
            self.filled.unsettled.append(f"{assignment} is left as it is: {error}")
            return
        if self.file.is_hidden(column):
            self.filled.notes.append(f"{assignment}: students see the grades when you post them in Canvas")
        left: dict[str, list[str]] = {}
        for row, student in students.items():
            if student in graded:
                old, new = self.file.sheet.value(row, column), points(graded[student].final * times)
                change = Change(student, self.book.name(student), assignment, old, new)
                self._put(row, column, change, left)
        for why, names in left.items():
            self.filled.unsettled.append(f"{assignment}: {why}, so left as it is: {listed(names)}")

    def _put(self, row: int, column: int, change: Change, left: dict[str, list[str]]) -> None:
        """Change one cell, or note why not."""
        if why := self._why_not(row, change):
            left.setdefault(why, []).append(change.name)
        elif is_same(change.old, float(change.new)):
            self.filled.same += 1
        else:
            self.cells[row, column] = change.new
            self.filled.changes.append(change)

    def _why_not(self, row: int, change: Change) -> str:
        if not self.file.sheet.is_whole(row):
            return f"line {row + 1} has another number of cells than the header"
        if change.old.upper() == EXCUSED and not self.settings.overwrite_excused:
            return "excused in Canvas"
        return "not assigned in Canvas, or anonymous and not posted" if change.old == NOT_ASSIGNED else ""

    def _factor(self, column: int, assignment: str) -> float:
        """Raises ValueError, with a sentence, when the column takes no grades."""
        possible = self.file.possible(column)
        if "read only" in possible:
            raise ValueError(f"Canvas marks the column {self.file.header[column]!r} as read only")
        graded = self.book.graded(assignment).values()
        return factor(read_number(possible), graded, self.settings.scale)

    def _kept(self) -> tuple[set[int] | None, set[int] | None]:
        """The rows and columns that stay; all, unless only changes are asked for."""
        if not self.settings.only:
            return None, None
        rows, columns = ({cell[at] for cell in self.cells} for at in (0, 1))
        return self.file.heads | rows, self.file.about | columns

    def _warn_of_age(self) -> None:
        """Cells that we do not change would set back what somebody has changed in Canvas since."""
        age = time.time() - self.file.path.stat().st_mtime
        if age > FRESH and not self.settings.only:
            old = f"{self.file.path.name} is {counted(int(age / 3600), 'hour')} old"
            self.filled.notes.append(
                f"{old}: uploading sets back what was graded in Canvas since; export it anew, or say --only"
            )
