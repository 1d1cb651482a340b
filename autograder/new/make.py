"""`autograder new`: the files of an assignment that builds, grades and audits at once."""

import re
from importlib.resources import files
from pathlib import Path

from autograder.course import CONFIG, Course, CourseError
from autograder.files import write_whole

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
FOREIGN = re.compile(r"[^A-Za-z0-9_-]+")
STARTER = files(__name__.rpartition(".")[0]) / "starter"
# What goes where below source/<id>/: a notebook of our checks, or of nbgrader's plain asserts.
CHECKS = {
    "@ID@.py": "notebook.py.txt", "audit/mistakes.toml": "mistakes.toml",
    "audit/variants/loops.py": "loops.py.txt",
}  # fmt: skip
PLAIN = {"@ID@.py": "plain.py.txt", "audit/mistakes.toml": "plain_mistakes.toml"}


def begin(start: Path, assignment: str, here: bool = False, plain: bool = False) -> tuple[Course, list[Path]]:
    """Write the starter into the course that `start` lies in; returns the course and the new files.

    In an empty folder, or with `here`, a course begins; `plain` is the starter with tests of plain asserts.
    Raises CourseError for a name that nbgrader or a folder does not take, where anything is there already,
    and among other files.
    """
    if not NAME.fullmatch(assignment):
        raise CourseError(f"{assignment!r} is no id: use letters, digits, - and _, such as week_3.")
    course, made = _course(start, here)
    folder = course.text(assignment).parent
    if folder.exists():
        raise CourseError(f"{folder} is there already; choose another id, or edit what is there.")
    files = (PLAIN if plain else CHECKS).items()
    starter = {folder / place.replace("@ID@", assignment): name for place, name in files}
    for path, name in starter.items():
        write_whole(path, _text(name).replace("@ID@", assignment))
    return course, [*made, *starter]


def _course(start: Path, here: bool) -> tuple[Course, list[Path]]:
    """The course around `start`, and what had to be written for it."""
    try:
        return Course.find(start), []
    except CourseError:
        if not start.is_dir():
            raise CourseError(f"There is no folder {start}; make it first.") from None
        if not here and _is_in_use(start):
            raise CourseError(
                f"{start} holds files and lies in no course; run this in your course's folder or in an empty "
                "one, or say `--here` to begin a course among these files."
            ) from None
    course = Course(start)
    name = FOREIGN.sub("-", start.name).strip("-") or "course"
    write_whole(course.root / CONFIG, _text("nbgrader_config.py.txt").replace("@COURSE@", name))
    return course, [course.root / CONFIG]


def _is_in_use(folder: Path) -> bool:
    """Does it hold more than what is hidden, such as an environment in .venv, and a wheel?"""
    return any(not one.name.startswith(".") and one.suffix != ".whl" for one in folder.iterdir())


def _text(name: str) -> str:
    return (STARTER / name).read_text(encoding="utf-8")
