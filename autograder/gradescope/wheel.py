"""This package as a wheel: built from its repository, or made again of the files that were installed."""

import base64
import hashlib
import importlib.util
import subprocess
import sys
import zipfile
from importlib.metadata import Distribution, PackagePath, distribution
from pathlib import Path

from autograder.course import CourseError
from autograder.sandbox.place import PACKAGE

NAME = "neuron-to-transformer"
COURSE = "course.zip"  # the course in the wheel for who learns alone, not to be handed on
INSTALLERS = {"INSTALLER", "REQUESTED", "RECORD", "direct_url.json"}  # made by who installs a wheel


def make_wheel(folder: Path) -> Path:
    """Write the wheel to `folder`; returns its path. Raises CourseError."""
    if (PACKAGE.parent / "pyproject.toml").is_file():
        return _build(PACKAGE.parent, folder)
    return pack_again(distribution(NAME), folder)


def _build(repository: Path, folder: Path) -> Path:
    if not importlib.util.find_spec("hatchling"):
        raise CourseError("Making the wheel needs hatchling: run `pip install hatchling`.")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    ended = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    if ended.returncode:
        said = (ended.stdout + ended.stderr).strip().splitlines() or ["it says nothing"]
        raise CourseError(f"hatchling cannot make the wheel of {repository} ({said[-1]}).")
    return next(folder.glob("*.whl"))


def pack_again(installed: Distribution, folder: Path) -> Path:
    """The wheel that a distribution was installed from, without what installing added to it."""
    files = [file for file in installed.files or [] if _is_of_wheel(file)]
    if not any(file.as_posix() == "autograder/__init__.py" for file in files):
        raise CourseError(
            f"The files of {NAME} cannot be found; install it from its wheel, or work in its repository."
        )
    contents = {file.as_posix(): file.read_binary() for file in files}
    return write_wheel(folder / f"{NAME.replace('-', '_')}-{installed.version}-py3-none-any.whl", contents)


def write_wheel(path: Path, contents: dict[str, bytes]) -> Path:
    """A wheel of these files, by name, which lists them itself; returns its path."""
    [about] = [name for name in contents if name.endswith(".dist-info/METADATA")]
    record = f"{about.rpartition('/')[0]}/RECORD"
    lines = [_line(name, content) for name, content in contents.items()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, content in {**contents, record: "".join([*lines, f"{record},,\n"])}.items():
            wheel.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return path


def _is_of_wheel(file: PackagePath) -> bool:
    if ".." in file.parts or "__pycache__" in file.parts or file.name == COURSE:
        return False
    return not (file.parts[0].endswith(".dist-info") and file.name in INSTALLERS)


def _line(name: str, content: bytes) -> str:
    """An entry of RECORD (packaging.python.org, "Recording installed projects")."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(content)}\n"
