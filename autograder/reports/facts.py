"""What the results of a class say: scores, checks, causes, and where a person is needed."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.diagnosis.codes import UNFINISHED, look_for
from autograder.grading.result import Result
from autograder.reports.grid import is_graded
from autograder.reports.waits import settled
from autograder.words import check_name

BINS = 10
CARRIED = "carried"
FOLLOWS = " broke a limit before, and is not called again."


@dataclass(frozen=True)
class Diagnosis:
    """A kind of mistake, in how many submissions it was found, and where it is usually found."""

    code: str
    submissions: int
    look: str


@dataclass(frozen=True)
class Cause:
    """Why checks of one cell failed, in how many submissions, and where such a mistake is usually found."""

    text: str
    cell: str
    submissions: int
    look: str = ""


@dataclass(frozen=True)
class Unfinished:
    """How many functions are not implemented yet, and in how many submissions."""

    functions: int
    submissions: int


@dataclass(frozen=True)
class Counted:
    """How many checks, and in how many submissions."""

    checks: int
    submissions: int


@dataclass(frozen=True)
class NotRun:
    """A check that could not run, for one reason, with everybody whom it hit."""

    assignment: str
    name: str
    reason: str
    students: tuple[str, ...]


def share(result: Result) -> float | None:
    """The score as a part of its maximum, 0 to 1; None when there is none."""
    if result.final is None or not is_graded(result) or result.out_of <= 0:
        return None
    return min(max(result.final / result.out_of, 0.0), 1.0)


def shares(results: list[Result]) -> list[float]:
    """The shares of all that have one."""
    return [part for part in map(share, results) if part is not None]


def distribution(results: list[Result]) -> list[int]:
    """How many scores lie in each tenth; a full score counts in the last."""
    # Rounded, because 0.7 * 10 and 0.29 * 100 are not what they look like in binary.
    counts = Counter(min(int(round(part * BINS, 9)), BINS - 1) for part in shares(results))
    return [counts[i] for i in range(BINS)]


def _checks(results: list[Result], status: str) -> Iterator[tuple[Result, str, dict]]:
    """(result, cell, check) of all checks that ended so."""
    for result in results:
        for cell in result.cells:
            for check in cell["checks"]:
                if check["status"] == status:
                    yield result, cell["cell"], check


def diagnoses(results: list[Result]) -> list[Diagnosis]:
    """The kinds of mistake (docs/diagnosis.md), the most common first; once per submission.

    What is not implemented yet is left out. One kind stands for all arguments: "without" for "without `h0`".
    """
    found = {
        (result.student, result.assignment, check["diagnosis"].partition(" `")[0])
        for result, _, check in _checks(results, "failed")
        if check["diagnosis"] not in ("", CARRIED) and not check["cause"].endswith(FOLLOWS)
    }  # fmt: skip
    counts = Counter(code for _, _, code in sorted(found) if code != UNFINISHED)
    return [Diagnosis(code, count, look_for(code)) for code, count in counts.most_common()]


def causes(results: list[Result]) -> list[Cause]:
    """The causes in one assignment, the most common first; one counts once per student and cell.

    What is not implemented yet is left out, and so is what follows from a limit broken before,
    which is a cause of its own.
    """
    who: dict[tuple, set] = defaultdict(set)
    for result, cell, check in _checks(results, "failed"):
        if check["diagnosis"] != UNFINISHED and not check["cause"].endswith(FOLLOWS):
            who[check["cause"], cell, check["diagnosis"]].add(result.student)
    found = [
        Cause(text or "no cause was given", cell, len(students), look_for(diagnosis))
        for (text, cell, diagnosis), students in who.items()
    ]
    return sorted(found, key=lambda cause: -cause.submissions)


def unfinished(results: list[Result]) -> Unfinished:
    """What `causes` leaves out because there is nothing there yet."""
    found = [
        (result.assignment, check["cause"], result.student)
        for result, _, check in _checks(results, "failed") if check["diagnosis"] == UNFINISHED
    ]  # fmt: skip
    functions = {(assignment, cause) for assignment, cause, _ in found}
    return Unfinished(len(functions), len({(assignment, who) for assignment, _, who in found}))


def carried(results: list[Result]) -> Counted:
    """The checks of backward passes that give points although the forward pass is wrong."""
    found = [result for result in results for check in result.checks if check["diagnosis"] == CARRIED]
    return Counted(len(found), len({(result.assignment, result.student) for result in found}))


def not_run(results: list[Result]) -> list[NotRun]:
    """The checks that could not run, each reason once; what was marked by hand since is left out."""
    hit: dict[tuple[str, str, str], dict[str, bool]] = defaultdict(dict)
    for result, cell, check in _checks(results, "could not run"):
        name = check_name(cell, check["check"])
        if cell not in settled(result):
            hit[result.assignment, name, check["cause"]][result.student] = True
    return [NotRun(*key, students=tuple(students)) for key, students in hit.items()]


def slowest(results: list[Result], most: int = 5) -> list[Result]:
    """The submissions that took longest to grade."""
    timed = [result for result in results if result.seconds > 0]
    return sorted(timed, key=lambda result: -result.seconds)[:most]
