"""A student's place: an environment with the wheel and what it asks for, and a notebook's cells run there."""

import json
import os
import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from autograder.cells import cells_of, of_kind
from autograder.course import Course
from autograder.truth.source import handed_in, read_source

REPOSITORY = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
NEEDED = {one.name: one for one in map(Requirement, PROJECT["dependencies"])}
NETWORK = re.compile("connection|timed out|temporary failure|proxy|ssl|http error 5", re.IGNORECASE)
MINUTES = 10  # for one installation
# Cells of argv[1], one after the other, in IPython without a kernel; the last line says what they ran in.
PLAY = """
import json, sys
from importlib.metadata import distributions
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in json.load(open(sys.argv[1], encoding="utf-8")):
    if not shell.run_cell(cell).success:
        sys.exit(f"this cell failed:\\n{cell}")
import autograder
from autograder.notebook.parallel import threads
versions = {one.metadata["Name"].lower(): one.version for one in distributions()}
print(json.dumps({"place": autograder.__file__, "threads": threads(), "versions": versions}))
"""


def lowest() -> list[str]:
    """`name==version` of what the wheel asks for, the lowest that pip finds; skips where it finds nothing."""
    return [f"{name}=={_lowest(needed)}" for name, needed in NEEDED.items()]


def _lowest(needed: Requirement) -> Version:
    command = ["index", "versions", "--only-binary", ":all:", "--retries", "0", needed.name]
    done = _pip(command)
    found = re.search("^Available versions: (.*)$", done.stdout, re.MULTILINE)
    if done.returncode or not found:
        pytest.skip(f"no package index can be reached: {_last_line(done)}")
    return min(map(Version, needed.specifier.filter(found[1].split(", "))))


class Place:
    """An environment in `folder` for the wheel alone."""

    def __init__(self, folder: Path):
        self.folder = folder
        venv.create(folder, symlinks=True)
        self.python = folder / "bin" / "python"

    def install(self, *what: str) -> None:
        """With pip as a student would, but nothing is compiled; skips where the network gives up."""
        options = ["--quiet", "--no-compile", "--only-binary", ":all:"]
        done = _pip(["--python", str(self.python), "install", *options, *what])
        if done.returncode and NETWORK.search(done.stderr):
            pytest.skip(f"the package index did not answer: {_last_line(done)}")
        assert done.returncode == 0, done.stderr

    def play(self, cells: list[str], **variables: str) -> tuple[str, dict]:
        """Run cells; returns what they printed, and what they ran in."""
        return play(self.python, cells, self.folder, **variables)


def _pip(arguments: list[str]) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "pip", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60 * MINUTES)


def _last_line(done: subprocess.CompletedProcess) -> str:
    return (done.stderr.strip().splitlines() or ["pip says nothing"])[-1]


def play(
    python: Path | str, cells: list[str], folder: Path, before: str = "", **variables: str
) -> tuple[str, dict]:
    """Run cells in IPython with the budgets of grading, `before` first; what was printed, what they ran in."""
    (folder / "cells.json").write_text(json.dumps(cells))
    hidden = {"PYTHONPATH", "PYTHONIOENCODING", "PYTHONUTF8"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden} | {
        "NBGRADER_EXECUTION": "1", "MPLBACKEND": "agg", "IPYTHONDIR": str(folder), "MPLCONFIGDIR": str(folder),
        "OPENBLAS_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8", **variables,
    }  # fmt: skip
    done = subprocess.run(
        [str(python), "-P", "-c", before + PLAY, "cells.json"], cwd=folder, env=environment,
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout, json.loads(done.stdout.splitlines()[-1])


def solved(assignment: str) -> tuple[list[str], int]:
    """The code cells of a release with the solutions put in, and how many of them are tests."""
    notebook = handed_in(read_source(Course.find(REPOSITORY), assignment))
    tests = list(of_kind(cells_of(notebook), "test"))
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"], len(tests)
