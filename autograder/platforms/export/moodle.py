"""Moodle: the grading worksheet of an assignment, with our grades in it (docs/exporting.md)."""

from pathlib import Path

from traitlets import Bool, Dict

from autograder.course import Course, CourseError
from autograder.platforms.export.book import Book, listed
from autograder.platforms.export.comment import comment_on
from autograder.platforms.export.fill import Change, Filled, factor, matched, say_who_is_left
from autograder.platforms.export.identities import identities, worksheet_in
from autograder.platforms.export.moodle_file import COMMENT, GRADE, Worksheet
from autograder.platforms.export.numbers import is_same, points
from autograder.platforms.export.people import Row
from autograder.platforms.export.plugin import PlatformExport


class MoodleExport(PlatformExport):
    """`nbgrader export --exporter=autograder.platforms.export.moodle.MoodleExport --assignment ID`."""

    comments = Bool(False, help="write points and what failed as feedback comments, too").tag(config=True)
    words = Dict(help="Moodle's words for its columns, and for No, in another language").tag(config=True)

    def fill(self, book: Book, course: Course) -> list[Filled]:
        filled = []
        for assignment, path in self._worksheets(book, course).items():
            file = Worksheet(path, self.words, identities(course, assignment, "moodle"))
            filled.append(_Filling(self, file, assignment, book).run())
        return filled

    def _worksheets(self, book: Book, course: Course) -> dict[str, Path]:
        """The worksheet of each assignment: the one that is named, or what lies in downloaded/<id>/."""
        if self.source:
            if len(book.assignments) != 1:
                raise CourseError(
                    "A worksheet is of one assignment; name it: `autograder export moodle ID --from FILE`."
                )
            return {book.assignments[0]: Path(self.source)}
        found = {assignment: worksheet_in(course, assignment) for assignment in book.assignments}
        missing = [assignment for assignment, path in found.items() if not path]
        if missing and (self.assignment or len(missing) == len(found)):
            raise CourseError(
                f"There is no grading worksheet for {', '.join(missing)}; download it in Moodle (the "
                "assignment's Submissions, Download grading worksheet) to downloaded/ID/, or say --from FILE."
            )
        return {assignment: path for assignment, path in found.items() if path}


class _Filling:
    """One worksheet on its way."""

    def __init__(self, settings: MoodleExport, file: Worksheet, assignment: str, book: Book):
        self.settings, self.file, self.assignment, self.book = settings, file, assignment, book
        self.filled = Filled(file.path, f"moodle/{assignment}")
        self.cells: dict[tuple[int, int], str] = {}
        self.left: dict[str, list[str]] = {}

    def run(self) -> Filled:
        """All rows that are somebody's."""
        students = matched(self.filled, self.file.rows, self.book).students
        say_who_is_left(self.filled, self.book, self.assignment, students.values())
        try:
            graded = self.book.graded(self.assignment)
            most = self.file.most
            times = factor(most, graded.values(), self.settings.scale)
            self._require_comments()
        except ValueError as error:
            self.filled.unsettled.append(f"{self.assignment} is left as it is: {error}")
            graded = {}
        for row in self.file.rows:
            if (student := students.get(row.number, "")) in graded:
                self._put(row, student, graded[student].final * times, most)
        self.filled.unsettled += [
            f"{self.assignment}: {why}, so left as it is: {listed(names)}" for why, names in self.left.items()
        ]
        self.filled.content = self.file.sheet.text(self.cells)
        return self.filled

    def _require_comments(self) -> None:
        if self.settings.comments and self.file.column(COMMENT) is None:
            raise ValueError(
                f"the worksheet has no column {self.file.word(COMMENT)!r}; switch the feedback type on in "
                "the assignment's settings and download it anew, or leave out --comments"
            )

    def _put(self, row: Row, student: str, value: float, most: float | None) -> None:
        """Change the cells of one row, or note why not."""
        if why := self._why_not(row, value, most):
            self.left.setdefault(why, []).append(self.book.name(student))
            return
        if is_same(self.file.said(row, GRADE), value):
            self.filled.same += 1
        else:
            self._change(row, student, GRADE, points(value, self.file.sign), "grade")
        text = comment_on(self.book, student, self.assignment) if self.settings.comments else ""
        if text and text != self.file.said(row, COMMENT):
            self._change(row, student, COMMENT, text, "comment")

    def _why_not(self, row: Row, value: float, most: float | None) -> str:
        if not self.file.sheet.is_whole(row.number):
            return f"line {row.number + 1} has another number of cells than the header"
        if self.file.is_locked(row):
            return "locked in Moodle"
        if most is not None and round(value, 2) > most:
            return f"more than Moodle's maximum of {points(most)}, which it would not take"
        return ""

    def _change(self, row: Row, student: str, name: str, new: str, what: str) -> None:
        old, column = self.file.said(row, name), self.file.column(name)
        if column is None:
            raise ValueError(f"the worksheet has no column {self.file.word(name)!r}")
        self.cells[row.number, column] = new
        self.filled.changes.append(Change(student, self.book.name(student), self.assignment, old, new, what))
