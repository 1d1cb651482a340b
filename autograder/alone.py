"""One at a time: what writes the gradebook of a course has the course to itself."""

import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator
from typing import TextIO

from autograder.course import Course, CourseError

FILE = ".lock"


@contextlib.contextmanager
def alone(course: Course) -> Iterator[None]:
    """While open, nobody else is let in. Raises CourseError that names the one who is in.

    The kernel lets go when this process ends, however it ends. Where a file system knows no locks, all are
    let in.
    """
    course.reports.mkdir(parents=True, exist_ok=True)
    with open(course.reports / FILE, "a+", encoding="utf-8", errors="replace") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CourseError(_occupied(file)) from None
        except OSError:
            yield
            return
        file.truncate(0)
        file.write(f"{os.getpid()} on {os.uname().nodename} ({os.path.basename(sys.argv[0])})")
        file.flush()
        yield


def _occupied(file: TextIO) -> str:
    file.seek(0)
    return (
        f"Process {file.read(200) or 'another'} is at work in this course and writes its gradebook; run this "
        "again when it has ended. Reading commands, such as `autograder report`, need not wait."
    )
