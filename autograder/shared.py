"""A course of several graders: what one writes, the group may write, where `groupshared` says so."""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from autograder.course import Course, CourseError

GROUP = stat.S_IRWXG


@contextlib.contextmanager
def shared(course: Course) -> Iterator[None]:
    """While open, new files and folders are the group's, too, in a course that is `groupshared`.

    nbgrader looks after its own files there, but for the gradebook: SQLite lets the group read alone.
    """
    if not (gradebook := _gradebook_of_group(course)):
        yield
        return
    before = os.umask(0)
    os.umask(before & ~GROUP)
    try:
        yield
    finally:
        os.umask(before)
        _let_group_write(gradebook)


def _gradebook_of_group(course: Course) -> Path | None:
    """The gradebook's file, or the one there would be; None when the course is one person's."""
    try:
        config = course.config()
    except CourseError:  # which every command that needs the settings says itself
        return None
    if config.CourseDirectory.get("groupshared") is not True:
        return None
    from nbgrader.coursedir import CourseDirectory

    url = CourseDirectory(config=config, root=str(course.root)).db_url
    return Path(url.partition("sqlite:///")[2] or course.gradebook)


def _let_group_write(path: Path) -> None:
    """Of a file that is the own; another one's owner did so."""
    with contextlib.suppress(OSError):
        path.chmod(stat.S_IMODE(path.stat().st_mode) | stat.S_IRGRP | stat.S_IWGRP)
