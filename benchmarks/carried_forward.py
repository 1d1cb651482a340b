"""What backward passes keep behind a wrong forward pass: the numbers in docs/gradient_checks.md.

Every known mistake of a forward pass in source/<id>/audit/, with the solution's backward pass and with each
known mistake of that; in this process, without walls. `benchmarks/carried_forward.py [ID ...]` prints them.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from gradient_errors import _checks
from rich.console import Console
from rich.progress import track
from rich.table import Table

from autograder import check_gradients
from autograder.checks.outcome import Outcome
from autograder.checks.running import listening
from autograder.course import Course
from autograder.grading.testcell import find
from autograder.hidden import Grading, grading, module_of
from autograder.truth.mistakes import Mistake, load_mistakes, with_mistake
from autograder.truth.source import read_source

SEED = 0


class Kept(NamedTuple):
    """The shares that checks keep behind one wrong forward pass; `wrong` is what the backward pass does."""

    forward: str
    wrong: str
    shares: list[float]


def main() -> None:
    course = Course.find(Path(__file__).parent)
    ids = [name for name in course.assignments if not sys.argv[1:] or name.startswith(tuple(sys.argv[1:]))]
    heads = ["notebook", "forward mistakes", "checks", "kept", "with a wrong backward pass", "checks", "kept"]
    table = Table(*heads)
    for assignment in ids:
        right, wrong = list(behind(course, assignment)), list(behind_both(course, assignment))
        table.add_row(assignment.partition("_")[0], *_counted(right), *_counted(wrong))
        for one in wrong:
            if any(one.shares):
                print(f"{assignment}: {one.forward}, and {one.wrong}: {one.shares}")
    Console().print(table)


def _counted(found: list[Kept]) -> tuple[str, str, str]:
    shares = [share for one in found for share in one.shares]
    return str(len(found)), str(len(shares)), f"{sum(shares) / max(1, len(shares)):.1%}"


def behind(course: Course, assignment: str, every: int = 1) -> Iterator[Kept]:
    """What the solution's backward passes keep behind known mistakes of forward passes, one in so many."""
    for mistake in track(_of_forward(course, assignment)[::every], assignment, transient=True):
        outcomes = [outcome for outcome, _ in _outcomes(course, assignment, mistake)]
        yield Kept(mistake.name, "", [_share(outcome) for outcome in outcomes])


def behind_both(course: Course, assignment: str) -> Iterator[Kept]:
    """What wrong backward passes keep there that they would not keep behind the right forward pass.

    A pair whose backward pass is the derivative of its forward pass, as by the same factor, is left out.
    """
    mistakes = load_mistakes(course, assignment)
    for mistake in track(_of_forward(course, assignment), assignment, transient=True):
        backward = _pairs(course, assignment)[mistake.function]
        for wrong in (one for one in mistakes if one.function == backward):
            both = _outcomes(course, assignment, mistake, wrong)
            alone = _outcomes(course, assignment, wrong, forward=mistake.function)
            shares = [
                max(_share(outcome) - _share(before), 0.0)
                for (outcome, fits), (before, _) in zip(both, alone, strict=True) if not fits
            ]  # fmt: skip
            yield Kept(mistake.name, wrong.name, shares)


def _of_forward(course: Course, assignment: str) -> list[Mistake]:
    pairs = _pairs(course, assignment)
    return [one for one in load_mistakes(course, assignment) if one.function in pairs]


def _pairs(course: Course, assignment: str) -> dict[str, str]:
    """The names of forward passes and of their backward passes."""
    checks = _checks(course.source(assignment), vars(_made(course, assignment)), SEED)
    return {forward.__name__: backward.__name__ for forward, backward, *_ in checks}


def _made(course: Course, assignment: str, *mistakes: Mistake) -> ModuleType:
    notebook = read_source(course, assignment)
    for mistake in mistakes:
        notebook = with_mistake(notebook, mistake)
    return module_of(notebook, Path("submission.ipynb"))


def _outcomes(
    course: Course, assignment: str, *mistakes: Mistake, forward: str = ""
) -> list[tuple[Outcome, bool]]:
    """Of each check of that forward pass the outcome, and if it keeps points whether the passes fit."""
    source, functions = course.source(assignment), vars(_made(course, assignment, *mistakes))
    found = []
    for f, b, inputs, options in _checks(source, functions, SEED):
        if f.__name__ == (forward or mistakes[0].function):
            outcome = _outcome(source, f, b, inputs, options)
            found.append((outcome, bool(_share(outcome)) and _fit(f, b, inputs, options)))
    return found


def _outcome(source: Path, forward, backward, inputs: dict, options: dict) -> Outcome:
    heard: list[Outcome] = []
    with grading(Grading(source, f"errors {SEED}")), listening(heard.append, find, (), SEED):
        check_gradients(forward, backward, inputs, **options)
    return heard[0]


def _fit(forward, backward, inputs: dict, options: dict) -> bool:
    """Would a student's kernel, which has no reference, pass them?"""
    heard: list[Outcome] = []
    with listening(heard.append):
        check_gradients(forward, backward, inputs, projections=options.get("projections", 0))
    return heard[0].status == "passed"


def _share(outcome: Outcome) -> float:
    return 1.0 if outcome.status == "passed" else outcome.share


if __name__ == "__main__":
    main()
