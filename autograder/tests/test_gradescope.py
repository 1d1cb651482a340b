"""The zip for Gradescope: what it holds, and what its run writes in a container as the platform's."""

import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import nbformat
import pytest

from autograder.cli import main
from autograder.tests.container import LANDLOCK, start
from autograder.tests.mini import FULL, ID, make_course, release_notebook, submission

pytestmark = pytest.mark.slow

SECONDS = 240  # far above what a run takes; who is stuck fails
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can make a container")
LIMITS = "\nc.SealedExecute.call_seconds, c.SealedExecute.cell_seconds, c.SealedExecute.notebook_seconds = 2, 3, 20\n"


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """The zip of the tiny course."""
    course = make_course(tmp_path_factory.mktemp("course"))
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + LIMITS)
    assert main(["--course", str(course.root), "gradescope", ID]) == 0
    return course.reports / "gradescope" / f"{ID}.zip"


@pytest.fixture(scope="module")
def image(packed, tmp_path_factory):
    """The files of a container in which setup.sh has run, but that the packages are those of this Python."""
    root = tmp_path_factory.mktemp("image")
    root.chmod(0o755)
    home = root / "autograder"
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(home / "source")
    shutil.copy(home / "source" / "run_autograder", home)
    (home / "run_autograder").chmod(0o755)
    [wheel] = (home / "source").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(root / "opt" / "package")
    # Nothing here needs it, and it takes as long to be imported as all the rest.
    (root / "opt" / "package" / "rfc3987_syntax.py").write_text("raise ImportError")
    (home / "results").mkdir()
    (home / "submission").mkdir()
    (home / "submission_metadata.json").write_text('{"users": [{"email": "ada@example.org"}]}')
    return root


class Box:
    """Containers, one after the other; of the last one the exit code, what it printed, and results.json."""

    def __init__(self, image: Path, place: Path):
        self.image, self.place, self.count = image, place, 0

    def start(self, files: dict, *command, **how) -> subprocess.Popen:
        self.count += 1
        self.root = self.place / f"container{self.count}"
        shutil.copytree(self.image, self.root)
        for name, content in files.items():
            path = self.root / "autograder" / "submission" / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(content if isinstance(content, str) else nbformat.writes(content))
            path.chmod(0o755 if path.read_bytes().startswith(b"#!") else 0o644)
        variables = {"AUTOGRADER_PYTHON": sys.executable, "PYTHONPATH": "/opt/package", "SECRET": "1"}
        return start(self.root, *(command or ["/autograder/run_autograder"]), **variables | how)

    def run(self, files: dict, *command, **how) -> dict:
        with self.start(files, *command, **how) as process:
            try:
                self.printed, _ = process.communicate(timeout=SECONDS)
            finally:
                process.kill()
        self.code = process.returncode
        return self.results()

    def results(self) -> dict:
        path = self.root / "autograder" / "results" / "results.json"
        return json.loads(path.read_text()) if path.exists() else {}


@pytest.fixture
def box(image, tmp_path):
    tmp_path.chmod(0o755)
    return Box(image, tmp_path)


def points(results: dict) -> dict:
    """Points by test cell, from the tests' numbers."""
    found = dict.fromkeys(FULL, 0)
    for test in results["tests"]:
        found[list(FULL)[int(test["number"].partition(".")[0]) - 1]] += test["score"]
    return found


@needs_root
def test_the_container_has_no_namespaces(box):
    """Is the emulation such that bubblewrap cannot work in it, and student code cannot see the host?"""
    for command in (
        ["/usr/bin/unshare", "--user", "true"],
        ["/usr/bin/bwrap", "--ro-bind", "/", "/", "true"],
    ):
        if Path(command[0]).exists():
            box.run({}, *command)
            assert box.code != 0, command
            assert "ermi" in box.printed
    box.run({}, "/bin/ls", "/", "/proc")
    assert "autograder" in box.printed.split()
    assert "home" not in box.printed.split()
    assert len([word for word in box.printed.split() if word.isdecimal()]) <= 2


