"""Our parts as nbgrader preprocessors: nbgrader_config.py puts them into `nbgrader autograde`."""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import ClearHiddenTests, NbGraderPreprocessor, SaveAutoGrades
from traitlets import Dict, Enum, Float, Union

from autograder.alone import alone
from autograder.course import Course
from autograder.files import beside, plain_files
from autograder.grading.counted import without_evidence
from autograder.grading.judge import Rules, judge
from autograder.grading.ledger import Ledger, key_of
from autograder.grading.published import published
from autograder.grading.released import released
from autograder.grading.restore import Restored, grade_id, is_test, restore
from autograder.grading.submission import SubmissionError, read_submission
from autograder.grading.taken import sources_of, take, with_given
from autograder.grading.times import TIMESTAMP, handed_in_at, timezone_of
from autograder.sandbox.limits import Limits
from autograder.sandbox.places import BEST, PLACES, place_of, require
from autograder.truth.source import given_files


class RestoreCells(NbGraderPreprocessor):
    """Takes the place of OverwriteCells and DeduplicateIds: see autograder.grading.restore."""

    def preprocess(self, nb, resources):
        course, pair, notebook = _course(), _pair(resources), resources["nbgrader"]["notebook"]
        rules = Rules(course.source(pair[1], notebook), timezone=timezone_of(self.config))
        with alone(course), _taken(course, *pair, rules) as (here, rules, digest):
            restored = restore(
                read_submission(here.submitted(*pair, notebook)), nbformat.read(rules.source, as_version=4),
                released=released(course, pair[1]), beside=rules.beside,
            )  # fmt: skip
        _drop_copies(course.autograded(*pair).parent, course.submitted(*pair).parent)
        for note in restored.notes:
            self.log.warning("%s: %s", pair[0], note)
        restored.notebook.metadata["autograder"] = {"restored": restored.notes, "digest": digest}
        return restored.notebook, resources


class HideTests(ClearHiddenTests):
    """nbgrader's step for test cells alone: a student may write the markers anywhere else."""

    def preprocess_cell(self, cell, resources, cell_index):
        if is_test(cell):
            return super().preprocess_cell(cell, resources, cell_index)
        return cell, resources


PLAIN = ("sealed", "kernel")


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

    plain = Union(
        [Enum(PLAIN), Dict(value_trait=Enum(PLAIN))], default_value=PLAIN[0],
        help="Test cells without checks of ours run 'sealed', in the grader, or as with nbgrader in the "
        "student's 'kernel'; also by assignment: {'problem-1': 'kernel'}",
    ).tag(config=True)  # fmt: skip

    def rules(self, course: Course, assignment: str) -> Rules:
        """How this course judges an assignment."""
        limits = Limits(self.call_seconds, self.cell_seconds, self.notebook_seconds)
        return Rules(
            course.source(assignment, course.notebooks(assignment)[0]), self.sandbox, limits,
            released=released(course, assignment), published=tuple(published(course).items()),
            timezone=timezone_of(self.config), plain=self.plain_of(assignment),
            given=given_files(course, assignment, self.config),
        )  # fmt: skip

    def plain_of(self, assignment: str) -> str:
        """How plain tests of an assignment run."""
        return self.plain.get(assignment, PLAIN[0]) if isinstance(self.plain, dict) else self.plain

    def preprocess(self, nb, resources):
        self.sandbox, why = require(self.sandbox)
        if why:
            self.log.warning(why)
        course, pair = _course(), _pair(resources)
        place_of(self.sandbox).keep(course.root)
        facts = nb.metadata.get("autograder", {})
        own = course.source(pair[1], resources["nbgrader"]["notebook"])
        with _taken(course, *pair, replace(self.rules(course, pair[1]), source=own)) as (here, rules, digest):
            if facts.get("digest") != digest:
                raise SubmissionError("Submission or source changed while this was graded; grade it again.")
            judged = {source.name for source in sources_of(rules)}
            files = with_given(beside(here.submitted(*pair).parent, judged), rules.given)
            return without_evidence(judge(Restored(nb, facts["restored"]), rules, files)), resources


class SaveSealedGrades(SaveAutoGrades):
    """Takes the place of SaveAutoGrades: what could not run waits for a person, not for a zero.

    A mark by hand waits for one, too, where the answer has changed since it was given.
    """

    changed = True

    def preprocess(self, nb, resources):
        course, (student, assignment) = _course(), _pair(resources)
        with alone(course):
            Ledger(course).drop(student, assignment)
            time = course.submitted(student, assignment).with_name(TIMESTAMP)
            if known := handed_in_at(time, timezone_of(self.config)):
                with Gradebook(resources["nbgrader"]["db_url"]) as gradebook:
                    gradebook.update_or_create_submission(assignment, student, timestamp=known)
            return super().preprocess(nb, resources)

    def save(
        self, gradebook: Gradebook, nb: NotebookNode, place: tuple[str, str, str], changed: bool
    ) -> None:
        """As `preprocess`, in a gradebook that is open; nbgrader opens one for every notebook.

        `place` is student, assignment and notebook; `changed` says that the answers are not those that were
        graded before.
        """
        self.gradebook, self.changed = gradebook, changed
        self.student_id, self.assignment_id, self.notebook_id = place
        for index, cell in enumerate(nb.cells):
            self.preprocess_cell(cell, {}, index)

    def _add_score(self, cell, resources):
        place = grade_id(cell), self.notebook_id, self.assignment_id, self.student_id
        waited = self.gradebook.find_grade(*place).needs_manual_grade
        super()._add_score(cell, resources)
        checks = cell.metadata.get("autograder", {}).get("checks", [])
        lost = any(check["status"] == "could not run" for check in checks)
        grade = self.gradebook.find_grade(*place)
        if grade.manual_score is not None and not self.changed:
            grade.needs_manual_grade = waited
        elif lost:
            grade.needs_manual_grade = True
        self.gradebook.db.commit()


def _drop_copies(graded: Path, submitted: Path) -> None:
    """Remove what nbgrader copied through links in a submission: their targets may be anything."""
    kept = {path.name for path in plain_files(submitted)}
    for link in (path for path in submitted.rglob("*") if path.is_symlink()):
        copied = graded / link.relative_to(submitted)
        if link.name not in kept and copied.is_file():
            copied.unlink()


@contextlib.contextmanager
def _taken(
    course: Course, student: str, assignment: str, rules: Rules
) -> Iterator[tuple[Course, Rules, str]]:
    """While open, what `take` returns, and a digest of what was handed in and of the source."""
    with tempfile.TemporaryDirectory(prefix="autograder-") as folder:
        here, rules = take(course, student, assignment, rules, Path(folder) / "taken")
        yield here, rules, key_of(here, student, assignment, Rules(rules.source), b"")


def _pair(resources: dict) -> tuple[str, str]:
    return resources["nbgrader"]["student"], resources["nbgrader"]["assignment"]


def _course() -> Course:
    """nbgrader works in the course's root folder while it converts."""
    return Course.find(Path.cwd())
