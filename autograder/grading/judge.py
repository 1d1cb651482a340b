"""Judging one submission: its cells in sealed processes, the test cells here."""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import nbformat
from nbformat import NotebookNode

import autograder.hidden
from autograder.cells import Cell, check_name, is_check, is_plain, weight_of
from autograder.checks.outcome import Outcome
from autograder.files import named
from autograder.grading import kernel
from autograder.grading.counted import as_outputs, as_they_count, notice, write_result
from autograder.grading.plain import KIND, name_of
from autograder.grading.restore import Restored, blank, grade_id
from autograder.grading.runs import Plan
from autograder.grading.stubs import stubs_of
from autograder.grading.testcell import Judged, run_test_cell
from autograder.grading.trial import PlainCells
from autograder.grading.worker import DoAgain
from autograder.sandbox.limits import Limits
from autograder.sandbox.session import CellOutput, Session, StudentFunction

MAX_OUTPUT = 10 * 2**20
TOO_MUCH = "The notebook's output was too long to keep."


@dataclass(frozen=True)
class Rules:
    """How to judge: the truth, the walls and the limits.

    `salt` changes the hidden inputs. Without `show`, the student's output is not kept, which saves a pass.
    `alone` says that nothing else is judged meanwhile. `released` are the versions that were handed out,
    `published` the course's own functions (grading/published.py), `beside` other notebooks in the folder,
    `timezone` that of the exchange's times. `plain` test cells run "sealed", in the grader, or as nbgrader
    does it in the student's "kernel". `given` are the course's own files beside its notebook. Test cells in
    `known` count as passed and do not run, those in `known_once_failed` as soon as anything failed and what
    checks are given comes from the reference: an audit knows that. `heard`, for who judges in the own
    process, is told of a test cell's name and its checks so far after each check and once more at its end;
    a cell's last word counts.
    """

    source: Path
    sandbox: str = "bwrap"
    limits: Limits = field(default_factory=Limits)
    salt: str = ""
    show: bool = True
    alone: bool = True
    released: frozenset[str] = frozenset()
    published: tuple[tuple[str, str], ...] = ()
    beside: tuple[str, ...] = ()
    timezone: str = "UTC"
    plain: str = "sealed"
    given: tuple[Path, ...] = ()
    known: frozenset[str] = frozenset()
    known_once_failed: frozenset[str] = frozenset()
    heard: Callable[[str, list[Judged]], object] | None = None


class Disturbed(DoAgain):
    """Something outside ended a student process; the submission has to be judged once more, alone."""


def judge(restored: Restored, rules: Rules, files: list[Path]) -> NotebookNode:
    """The notebook with the student's output and, under each test cell, its points and messages.

    The cells run twice, each time in a fresh process: once for the output that the student gets
    back, with no test near, and once for the tests, with nothing shown. So hidden inputs cannot
    reach the feedback through anything that student code prints.

    What was disturbed from outside is judged once more; if that is disturbed, too, checks could not run.
    Raises Disturbed the first time, when others are judged beside it.
    """
    started = time.monotonic()
    notebook = restored.notebook
    plan = Plan(notebook, stubs_of(blank(nbformat.read(rules.source, as_version=4))))
    if _is_disturbed(notebook, plan, rules, files):
        if not rules.alone:
            raise Disturbed("A student process was ended from outside.")
        _is_disturbed(notebook, plan, rules, files)
    if rules.plain == "kernel" and (unsealed := [cell.name for cell in plan.cells if is_plain(cell)]):
        restored.notes.append(kernel.note(unsealed))
    notebook.metadata["autograder"] = {
        "restored": restored.notes, "seconds": round(time.monotonic() - started, 2)
    }  # fmt: skip
    if restored.notes:
        notebook.cells.insert(0, notice(restored.notes))
    return notebook


def _is_disturbed(notebook: NotebookNode, plan: Plan, rules: Rules, files: list[Path]) -> bool:
    """Judge; did something outside end a process on the way?"""
    context = autograder.hidden.Grading(rules.source, secret_of(notebook, rules, files))
    with autograder.hidden.grading(context):
        return bool(rules.show and _show_outputs(plan, rules, files)) | _run_tests(plan, rules, files)


def _show_outputs(plan: Plan, rules: Rules, files: list[Path]) -> bool:
    session, room = Session(rules.sandbox, rules.limits, files), MAX_OUTPUT
    try:
        for cell in plan.running():
            output = session.run(plan.code(cell), own=not grade_id(cell.node))
            room -= len(output.text) + sum(map(len, output.images))
            output = output if room > 0 else CellOutput(TOO_MUCH)
            cell.node.outputs = as_outputs(output.text, output.images)
    finally:
        session.close()
    return session.disturbed


def _run_tests(plan: Plan, rules: Rules, files: list[Path]) -> bool:
    session = Session(rules.sandbox, rules.limits, files)
    judged: list[Judged] = []
    plain = PlainCells(rules, files, session)
    try:
        for cell in plan.cells:
            if code := plan.code(cell):
                session.run(code, own=not grade_id(cell.node))
            if cell.kind == "test" and _is_known(cell, rules, judged):
                judged += _passed(cell)
                write_result(cell.node, _passed(cell))
            elif is_plain(cell):
                checks = _tell(rules, cell.name, judged, plain.judged(cell))
                write_result(cell.node, checks)
                judged += checks
            elif cell.kind == "test":
                tell = partial(_tell, rules, cell.name, judged)
                checks = run_test_cell(
                    cell, lambda name: StudentFunction(session, name), _proven(judged), tell
                )
                checks = tell(checks)
                write_result(cell.node, checks)
                judged += checks
    finally:
        session.close()
    return session.disturbed


def _is_known(cell: Cell, rules: Rules, before: list[Judged]) -> bool:
    """Is it known that a test cell passes, without running it?"""
    return cell.name in rules.known or (cell.name in rules.known_once_failed and _failed(before))


def _failed(judged: list[Judged]) -> bool:
    return any(check.outcome.status != "passed" for check in judged)


def _passed(cell: Cell) -> list[Judged]:
    """A test cell's checks, as passed."""
    checks = [statement for statement in cell.statements if is_check(statement)]
    found = [
        Judged(Outcome(check_name(one), "passed"), cell.is_hidden(one), weight_of(one)) for one in checks
    ]
    return found or [Judged(Outcome(name_of(cell), "passed"), hidden=False)]


def _proven(judged: list[Judged]) -> set[str]:
    """The functions that were checked, as long as nothing failed: then each also calls only right ones."""
    if _failed(judged):
        return set()
    names = (check.outcome.check.partition(": ") for check in judged)
    return {function for function, _, kind in names if kind != KIND}


def _tell(rules: Rules, cell: str, before: list[Judged], checks: list[Judged]) -> list[Judged]:
    """The checks of a cell as they count, beside those of the cells `before`; who listens hears of them."""
    counted = as_they_count(checks, before)
    if rules.heard:
        rules.heard(cell, counted)
    return counted


def secret_of(notebook: NotebookNode, rules: Rules, files: list[Path]) -> str:
    """Differs by code and files handed in, is the same when graded again, and needs the hidden tests to know.

    Text cells do not count: what they are after cleaning may depend on the time that it took.
    """
    cells = [[grade_id(cell), cell.source] for cell in notebook.cells if cell.cell_type == "code"]
    cells += [[name, hashlib.sha256(file.read_bytes()).hexdigest()] for name, file in named(files)]
    return hashlib.sha256(rules.source.read_bytes() + json.dumps([*cells, rules.salt]).encode()).hexdigest()
