"""`make bench`: figures measured side by side in this run, on this machine, with one BLAS thread.

1. Seconds per submission of a whole class: `autograder grade` against stock `nbgrader autograde` (its own
   Execute, tests in the student's kernel, no sandbox) on the same notebooks.
2. Characters per second of the RNN's training (H = 256, float32), and the share of that time which its
   matrix products alone would take.
"""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from autograder import load_corpus
from autograder.course import CONFIG, Course
from autograder.hidden import load_reference

STUDENTS = 6
STOCK = """c = get_config()
c.CourseDirectory.course_id = "bench"
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "*.py"]
c.Execute.timeout = 300
"""
RNN = "03_RNN_text_generation"
V, H, B, T, STEPS = 46, 256, 32, 32, 150
console = Console(highlight=False)


def main() -> None:
    course = Course.find(Path(__file__).parent)
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}"
    console.print(f"{_processor()}, {os.cpu_count()} cores, {versions}")
    console.print(training(course))
    console.print(grading(course))


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


def training(course: Course) -> Table:
    """The reference's training loop, and its matrix products without anything around them."""
    reference, corpus = load_reference(course.source(RNN)), load_corpus()
    params = reference.init_params(V, H, np.random.default_rng(0))
    whole = _seconds(lambda: reference.train(corpus.train, params, STEPS, B, T, 0.005))
    products = _seconds(lambda: [_matrix_products() for _ in range(STEPS)])
    table = Table("RNN training", "", title=f"H = {H}, B = {B}, T = {T}, {STEPS} updates")
    table.add_row("characters per second", f"{STEPS * B * T / whole:,.0f}")
    table.add_row("share of time in matrix products", f"{products / whole:.0%}")
    return table


def _matrix_products() -> None:
    """Those of one update: recurrence forward and backward, readout forward and backward, dWh."""
    h, Wh, Wy = (np.ones(shape, np.float32) for shape in ((B, H), (H, H), (H, V)))
    hs, logits = np.ones((B * T, H), np.float32), np.ones((B * T, V), np.float32)
    for _ in range(T):
        h @ Wh
        h @ Wh.T
    hs @ Wy
    logits @ Wy.T
    hs.T @ logits
    hs.T @ hs


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
            env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        )  # fmt: skip
        if done.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")

    return _seconds(run)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
