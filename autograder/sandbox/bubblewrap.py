"""The sealed place in which a student process starts: what it sees, and how much it may use."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from autograder.course import CourseError

PACKAGE = Path(__file__).resolve().parents[1]
HOME = "/home/student"
COURSE = "/course"
# The modules that notebooks import, and the worker's own; nothing else of the package is visible.
VISIBLE = ("__init__.py", "notebook", "checks", "sandbox/__init__.py", "sandbox/wire",
           "sandbox/worker.py", "sandbox/seccomp.py")  # fmt: skip
SYSTEM = ("/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/alternatives")
MAX_FILES, MAX_FILE = 50, 20 * 2**20


@dataclass(frozen=True)
class Limits:
    """What one student process may use. Seconds are wall time, sizes bytes."""

    call_seconds: float = 10
    cell_seconds: float = 30
    notebook_seconds: float = 120
    memory: int = 3 * 2**30
    disk: int = 64 * 2**20
    file: int = 16 * 2**20
    output: int = 64 * 2**10
    threads: int = 64


def require(sandbox: str) -> None:
    """Raise CourseError, with the way to get it, when sealed grading is asked for and impossible."""
    if sandbox != "bwrap":
        return
    if not shutil.which("bwrap"):
        raise CourseError(
            "Sealed grading needs bubblewrap, which is not installed; run `autograder doctor --install`, "
            "or use `--sandbox none` for code that you trust."
        )
    probe = subprocess.run(
        ["bwrap", "--unshare-all", "--unshare-user", "--ro-bind", "/", "/", "true"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if probe.returncode:
        raise CourseError(
            f"bubblewrap cannot make a sandbox on this machine ({probe.stderr.strip()}); "
            "run `autograder doctor`, or use `--sandbox none` for code that you trust."
        )


def command(sandbox: str, descriptor: int, limits: Limits, files: list[Path]) -> list[str]:
    """The command line that starts a student process which talks over `descriptor`."""
    options = json.dumps({
        "seal": sandbox == "bwrap",
        "output_bytes": limits.output,
        "rlimits": {
            "RLIMIT_AS": limits.memory,
            "RLIMIT_CPU": int(limits.notebook_seconds) * 2,
            "RLIMIT_FSIZE": limits.file,
            "RLIMIT_NPROC": 4096 if os.getuid() == 0 else limits.threads,
            "RLIMIT_NOFILE": 256,
            "RLIMIT_CORE": 0,
        },
    })  # fmt: skip
    python = [sys.executable, "-P", "-s", "-m", "autograder.sandbox.worker", str(descriptor), options]
    return [*_walls(limits, files), *python] if sandbox == "bwrap" else python


def environment(sandbox: str) -> dict[str, str]:
    """The environment of a student process; none of the grader's own variables."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": HOME if sandbox == "bwrap" else os.environ.get("HOME", "/"),
        "USER": "student",
        "LANG": "C.UTF-8",
        "PYTHONPATH": COURSE if sandbox == "bwrap" else str(PACKAGE.parent),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "NBGRADER_EXECUTION": "autograde",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    }


def _walls(limits: Limits, files: list[Path]) -> list[str]:
    """bubblewrap's arguments; a later mount lies over an earlier one, so the empty folders come first.

    There is no /proc: for a grader that is root, bubblewrap would leave settings of the whole host in it
    open for writing.
    """
    arguments = ["bwrap", "--unshare-all", "--unshare-user", "--uid", "1000", "--gid", "1000",
                 "--hostname", "student", "--die-with-parent", "--new-session", "--clearenv"]  # fmt: skip
    for name, value in environment("bwrap").items():
        arguments += ["--setenv", name, value]
    for folder in ("/tmp", HOME):
        arguments += ["--size", str(limits.disk), "--tmpfs", folder]
    for path in _python_folders():
        arguments += ["--ro-bind-try", path, path]
    for name in VISIBLE:
        arguments += ["--ro-bind", str(PACKAGE / name), f"{COURSE}/autograder/{name}"]
    arguments += ["--ro-bind", *_corpus(), "--dev", "/dev", "--remount-ro", "/dev"]
    for path in files:
        arguments += ["--ro-bind", str(path), f"{HOME}/{path.name}"]
    return [*arguments, "--remount-ro", "/", "--chdir", HOME, "--"]


def _python_folders() -> list[str]:
    """The system's libraries and the Python environment, without anything of the course."""
    folders = dict.fromkeys([*SYSTEM, sys.base_prefix, sys.prefix])
    for folder in folders:
        if PACKAGE.parent.is_relative_to(folder) and "site-packages" not in PACKAGE.parts:
            raise CourseError(
                f"The course lies inside the Python installation {folder}, which student code can read; "
                "move the course, or use a virtual environment."
            )
    return list(folders)


def _corpus() -> tuple[str, str]:
    from autograder.notebook.corpus import _corpus_path

    path = _corpus_path()
    return str(path), f"{COURSE}/autograder/data/{path.name}"


def plain_files(folder: Path) -> list[Path]:
    """The regular files of a submission beside its notebooks; links, folders and large ones stay out."""
    if not folder.is_dir():
        return []
    chosen = [
        path for path in sorted(folder.iterdir())
        if path.is_file() and not path.is_symlink() and path.suffix != ".ipynb"
        and path.stat().st_size <= MAX_FILE
    ]  # fmt: skip
    return chosen[:MAX_FILES]
