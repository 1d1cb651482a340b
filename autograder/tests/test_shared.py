"""A course of several graders: is what one writes the group's, and nothing of a course that is one person's?"""

import os

import pytest

from autograder.alone import alone
from autograder.files import write_whole
from autograder.shared import shared
from autograder.tests.mini import make_course

GROUP = 0o060
SHARED = "\nc.CourseDirectory.groupshared = True\n"


@pytest.fixture(autouse=True)
def usual_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(course):
    """What the group may do with what was written, the gradebook among it."""
    written = (course.reports, course.reports / "page.html", course.lock, course.root / "grades.db")
    return [path.stat().st_mode & GROUP for path in written]


@pytest.mark.parametrize(("line", "may"), [(SHARED, GROUP), ("", 0o040)])
@pytest.mark.parametrize("within", [shared, alone])
def test_what_is_written_is_the_groups(tmp_path, within, line, may):
    """Do folders, files, lock and a gradebook elsewhere belong to the group where the course says so, and else not?"""
    course = make_course(tmp_path)
    config = course.root / "nbgrader_config.py"
    url = f'c.CourseDirectory.db_url = "sqlite:///{course.root}/grades.db"'
    config.write_text(f"{config.read_text()}{line}{url}\n")
    (course.root / "grades.db").touch(0o644)  # as SQLite makes it, whatever the umask
    with within(course):
        write_whole(course.reports / "page.html", "page")
        if within is shared:
            course.lock.touch()
    assert modes(course) == [may] * 4
    assert os.umask(0o022) == 0o022


def test_settings_that_do_not_load_stop_nothing(tmp_path):
    """Is a damaged nbgrader_config.py left to the commands that need it?"""
    course = make_course(tmp_path)
    (course.root / "nbgrader_config.py").write_text("c.CourseDirectory.groupshared = (")
    with shared(course):
        pass
