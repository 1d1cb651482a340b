"""Landlock: files by the kernel's own rules, the rest by the list of system calls. Needs no namespaces.

The second wall, for places where bubblewrap cannot work, such as containers: Linux 5.13 or newer.
"""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

from autograder.course import CourseError
from autograder.sandbox.allowed import program
from autograder.sandbox.limits import Limits
from autograder.sandbox.place import (
    PACKAGE,
    VISIBLE,
    Place,
    Started,
    corpus,
    environment,
    python,
    python_folders,
    working_folder,
)
from autograder.sandbox.seal import landlock_version

USERS = range(61_000, 65_000)  # of a grader that is root; within what containers map


class Landlock(Place):
    name = "landlock"
    holds = "files, system calls, sockets, signals and other processes; names and sizes of files can be seen"

    def require(self) -> None:
        if sys.platform != "linux" or not landlock_version():
            raise CourseError(
                "Landlock, the second wall, needs Linux 5.13 or newer, started with `landlock` among its "
                "security modules."
            )
        program(starting=False)

    def start(self, descriptor: int, limits: Limits, files: list[Path], errors: Any) -> Started:
        folder = working_folder([])
        home, modules = Path(folder.name, "home"), Path(folder.name, "modules")
        user = USERS[os.getpid() % len(USERS)] if os.getuid() == 0 else None
        _furnish(home, modules, files)
        if user:
            for path in (Path(folder.name), home, *home.iterdir()):
                os.chown(path, user, user)
        readable = [*python_folders(), "/dev/urandom", "/dev/random", "/dev/zero", str(modules)]
        seals = {
            "limits": limits.of_any_process | limits.of_the_student,
            "landlock": {"readable": readable, "writable": [str(home), "/dev/null"]},
            "user": user, "enters_closed": bool(user) and _is_closed_to_others(), "parent": os.getpid(),
            "filter": program(starting=False).hex(),
        }  # fmt: skip
        process = subprocess.Popen(
            python(descriptor, limits, seals), pass_fds=[descriptor], cwd=home,
            env=environment(str(home), str(modules)) | {"TMPDIR": str(home)}, stdin=subprocess.DEVNULL,
            stdout=errors, stderr=errors, start_new_session=True,
        )  # fmt: skip
        return Started(process, process.pid, folder)


def _furnish(home: Path, modules: Path, files: list[Path]) -> None:
    """Copies of the submission's files, and of what it may see of this package."""
    home.mkdir()
    for file in files:
        shutil.copyfile(file, home / file.name)
    for name in VISIBLE:
        source, target = PACKAGE / name, modules / "autograder" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, target)
    text, place = corpus()
    (modules / place).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(text, modules / place)


def _is_closed_to_others() -> bool:
    """Is there a folder on the way to Python that other users cannot enter?"""
    ways = (Path(folder).resolve() for folder in (sys.prefix, sys.base_prefix))
    return not all(one.stat().st_mode & stat.S_IXOTH for way in ways for one in (way, *way.parents))
