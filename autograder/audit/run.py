"""Judging everything that an audit hands in, by the real grader."""

import contextlib
import dataclasses
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from autograder.audit.cases import CHEAT, HELD_OUT, MISTAKE, REFERENCE, Case, cases_of
from autograder.audit.findings import Audit, Findings
from autograder.audit.tried import Cheating, Mistaken, Tried
from autograder.checks.gradients import measuring
from autograder.course import Course
from autograder.grading.batch import sealed_steps
from autograder.grading.judge import Rules
from autograder.grading.one import judge_known
from autograder.grading.result import Result, failed
from autograder.grading.workers import run_in_workers
from autograder.truth.cheats import Cheat

TRIED = {MISTAKE: Mistaken, HELD_OUT: Mistaken, CHEAT: Cheating}
Report = Callable[[list[Tried], int], None]


def audit(
    course: Course, assignments: list[str], *, seed: int = 0, jobs: int | None = None,
    sandbox: str | None = None, report: Report = lambda tried, of: None,
) -> Audit:  # fmt: skip
    """What the tests of each assignment find out about its known answers.

    `seed` makes the hidden inputs; `report(all so far, how many in all)` hears of each submission.
    Raises CourseError when known answers are missing, damaged or do not fit, or grading cannot start.
    """
    began = time.monotonic()
    cases = [case for assignment in assignments for case in cases_of(course, assignment)]
    steps = sealed_steps(course, sandbox)
    rules = {
        name: dataclasses.replace(steps.rules(course, name), salt=f"audit {seed}", show=False)
        for name in assignments
    }
    tasks = [(case, rules[case.assignment]) for case in _mixed(cases)]
    tried: list[Tried] = []
    with contextlib.closing(run_in_workers(judge_case, tasks, jobs)) as finished:
        for (case, _), future in finished:
            tried.append(_tried(case, future))
            report(tried, len(tasks))
    return Audit(_findings(cases, tried), seed, round(time.monotonic() - began, 1))


def _mixed(cases: list[Case]) -> list[Case]:
    """All assignments at the same pace, so that the time left can be told, and long ones do not end last."""
    by_assignment: dict[str, list[Case]] = {}
    for case in cases:
        by_assignment.setdefault(case.assignment, []).append(case)
    paces = [(place / len(own), case) for own in by_assignment.values() for place, case in enumerate(own)]
    return [case for _, case in sorted(paces, key=lambda pace: pace[0])]


def _tried(case: Case, future: Future) -> Tried:
    error = future.exception()
    result = failed(case.name, case.assignment, error) if error else future.result()
    return TRIED.get(case.kind, Tried)(case.kind, case.name, case.answer, result, case.defines)


def _findings(cases: list[Case], tried: list[Tried]) -> list[Findings]:
    """What was tried on each assignment, in the order of the cases."""
    results = {(one.result.assignment, one.kind, one.name): one for one in tried}
    by_assignment: dict[str, list[Tried]] = {}
    for case in cases:
        own = results[case.assignment, case.kind, case.name]
        by_assignment.setdefault(case.assignment, []).append(own)
    return [Findings(name, own) for name, own in by_assignment.items()]


def judge_case(case: Case, rules: Rules) -> Result:
    """The result of one submission; `problem` says so when the grader itself broke."""
    with tempfile.TemporaryDirectory() as folder:
        notebook = case.notebook
        try:
            if isinstance(case.answer, Cheat):
                notebook = case.answer.made(notebook, rules.source, Path(folder))
        except Exception as error:
            return failed(case.name, case.assignment, error)
        rules = dataclasses.replace(rules, known=case.untouched, known_once_failed=case.untouched_by_lent)
        with measuring() if case.kind == REFERENCE else contextlib.nullcontext():
            return judge_known(case.name, case.assignment, notebook, rules, Path(folder))
