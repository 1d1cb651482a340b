"""`make bench`: figures measured side by side in this run, on this machine.

1. speed: characters per second of each reference's training step against PyTorch (speed.py).
2. busy: milliseconds per update of each notebook's training loop, alone and beside CPU burners
   (busy_training.py).
3. grading: seconds per submission of a whole class, `autograder grade` against stock `nbgrader autograde`
   (its own Execute, tests in the student's kernel, no sandbox) on the same notebooks, with one BLAS thread;
   then all notebooks in one run with one job and with all cores, and the memory that it took (grading.py).

What was measured is kept in benchmarks/results/: JSON with date, machine and versions (results.py), and a
picture of the ratios (picture.py); tables.py prints it as Markdown. `make bench BENCH=speed` (or `busy`,
`grading`) runs one of them; grading takes a quarter of an hour.
"""

import argparse
import os
from pathlib import Path

import busy_training
import grading
import results
import speed
import tables
from rich.console import Console
from rich.progress import track

from autograder.course import Course

PARTS = ("speed", "busy", "grading")
console = Console(highlight=False)


def main() -> None:
    """Measure, print and keep; each part is on disk before the next one begins."""
    options = _options()
    record = results.begun()
    console.print(record["machine"])
    for part in PARTS if options.part == "all" else [options.part]:
        record[part] = MEASURE[part](options)
        for table in tables.of_part(part, record[part]):
            console.print(table)
        files = results.keep(record, options.folder)
    console.print(f"[green]kept[/] {' and '.join(map(str, files))}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure, and keep what came out.")
    parser.add_argument("part", nargs="?", choices=("all", *PARTS), default="all")
    parser.add_argument("--seconds", type=float, default=speed.SECONDS, help="for which a step is repeated")
    parser.add_argument("--students", type=int, default=6, help="in the class that is graded")
    parser.add_argument("--only", nargs="*", help="assignments to grade, loops to train")
    parser.add_argument("--folder", type=Path, default=results.FOLDER, help="where the results go")
    return parser.parse_args()


def _speed(options: argparse.Namespace) -> dict[str, list[dict]]:
    """The references' training steps and PyTorch's, in turns, by the number of threads."""
    found = {}
    for threads in sorted({1, os.cpu_count() or 1}):
        steps = speed.compare(threads, options.seconds)
        found[f"{threads}"] = list(track(steps, f"threads: {threads}", 6, console=console, transient=True))
    return found


def _busy(options: argparse.Namespace) -> list[dict]:
    return list(busy_training.compare(options.only))


def _grading(options: argparse.Namespace) -> dict:
    course = Course.find(Path(__file__).parent)
    return grading.compare(course, options.only or course.assignments, options.students, console)


MEASURE = {"speed": _speed, "busy": _busy, "grading": _grading}


if __name__ == "__main__":
    main()
