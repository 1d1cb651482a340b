"""`make bench`: two ratios, each measured side by side in this run on this machine.

1. Seconds per submission: `autograder grade` against stock `nbgrader autograde` (its own Execute, in the
   student's kernel, without a sandbox) on the same notebooks and the same class.
2. Characters per second of the RNN's training step, float32, against its matrix products alone.
"""

import os

# One BLAS thread for everybody, set before NumPy is loaded.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from autograder import load_corpus
from autograder.course import CONFIG, Course
from autograder.hidden import load_reference

STUDENTS = 4
STOCK = """c = get_config()
c.CourseDirectory.course_id = "bench"
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "*.py"]
c.Execute.timeout = 300
"""
console = Console(highlight=False)


def main() -> None:
    course = Course.find(Path(__file__).parent)
    console.print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, NumPy {np.__version__}")
    console.print(grading(course))
    console.print(training(course))


def grading(course: Course) -> Table:
    """Both graders on the same class of perfect students, one assignment after the other."""
    table = Table("notebook", "stock nbgrader", "autograder", "ratio", title="seconds per submission")
    for assignment in course.assignments:
        with tempfile.TemporaryDirectory() as folder:
            ours = _class(Path(folder) / "ours", course, assignment, (course.root / CONFIG).read_text())
            stock = _class(Path(folder) / "stock", course, assignment, STOCK)
            slow = _seconds(stock, "nbgrader", "autograde", assignment)
            fast = _seconds(ours, "autograder", "grade", assignment)
        table.add_row(assignment, f"{slow:.2f}", f"{fast:.2f}", f"{slow / fast:.1f} times as fast")
    return table


def _class(folder: Path, course: Course, assignment: str, config: str) -> Path:
    """A course folder with one assignment and a class that handed in the solution."""
    shutil.copytree(course.source(assignment).parent, folder / "source" / assignment)
    (folder / CONFIG).write_text(config)
    _seconds(folder, "nbgrader", "generate_assignment", assignment)
    for i in range(STUDENTS):
        place = folder / "submitted" / f"student{i}" / assignment
        place.mkdir(parents=True)
        shutil.copy(course.source(assignment), place)
    return folder


def _seconds(folder: Path, *command: str) -> float:
    """Seconds per student that a command takes; ends the benchmark when it fails."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return (time.perf_counter() - started) / STUDENTS


def training(course: Course) -> Table:
    raise NotImplementedError


if __name__ == "__main__":
    main()