@needs_root
def test_a_solution_gets_full_points(box):
    """Are there a test for each check, the score of the autograder, and a loss for the leaderboard?"""
    results = box.run({f"{ID}.ipynb": submission()})
    assert "sealed off by landlock" in box.printed, box.printed
    assert box.code == 0
    assert results["score"] == 100
    assert points(results) == FULL
    assert results["output"] == "100 of 100 points: 6 passed."
    names = [test["name"] for test in results["tests"]]
    assert names == ["double: shapes", "test_double: hidden check", "scale_backward: gradients", "test_scale: hidden check",
                     "fit: training", "test_fit: hidden check"]  # fmt: skip
    assert {test["status"] for test in results["tests"]} == {"passed"}
    assert not any("visibility" in test for test in results["tests"])
    assert results["leaderboard"] == [{"name": "fit: loss", "value": 0.0, "order": "asc"}]
    assert 0 < results["execution_time"] < SECONDS


@needs_root
def test_a_release_gets_none(box):
    """Without Landlock, does another user take its place, and does the only notebook count whatever its name?"""
    results = box.run({"handed in/answers (1).ipynb": release_notebook()}, missing=LANDLOCK)
    assert "sealed off by user" in box.printed, box.printed
    assert results["score"] == 0
    assert points(results) == dict.fromkeys(FULL, 0)
    assert results["output"].startswith(
        f"handed in/answers (1).ipynb was taken for {ID}.ipynb.\n\n0 of 100 points: 6 failed."
    )
    assert "leaderboard" in results


MISTAKEN = "def double(x):\n    return 3 * x"
ENDLESS = (
    "def scale_forward(x, w):\n    while True: pass\ndef scale_backward(dout, cache):\n    return dout, dout"
)


@needs_root
def test_a_mistake_and_an_endless_loop_cost_their_own_points(box):
    """Is each told apart with its message, is everything else graded, and is results.json whole and true meanwhile?"""
    seen = []
    with box.start({f"{ID}.ipynb": submission({"double": MISTAKEN, "scale": ENDLESS})}) as process:
        deadline = time.monotonic() + SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            seen += [results] if (results := box.results()) not in ({}, *seen[-1:]) else []
            time.sleep(0.02)
        process.kill()
    assert "score" not in seen[0]
    assert seen[0]["output"].startswith("Grading was stopped before it was done: 0 of 6 checks were judged.")
    [meanwhile] = [one for one in seen if len(one["tests"]) == 2][-1:]
    assert meanwhile["score"] == 15
    assert meanwhile["output"].startswith(
        "Grading was stopped before it was done: 2 of 6 checks were judged."
    )
    assert meanwhile["output"].endswith("15 of 100 points: 1 passed, 1 failed.")
    results = box.results()
    assert points(results) == {"test_double": 15, "test_scale": 0, "test_fit": 20}
    assert results["score"] == 35
    assert results["output"] == "35 of 100 points: 3 passed, 3 failed."
    told = {test["name"]: test["output"] for test in results["tests"]}
    assert told["test_double: hidden check"].startswith("`double` is tried on a matrix. ")
    assert "took longer than the 2 seconds" in told["scale_backward: gradients"]
    assert "reference" not in json.dumps(results)


