"""`make bench`: figures measured side by side in this run, on this machine.

1. Seconds per submission of a whole class: `autograder grade` against stock `nbgrader autograde` (its own
   Execute, tests in the student's kernel, no sandbox) on the same notebooks, with one BLAS thread.
2. Characters per second of each reference's training step against PyTorch (speed.py).

`make bench BENCH=speed` or `BENCH=grading` runs one of the two.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import speed
from rich.console import Console
from rich.progress import track
from rich.table import Table

from autograder.build.results import machine
from autograder.course import CONFIG, Course

STUDENTS = 6
STOCK = """c = get_config()
c.CourseDirectory.course_id = "bench"
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "*.py"]
c.Execute.timeout = 300
"""
ONE_THREAD = dict.fromkeys(speed.LIMITS, "1") | {"NBGRADER_EXECUTION": "bench"}
console = Console(highlight=False)


def main() -> None:
    course = Course.find(Path(__file__).parent)
    console.print(machine())
    chosen = sys.argv[1] if sys.argv[1:] else "all"
    if chosen in ("all", "speed"):
        for threads in sorted({1, os.cpu_count() or 1}):
            console.print(training(threads))
    if chosen in ("all", "grading"):
        console.print(grading(course))


def training(threads: int) -> Table:
    """The references' training steps and PyTorch's, in turns."""
    title = f"characters per second of a training step, {threads} thread{'s' * (threads > 1)}"
    table = Table("model", "reference", "PyTorch", "ratio", "in matrix products", title=title)
    speeds = track(speed.compare(threads), f"threads: {threads}", 6, console=console, transient=True)
    for result in speeds:
        ours, theirs, share = result["numpy"], result["pytorch"], result["share"]
        table.add_row(
            result["model"], f"{ours:,.0f}", f"{theirs:,.0f}" if theirs else "not installed",
            f"{ours / theirs:.2f}" if theirs else "", f"{share:.0%}" if share else "",
        )  # fmt: skip
    if not theirs:
        table.caption = speed.INSTALL
    return table


def grading(course: Course) -> Table:
    """Both graders on the same class of perfect students, one assignment after the other."""
    title = f"seconds per submission, {STUDENTS} students"
    table = Table("notebook", "stock nbgrader", "autograder", "ratio", title=title)
    for assignment in track(course.assignments, "grading", console=console, transient=True):
        with tempfile.TemporaryDirectory() as folder:
            ours = _class(Path(folder) / "ours", course, assignment, (course.root / CONFIG).read_text())
            stock = _class(Path(folder) / "stock", course, assignment, STOCK)
            slow = _run(stock, "nbgrader", "autograde", assignment) / STUDENTS
            fast = _run(ours, "autograder", "grade", assignment) / STUDENTS
        table.add_row(assignment, f"{slow:.2f}", f"{fast:.2f}", f"{slow / fast:.1f} times as fast")
    return table


def _class(folder: Path, course: Course, assignment: str, config: str) -> Path:
    """A course folder with one assignment and a class that handed in the solution."""
    shutil.copytree(course.source(assignment).parent, folder / "source" / assignment)
    (folder / CONFIG).write_text(config)
    _run(folder, "nbgrader", "generate_assignment", assignment)
    for i in range(STUDENTS):
        place = folder / "submitted" / f"student{i}" / assignment
        place.mkdir(parents=True)
        shutil.copy(course.source(assignment), place)
    return folder


def _run(folder: Path, *command: str) -> float:
    """Seconds that a command takes; ends the benchmark when it fails."""

    def run() -> None:
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False,
            env=os.environ | ONE_THREAD | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        )  # fmt: skip
        if done.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")

    return _seconds(run)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
