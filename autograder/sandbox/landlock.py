"""Landlock: files by the kernel's own rules, the rest by the list of system calls. Needs no namespaces.

The second wall, for places where bubblewrap cannot work, such as containers: Linux 5.13 or newer.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from autograder.course import CourseError
from autograder.sandbox.allowed import program
from autograder.sandbox.limits import Limits
from autograder.sandbox.place import (
    Place,
    Started,
    environment,
    furnish,
    python,
    python_folders,
    working_folder,
)
from autograder.sandbox.seal import landlock_version
from autograder.sandbox.users import is_closed, spare_user


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

    def start(
        self, descriptor: int, limits: Limits, files: list[Path], errors: Any, text: Path | None = None
    ) -> Started:  # fmt: skip
        folder = working_folder([])
        home, modules = furnish(Path(folder.name), files, text)
        user = spare_user() if os.getuid() == 0 else None
        if user:
            for path in (Path(folder.name), home, *home.rglob("*")):
                os.chown(path, user, user)
        readable = [*python_folders(), "/dev/urandom", "/dev/random", "/dev/zero", str(modules)]
        seals = {
            "limits": limits.of_any_process | limits.of_the_student,
            "landlock": {"readable": readable, "writable": [str(home), "/dev/null"]},
            "user": user, "enters_closed": bool(user) and any(map(is_closed, (sys.prefix, sys.base_prefix))),
            "parent": os.getpid(),
            "filter": program(starting=False).hex(),
        }  # fmt: skip
        process = subprocess.Popen(
            python(descriptor, limits, seals), pass_fds=[descriptor], cwd=home,
            env=environment(str(home), str(modules)) | {"TMPDIR": str(home)}, stdin=subprocess.DEVNULL,
            stdout=errors, stderr=errors, start_new_session=True,
        )  # fmt: skip
        return Started(process, process.pid, folder)
