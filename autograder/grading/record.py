"""Writing a judged submission into nbgrader's gradebook and the autograded folder.

nbgrader's own steps do the writing, so that manual marks, comments, late penalties and the
formgrader page behave as its users know them. One process writes.
"""

import warnings
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import is_solution
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from autograder.course import Course, CourseError
from autograder.files import beside, named, write_whole
from autograder.gradebook import in_sentences, own_programs_first, patient, require_gradebook
from autograder.grading.nbgrader_steps import SaveSealedGrades
from autograder.grading.of_record import GradeOfRecord, grades_of
from autograder.grading.restore import grade_id
from autograder.grading.result import Result
from autograder.grading.taken import with_given
from autograder.grading.times import TIMESTAMP, handed_in_at, timezone_of
from autograder.truth.source import given_files


class Recorder:
    """Records submissions of one course."""

    def __init__(self, course: Course, config: Config):
        self.course, self.config = course, config
        self.folders = CourseDirectory(config=config, root=str(course.root))
        self.db_url = patient(self.folders.db_url)
        self._gradebook: Gradebook | None = None

    def require_gradebook(self) -> None:
        """Raise CourseError when there is none, or it does not open or takes nothing."""
        file = self.folders.db_url.partition("sqlite:///")[2]
        if file and not Path(file).exists():
            raise CourseError("There is no gradebook yet; run `autograder build` first.")
        require_gradebook(self.folders.db_url)

    def require_assignment(self, assignment: str) -> None:
        """Raise CourseError when the gradebook does not know the assignment yet."""
        notebooks = self.course.notebooks(assignment)
        if not all(self.course.release(assignment, notebook).exists() for notebook in notebooks):
            raise CourseError(
                f"The release of {assignment} is not built; run `autograder build {assignment}`."
            )
        try:
            with own_programs_first(), self.opened() as gradebook:
                for notebook in notebooks:
                    gradebook.find_notebook(notebook, assignment)
        except MissingEntry:
            raise CourseError(
                f"The gradebook does not know {assignment}; run `autograder build {assignment}`."
            ) from None

    def recorded(self, assignments: Iterable[str]) -> set[tuple[str, str]]:
        """(student, assignment) of all that have both an entry in the gradebook and a graded copy."""
        with self.opened() as gradebook:
            entries = [(one.student_id, name) for name in assignments
                       for one in gradebook.assignment_submissions(name)]  # fmt: skip
        return {entry for entry in entries if all(path.exists() for path in self._graded(*entry))}

    def _graded(self, student: str, assignment: str) -> list[Path]:
        notebooks = self.course.notebooks(assignment)
        return [self.course.autograded(student, assignment, notebook) for notebook in notebooks]

    @contextmanager
    def opened(self) -> Iterator[Gradebook]:
        """The gradebook, to read or to change by hand; trouble with it is a CourseError."""
        url = self.folders.db_url
        with in_sentences(url), Gradebook(url, self.folders.course_id) as gradebook:
            yield gradebook

    def record(
        self, student: str, assignment: str, notebooks: dict[str, NotebookNode], judged: Path | None = None
    ) -> None:
        """Write points, comments, penalty and the graded copies of a submission's notebooks, by name.

        `judged` is the folder that was judged, if not the one in submitted/. Raises CourseError when the
        gradebook takes nothing.
        """
        submitted = judged or self.course.submitted(student, assignment).parent
        with in_sentences(self.folders.db_url):
            self._enter(student, assignment, notebooks, submitted / TIMESTAMP)
        given = given_files(self.course, assignment, self.config)
        for name, notebook in notebooks.items():
            graded = self.course.autograded(student, assignment, name)
            # without other notebooks, which nbgrader's feedback would take for the assignment's own
            self._write(graded, notebook, with_given(beside(submitted, None), given))

    def _enter(self, student: str, assignment: str, notebooks: dict[str, NotebookNode], time: Path) -> None:
        """Write what belongs into the gradebook."""
        with self._one_transaction() as gradebook:
            submission = self._register(gradebook, student, assignment, time)
            steps = SaveSealedGrades(config=self.config)
            for name, notebook in notebooks.items():
                changed = _differ(self.course.autograded(student, assignment, name), notebook)
                steps.save(gradebook, notebook, (student, assignment, name), changed)
            penalties = [one.late_submission_penalty for one in submission.notebooks]
            late = submission.total_seconds_late > 0 or any(penalties)
        if late:
            self._work_out_penalty(student, assignment)

    def _work_out_penalty(self, student: str, assignment: str) -> None:
        """As nbgrader does it, by the due date, extension and plugin of now."""
        for notebook in self.course.notebooks(assignment):
            ids = {"student": student, "assignment": assignment, "notebook": notebook}
            resources = {"nbgrader": ids | {"db_url": self.db_url}}
            AssignLatePenalties(config=self.config).preprocess(nbformat.v4.new_notebook(), resources)

    def work_out_penalties(self, kept: Sequence[tuple[str, str]]) -> None:
        """Anew for submissions that are not graded again: a due date may have changed.

        Raises CourseError when the gradebook takes nothing.
        """
        grades = self.grades({assignment for _, assignment in kept})
        for pair in kept:
            if pair in grades and (grades[pair].is_late or grades[pair].late_penalty):
                with in_sentences(self.folders.db_url):
                    self._work_out_penalty(*pair)

    def grades(self, assignments: Iterable[str]) -> dict[tuple[str, str], GradeOfRecord]:
        """The grades of record, by student and assignment."""
        with self.opened() as gradebook:
            return grades_of(gradebook, assignments)

    @contextmanager
    def _one_transaction(self) -> Iterator[Gradebook]:
        """The gradebook, in which all of nbgrader's many commits are one, or undone.

        It stays open from one submission to the next: to open it takes longer than to write.
        """
        if not self._gradebook:
            self._gradebook = Gradebook(self.db_url, self.folders.course_id)
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
        timestamp = handed_in_at(time, timezone_of(self.config))
        known = {"timestamp": timestamp} if timestamp else {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # nbgrader's own order of inserts
            gradebook.update_or_create_student(student)
            return gradebook.update_or_create_submission(assignment, student, **known)

    def _write(self, path: Path, notebook: NotebookNode, files: list[Path]) -> None:
        for name, file in named(files):
            write_whole(path.parent / name, file.read_bytes())
        write_whole(path, nbformat.writes(notebook) + "\n")


def with_grades(course: Course, results: list[Result]) -> list[Result]:
    """The results, each with its grade of record as the gradebook has it now.

    Raises CourseError when the gradebook cannot be read.
    """
    recorder = Recorder(course, course.config())
    recorder.require_gradebook()
    grades = recorder.grades({result.assignment for result in results})
    return [replace(result, grade=grades.get((result.student, result.assignment))) for result in results]


def _differ(graded: Path, notebook: NotebookNode) -> bool:
    """Are a notebook's answers others than those of the graded copy, which may be missing?"""
    try:
        return _answers(nbformat.read(graded, as_version=4)) != _answers(notebook)
    except (OSError, ValueError):
        return True


def _answers(notebook: NotebookNode) -> list[tuple[str, str]]:
    """What a student wrote: solutions, and code of no id."""
    own = ((grade_id(cell) or "", cell) for cell in notebook.cells)
    return [
        (name, cell.source) for name, cell in own
        if is_solution(cell) or (not name and cell.cell_type == "code")
    ]  # fmt: skip
