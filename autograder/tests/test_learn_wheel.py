"""The wheel for people who learn alone: is it all that one needs, and is a class's wheel without solutions?"""

import io
import json
import os
import subprocess
import sys
import zipfile
from email.parser import Parser
from importlib.metadata import version
from pathlib import Path

import pytest

from autograder.gradescope import wheel as ordinary
from autograder.gradescope.wheel import NAME
from autograder.learn.source import ARCHIVE
from autograder.learn.wheel import described, make_wheel
from autograder.tests.mini import DOUBLE, ID, make_course, release_notebook, write
from autograder.tests.test_learn import fill

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[2]
SECRET = "c.CourseDirectory.db_url = 'postgresql+psycopg://course:hush@host/grades'\n"
PART = f"autograder/learn/{ARCHIVE.name}"
METADATA = """Metadata-Version: 2.4
Name: our-course
Version: 1.5
Requires-Dist: numpy>=2.0
Provides-Extra: lab
Requires-Dist: jupyterlab>=4.2; extra == 'lab'
Provides-Extra: instructor
Requires-Dist: our-course[lab]; extra == 'instructor'
Requires-Dist: pyseccomp>=0.1.2; (sys_platform == 'linux') and extra == 'instructor'
Requires-Dist: nbgrader; python_version < "4" and extra == "instructor"
Requires-Dist: torch; extra == 'bench'

Requires-Dist: nothing; extra == 'lab'
"""


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """The two wheels: a class's, and that of a course of one assignment."""
    root = tmp_path_factory.mktemp("course")
    course = make_course(root)
    with (root / "nbgrader_config.py").open("a") as settings:
        settings.write(SECRET + "c.SealedExecute.call_seconds = 7\n")
    write(course.release(ID), release_notebook())
    return ordinary.make_wheel(tmp_path_factory.mktemp("class")), make_wheel(course, root / "alone")


@pytest.fixture
def installed(wheels, tmp_path):
    """A folder with what the wheel holds, as pip would leave it there."""
    with zipfile.ZipFile(wheels[1]) as wheel:
        wheel.extractall(tmp_path / "site")
    return tmp_path / "site"


def test_a_class_gets_no_solutions(wheels):
    """Is the course in the one wheel and not in the other, and can nobody take one for the other?"""
    with zipfile.ZipFile(wheels[0]) as of_class, zipfile.ZipFile(wheels[1]) as alone:
        assert PART not in of_class.namelist()
        assert not [name for name in of_class.namelist() if name.endswith((".ipynb", ".zip"))]
        assert {name for name in alone.namelist() if "dist-info" not in name} == {
            *(name for name in of_class.namelist() if "dist-info" not in name), PART,
        }  # fmt: skip
    assert "+alone-" in wheels[1].name
    assert "+alone" not in wheels[0].name


def test_the_course_in_the_wheel_tells_no_secrets_of_the_instructors(wheels):
    """Are source and release in it, with the limits of the course, but no password and no known mistakes?"""
    with zipfile.ZipFile(wheels[1]) as wheel, zipfile.ZipFile(io.BytesIO(wheel.read(PART))) as course:
        names = course.namelist()
        settings = course.read("nbgrader_config.py").decode()
    assert sorted(names) == [
        "nbgrader_config.py", f"release/{ID}/{ID}.ipynb", f"source/{ID}/{ID}.ipynb",
    ]  # fmt: skip
    assert "hush" not in settings
    assert "call_seconds = 7.0" in settings


def test_the_needs_of_checking_are_needs_of_the_wheel():
    """Do the extras' needs hold without the extra, their conditions kept, and everything else stay?"""
    about = Parser().parsestr(described(METADATA, "1.5+alone"))
    assert about["Version"] == "1.5+alone"
    needs = about.get_all("Requires-Dist")
    assert [one for one in needs if "extra" not in one] == [
        "numpy>=2.0", "jupyterlab>=4.2", "pyseccomp>=0.1.2; (sys_platform == 'linux')",
        'nbgrader; python_version < "4"',
    ]  # fmt: skip
    assert "torch; extra == 'bench'" in needs
    assert about.get_payload() == METADATA.partition("\n\n")[2]


def test_pip_understands_the_wheel(wheels, tmp_path):
    """Does pip install it, and know its version and every file of it?"""
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--quiet",
        "--target",
        str(tmp_path / "site"),
    ]
    subprocess.run([*command, str(wheels[1])], check=True, capture_output=True)
    [record] = (tmp_path / "site").glob("*.dist-info/RECORD")
    assert record.parent.name == f"neuron_to_transformer-{version(NAME)}+alone.dist-info"
    assert (tmp_path / "site" / PART).is_file()


def test_learning_needs_no_repository(installed, tmp_path):
    """Can one begin, check, and see a solution where there is only the wheel?"""
    place = tmp_path / "home"
    place.mkdir()
    run(installed, place, "learn --no-lab")
    fill(place / "learn" / ID / f"{ID}.ipynb", {"double": DOUBLE})
    said = run(installed, place, "learn --check", "learn --show mini double")
    assert "mini: 30 of 100 points" in said
    assert "return 2 * x" in said
    assert "30 of 100 points" in (place / "learn" / "progress.html").read_text()


RUN = """
import json, sys
from autograder.cli import main
for command in json.loads(sys.argv[1]):
    if code := main(command):
        sys.exit(f"{command} ended with {code}")
"""


def run(installed, folder, *commands):
    """Run commands with that package in a folder; returns what they said, on one line."""
    environment = {**os.environ, "PYTHONPATH": str(installed), "COLUMNS": "200", "HOME": str(folder)}
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
    assert str(REPOSITORY) not in said
    return said
