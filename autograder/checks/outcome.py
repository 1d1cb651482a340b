"""What a check finds: an outcome, or a failure on the way to one."""

from dataclasses import dataclass, field
from typing import Literal

from autograder.diagnosis.codes import look_for

Status = Literal["passed", "failed", "could not run"]


@dataclass(frozen=True)
class Row:
    """One line of a check's table: a tensor, what was measured on it, what is wrong, and where most."""

    name: str
    measured: str
    verdict: str = "ok"
    where: str = ""


@dataclass(frozen=True)
class Outcome:
    """The result of one check.

    `cause` is safe to show to anybody; `rows` may hold measured numbers and stay in the student's own
    kernel; `says` is the sentence that the author of a hidden check wrote for the student.
    `diagnosis` is a code of autograder/diagnosis/codes.py, "" when the check passed. A check of a backward
    pass whose forward pass, `rests_on`, is wrong may have passed, or keep a `share` of its points, 0 to 1.
    `inputs` says what the function was tried on, for instructors.
    `loss` is what training reached, as the grader measured it; None of every other check.
    """

    check: str
    status: Status
    cause: str = ""
    rows: tuple[Row, ...] = ()
    says: str = ""
    diagnosis: str = ""
    share: float = 0.0
    rests_on: str = ""
    inputs: str = ""
    loss: float | None = None

    @property
    def look(self) -> str:
        """Where such a mistake is usually found; "" when nothing general can be said."""
        return look_for(self.diagnosis)


@dataclass
class Failure(Exception):
    """Raised inside a check: the student's code is wrong, and this is how.

    `cause` never holds inputs, expected values or text that student code made up.
    `detail` may, and is shown only where the student's own kernel runs the check. `code` is the
    diagnosis, one of autograder/diagnosis/codes.py. `share` of the check's points is kept all the same,
    for what is right although it rests on a function, `rests_on`, that is wrong; with 1.0 the check passes.
    """

    cause: str
    detail: str = ""
    rows: tuple[Row, ...] = field(default=())
    code: str = "differs"
    share: float = 0.0
    rests_on: str = ""
    loss: float | None = None

    def __str__(self) -> str:
        return self.cause


class NoTimeLeft(Exception):
    """A check has no time left to find out: it could not run, and a person has to look."""


class Trained(str):
    """What a check of training says when it passes, with the loss that it measured."""

    loss: float

    def __new__(cls, text: str, loss: float) -> "Trained":
        trained = super().__new__(cls, text)
        trained.loss = loss
        return trained


class CheckFailed(AssertionError):
    """A check failed in the student's kernel; prints as a short report instead of a traceback."""

    def __init__(self, report: str):
        super().__init__(report)
        self.report = report

    def _render_traceback_(self) -> list[str]:
        return self.report.split("\n")


class CheckStopped(KeyboardInterrupt):
    """A person stopped a check in a student's kernel; prints where it was instead of a traceback."""

    def __init__(self, report: str):
        super().__init__(report)
        self.report = report

    def _render_traceback_(self) -> list[str]:
        return self.report.split("\n")
