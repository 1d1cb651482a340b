"""What a machine needs for the course, and how to get what it lacks."""

import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass

from autograder.course import CourseError
from autograder.sandbox import bubblewrap

INSTRUCTOR = ("msgpack", "jupytext", "nbclient", "nbconvert", "nbformat", "jinja2")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    fine: bool
    text: str


def examine(*, install: bool = False) -> list[Finding]:
    """Look at everything; with `install`, get bubblewrap through apt-get first where that is possible."""
    if install and not shutil.which("bwrap"):
        apt_get_install("bubblewrap")
    return [_python(), _student(), _instructor(), _bubblewrap(), _cores()]


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info >= (3, 11), f"{version}; 3.11 or newer is needed")


def _student() -> Finding:
    missing = _missing("numpy", "matplotlib", "IPython", "tqdm", "jupyterlab", "nbgrader")
    text = f"missing {', '.join(missing)}; run `pip install .`" if missing else "notebooks can run"
    return Finding("Student packages", not missing, text)


def _instructor() -> Finding:
    missing = _missing(*INSTRUCTOR)
    fix = f"missing {', '.join(missing)}; run `pip install '.[instructor]'`"
    return Finding("Instructor packages", not missing, fix if missing else "can build and grade")


def _bubblewrap() -> Finding:
    try:
        bubblewrap.require("bwrap")
    except CourseError:
        return Finding("Sandbox", False, _advice())
    return Finding("Sandbox", True, "bubblewrap seals student code off")


def _advice() -> str:
    if sys.platform != "linux":
        return ("bubblewrap exists only for Linux: grade in a Linux machine or container. "
                "Students need none, and `--sandbox none` grades code that you trust.")  # fmt: skip
    if not shutil.which("bwrap"):
        return "bubblewrap is missing: `sudo apt-get install bubblewrap`, or your distribution's package."
    return (
        "bubblewrap is installed, but this machine lets it make no user namespace: allow it with "
        "`sudo sysctl -w kernel.unprivileged_userns_clone=1` (Debian) or "
        "`sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0` (Ubuntu); "
        "in a container, start it with user namespaces allowed."
    )


def _cores() -> Finding:
    return Finding(
        "Cores", True, f"{os.cpu_count()}, so `autograder grade` runs as many submissions at a time"
    )


def apt_get_install(package: str) -> None:
    """Through apt-get, as root or with a sudo that asks nothing; where neither works, the finding says so."""
    if not shutil.which("apt-get"):
        return
    sudo = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    if sudo and not shutil.which("sudo"):
        return
    for command in (["update"], ["install", "--yes", package]):
        subprocess.run([*sudo, "apt-get", *command], stdout=subprocess.DEVNULL, check=False)


def _missing(*modules: str) -> list[str]:
    return [module for module in modules if importlib.util.find_spec(module) is None]
