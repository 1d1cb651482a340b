"""The wheel for people who learn alone: the package, and in it the course with its solutions and tests."""

import io
import re
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from autograder.course import CONFIG, Course, CourseError, notebooks_of, require_folder
from autograder.gradescope import wheel
from autograder.grading.nbgrader_steps import SealedExecute
from autograder.learn.source import ARCHIVE
from autograder.truth.source import given_files

LABEL = "alone"  # of its version (PEP 440, local version): pip puts it in place of a class's wheel
EXTRAS = ("lab", "instructor")  # what checking needs, and a class's wheel does not bring
REQUIRED = re.compile(r"Requires-Dist: (?P<what>[^;]+);(?P<when>.*?)extra == ['\"](?P<extra>[\w-]+)['\"]\)?$")
SETTINGS = ("call_seconds", "cell_seconds", "notebook_seconds")


def make_wheel(course: Course, folder: Path) -> Path:
    """Write the wheel to `folder`; returns its path. Raises CourseError."""
    require_folder(folder)
    course_files = dict(_files(course))
    with tempfile.TemporaryDirectory(prefix="autograder-") as workshop:
        made = wheel.make_wheel(Path(workshop))
        with zipfile.ZipFile(made) as archive:
            names = [name for name in archive.namelist() if not name.endswith("RECORD")]
            contents = {name: archive.read(name) for name in names}
    name, plain, rest = made.name.split("-", 2)
    version = f"{plain.partition('+')[0]}+{LABEL}"
    contents = {file.replace(f"-{plain}.dist-info", f"-{version}.dist-info"): content
                for file, content in contents.items()}  # fmt: skip
    about = f"{name}-{version}.dist-info/METADATA"
    contents[about] = described(contents[about].decode(), version).encode()
    contents[f"autograder/learn/{ARCHIVE.name}"] = _zipped(course_files)
    folder.mkdir(parents=True, exist_ok=True)
    return wheel.write_wheel(folder / f"{name}-{version}-{rest}", contents)


def described(metadata: str, version: str) -> str:
    """The package's own description with another version, and with some extras' needs as needs of its own."""
    head, gap, text = metadata.partition("\n\n")
    lines = [f"Version: {version}" if line.startswith("Version: ") else line for line in head.split("\n")]
    own = next(line for line in lines if line.startswith("Name: ")).removeprefix("Name: ")
    more = []
    for line in lines:
        match = REQUIRED.match(line)
        if match and match["extra"] in EXTRAS and not match["what"].startswith(f"{own}["):
            when = re.sub(r"\s*and\s*$", "", match["when"].strip())
            more.append(f"Requires-Dist: {match['what'].strip()}{when and f'; {when}'}")
    return "\n".join([*lines, *dict.fromkeys(more)]) + gap + text


def _files(course: Course) -> Iterator[tuple[str, bytes]]:
    """What learning needs of a course, each file by its place in it.

    The settings are written anew, because the file itself may hold a gradebook's password.
    """
    steps = SealedExecute(config=course.config())
    assignments = course.choose([])
    lines = [f"c.SealedExecute.{name} = {getattr(steps, name)!r}" for name in SETTINGS]
    lines.append(f"c.SealedExecute.plain = { {one: steps.plain_of(one) for one in assignments}!r}")
    yield CONFIG, "\n".join(["c = get_config()", *lines, ""]).encode()
    for one in assignments:
        released = [path for path in course.release(one).parent.rglob("*") if path.is_file()]
        if not notebooks_of(course.release(one).parent):
            raise CourseError(f"The release of {one} is not built; run `autograder build {one}` first.")
        sources = [course.source(one, name) for name in course.notebooks(one)]
        for path in (*sources, *given_files(course, one), course.released(one), *released):
            if path.is_file():
                yield path.relative_to(course.root).as_posix(), path.read_bytes()


def _zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name), files[name], zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
