"""The wheel alone: can a new instructor run a course in an empty folder, with nothing of the repository?"""

import json
import os
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from autograder.gradescope.wheel import make_wheel

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[2]
LEFT_OUT = {"tests", "demo"}
MINUTE = 60
# Commands, one after the other, as one process: to start takes longer than most of them.
RUN = """
import json, sys, autograder
from autograder.cli import main
print(autograder.__file__)
for command in json.loads(sys.argv[1]):
    print("$", *command)
    if code := main(command):
        sys.exit(f"{command} ended with {code}")
"""
COPY = "cp -r source/hello submitted/ada/ && cp -r release/hello submitted/bob/"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with what the wheel holds, as pip would leave it there."""
    with zipfile.ZipFile(make_wheel(tmp_path_factory.mktemp("dist"))) as wheel:
        place = tmp_path_factory.mktemp("site")
        wheel.extractall(place)
    return place


def run(installed, folder, *commands):
    """Run commands with that package in a folder; returns what they said, on one line."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(installed),
        "COLUMNS": "200",
        "HOME": str(folder / ".home"),
    }
    words = json.dumps([command.split() for command in commands])
    done = subprocess.run(
        [sys.executable, "-c", RUN, words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 0, said
    assert str(installed) in done.stdout
    assert str(REPOSITORY) not in said
    return said


def test_nothing_that_a_command_reads_is_left_out(installed):
    """Is every file of the package in the wheel, but for the tests and the demo?"""
    package = REPOSITORY / "autograder"
    files = {
        path.relative_to(package) for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc"
    }
    wanted = {path for path in files if path.parts[0] not in LEFT_OUT}
    assert len(wanted) > 150
    assert {path for path in wanted if not (installed / "autograder" / path).is_file()} == set()


@pytest.mark.parametrize("form", ["hello", "--plain hello"])
def test_a_course_in_an_empty_folder(installed, tmp_path, form):
    """Do new, build, grade, audit, feedback and export work at once, in less than a minute of the processor?"""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run(installed, tmp_path, f"new {form}", "build hello")
    for student in ("ada", "bob"):
        (tmp_path / "submitted" / student).mkdir(parents=True)
    subprocess.run(COPY, shell=True, cwd=tmp_path, check=True)
    said = run(installed, tmp_path, "grade", "audit hello", "feedback", "export xlsx", "doctor")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "3 of 3 mistakes caught" in said
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < MINUTE
    results = json.loads((tmp_path / "reports" / "results.json").read_text())["results"]
    shares = {one["student"]: one["score"] / one["max_score"] for one in results}
    assert shares == {"ada": 1, "bob": 0}
    assert "hello" in (tmp_path / "feedback" / "bob" / "hello" / "hello.html").read_text()


def test_gradescope_needs_no_repository(installed, tmp_path):
    """Can the zip for Gradescope be made, wheel and all, where there is only the wheel?"""
    run(installed, tmp_path, "new --plain hello", "build hello --untried", "gradescope hello")
    [made] = (tmp_path / "reports" / "gradescope").glob("*.zip")
    with zipfile.ZipFile(made) as archive:
        assert [name for name in archive.namelist() if name.endswith(".whl")]
