"""The walls for student code in Gradescope's container, and what is closed to it there."""

import contextlib
import stat
from pathlib import Path

from autograder.course import CourseError
from autograder.sandbox.ends import NoProcess
from autograder.sandbox.limits import Limits
from autograder.sandbox.places import place_of
from autograder.sandbox.process import StudentProcess

WALLS = ("landlock", "user")  # a container cannot have bubblewrap
OURS = ("source", "results", "submission", "submission_metadata.json")
# Where any user of a system may write; in this container nobody but root needs to.
OPEN = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue", "/run/lock", "/var/lock", "/var/crash")


def close(root: Path) -> None:
    """Close what is the grader's to all other users, and what anybody may write to."""
    for path in (root / name for name in OURS):
        with contextlib.suppress(FileNotFoundError):
            path.chmod(path.stat().st_mode & ~0o007)
    for path in map(Path, OPEN):
        with contextlib.suppress(OSError):
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~stat.S_IWOTH)


def choose(root: Path, limits: Limits) -> str:
    """The name of the best walls in which a student process starts here. Raises CourseError without any."""
    refusals = []
    for name in WALLS:
        try:
            place_of(name).require()
            for folder in filter(Path.is_dir, (root / "source", root / "results")):
                place_of(name).keep(folder)
            StudentProcess(name, limits, []).close()
            return name
        except (CourseError, NoProcess) as error:
            refusals.append(f"{error}")
    raise CourseError(" ".join(refusals))
