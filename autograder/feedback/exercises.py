"""The exercises of a graded notebook: what each one gave, and what to do first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from nbformat import NotebookNode

from autograder.diagnosis.codes import UNFINISHED
from autograder.feedback.checks import Check, checks_of, merged
from autograder.feedback.headings import headings_of
from autograder.grading.match import grade_id
from autograder.grading.of_record import CellGrade

NBGRADERS = "No response."
WAITS = "This waits for your instructor's mark."
TAKEN = "Your instructor took points off."


@dataclass
class Exercise:
    """An answer, the tests below it, and their grades; `about` is the heading above."""

    number: int
    about: str
    cells: list[NotebookNode] = field(default_factory=list)
    grades: list[CellGrade] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What the instructor called its answers, else its tests."""
        return ", ".join(grade_id(cell) or "" for cell in self.answers or self.cells)

    @property
    def answers(self) -> list[NotebookNode]:
        """What the student wrote."""
        return [cell for cell in self.cells if _has(cell, "solution", "task")]

    @property
    def tests(self) -> list[NotebookNode]:
        """What judged it."""
        return [cell for cell in self.cells if not _has(cell, "solution", "task")]

    @property
    def score(self) -> float:
        """The points of record, a late penalty aside."""
        return sum(grade.score for grade in self.grades)

    @property
    def points(self) -> float:
        """What there was to get."""
        return sum(grade.max_score for grade in self.grades)

    @property
    def by_hand(self) -> bool:
        """Did a person mark it?"""
        return any(grade.by_hand is not None for grade in self.grades)

    @property
    def extra_credit(self) -> float:
        """What of the score was given on top."""
        return sum(grade.extra_credit for grade in self.grades if grade.score)

    @property
    def state(self) -> str:
        """ "waits" for a person, else "lost" points or all of them "kept"."""
        if any(grade.waits for grade in self.grades):
            return "waits"
        return "lost" if self.score < self.points - 1e-6 else "kept"

    @property
    def checks(self) -> list[Check]:
        """All checks of its tests; neighbours that say the same are one."""
        return list(merged(check for cell in self.tests for check in checks_of(cell)))

    @property
    def comments(self) -> list[str]:
        """What the instructor says about the answers; what nbgrader says by itself, the checks say better."""
        said = [cell.metadata.nbgrader.get("comment") for cell in self.answers]
        return [text for text in said if text and not (text == NBGRADERS and self.checks)]

    @property
    def is_unfinished(self) -> bool:
        """Does it fail only because something is not written yet?"""
        failed = [check for check in self.checks if check.status == "failed"]
        return bool(failed) and all(check.diagnosis == UNFINISHED for check in failed)

    @property
    def needs_reading(self) -> bool:
        """Is there more to know than that something is not written yet?"""
        return bool(self.comments) or (self.state != "kept" and not self.is_unfinished)

    @property
    def first(self) -> str:
        """What to do first; "" when nothing is to be done."""
        if self.state == "kept":
            return ""
        failed, lost = self._messages("failed"), self._messages("could not run")
        if self.state == "waits":
            return " ".join([*failed[:1], *(lost[:1] or [WAITS])])
        return (failed or lost or [TAKEN])[0]

    def _messages(self, status: str) -> list[str]:
        return [check.message for check in self.checks if check.status == status]


def exercises_of(notebook: NotebookNode, grades: Mapping[str, CellGrade]) -> list[Exercise]:
    """The exercises in the notebook's order: answers up to the tests that follow them.

    An answer that gives no points is one where the instructor commented on it.
    """
    found: list[Exercise] = []
    for cell, about in _with_headings(notebook):
        answers = _has(cell, "solution", "task")
        if not answers and not _has(cell, "grade"):
            continue
        if not found or (answers and found[-1].grades):
            found.append(Exercise(len(found) + 1, about))
        found[-1].cells.append(cell)
        if (name := grade_id(cell)) and name in grades:
            found[-1].grades.append(grades[name])
    return [exercise for exercise in found if exercise.grades or exercise.comments]


def _with_headings(notebook: NotebookNode) -> Iterator[tuple[NotebookNode, str]]:
    """Each cell and the last heading above it."""
    about = ""
    for cell in notebook.cells:
        about = next((words for _, words in reversed(headings_of(cell))), about)
        yield cell, about


def _has(cell: NotebookNode, *flags: str) -> bool:
    return any(cell.metadata.get("nbgrader", {}).get(flag) for flag in flags)
