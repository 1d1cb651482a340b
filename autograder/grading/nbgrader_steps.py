"""Our parts as nbgrader preprocessors: nbgrader_config.py puts them into `nbgrader autograde`."""

from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import ClearHiddenTests, NbGraderPreprocessor, SaveAutoGrades
from traitlets import Enum, Float

from autograder.course import Course
from autograder.grading.judge import Rules, judge
from autograder.grading.restore import Restored, grade_id, is_test, restore
from autograder.grading.submission import read_submission
from autograder.sandbox.bubblewrap import plain_files
from autograder.sandbox.limits import Limits
from autograder.sandbox.places import BEST, PLACES, require


class RestoreCells(NbGraderPreprocessor):
    """Takes the place of OverwriteCells and DeduplicateIds: see autograder.grading.restore."""

    def preprocess(self, nb, resources):
        course, ids = _course(), resources["nbgrader"]
        source = nbformat.read(course.source(ids["assignment"]), as_version=4)
        path = course.submitted(ids["student"], ids["assignment"])
        submitted = read_submission(path)
        _drop_copies(course.autograded(ids["student"], ids["assignment"]).parent, path.parent)
        restored = restore(submitted, source)
        for note in restored.notes:
            self.log.warning("%s: %s", ids["student"], note)
        restored.notebook.metadata["autograder"] = {"restored": restored.notes}
        return restored.notebook, resources


class HideTests(ClearHiddenTests):
    """nbgrader's step for test cells alone: a student may write the markers anywhere else."""

    def preprocess_cell(self, cell, resources, cell_index):
        if is_test(cell):
            return super().preprocess_cell(cell, resources, cell_index)
        return cell, resources


class SealedExecute(NbGraderPreprocessor):
    """Takes the place of Execute: runs student code behind the border and the tests before it."""

    sandbox = Enum([BEST, *PLACES], BEST, help="'none' only for code that you trust").tag(config=True)
    call_seconds = Float(Limits.call_seconds, help="CPU time of one call of a student's function").tag(
        config=True
    )
    cell_seconds = Float(Limits.cell_seconds, help="CPU time of one cell").tag(config=True)
    notebook_seconds = Float(
        Limits.notebook_seconds, help="CPU time of own cells, of exercises, of tests, in one pass each"
    ).tag(config=True)

    def rules(self, course: Course, assignment: str) -> Rules:
        """How this course judges an assignment."""
        limits = Limits(self.call_seconds, self.cell_seconds, self.notebook_seconds)
        return Rules(course.source(assignment), self.sandbox, limits)

    def preprocess(self, nb, resources):
        self.sandbox, why = require(self.sandbox)
        if why:
            self.log.warning(why)
        course, ids = _course(), resources["nbgrader"]
        notes = nb.metadata.get("autograder", {}).get("restored", [])
        files = plain_files(course.submitted(ids["student"], ids["assignment"]).parent)
        return judge(Restored(nb, notes), self.rules(course, ids["assignment"]), files), resources


class SaveSealedGrades(SaveAutoGrades):
    """Takes the place of SaveAutoGrades: what could not run waits for a person, not for a zero."""

    def save(self, gradebook: Gradebook, nb: NotebookNode, student: str, assignment: str) -> None:
        """As `preprocess`, in a gradebook that is open; nbgrader opens one for every notebook."""
        self.gradebook, self.student_id = gradebook, student
        self.notebook_id = self.assignment_id = assignment
        for index, cell in enumerate(nb.cells):
            self.preprocess_cell(cell, {}, index)

    def _add_score(self, cell, resources):
        super()._add_score(cell, resources)
        checks = cell.metadata.get("autograder", {}).get("checks", [])
        if any(check["status"] == "could not run" for check in checks):
            grade = self.gradebook.find_grade(
                grade_id(cell), self.notebook_id, self.assignment_id, self.student_id
            )
            grade.needs_manual_grade = True
            self.gradebook.db.commit()


def _drop_copies(graded: Path, submitted: Path) -> None:
    """Remove what nbgrader copied through links in a submission: their targets may be anything."""
    kept = {path.name for path in plain_files(submitted)}
    for link in (path for path in submitted.rglob("*") if path.is_symlink()):
        copied = graded / link.relative_to(submitted)
        if link.name not in kept and copied.is_file():
            copied.unlink()


def _course() -> Course:
    """nbgrader works in the course's root folder while it converts."""
    return Course.find(Path.cwd())
