"""Rules for target checks, whose thresholds are measured: the notebook against its calibration.json."""

import math
from collections.abc import Iterator
from typing import Any

from nbformat import NotebookNode

from autograder.build.wishes import Lint
from autograder.cells import Cell, Problem, cells_of
from autograder.truth.calibration import MOST_FAILURES
from autograder.truth.targets import Target, digest_of_target, targets_of


def lint_targets(
    source: NotebookNode, calibration: dict[str, Any] | None, assignment: str, wishes: Lint | None = None
) -> list[Problem]:
    """What is wrong with a notebook's target checks; `calibration` is None when it was never measured."""
    wishes = wishes or Lint()
    cells, advice = cells_of(source), f"run `autograder calibrate {assignment}`."
    targets = targets_of(cells)
    if calibration is None:
        unmeasured = (target for target in targets if target.hidden)
        return [Problem(t.cell.name, f"{_nth(t)} was never calibrated; {advice}") for t in unmeasured]
    problems = [p for target in targets for p in _compare(target, cells, calibration, advice, wishes)]
    if any(target.hidden for target in targets) and calibration["seeds"] < wishes.seeds:
        looked = f"its targets were calibrated with {calibration['seeds']} seeds, a quick look; {advice}"
        problems.append(Problem("notebook", looked))
    return problems


def _compare(
    target: Target, cells: list[Cell], calibration: dict[str, Any], advice: str, wishes: Lint
) -> Iterator[Problem]:
    """A threshold is a number, measured on the check as it is now, and the one that was found."""
    entry = next((c for c in calibration["checks"] if _same(c, target)), None)
    if target.at_most is None:
        yield Problem(target.cell.name, f"{_nth(target)} needs at_most= as a plain number; write one.")
    elif entry is None or entry["digest"] != digest_of_target(target, cells):
        changed = f"{_nth(target)}, or code that it runs, changed since calibration; {advice}"
        yield Problem(target.cell.name, changed)
    elif entry["threshold"] != target.at_most and (wishes.calibrated or not _is_measured(entry, target)):
        yield Problem(
            target.cell.name,
            f"{_nth(target)} has at_most={target.at_most:g}, and {entry['threshold']:g} was calibrated; "
            f"write that, or {advice}",
        )


def _is_measured(entry: dict[str, Any], target: Target) -> bool:
    """Is the author's own threshold one that right answers reach and untrained ones do not?"""
    own = entry.get("own", {})
    reached = own.get("at_most") == target.at_most and own["p_fails"] < MOST_FAILURES
    return reached and target.at_most < entry.get("before", math.inf)


def _same(entry: dict[str, Any], target: Target) -> bool:
    return (entry["cell"], entry["position"]) == (target.cell.name, target.position)


def _nth(target: Target) -> str:
    return f"its target check {target.position}"
