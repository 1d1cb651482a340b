"""Judging in a plain Python process, for systems where graders cannot start one of a student's, as Windows.

Cells and tests share it, as in the notebook. There are no walls and no limits: Ctrl-C ends it.
"""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import nbformat
from IPython.core.interactiveshell import InteractiveShell
from nbformat import NotebookNode
from threadpoolctl import threadpool_limits
from traitlets.config import Config

import autograder.hidden
from autograder.cells import Cell, is_plain
from autograder.checks.calls import raised
from autograder.checks.outcome import Failure, Outcome
from autograder.course import Course
from autograder.files import plain_files
from autograder.grading.counted import as_outputs, as_they_count, notice, write_result
from autograder.grading.released import released
from autograder.grading.restore import blank, restore
from autograder.grading.result import Result, Texts, add, fill, most_of
from autograder.grading.runs import Plan
from autograder.grading.stubs import stubs_of
from autograder.grading.submission import SubmissionError, read_submission
from autograder.grading.testcell import Judged, run_test_cell
from autograder.sandbox.worker import Console, Shell

MAX_OUTPUT = 2**16  # characters of what one cell prints
BROKE_OFF = "It ended the Python process that checked it; look for a cell that does so, such as `exit()`."


def judge_inside(course: Course, desk: Course, assignment: str) -> tuple[Result, Texts]:
    """The result of what lies on a learner's desk, and the judged notebooks by name."""
    whole = Result("", assignment)
    with tempfile.TemporaryDirectory(prefix="autograder-") as folder:
        told, home = Path(folder, "told.json"), Path(folder, "home")
        home.mkdir()
        given = plain_files(course.release(assignment).parent)
        for file in (*plain_files(desk.submitted("", assignment).parent), *given):
            shutil.copyfile(file, home / file.name)
        words = [f"{course.root}", f"{desk.root}", assignment, f"{told}"]
        command = [sys.executable, "-P", "-m", __name__, *words]
        subprocess.run(command, cwd=home, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        found: dict = json.loads(told.read_text("utf-8")) if told.exists() else {"problem": BROKE_OFF}
    whole.problem = found["problem"]
    texts: Texts = found.get("texts", {})
    for name, text in texts.items():
        part = Result("", assignment, max_score=most_of(nbformat.read(course.source(assignment, name), 4)))
        fill(part, nbformat.reads(text, as_version=4))
        add(whole, part, name)
    return whole, texts


def main() -> None:
    """In the process: judge, and write what was found."""
    from autograder.learn.folder import Desk

    root, mine, assignment, told = sys.argv[1:]
    course, desk = Course(Path(root)), Desk(Path(mine), Path.cwd())
    texts: Texts = {}
    found: dict[str, str | Texts] = {"problem": "", "texts": texts}
    os.environ |= {
        "NBGRADER_EXECUTION": "autograde",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }
    threadpool_limits(limits=1, user_api="blas")
    sys.path.append("")  # the learner's own modules, behind everything else
    try:
        for name in course.notebooks(assignment):
            handed_in = read_submission(desk.submitted("", assignment, name))
            judged = judge(handed_in, course, assignment, name)
            texts[name] = nbformat.writes(judged)
    except SubmissionError as error:
        found = {"problem": f"{error}"}
    Path(told).write_text(json.dumps(found), encoding="utf-8")


def judge(handed_in: NotebookNode, course: Course, assignment: str, name: str) -> NotebookNode:
    """The notebook with its output and, under each test cell, its points and messages."""
    path = course.source(assignment, name)
    source = nbformat.read(path, as_version=4)
    restored = restore(handed_in, source, released=released(course, assignment))
    notebook = restored.notebook
    secret = hashlib.sha256(path.read_bytes() + nbformat.writes(notebook).encode()).hexdigest()
    with autograder.hidden.grading(autograder.hidden.Grading(path, secret)), _shell() as (shell, console):
        _run(Plan(notebook, stubs_of(blank(source))), shell, console)
    notebook.metadata["autograder"] = {"restored": restored.notes, "seconds": 0.0}
    if restored.notes:
        notebook.cells.insert(0, notice(restored.notes))
    return notebook


def _run(plan: Plan, shell: InteractiveShell, console: Console) -> None:
    """Cells and tests in their order."""
    judged: list[Judged] = []
    for cell in plan.cells:
        console.clear()
        if code := plan.code(cell):
            shell.run_cell(code, store_history=False)
            cell.node.outputs = as_outputs(console.text(), console.images)
        if cell.kind == "test":
            found = _plain(cell, shell) if is_plain(cell) else run_test_cell(cell, _functions(shell.user_ns))
            checks = as_they_count(found, judged)
            write_result(cell.node, checks)
            judged += checks


def _functions(scope: dict) -> Callable[[str], Callable]:
    """The learner's functions by name; one that is not there fails when it is called."""

    def find(name: str) -> Callable:
        if callable(scope.get(name)):
            return scope[name]

        def missing(*_: object) -> None:
            raise Failure(f"`{name}` is not defined.", code="undefined")

        missing.__name__ = name
        return missing

    return find


def _plain(cell: Cell, shell: InteractiveShell) -> list[Judged]:
    """A test cell of plain asserts, run as nbgrader does."""
    result = shell.run_cell(cell.source, store_history=False)
    error = result.error_before_exec or result.error_in_exec
    if not error:
        return [Judged(Outcome(cell.name, "passed"), hidden=False)]
    failure = raised(cell.name, type(error).__name__, f"{error}")
    if isinstance(error, AssertionError):
        failure = Failure(f"An assert of `{cell.name}` does not hold{f': {error}' if f'{error}' else ''}.")
    return [Judged(Outcome(cell.name, "failed", failure.cause, diagnosis=failure.code), hidden=False)]


@contextlib.contextmanager
def _shell():
    """While open, IPython for one notebook, and what it prints and draws."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    shell, console = Shell.instance(config=config), Console(MAX_OUTPUT)
    shell.display_pub.console = console
    try:
        with contextlib.redirect_stdout(console), contextlib.redirect_stderr(console):
            yield shell, console
    finally:
        Shell.clear_instance()


if __name__ == "__main__":
    main()