HOSTILE = """
import ctypes, glob, os, socket
LOOT, parent = [], os.getppid()
def attempt(what, act):
    try: LOOT.append((what, act()))
    except BaseException: pass
def call(number, *arguments):
    if ctypes.CDLL(None).syscall(number, *arguments) < 0: raise OSError
ours = "/autograder/"
for path in (ours + "source/course/source/mini/mini.ipynb", ours + "source/settings.json", ours + "source/setup.sh",
             ours + "results/results.json", ours + "submission_metadata.json", ours + "submission/mini.ipynb",
             f"/proc/{parent}/environ", f"/proc/{parent}/mem", "/proc/1/environ", "/proc/1/root/etc/passwd"):
    attempt(path, lambda: open(path, "rb").read(1))
for path in (ours + "source", ours + "results", ours + "submission", f"/proc/{parent}/fd", f"/proc/{parent}/cwd/."):
    attempt(path, lambda: os.listdir(path))
for path in (ours + "results/results.json", ours + "results/x", ours + "x", ours + "run_autograder", "/tmp/x", "/dev/shm/x",
             "/opt/x", "/opt/package/autograder/x", "/x", f"/proc/{parent}/mem", f"/proc/{parent}/oom_score_adj"):
    attempt("w " + path, lambda: open(path, "r+b" if os.path.exists(path) else "wb").write(b"1"))
attempt("glob", lambda: glob.glob(ours + "source/*")[0])
attempt("rename", lambda: os.rename(ours + "results", ours + "other"))
attempt("secret", lambda: os.environ["SECRET"])
for victim in (parent, 1, -1, -parent, 0):
    for signal in (9, 19, 15): attempt(f"kill {victim}", lambda: os.kill(victim, signal))
    attempt(f"call kill {victim}", lambda: call(62, victim, 9))
attempt("trace", lambda: call(101, 16, parent, 0, 0))
for user in (0, 1, 65534): attempt("user", lambda: os.setresuid(user, user, user))
for connect in (lambda: socket.socket(), lambda: socket.socket(socket.AF_UNIX)): attempt("socket", connect)
attempt("fork", lambda: [os.fork() for _ in range(10**6)])
attempt("spawn", lambda: os.posix_spawn("/bin/true", ["true"], {}))
attempt("exec", lambda: os.execv("/bin/true", ["true"]))
"""
# A right answer, if nothing was gained.
HONEST = "def double(x):\n    return 2 * x if not LOOT else x"


@needs_root
@pytest.mark.parametrize(("wall", "missing"), [("landlock", ()), ("user", LANDLOCK)])
def test_hostile_code_gains_and_breaks_nothing(box, wall, missing):
    """Does none of what student code tries work, and is it graded as if it had not tried?"""
    results = box.run({f"{ID}.ipynb": submission({"double": HONEST}, extra=HOSTILE)}, missing=missing)
    assert f"sealed off by {wall}" in box.printed, box.printed
    assert (results["score"], box.code) == (100, 0)
    home = box.root / "autograder"
    for path in home.rglob("*"):
        assert path.stat().st_uid == 0, path
    assert {path.name for path in home.iterdir()} == {
        path.name for path in (box.image / "autograder").iterdir()
    }
    assert [path.name for path in (home / "results").iterdir()] == ["results.json"]
    own = box.root / Path(sys.prefix).relative_to("/")  # this Python may lie there
    assert not [path for path in (box.root / "tmp").iterdir() if path not in own.parents]


@needs_root
def test_without_walls_there_is_no_score(box):
    """Where neither wall can be made, is nothing run, and does nothing look like a zero?"""
    results = box.run({f"{ID}.ipynb": submission()}, missing=LANDLOCK, without=("setuid",))
    assert box.code == 1
    assert "score" not in results
    assert results["tests"] == []
    assert results["output"].startswith("The grader could not do its job, which is not your fault.")
    assert "Landlock, the second wall, needs Linux 5.13" in box.printed
    assert "Student code cannot become another user here" in box.printed


@needs_root
def test_time_ends_before_the_platform_ends_it(box):
    """Does run_autograder end a grader that takes too long, and say so to the instructor?"""
    files = {"../source/seconds": "1\n", "../../opt/slow": "#!/bin/sh\nsleep 100\n"}
    box.run(files, AUTOGRADER_PYTHON="/opt/slow")
    assert box.code == 137
    assert "The grader was ended: after 1 seconds, or for lack of memory." in box.printed
