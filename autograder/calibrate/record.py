"""From losses to the facts of a calibration, as docs/calibration.md explains them."""

import math
from typing import Any

import numpy as np

from autograder.build.results import machine
from autograder.calibrate.answers import Assignment, Trial
from autograder.calibrate.rounding import SETTINGS
from autograder.calibrate.run import Plan
from autograder.calibrate.store import Store
from autograder.calibrate.tail import (
    chance_above,
    chance_below,
    fit_tail,
    normal_chance_above,
    threshold,
)
from autograder.cells import cells_of
from autograder.course import CourseError
from autograder.truth.calibration import VERSION
from autograder.truth.targets import Target, digest_of_target

Losses = list[float]


def losses_of(trial: Trial, plan: Plan, store: Store) -> Losses:
    """The losses of a trial with the usual rounding, by seed; infinite where there was none."""
    return [store.usual(trial.key, seed).loss for seed in range(plan.seeds_of(trial))]


def record(assignment: Assignment, plan: Plan, store: Store) -> dict[str, Any]:
    """The whole calibration, ready for JSON."""
    return {
        "version": VERSION,
        "machine": machine(),
        "numpy": np.__version__,
        "seeds": plan.seeds,
        "checks": [_check(assignment, target, plan, store) for target in assignment.targets],
    }


def _check(assignment: Assignment, target: Target, plan: Plan, store: Store) -> dict[str, Any]:
    """The entry of one target check."""
    trials: dict[str, list[Trial]] = {"reference": [], "variant": [], "mistake": []}
    for trial in assignment.trials:
        if trial.target is target:
            trials[trial.answer.kind].append(trial)
    reference = trials["reference"][0]
    correct = losses_of(reference, plan, store)
    if not all(map(math.isfinite, correct)):
        raise CourseError(f"{target.where}: the reference does not always reach a finite loss; mend it.")
    before = _before(reference, plan, store)
    written = _written(target)
    limit = threshold(correct, math.inf if before is None else before) if target.hidden else written
    wrong = {trial.answer.name: losses_of(trial, plan, store) for trial in trials["mistake"]}
    others = {trial.answer.name: losses_of(trial, plan, store) for trial in trials["variant"]}
    return {
        "cell": target.cell.name,
        "position": target.position,
        "name": target.name,
        "hidden": target.hidden,
        "digest": digest_of_target(target, cells_of(assignment.source)),
        "threshold": limit,
        **({"own": _own(written, correct, others, wrong)} if written != limit else {}),
        **({} if before is None else {"before": before}),
        "correct": _correct(correct, limit, target.hidden),
        "seconds": float(np.mean([store.usual(reference.key, s).seconds for s in range(len(correct))])),
        "variants": [_variant(name, losses, correct, limit) for name, losses in others.items()],
        "mistakes": [_mistake(name, losses, limit) for name, losses in wrong.items()],
        "rounding": _rounding(reference, plan, store),
    }


def _written(target: Target) -> float:
    if target.at_most is None:
        raise CourseError(f"{target.where}: write at_most= as a number.")
    return target.at_most


def _before(reference: Trial, plan: Plan, store: Store) -> float | None:
    """The least loss before training; None when the inputs hold no parameters."""
    runs = [store.usual(reference.key, seed).before for seed in range(plan.seeds_of(reference))]
    return min((loss for loss in runs if loss is not None), default=None)


def _own(
    at_most: float, correct: Losses, variants: dict[str, Losses], mistakes: dict[str, Losses]
) -> dict[str, Any]:
    """The chances with the author's number."""
    return {
        "at_most": at_most,
        "failures": sum(loss > at_most for loss in correct),
        "p_fails": chance_above(correct, at_most),
        "variants": {name: sum(one > at_most for one in losses) for name, losses in variants.items()},
        "p_passes": {name: chance_below(losses, at_most) for name, losses in mistakes.items()},
    }


def _correct(losses: Losses, limit: float, hidden: bool) -> dict[str, Any]:
    facts = _spread(losses) | {"failures": sum(loss > limit for loss in losses)}
    if not hidden:
        return facts | {"margin": limit - max(losses)}
    tail = fit_tail(losses)
    return facts | {
        "tail": {"start": tail.start, "share": tail.share, "scale": tail.scale, "shape": tail.shape},
        "p_fails": chance_above(losses, limit),
        "p_fails_if_normal": normal_chance_above(losses, limit),
    }


def _variant(name: str, losses: Losses, correct: Losses, limit: float) -> dict[str, Any]:
    apart = [abs(loss - other) for loss, other in zip(losses, correct, strict=False)]
    about = {"name": name, "failures": sum(loss > limit for loss in losses)}
    return about | _spread(losses) | {"largest_difference": max(apart)}


def _mistake(name: str, losses: Losses, limit: float) -> dict[str, Any]:
    about = {"name": name, "passes": sum(loss <= limit for loss in losses)}
    return about | _spread(losses) | {"p_passes": chance_below(losses, limit)}


def _spread(losses: Losses) -> dict[str, Any]:
    """Number, mean and so on of the finite losses; None where there is none."""
    finite = [loss for loss in losses if math.isfinite(loss)]
    facts: dict[str, Any] = {"n": len(losses), "without_loss": len(losses) - len(finite)}
    deviation = float(np.std(finite, ddof=1)) if len(finite) > 1 else 0.0
    numbers = (float(np.mean(finite)), deviation, min(finite), max(finite)) if finite else (None,) * 4
    return facts | dict(zip(("mean", "sd", "min", "max"), numbers, strict=True))


def _rounding(trial: Trial, plan: Plan, store: Store) -> dict[str, Any]:
    """The largest difference that each setting makes to the reference's loss, and the largest of all."""
    seeds, found = range(plan.roundings_of(trial)), {}
    for name in SETTINGS:
        others = [store[trial.key, seed, name] for seed in seeds]
        pairs = [(one, store.usual(trial.key, s)) for s, one in zip(seeds, others, strict=True) if one]
        apart = [abs(other.loss - usual.loss) for other, usual in pairs]
        if apart and len(apart) == len(others):
            found[name] = max(apart)
    return {"seeds": len(seeds), "largest": max(found.values(), default=0.0), "settings": found}
