"""The wheel where students work: is it enough, beside what they have, from the lowest versions to the newest?"""

import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, requires

import pytest
from packaging.requirements import Requirement

from autograder.gradescope.wheel import make_wheel
from autograder.tests.mini import judged, submission
from autograder.tests.student_place import NEEDED, PROJECT, REPOSITORY, Place, lowest, play, solved

pytestmark = pytest.mark.slow

FIRST, FOURTH = "01a_single_neuron_classification", "03_RNN_text_generation"
NOT_FOR_STUDENTS = {"jupyterlab", "nbgrader", "nbformat", "ipykernel", "notebook", "rich", "msgpack"}
NOT_ON_WINDOWS = {"fcntl", "grp", "pwd", "resource", "termios"}
HIDE = "import sys\nsys.modules.update(dict.fromkeys({}))\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return make_wheel(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def floors():
    return lowest()


def brought(names):
    """All distributions that some need, directly or not, by their names."""
    found, waiting = set(), list(names)
    while waiting:
        if (name := waiting.pop().lower()) in found:
            continue
        found.add(name)
        try:
            needed = map(Requirement, requires(name) or [])
        except PackageNotFoundError:  # on other systems only
            continue
        waiting += [one.name for one in needed if not one.marker or one.marker.evaluate({"extra": ""})]
    return found


def others():
    """The modules that are installed here and that the wheel alone does not bring."""
    there = brought(NEEDED)
    return {
        module for module, names in packages_distributions().items()
        if module != "autograder" and not there & {name.lower() for name in names}
    }  # fmt: skip


def test_the_wheel_asks_for_five_packages():
    """Does it leave alone which editor and which Jupyter a student has, and does `[lab]` bring one?"""
    assert set(NEEDED) == {"ipython", "matplotlib", "numpy", "threadpoolctl", "tqdm"}
    assert {Requirement(one).name for one in PROJECT["optional-dependencies"]["lab"]} >= {
        "jupyterlab",
        "nbgrader",
    }
    assert "neuron-to-transformer[lab]" in PROJECT["optional-dependencies"]["instructor"]


def test_a_notebook_imports_nothing_else(tmp_path):
    """Does 01a run, each check right, where nothing else is installed and Python is that of Windows?"""
    hidden = others() | NOT_ON_WINDOWS
    assert hidden > NOT_FOR_STUDENTS
    cells, tests = solved(FIRST)
    said, _ = play(sys.executable, cells, tmp_path, HIDE.format(sorted(hidden)), PYTHONPATH=str(REPOSITORY))
    assert said.count("✓") >= tests > 5


@pytest.mark.timeout(1200)  # a minute for both, where pip has its files already
@pytest.mark.parametrize("versions", ["lowest", "newest"])
def test_from_top_to_bottom_in_an_environment(wheel, floors, tmp_path, versions):
    """Do 01a and 03 run there, each check right, and does the wheel keep the versions that it finds?"""
    place = Place(tmp_path / "venv")
    if versions == "lowest":
        place.install(*floors)
    place.install(str(wheel))
    for assignment in (FIRST, FOURTH):
        cells, tests = solved(assignment)
        said, ran = place.play(cells)
        assert said.count("✓") >= tests > 5
        assert ran["place"].startswith(str(place.folder))
        assert ran["threads"] == 1, "threadpoolctl does not see NumPy's threads"
        assert NOT_FOR_STUDENTS.isdisjoint(ran["versions"])
        kept = {f"{name}=={ran['versions'][name]}" for name in NEEDED} & set(floors)
        assert kept == set(floors) if versions == "lowest" else not kept


def test_a_cell_that_installs_the_wheel_costs_nothing(course):
    """Has a right submission from Colab, with the README's line in its first cell, full marks and no remark?"""
    (line,) = re.findall(r"`(%pip install [^`]*)`", (REPOSITORY / "README.md").read_text(encoding="utf-8"))
    notebook = submission(extra=line)
    notebook.cells.sort(key=lambda cell: cell.source != line)
    assert notebook.cells[0].source == line
    result = judged(course, notebook)
    assert (result.score, result.restored) == (100, [])


@pytest.mark.parametrize(
    ("missing", "command", "words"), [("rich", "doctor", "[instructor]"), ("fcntl", "build", "use Linux")]
)
def test_commands_say_what_they_need(course, missing, command, words):
    """Does `autograder` say in a sentence what it lacks beside the wheel alone, or on Windows?"""
    start = f"from autograder.__main__ import main\nsys.argv[1:] = ['--course', {str(course.root)!r}, {command!r}]"
    done = subprocess.run(
        [sys.executable, "-c", f"{HIDE.format([missing])}{start}\nsys.exit(main())"],
        cwd=REPOSITORY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert missing in done.stderr
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
