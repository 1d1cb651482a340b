"""`make bench`: figures measured side by side in this run, on this machine.

1. Seconds per submission of a whole class: `autograder grade` against stock `nbgrader autograde` (its own
   Execute, tests in the student's kernel, no sandbox) on the same notebooks, with one BLAS thread; then all
   notebooks in one run with one job and with all cores, and the memory that it took (grading.py).
2. Characters per second of each reference's training step against PyTorch (speed.py).
3. Milliseconds per update of each notebook's training loop, alone and beside CPU burners (busy_training.py).

`make bench BENCH=speed` (or `busy`, `grading`) runs one of them; grading takes a quarter of an hour.
"""

import os
import sys
from pathlib import Path

import busy_training
import grading
import speed
from rich.console import Console
from rich.progress import track
from rich.table import Table

from autograder.build.results import machine
from autograder.course import Course

console = Console(highlight=False)


def main() -> None:
    course = Course.find(Path(__file__).parent)
    console.print(machine())
    chosen = sys.argv[1] if sys.argv[1:] else "all"
    if chosen in ("all", "speed"):
        for threads in sorted({1, os.cpu_count() or 1}):
            console.print(training(threads))
    if chosen in ("all", "busy"):
        for table in busy_training.compare():
            console.print(table)
    if chosen in ("all", "grading"):
        for table in grading.compare(course, console):
            console.print(table)


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


if __name__ == "__main__":
    main()
