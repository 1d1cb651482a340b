"""Measure everything that is asked for and not known yet, in several processes."""

import contextlib
import tempfile
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

from autograder.calibrate.answers import Answer, Assignment, Trial, write
from autograder.calibrate.measure import Measured, Run
from autograder.calibrate.rounding import SETTINGS, measure_anywhere
from autograder.calibrate.store import Key, Store
from autograder.grading.workers import run_in_workers
from autograder.truth.calibration import ENOUGH_SEEDS

Report = Callable[[int, int], None]


@dataclass(frozen=True)
class Plan:
    """How many seeds each kind of answer gets. A visible check has the same inputs always: one is enough."""

    seeds: int = ENOUGH_SEEDS
    mistake_seeds: int = 40
    variant_seeds: int = 20
    rounding_seeds: int = 3

    def seeds_of(self, trial: Trial) -> int:
        """The number of runs of a trial with the usual rounding."""
        numbers = {"reference": self.seeds, "mistake": self.mistake_seeds, "variant": self.variant_seeds}
        return min(numbers[trial.answer.kind], self.seeds) if trial.target.hidden else 1

    def roundings_of(self, trial: Trial) -> int:
        """The number of runs of a trial with each other rounding."""
        if trial.answer.kind != "reference":
            return 0
        return min(self.rounding_seeds, self.seeds_of(trial))


def keys_of(trial: Trial, plan: Plan) -> list[Key]:
    """Everything to measure in a trial."""
    usual = [(trial.key, seed, "") for seed in range(plan.seeds_of(trial))]
    others = [(trial.key, seed, name) for seed in range(plan.roundings_of(trial)) for name in SETTINGS]
    return [*usual, *others]


def measure_all(assignment: Assignment, plan: Plan, store: Store, jobs: int | None, report: Report) -> None:
    """Fill the store; `report(done, all)` hears of each run. Raises CourseError when a test cell breaks."""
    wanted = {key: trial for trial in assignment.trials for key in keys_of(trial, plan)}
    todo = sorted((key for key in wanted if key not in store), key=lambda key: key[1])
    done = len(wanted) - len(todo)
    report(done, len(wanted))
    with tempfile.TemporaryDirectory(prefix="calibrate-") as folder:
        paths = _write_all(assignment.answers, Path(folder))
        runs = {_run(key, wanted[key], paths): key for key in todo}
        with contextlib.closing(_measured(list(runs), jobs)) as results:
            for run, measured in results:
                store.add(runs[run], measured)
                done += 1
                report(done, len(wanted))


def _write_all(answers: list[Answer], folder: Path) -> dict[str, Path]:
    """The notebooks as they are now, whatever anybody edits meanwhile, by kind and name."""
    paths = {}
    for number, answer in enumerate(answers):
        paths[answer.kind + answer.name] = folder / f"{number}.ipynb"
        write(answer, folder / f"{number}.ipynb")
    return paths


def _run(key: Key, trial: Trial, paths: dict[str, Path]) -> Run:
    _, seed, rounding = key
    answer, target = trial.answer, trial.target
    source = paths["referencereference"]
    return Run(source, paths[answer.kind + answer.name], target.cell.name, target.position, seed, rounding)


def _measured(runs: list[Run], jobs: int | None) -> Generator[tuple[Run, Measured | None], None, None]:
    with contextlib.closing(run_in_workers(measure_anywhere, [(run,) for run in runs], jobs)) as finished:
        for (run,), future in finished:
            yield run, future.result()
