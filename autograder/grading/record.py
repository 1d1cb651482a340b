"""Writing a judged submission into nbgrader's gradebook and the autograded folder.

nbgrader's own steps do the writing, so that manual marks, comments, late penalties and the
formgrader page behave as its users know them. One process writes.
"""

import os
import shutil
import warnings
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import parse_utc
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from autograder.course import Course, CourseError
from autograder.gradebook import own_programs_first, require_server
from autograder.grading.nbgrader_steps import SaveSealedGrades
from autograder.sandbox.bubblewrap import plain_files

MAX_TIMESTAMP = 100


class Recorder:
    """Records submissions of one course."""

    def __init__(self, course: Course, config: Config):
        self.course, self.config = course, config
        self.folders = CourseDirectory(config=config, root=str(course.root))
        self._gradebook: Gradebook | None = None

    def require_assignment(self, assignment: str) -> None:
        """Raise CourseError when the gradebook does not open, or does not know the assignment yet."""
        require_server(self.folders.db_url)
        file = self.folders.db_url.partition("sqlite:///")[2]
        if file and not Path(file).exists():
            raise CourseError("There is no gradebook yet; run `autograder build` first.")
        if not self.course.release(assignment).exists():
            raise CourseError(
                f"The release of {assignment} is not built; run `autograder build {assignment}`."
            )
        try:
            with own_programs_first(), Gradebook(self.folders.db_url, self.folders.course_id) as gradebook:
                gradebook.find_notebook(assignment, assignment)
        except MissingEntry:
            raise CourseError(
                f"The gradebook does not know {assignment}; run `autograder build {assignment}`."
            ) from None

    def recorded(self, assignments: Iterable[str]) -> set[tuple[str, str]]:
        """(student, assignment) of all that have both an entry in the gradebook and a graded copy."""
        with Gradebook(self.folders.db_url, self.folders.course_id) as gradebook:
            entries = [(one.student_id, name) for name in assignments
                       for one in gradebook.assignment_submissions(name)]  # fmt: skip
        return {entry for entry in entries if self.course.autograded(*entry).exists()}

    def record(self, student: str, assignment: str, notebook: NotebookNode) -> None:
        """Write points, comments, penalty and the graded copy."""
        submitted = self.course.submitted(student, assignment).parent
        with self._one_transaction() as gradebook:
            submission = self._register(gradebook, student, assignment, submitted / "timestamp.txt")
            SaveSealedGrades(config=self.config).save(gradebook, notebook, student, assignment)
            penalties = [one.late_submission_penalty for one in submission.notebooks]
            late = submission.total_seconds_late > 0 or any(penalties)
        if late:
            ids = {"student": student, "assignment": assignment, "notebook": assignment}
            resources = {"nbgrader": ids | {"db_url": self.folders.db_url}}
            AssignLatePenalties(config=self.config).preprocess(notebook, resources)
        self._write(self.course.autograded(student, assignment), notebook, plain_files(submitted))

    @contextmanager
    def _one_transaction(self) -> Iterator[Gradebook]:
        """The gradebook, in which all of nbgrader's many commits are one, or undone.

        It stays open from one submission to the next: to open it takes longer than to write.
        """
        if not self._gradebook:
            self._gradebook = Gradebook(self.folders.db_url, self.folders.course_id)
            weakref.finalize(self, self._gradebook.close)
        session = self._gradebook.db
        with self._gradebook.engine.begin() as connection:
            session.remove()
            session.configure(bind=connection, join_transaction_mode="rollback_only")
            try:
                yield self._gradebook
            finally:
                session.remove()

    def _register(
        self, gradebook: Gradebook, student: str, assignment: str, time: Path
    ) -> SubmittedAssignment:
        timestamp = _timestamp(time)
        known = {"timestamp": timestamp} if timestamp else {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # nbgrader's own order of inserts
            gradebook.update_or_create_student(student)
            return gradebook.update_or_create_submission(assignment, student, **known)

    def _write(self, path: Path, notebook: NotebookNode, files: list[Path]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        for file in files:
            shutil.copyfile(file, _writable(path.parent / file.name))
        partial = path.with_suffix(".partial")
        nbformat.write(notebook, partial)
        os.replace(partial, path)


def _writable(path: Path) -> Path:
    """nbgrader leaves read-only copies behind; make room for a new one."""
    path.unlink(missing_ok=True)
    return path


def _timestamp(path: Path) -> datetime | None:
    """When the exchange says that it was handed in; None when there is no file that says so."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_TIMESTAMP:
        return None
    try:
        return parse_utc(path.read_text().strip() or None)
    except (ValueError, OverflowError):
        return None
