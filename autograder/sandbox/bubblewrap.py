"""bubblewrap: namespaces of its own for files, processes, network, users, IPC and host name."""

import json
import os
import shutil
import subprocess
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
)

HOME, COURSE = "/home/student", "/course"
NAMESPACES = ["--unshare-all", "--unshare-user", "--as-pid-1", "--die-with-parent"]


class Bubblewrap(Place):
    name = "bwrap"
    holds = "files, processes, network, users and system calls"

    def require(self) -> None:
        for needed, package in {"bwrap": "bubblewrap", "prlimit": "util-linux"}.items():
            if not shutil.which(needed):
                raise CourseError(
                    f"Sealed grading needs {package}, which is not installed; "
                    "run `autograder doctor --install`."
                )
        program(starting=True)
        command = ["bwrap", *NAMESPACES, "--ro-bind", "/", "/", "true"]
        probe = subprocess.run(command, capture_output=True, text=True, check=False)
        if probe.returncode:
            raise CourseError(f"bubblewrap cannot make a sandbox on this machine ({probe.stderr.strip()}).")

    def start(
        self, descriptor: int, limits: Limits, files: list[Path], errors: Any, text: Path | None = None
    ) -> Started:  # fmt: skip
        """The student's process is the first of its namespace: with it ends whatever it has started."""
        seals = {"limits": limits.of_the_student, "filter": program(starting=False).hex()}
        told, tell = os.pipe()
        filtered, filling = os.pipe()
        os.write(filling, program(starting=True))
        os.close(filling)
        own = ["--info-fd", str(tell), "--seccomp", str(filtered), "--"]
        process = subprocess.Popen(
            [*_limited(limits), *_walls(limits, files, text), *own, *python(descriptor, limits, seals)],
            pass_fds=[descriptor, tell, filtered], stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
            env={"PATH": os.environ.get("PATH", os.defpath)}, start_new_session=True,
        )  # fmt: skip
        os.close(tell)
        os.close(filtered)
        with open(told) as about:
            return Started(process, _child(about.read()) or process.pid)


def _child(information: str) -> int | None:
    """The pid that bubblewrap tells of; None when it ended before."""
    return json.loads(information)["child-pid"] if information.strip() else None


def _limited(limits: Limits) -> list[str]:
    """A command that gives bubblewrap and all that it starts their limits."""
    names = {"RLIMIT_AS": "as", "RLIMIT_CPU": "cpu", "RLIMIT_FSIZE": "fsize", "RLIMIT_NOFILE": "nofile",
             "RLIMIT_CORE": "core"}  # fmt: skip
    return ["prlimit", *(f"--{names[name]}={value}" for name, value in limits.of_any_process.items()), "--"]


def _walls(limits: Limits, files: list[Path], text: Path | None) -> list[str]:
    """bubblewrap's arguments; a later mount lies over an earlier one, so the empty folders come first.

    There is no /proc: for a grader that is root, bubblewrap would leave settings of the whole host in it
    open for writing.
    """
    arguments = ["bwrap", *NAMESPACES, "--uid", "1000", "--gid", "1000", "--hostname", "student",
                 "--new-session", "--clearenv"]  # fmt: skip
    for name, value in environment(HOME, COURSE).items():
        arguments += ["--setenv", name, value]
    for folder in ("/tmp", HOME):
        arguments += ["--size", str(limits.disk), "--tmpfs", folder]
    for place in python_folders():
        arguments += ["--ro-bind-try", place, place]
    for name in VISIBLE:
        arguments += ["--ro-bind", str(PACKAGE / name), f"{COURSE}/autograder/{name}"]
    content, name = corpus(text)
    arguments += ["--ro-bind", str(content), f"{COURSE}/{name}", "--dev", "/dev", "--remount-ro", "/dev"]
    for whole in {corpus()[0], corpus()[0].resolve()} if text else ():
        if any(map(whole.is_relative_to, python_folders())):  # an installed package, which all can read
            arguments += ["--ro-bind", str(text), str(whole)]
    for path in files:
        arguments += ["--ro-bind", str(path), f"{HOME}/{path.name}"]
    return [*arguments, "--remount-ro", "/", "--chdir", HOME]
