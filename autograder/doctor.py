"""What a machine needs for the course, and how to get what it lacks."""

import importlib.util
import os
import shutil
import subprocess
import sys
from ctypes.util import find_library
from dataclasses import dataclass, replace
from typing import Any

from autograder.course import Course, CourseError
from autograder.formgrader import how_it_grades
from autograder.sandbox.cgroup import Group
from autograder.sandbox.limits import Limits
from autograder.sandbox.place import Place
from autograder.sandbox.places import SEALED

INSTRUCTOR = ("msgpack", "pyseccomp", "jupytext", "nbclient", "nbconvert", "nbformat", "jinja2")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `fine` is None for something that can be done without."""

    name: str
    fine: bool | None
    text: str


def examine(*, install: bool = False) -> list[Finding]:
    """Look at everything; with `install`, get what the walls need through apt-get first, where that works."""
    if install and not shutil.which("bwrap"):
        apt_get_install("bubblewrap")
    if install and not find_library("seccomp"):
        apt_get_install("libseccomp2")
    packages = [_python(), _student(), _lab(), _instructor()]
    return [*packages, *_walls(), _control_group(), _cores(), *_formgrader()]


def examine_course(course: Course) -> list[Finding]:
    """Of each assignment with plain tests: does its own solution pass them sealed, and which need a change?

    Raises CourseError when no student process starts here, or a source cannot be read.
    """
    from autograder.grading.batch import sealed_steps

    steps = sealed_steps(course, None)
    return [finding for one in course.assignments for finding in _plain_cells(steps.rules(course, one), one)]


def _plain_cells(rules: Any, assignment: str) -> list[Finding]:
    from autograder.grading.plain_report import plain_report

    report = plain_report(rules, assignment)
    # nbgrader's way is the course's choice, and no fault
    whole = [Finding(assignment, None if report.unsealed else True, report.summary)] if report.cells else []
    changes = [Finding(f"{assignment}, {name}", False, why) for name, why in report.changes.items()]
    remarks = [Finding(assignment, None, remark) for remark in report.remarks]
    return whole + changes + remarks


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info >= (3, 11), f"{version}; 3.11 or newer is needed")


def _student() -> Finding:
    missing = _missing("numpy", "matplotlib", "IPython", "tqdm", "threadpoolctl")
    fix = f"missing {', '.join(missing)}; run `pip install neuron-to-transformer`"
    return Finding("Student packages", not missing, fix if missing else "notebooks can run")


def _lab() -> Finding:
    """VS Code, a hub or Colab open a notebook as well."""
    missing = _missing("jupyterlab", "nbgrader")
    fix = f"missing {', '.join(missing)}; run `pip install 'neuron-to-transformer[lab]'` for JupyterLab here"
    return Finding("JupyterLab", None if missing else True, fix if missing else "notebooks can be opened")


def _instructor() -> Finding:
    missing = _missing(*INSTRUCTOR)
    fix = f"missing {', '.join(missing)}; run `pip install 'neuron-to-transformer[instructor]'`"
    return Finding("Instructor packages", not missing, fix if missing else "can build and grade")


def _walls() -> list[Finding]:
    """Which walls this machine has; the first one that works is used."""
    findings = [_wall(place) for place in SEALED]
    fine = any(finding.fine for finding in findings)
    # A second wall that is missing is news, not a fault.
    return [finding if finding.fine or not fine else replace(finding, fine=None) for finding in findings]


def _wall(place: Place) -> Finding:
    try:
        place.require()
    except CourseError as error:
        return Finding(f"Sandbox {place.name}", False, f"{error} {_advice(place.name)}".strip())
    return Finding(f"Sandbox {place.name}", True, f"holds {place.holds}")


def _advice(name: str) -> str:
    if sys.platform != "linux":
        return ("Sandboxes exist only on Linux: grade in a Linux machine or container. "
                "Students need none.")  # fmt: skip
    if name != "bwrap" or not shutil.which("bwrap"):
        return ""
    return (
        "Allow user namespaces with `sudo sysctl -w kernel.unprivileged_userns_clone=1` (Debian) or "
        "`sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0` (Ubuntu); in a container, Landlock "
        "is the wall to use (docs/sandbox.md)."
    )


def _control_group() -> Finding:
    group = Group(Limits())
    group.remove()
    if group:
        return Finding("Control groups", True, "bound the memory and the threads of each student process")
    advice = "none can be made, which root may; all other limits hold without"
    return Finding("Control groups", None, advice)


def _cores() -> Finding:
    return Finding(
        "Cores", True, f"{os.cpu_count()}, so `autograder grade` runs as many submissions at a time"
    )


def _formgrader() -> list[Finding]:
    """Where Jupyter's settings, and not the folder that a server starts in, name the course."""
    found = None if _missing("nbgrader") else how_it_grades()
    return [Finding("Formgrader", *found)] if found else []


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
