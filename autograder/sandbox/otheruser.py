"""Another user: files by their modes, the rest by the list of system calls. Needs a grader that is root.

The third wall, for containers whose kernel has no Landlock. It is only as good as the modes of files: what
all users may read, student code may read, so the course has to lie in a folder that is closed to them.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from autograder.course import CourseError
from autograder.sandbox.allowed import program
from autograder.sandbox.limits import Limits
from autograder.sandbox.place import Place, Started, environment, furnish, python, working_folder
from autograder.sandbox.users import give, is_closed, spare_user


class OtherUser(Place):
    name = "user"
    holds = "files that other users cannot read, system calls, sockets, signals and other processes"

    def require(self) -> None:
        if sys.platform != "linux" or os.getuid() != 0:
            raise CourseError("Another user as the wall needs Linux, and a grader that is root.")
        for folder in (sys.prefix, sys.base_prefix):
            if is_closed(folder):
                raise CourseError(
                    f"Python lies in {folder}, which other users cannot enter, so student code cannot run as "
                    "one; install it where all can read it, such as /opt."
                )
        program(starting=False)
        self._try()

    def _try(self) -> None:
        """Does a process become another user here?"""
        command = [sys.executable, "-I", "-c", ""]
        try:
            ended = subprocess.run(command, cwd="/", env={}, capture_output=True, check=False, **_as_user())
        except (OSError, subprocess.SubprocessError) as error:
            raise CourseError(f"Student code cannot become another user here ({error}).") from error
        if ended.returncode:
            said = ended.stderr.decode(errors="replace").strip()
            raise CourseError(f"Python does not start as another user here ({said}).")

    def keep(self, folder: Path) -> None:
        if not is_closed(folder):
            raise CourseError(
                f"Other users can enter {folder}, so student code that runs as one could read it; "
                f"run `chmod o= {folder}`."
            )

    def start(
        self, descriptor: int, limits: Limits, files: list[Path], errors: Any, text: Path | None = None
    ) -> Started:  # fmt: skip
        """Nothing in the process ever runs as root."""
        folder, user = working_folder([]), spare_user()
        home, modules = furnish(Path(folder.name), files, text)
        give(Path(folder.name), user)
        seals = {
            "limits": limits.of_any_process | {"RLIMIT_NPROC": limits.threads}, "parent": os.getpid(),
            "unseen": True, "filter": program(starting=False).hex(),
        }  # fmt: skip
        process = subprocess.Popen(
            python(descriptor, limits, seals), pass_fds=[descriptor], cwd=home,
            env=environment(str(home), str(modules)) | {"TMPDIR": str(home)}, stdin=subprocess.DEVNULL,
            stdout=errors, stderr=errors, start_new_session=True, **_as_user(),
        )  # fmt: skip
        return Started(process, process.pid, folder)


def _as_user() -> dict[str, Any]:
    """For subprocess: a user of its own, in no other group, without any of root's rights."""
    user = spare_user()
    return {"user": user, "group": user, "extra_groups": []}
