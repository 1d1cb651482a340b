"""What `nbgrader export` writes without an exporter: nbgrader's own columns, in cells that nothing runs."""

from collections.abc import Iterator
from pathlib import Path

from nbgrader.api import Assignment, Gradebook, Student
from nbgrader.plugins import ExportPlugin

from autograder.files import write_whole
from autograder.grading.of_record import GradeOfRecord, grades_of
from autograder.platforms.export.spreadsheet import as_csv

COLUMNS = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email",
    "raw_score", "late_submission_penalty", "score", "max_score",
)  # fmt: skip


class SafeCsvExport(ExportPlugin):
    """In place of nbgrader's CsvExportPlugin, which writes a name with a comma as two cells."""

    def export(self, gradebook: Gradebook) -> None:
        """Write grades.csv, or what --to names. Who handed in nothing has nbgrader's 0, and no timestamp."""
        place = Path(self.to or "grades.csv")
        self.log.info("Exporting grades to %s", place)
        write_whole(place, as_csv([COLUMNS, *self._rows(gradebook)]))

    def _rows(self, gradebook: Gradebook) -> Iterator[list[str]]:
        assignments = [one for one in gradebook.assignments if _is_chosen(one.name, self.assignment)]
        students = [one for one in gradebook.students if _is_chosen(one.id, self.student)]
        grades = grades_of(gradebook, [one.name for one in assignments])
        for assignment in assignments:
            most = assignment.max_score
            for student in students:
                grade = grades.get((student.id, assignment.name))
                yield [*map(_text, _row(assignment, student, grade, most))]


def _row(assignment: Assignment, student: Student, grade: GradeOfRecord | None, most: float) -> tuple:
    scores = (0.0, 0.0, 0.0) if not grade else (grade.before_penalty, grade.late_penalty, grade.final)
    return (
        assignment.name, assignment.duedate, grade and grade.handed_in, student.id, student.last_name,
        student.first_name, student.email, *scores, most,
    )  # fmt: skip


def _is_chosen(name: str, chosen: list) -> bool:
    return not chosen or name in map(str, chosen)


def _text(value) -> str:
    """As nbgrader writes it."""
    return "" if value is None else str(value)
