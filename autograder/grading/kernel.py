"""nbgrader's own way with plain tests: in the student's process, where student code can reach them."""

import ast
from typing import Any

from autograder.cells import Cell
from autograder.checks.outcome import Outcome, Status
from autograder.grading.plain import MORE, name_of
from autograder.grading.result import UNSEALED
from autograder.grading.testcell import Judged
from autograder.sandbox.ends import KilledFromOutside, ProcessDied
from autograder.sandbox.session import Session


def judge_in_kernel(cell: Cell, session: Session) -> list[Judged]:
    """The outcome of a test cell that runs beside the student's code; its own words are believed."""
    try:
        reply = session.run_test(cell.source)
    except KilledFromOutside:
        raise
    except ProcessDied as why:
        return [_judged(cell, "failed", f"Your code {why}.", diagnosis="limit")]
    error, number = reply.get("error"), reply.get("last")
    if type(error) is dict:
        says = _message(cell, error.get("message"))
        return [_judged(cell, "failed", "The tests of this cell do not pass.", says)]
    points = float(cell.metadata["points"])
    if type(number) is float and number > points:
        return [_judged(cell, "could not run", MORE.format(number, points))]
    if type(number) is float and 0 <= number < points:
        cause = f"The tests of this cell give {number:g} of {points:g} points."
        return [_judged(cell, "failed", cause, share=number / points)]
    return [_judged(cell, "passed", "All tests of this cell passed.")]


def note(cells: list[str]) -> str:
    """What the report says of cells that were judged so."""
    are = "cells" if len(cells) > 1 else "cell"
    return f"{len(cells)} test {are} judged in the student's process, {UNSEALED}: {', '.join(cells)}"


def _judged(cell: Cell, status: Status, cause: str, says: str = "", **found: Any) -> Judged:
    code = "" if status == "passed" else "differs"
    outcome = Outcome(name_of(cell), status, f"{cause} {says}".strip(), **{"diagnosis": code, **found})
    return Judged(outcome, hidden=False)


def _message(cell: Cell, text: object) -> str:
    """The author's constant message of an assert, if it is what was raised; no other text comes back."""
    asserts = (node.msg for node in cell.nodes if isinstance(node, ast.Assert))
    known = {node.value for node in asserts if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return text if isinstance(text, str) and text in known else ""
