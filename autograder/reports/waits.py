"""What waits for the instructor: each with what to do."""

from collections.abc import Iterator
from dataclasses import dataclass

from autograder.grading.of_record import CellGrade
from autograder.grading.result import Result
from autograder.words import again, check_name, number

NOT_GRADED, OLDER, NOT_RUN, BY_HAND, WRITTEN = (
    "not graded", "older grade", "could not run", "by hand", "written"
)  # fmt: skip
TITLES = {
    NOT_GRADED: "Not graded",
    OLDER: "A damaged resubmission, over an older grade",
    NOT_RUN: "Checks that could not run",
    BY_HAND: "Marks by hand over a changed answer",
    WRITTEN: "Answers to be marked by hand",
}


@dataclass(frozen=True)
class Waiting:
    """Something that needs a person; `why` is a key of TITLES, `cell` may be "", `text` says what to do."""

    student: str
    assignment: str
    why: str
    cell: str
    text: str


def waits(results: list[Result]) -> list[Waiting]:
    """All that waits, in the order of TITLES, then of the results."""
    found = [Waiting(one.student, one.assignment, *entry) for one in results for entry in _of(one)]
    return sorted(found, key=lambda one: list(TITLES).index(one.why))


def _of(result: Result) -> Iterator[tuple[str, str, str]]:
    """(why, cell, text) of one submission."""
    if result.problem and result.grade and result.grade.cells:
        stands = f"{number(result.grade.final)} of {number(result.grade.max_score)} points"
        yield OLDER, "", f"{result.problem} Until then an older grade stands and is exported: {stands}."
    elif result.problem or result.final is None:
        yield NOT_GRADED, "", result.problem or "It has no score; grade it again."
    lost = _could_not_run(result)
    yield from ((NOT_RUN, name, text) for name, text in lost.items())
    for cell in result.grade.cells if result.grade else ():
        if cell.waits and cell.cell not in lost:
            why, text = (WRITTEN, _written(cell)) if cell.by_hand is None else (BY_HAND, _old(cell))
            yield why, cell.cell, text


def settled(result: Result) -> set[str]:
    """The cells for which nothing is due: whatever could not run there has been marked by hand since."""
    return {cell.cell for cell in result.grade.cells if not cell.waits} if result.grade else set()


def _could_not_run(result: Result) -> dict[str, str]:
    """The cells with such checks, and why."""
    found = {}
    for cell in result.cells:
        causes = [
            f"{check_name(cell['cell'], check['check'])}: {check['cause']}".rstrip(".")
            for check in cell["checks"] if check["status"] == "could not run"
        ]  # fmt: skip
        if causes and cell["cell"] not in settled(result):
            more = f", and {len(causes) - 1} more" if causes[1:] else ""
            found[cell["cell"]] = (
                f"{causes[0]}{more}. No student is to blame: mend the test cell or the machine, then run "
                f"`{again(result)}`, or mark it by hand in the formgrader."
            )
    return found


def _written(cell: CellGrade) -> str:
    return f"{number(cell.max_score)} points wait for a mark by hand in the formgrader."


def _old(cell: CellGrade) -> str:
    mark = number(cell.by_hand) if cell.by_hand is not None else "none"
    tests = "" if cell.automatic is None else f"; the tests alone would give {number(cell.automatic)}"
    return (
        f"The mark by hand, {mark} of {number(cell.max_score)}, was given for another answer"
        f"{tests}. Look at it in the formgrader, and save or clear the mark there."
    )
