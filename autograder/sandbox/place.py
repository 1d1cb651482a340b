"""Where student processes live: a place has walls, and says how a process starts within them."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from autograder.course import CourseError
from autograder.files import named
from autograder.notebook.corpus import _corpus_path
from autograder.sandbox.limits import Limits

PACKAGE = Path(__file__).resolve().parents[1]
# The modules that notebooks import, and the worker's own; nothing else of the package is visible.
VISIBLE = ("__init__.py", "notebook", "checks", "diagnosis", "sandbox/__init__.py", "sandbox/wire",
           "sandbox/worker.py", "sandbox/objects.py", "sandbox/seal.py")  # fmt: skip
SYSTEM = ("/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/alternatives")


@dataclass
class Started:
    """A process that was started: the one to wait for, the pid of the student's own, what to remove."""

    process: subprocess.Popen
    pid: int
    folder: tempfile.TemporaryDirectory | None = None


class Place(ABC):
    """One kind of walls. `holds` is what doctor says of it."""

    name: ClassVar[str]
    holds: ClassVar[str]

    @abstractmethod
    def require(self) -> None:
        """Raise CourseError, with the way to get it, when this machine cannot have such walls."""

    def keep(self, folder: Path) -> None:  # noqa: B027 - most walls keep from any folder
        """Raise CourseError when these walls do not keep student code from what lies in `folder`."""

    @abstractmethod
    def start(
        self, descriptor: int, limits: Limits, files: list[Path], errors: Any, text: Path | None = None
    ) -> Started:  # fmt: skip
        """Start a student process that talks over `descriptor` and complains to the file `errors`.

        `files` are those of the submission, to be found in its working folder. `text` stands where else the
        corpus does, of which the process then sees nothing.
        """


def python(descriptor: int, limits: Limits, seals: dict) -> list[str]:
    """The command of a worker that will do to itself what `seals` says."""
    options = json.dumps({"output_bytes": limits.output, "seals": seals})
    folder, name = os.path.split(sys.executable)
    # The file itself may be a link that makes it a virtual environment's; folders are named as they are.
    program = os.path.join(os.path.realpath(folder), name)
    return [program, "-P", "-s", "-m", "autograder.sandbox.worker", str(descriptor), options]


def environment(home: str, modules: str) -> dict[str, str]:
    """The environment of a student process; none of the grader's own variables."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": home,
        "USER": "student",
        "LANG": "C.UTF-8",
        "PYTHONPATH": modules,
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "NBGRADER_EXECUTION": "autograde",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    }


def corpus(text: Path | None = None) -> tuple[Path, str]:
    """The corpus' file, or the one in its place, and where it belongs beside the visible modules."""
    path = _corpus_path()
    return text or path, f"autograder/data/{path.name}"


def python_folders() -> list[str]:
    """The system's libraries and the Python environment, without anything of the course.

    Raises CourseError when the course lies in a folder that student code can read.
    """
    own = (sys.base_prefix, sys.prefix)
    folders = dict.fromkeys([*SYSTEM, *own, *map(os.path.realpath, own)])
    for folder in folders:
        inside = PACKAGE.parent.is_relative_to(os.path.realpath(folder))
        if inside and "site-packages" not in PACKAGE.parts:
            raise CourseError(
                f"The course lies inside the Python installation {folder}, which student code can read; "
                "move the course, or use a virtual environment."
            )
    return list(folders)


def working_folder(files: list[Path]) -> tempfile.TemporaryDirectory:
    """A folder of a process' own with copies of the submission's files."""
    folder = tempfile.TemporaryDirectory(prefix="autograder-student-", ignore_cleanup_errors=True)
    _copy(files, Path(folder.name))
    return folder


def _copy(files: list[Path], folder: Path) -> None:
    for name, file in named(files):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, folder / name)


def furnish(folder: Path, files: list[Path], text: Path | None = None) -> tuple[Path, Path]:
    """A home with copies of the submission's files, and a folder with what it may see of this package."""
    home, modules = folder / "home", folder / "modules"
    home.mkdir()
    _copy(files, home)
    for name in VISIBLE:
        source, target = PACKAGE / name, modules / "autograder" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, target)
    content, place = corpus(text)
    (modules / place).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(content, modules / place)
    return home, modules
