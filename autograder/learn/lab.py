"""Opening JupyterLab on a learner's folder."""

import importlib.util
import os
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

from autograder.course import CourseError


def require_lab() -> None:
    """Raise CourseError when JupyterLab is not installed."""
    if not importlib.util.find_spec("jupyterlab"):
        raise CourseError(
            "JupyterLab is not installed here: run `pip install jupyterlab` and this again, or open the "
            "folder in what you have, such as VS Code."
        )


def open_lab(folder: Path, notebook: Path | None, browser: bool = True) -> int:
    """Run JupyterLab until it is ended, with a notebook open; returns its exit code."""
    scripts = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)])
    # Ctrl-C is JupyterLab's, which asks before it ends; a handler, other than SIG_IGN, is not handed on.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        code = subprocess.call(command(folder, notebook, browser), env={**os.environ, "PATH": scripts})
        return 0 if code == -signal.SIGINT else code
    finally:
        signal.signal(signal.SIGINT, before)


def command(folder: Path, notebook: Path | None, browser: bool) -> list[str]:
    """What starts JupyterLab."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [
        sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}",
        *(["--no-browser"] if not browser else []), *(["--allow-root"] if root else []),
        *([str(notebook)] if notebook else []),
    ]  # fmt: skip
