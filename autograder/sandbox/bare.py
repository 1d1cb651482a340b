"""No walls: an ordinary process with limits, for code that one trusts."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from autograder.sandbox.limits import Limits
from autograder.sandbox.place import (
    PACKAGE,
    Place,
    Started,
    environment,
    furnish,
    python,
    working_folder,
)


class Bare(Place):
    name, holds = "none", "no walls, only limits"

    def require(self) -> None:
        """Any machine can do without walls."""

    def start(
        self, descriptor: int, limits: Limits, files: list[Path], errors: Any, text: Path | None = None
    ) -> Started:  # fmt: skip
        folder = working_folder([] if text else files)
        home, modules = Path(folder.name), PACKAGE.parent
        if text:
            home, modules = furnish(home, files, text)
        parent = os.getpid() if sys.platform == "linux" else 0
        seals = {"limits": limits.of_any_process | limits.of_the_student, "parent": parent}
        process = subprocess.Popen(
            python(descriptor, limits, seals), pass_fds=[descriptor], cwd=home,
            env=environment(str(home), str(modules)), stdin=subprocess.DEVNULL, stdout=errors,
            stderr=errors, start_new_session=True,
        )  # fmt: skip
        return Started(process, process.pid, folder)
