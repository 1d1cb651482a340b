"""Grading the same class with stock nbgrader and with ours, side by side in one run."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import psutil
import speed
from rich.console import Console
from rich.progress import track

from autograder.course import CONFIG, Course

CORES = os.cpu_count() or 1
STOCK = """c = get_config()
c.CourseDirectory.course_id = "bench"
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "*.py"]
c.Execute.timeout = 300
"""
ONE_THREAD = dict.fromkeys(speed.LIMITS, "1") | {"NBGRADER_EXECUTION": "bench"}


@dataclass
class Run:
    """One run of a command: seconds of wall time, and bytes of memory at most."""

    seconds: float
    main: int = 0  # resident memory of the command's own process
    others: int = 0  # proportional set size of everything that it started, together


def compare(course: Course, assignments: list[str], students: int, console: Console) -> dict:
    """Seconds for a class by notebook, stock and ours, and for all of them in one run."""
    config, notebooks = (course.root / CONFIG).read_text(), []
    with tempfile.TemporaryDirectory() as root:
        for name in track(assignments, "grading", console=console, transient=True):
            folder = Path(root) / name
            theirs = _class(folder / "stock", course, [name], STOCK, students)
            own = _class(folder / "ours", course, [name], config, students)
            stock = run(theirs, "nbgrader", "autograde", name).seconds
            ours = run(own, "autograder", "grade").seconds
            notebooks.append({"notebook": name, "stock": stock, "ours": ours})
        whole = _whole(_class(Path(root) / "whole", course, assignments, config, students))
    return {"students": students, "cores": CORES, "notebooks": notebooks, "whole": whole}


def _whole(folder: Path) -> dict:
    """All notebooks of the class in one run: one job, then all cores."""
    one = run(folder, "autograder", "grade", "--jobs", "1")
    judged = json.loads((folder / "reports" / "results.json").read_text())["results"]
    every = run(folder, "autograder", "grade", "--force")
    names = sorted({result["assignment"] for result in judged})
    return {
        "submissions": len(judged), "one_job": one.seconds, "all_jobs": every.seconds,
        "megabytes_a_job": every.others / CORES / 1e6, "megabytes_of_the_command": every.main / 1e6,
        "seconds_of_judging": {
            name: mean(r["seconds"] for r in judged if r["assignment"] == name) for name in names
        },
    }  # fmt: skip


def _class(folder: Path, course: Course, assignments: list[str], config: str, students: int) -> Path:
    """A course folder with a class that handed in the solutions."""
    folder.mkdir(parents=True)
    (folder / CONFIG).write_text(config)
    for name in assignments:
        shutil.copytree(course.source(name).parent, folder / "source" / name)
        run(folder, "nbgrader", "generate_assignment", name)
        for number in range(students):
            place = folder / "submitted" / f"student{number}" / name
            place.mkdir(parents=True)
            shutil.copy(course.source(name), place)
    return folder


def run(folder: Path, *command: str) -> Run:
    """Run a command and watch its memory; ends the benchmark when it fails."""
    environment = os.environ | ONE_THREAD | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    with (folder / "log").open("w") as log:
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=folder, stdout=log, stderr=log, env=environment
        )
        result = Run(0)
        watch = threading.Thread(target=_watch, args=(process, result))
        watch.start()
        process.wait()
        result.seconds = time.perf_counter() - began
        watch.join()
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{(folder / 'log').read_text()[-3000:]}")
    return result


def _watch(process: subprocess.Popen, result: Run) -> None:
    while process.poll() is None:
        try:
            main = psutil.Process(process.pid)
            result.main = max(result.main, main.memory_info().rss)
            result.others = max(result.others, sum(map(_share, main.children(recursive=True))))
        except psutil.Error:
            pass
        time.sleep(0.5)


def _share(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().pss
    except psutil.Error:
        return 0
