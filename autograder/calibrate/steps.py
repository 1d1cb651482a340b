"""`autograder calibrate`, from a source notebook to its calibration."""

from dataclasses import replace
from typing import Any

from autograder.build.pair import synchronise
from autograder.build.wishes import wishes_of
from autograder.calibrate.answers import Assignment, load
from autograder.calibrate.picture import draw
from autograder.calibrate.record import losses_of, record
from autograder.calibrate.run import Plan, Report, measure_all
from autograder.calibrate.store import Store
from autograder.calibrate.verdict import problems
from autograder.cells import cells_of
from autograder.course import Course, CourseError
from autograder.truth.calibration import path_of, read, save
from autograder.truth.targets import digest_of_target


def calibrate(
    course: Course, assignment: str, plan: Plan, jobs: int | None, report: Report, visible: bool = False
) -> tuple[dict[str, Any], list[str]]:
    """Measure, write calibration.json and calibration.png; returns the calibration and what is wrong.

    With `visible` only visible checks are measured: what the file and the picture say about hidden ones
    stays. Without target checks nothing is written. Raises CourseError when something cannot be
    measured, or when a hidden check changed since it was.
    """
    synchronise(course, assignment)
    loaded = load(course, assignment)
    if not loaded.targets:
        return {"checks": []}, []
    written = {(target.cell.name, target.position): target.at_most for target in loaded.targets}
    before = _hidden_before(course, assignment, loaded) if visible else None
    if visible:
        loaded = replace(loaded, targets=[target for target in loaded.targets if not target.hidden])
    store = Store(course, assignment)
    measure_all(loaded, plan, store, jobs, report)
    calibration = record(loaded, plan, store)
    path = path_of(course, assignment)
    if before:
        checks = [*calibration["checks"], *before["checks"]]
        checks.sort(key=lambda check: list(written).index(_place(check)))
        calibration = calibration | before | {"checks": checks}
    else:
        draw(calibration, _losses(loaded, plan, store), path.with_suffix(".png"))
    save(calibration, path)
    return calibration, list(problems(calibration, written, wishes_of(course).calibrated))


def _hidden_before(course: Course, assignment: str, loaded: Assignment) -> dict[str, Any]:
    """The calibration as it is, with its hidden checks only. Raises CourseError unless all still hold."""
    calibration = read(course, assignment) or {"checks": []}
    known = {_place(check): check for check in calibration["checks"] if check["hidden"]}
    for target in loaded.targets:
        entry = known.get((target.cell.name, target.position))
        digest = digest_of_target(target, cells_of(loaded.source))
        if target.hidden and (entry is None or entry["digest"] != digest):
            raise CourseError(f"{target.where} is hidden and changed since calibration; leave out --visible.")
    return calibration | {"checks": list(known.values())}


def _place(check: dict[str, Any]) -> tuple[str, int]:
    return check["cell"], check["position"]


def _losses(assignment: Assignment, plan: Plan, store: Store) -> dict[tuple, list[float]]:
    """All losses by (cell, position, kind, name)."""
    return {
        (trial.target.cell.name, trial.target.position, trial.answer.kind, trial.answer.name):
            losses_of(trial, plan, store)
        for trial in assignment.trials
    }  # fmt: skip
