"""One at a time: what writes the gradebook of a course has the course to itself."""

import contextlib
import fcntl
import os
from collections.abc import Iterator

from autograder.course import Course, CourseError
from autograder.shared import shared


@contextlib.contextmanager
def alone(course: Course) -> Iterator[None]:
    """While open, nobody else is let in. Raises CourseError that names the one who is in.

    The kernel lets go when this process ends, however it ends. Where a file system knows no locks, all are
    let in.
    """
    with shared(course):
        descriptor = _open(course)
        try:
            _take(descriptor)
            yield
        finally:
            os.close(descriptor)


def _open(course: Course) -> int:
    """The file to lock; another user's may be read only."""
    try:
        return os.open(course.lock, os.O_RDWR | os.O_CREAT, 0o666)
    except PermissionError:
        return os.open(course.lock, os.O_RDONLY)


def _take(descriptor: int) -> None:
    """Lock, and write down by whom it is locked."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 200, 0).decode(errors="replace")
        raise CourseError(
            f"Process {holder or 'another'} is at work in this course and writes its gradebook; run this "
            "again when it has ended. Reading commands, such as `autograder report`, need not wait."
        ) from None
    except OSError:
        return
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()} on {os.uname().nodename}".encode(), 0)
