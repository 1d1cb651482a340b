"""What is wrong? The first hypothesis whose predictions come true, on the example and on fresh inputs.

A prediction must be what was found, to six digits, on inputs of other sizes and values; then no
coincidence of one example can make a finding. docs/diagnosis.md says it in words.
"""

import contextlib
import dataclasses
import io
import itertools
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import numpy as np

from autograder.diagnosis.apart import BUSY, tried_apart
from autograder.diagnosis.changes import inputs_changed
from autograder.diagnosis.conditions import conditions, counted, last_conditions, single_axes
from autograder.diagnosis.fresh import proposals
from autograder.diagnosis.observe import by_sample, observed
from autograder.diagnosis.question import (
    WOULD_BE,
    Diagnosis,
    Finding,
    Hypothesis,
    Instance,
    Subject,
    close,
    prediction,
)
from autograder.diagnosis.reach import Condition, invariances, unused_options
from autograder.diagnosis.results import alike_results, limits, masks, repeated, results_changed

SECONDS = 10.0
FRESH = 2
FEW = 3


class Clock:
    """How much of the time for one diagnosis is left: CPU time, so that a busy machine says the same.

    Of time on the wall, in which others work or a call waits, there are `BUSY` times as many seconds.
    """

    def __init__(self, seconds: float):
        self._end = time.process_time() + seconds
        self._latest = time.monotonic() + BUSY * seconds

    @property
    def left(self) -> float:
        """Seconds until it rings."""
        return min(self._end - time.process_time(), self._latest - time.monotonic())

    def rings(self) -> bool:
        """Is the time up?"""
        return self.left < 0


