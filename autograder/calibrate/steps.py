"""`autograder calibrate`, from a source notebook to its calibration."""

from typing import Any

from autograder.build.pair import synchronise
from autograder.build.wishes import wishes_of
from autograder.calibrate.answers import Assignment, load
from autograder.calibrate.picture import draw
from autograder.calibrate.record import losses_of, record
from autograder.calibrate.run import Plan, Report, measure_all
from autograder.calibrate.store import Store
from autograder.calibrate.verdict import problems
from autograder.course import Course
from autograder.truth.calibration import path_of, save


def calibrate(
    course: Course, assignment: str, plan: Plan, jobs: int | None, report: Report
) -> tuple[dict[str, Any], list[str]]:
    """Measure, write calibration.json and calibration.png; returns the calibration and what is wrong.

    Without target checks nothing is written. Raises CourseError when something cannot be measured.
    """
    synchronise(course, assignment)
    loaded = load(course, assignment)
    if not loaded.targets:
        return {"checks": []}, []
    store = Store(course, assignment)
    measure_all(loaded, plan, store, jobs, report)
    calibration = record(loaded, plan, store)
    path = path_of(course, assignment)
    save(calibration, path)
    draw(calibration, _losses(loaded, plan, store), path.with_suffix(".png"))
    written = {(target.cell.name, target.position): target.at_most for target in loaded.targets}
    return calibration, list(problems(calibration, written, wishes_of(course).calibrated))


def _losses(assignment: Assignment, plan: Plan, store: Store) -> dict[tuple, list[float]]:
    """All losses by (cell, position, kind, name)."""
    return {
        (trial.target.cell.name, trial.target.position, trial.answer.kind, trial.answer.name):
            losses_of(trial, plan, store)
        for trial in assignment.trials
    }  # fmt: skip