def diagnose(
    subject: Subject, example: Instance, axes_name: Callable[[str], str] = str, seconds: float | None = None
) -> Diagnosis:
    """What is wrong with the example's wrong results; `axes_name` is what the contract calls a result.

    Raises nothing: whatever breaks removes one hypothesis, or one fresh input. Prints nothing either.
    """
    silence = io.StringIO()
    with (
        redirect_stdout(silence),
        redirect_stderr(silence),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        return _diagnose(subject, example, axes_name, Clock(SECONDS if seconds is None else seconds))


def _diagnose(
    subject: Subject, example: Instance, axes_name: Callable[[str], str], clock: "Clock"
) -> Diagnosis:
    rng = np.random.default_rng(0)
    more, unmoved = _fresh(subject, example, rng, clock) if subject.right else ([], [])
    smooth, often_right = any(one.is_smooth for one in more), len(unmoved) > len(more)
    example = dataclasses.replace(example, is_like_smooth=smooth, is_often_right=often_right)
    seen: list[tuple[Finding, str]] = []
    in_part: list[Diagnosis] = []

    def first(
        hypotheses: Iterable[Hypothesis], in_part: bool = False, whole: bool = False
    ) -> Diagnosis | None:
        loose = None
        for hypothesis in _unbroken(hypotheses):
            if clock.rings():
                return loose
            names = _survives(hypothesis, example, [*more, *unmoved[:FRESH]])
            if names == set(example.wrong):
                said = _said(hypothesis.finding, example.wrong[0])
                if not whole or hypothesis.spares(example):
                    return said
                loose = loose or said
            if names and in_part:
                seen.append((hypothesis.finding, next(name for name in example.wrong if name in names)))
        return loose

    def either(hypotheses: Iterable[Hypothesis]) -> Diagnosis | None:
        """The first one that holds, with its rival where there is one: ids agree by chance too easily."""
        rest = itertools.chain(_unbroken(hypotheses))  # which is not closed when the first one is found
        found = first(rest, whole=True)
        rival = first(rest, whole=True) if found and not example.is_smooth else None
        return _either(found, rival) if found and rival else found

    def told(tried: Iterable[Condition]) -> Diagnosis | None:
        found = _conditions(subject, example, rng, clock, tried) if more else ()
        return next((_said(*said) for said in found), None)

    return (
        first(results_changed(example), in_part=True)
        or first(limits(example))
        or either(_other_inputs(subject, example))
        or told(unused_options(example))
        or _other_steps(subject, example, [*more, *unmoved[:FRESH]], clock, in_part)
        or first(repeated(example))
        or first(masks())
        or told(conditions(example, subject))
        or _other_steps(subject, example, [*more, *unmoved[:FRESH]], clock)
        or next(iter(in_part), None)
        or first(alike_results(example), in_part=True)
        or told(last_conditions(example))
        or (_said(*seen[0]) if seen else _observation(subject, example, more, axes_name, told))
    )


def _unbroken(hypotheses: Iterable[Any]) -> Iterator[Any]:
    """What comes before something breaks, such as a reference that does not take the example."""
    with contextlib.suppress(Exception):
        yield from hypotheses


def _either(one: Diagnosis, other: Diagnosis) -> Diagnosis:
    """Both of two diagnoses that explain the same; the code is that of the first."""
    guesses = all(words.startswith(WOULD_BE) for words in (one.words, other.words))
    if not guesses or one.about != other.about or one.code == other.code:
        return one
    return one._replace(words=f"{one.words}, or if{other.words.removeprefix(WOULD_BE)}")


def _said(finding: Finding, name: str) -> Diagnosis:
    return Diagnosis(finding.code, finding.words, name)


def _fresh(
    subject: Subject, example: Instance, rng: np.random.Generator, clock: Clock
) -> tuple[list[Instance], list[Instance]]:
    """Other inputs on which the same results are wrong, and some on which not all of them are.

    The second ones refute what merely fits the example: there, too, a prediction must be what was found.
    """
    wrong: list[Instance] = []
    unmoved: list[Instance] = []
    enough = FRESH if example.is_smooth else 2 * FRESH  # ids agree by chance
    for inputs in proposals(example.inputs, subject.roles(example.inputs), rng):
        if clock.rings() or len(wrong) == enough:
            break
        try:
            instance = subject.tried(inputs, subject.draw(inputs, rng))
        except Exception:  # inputs that the function, or the reference, does not take
            continue
        finite = all(np.isfinite(array).all() for array in instance.right.values())
        if finite and instance.right.keys() == example.right.keys():
            (wrong if set(example.wrong) <= set(instance.wrong) else unmoved).append(instance)
    return wrong, unmoved


def _other_inputs(subject: Subject, example: Instance) -> Iterator[Hypothesis]:
    """The right results worked out on other inputs."""
    if subject.right and subject.quick:
        yield from inputs_changed(example, subject.right)


def _other_steps(
    subject: Subject, example: Instance, more: list[Instance], clock: Clock,
    in_part: list[Diagnosis] | None = None,
) -> Diagnosis | None:  # fmt: skip
    """What would be right with one step taken in another way; nobody knows what that does before it ends.

    The vague ways without `in_part`, which else gets what explains some of the wrong results.
    """
    vague = in_part is None

    def work(first: int, tell: Callable[[int], None]) -> tuple[Diagnosis | None, Diagnosis | None]:
        loose = some = None
        others = enumerate(_unbroken(subject.others(example.inputs, vague)))
        for number, (finding, another) in others:
            if number < first:
                continue
            tell(number)
            hypothesis = prediction(finding, lambda i, another=another: another(i.inputs, i.upstream))
            names = _survives(hypothesis, example, more)
            said = _said(finding, next((name for name in example.wrong if name in names), ""))
            spares = bool(names) and hypothesis.spares(example)
            if names == set(example.wrong):
                if spares:
                    return said, None
                loose = loose or said
            some = some or (said if spares else None)
        return loose, some

    known = subject.right and subject.quick and any(_unbroken(subject.others(example.inputs, vague)))
    found, some = (tried_apart(work, clock.left) if known else None) or (None, None)
    if in_part is not None and some:
        in_part.append(some)
    return found


def _survives(hypothesis: Hypothesis, example: Instance, more: list[Instance]) -> set[str]:
    """The wrong results that a hypothesis explains each time."""
    names = set(example.wrong)
    try:
        for instance in (example, *more):
            names = hypothesis.explains(instance, [name for name in example.wrong if name in names])
            if not names:
                break
    except Exception:  # a hypothesis that these inputs do not fit
        return set()
    return names


def _conditions(
    subject: Subject, example: Instance, rng: np.random.Generator, clock: Clock, tried: Iterable[Condition]
) -> Iterator[tuple[Finding, str]]:
    """What holds, and the result that it is about."""
    for condition in _unbroken(tried):
        if clock.rings():
            return
        try:
            if about := condition.holds(subject, example, rng):
                yield condition.finding, about if isinstance(about, str) else example.wrong[0]
        except Exception:  # as above
            continue


def _tells(name: str, example: Instance, more: list[Instance]) -> bool:
    """Is a result right each time, and not because it stays as it came in?"""
    if name in example.starts and close(example.right[name], example.starts[name]):
        return False
    return all(name not in instance.wrong for instance in more)


def _observation(
    subject: Subject, example: Instance, more: list[Instance], axes_name: Callable[[str], str],
    told: Callable[[Iterable[Condition]], Diagnosis | None],
) -> Diagnosis:  # fmt: skip
    name = example.wrong[0]
    try:
        finding = observed(name, [example, *more], subject.contract, axes_name(name))
    except Exception:
        finding = Finding("differs", "is wrong")
    if finding.code == "differs":
        with contextlib.suppress(Exception):
            finding = by_sample(subject, example) or finding
    if finding.code == "differs":
        special = counted(example) if example.is_smooth else ()
        for tried in (invariances(example), special, single_axes(subject.roles(example.inputs))):
            if said := told(tried):
                return said
    right = [other for other in example.right if other not in example.wrong and _tells(other, example, more)]
    if finding.code == "differs" and 0 < len(right) <= FEW:
        listed = " and ".join(f"{{{other}}}" for other in right)
        finding = Finding(
            "differs", f"{finding.words}, while {listed} {'is' if len(right) == 1 else 'are'} right"
        )
    return _said(finding, name)
