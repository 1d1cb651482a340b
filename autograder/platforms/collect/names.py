"""The platforms whose names are understood, and which of them named a file."""

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePath

from autograder.platforms.collect.blackboard import Blackboard
from autograder.platforms.collect.brightspace import Brightspace
from autograder.platforms.collect.canvas import Canvas
from autograder.platforms.collect.github import GitHub
from autograder.platforms.collect.gradescope import Gradescope
from autograder.platforms.collect.ilias import Ilias
from autograder.platforms.collect.moodle import Moodle
from autograder.platforms.collect.sakai import Sakai
from autograder.platforms.named import System

# From the most to the least telling one: a name counts for the first that sees it.
SYSTEMS: dict[str, type[System]] = {
    "gradescope": Gradescope, "brightspace": Brightspace, "blackboard": Blackboard, "moodle": Moodle,
    "github": GitHub, "canvas": Canvas, "sakai": Sakai, "ilias": Ilias,
}  # fmt: skip


def system_of(parts: tuple[str, ...], place: int = 0) -> str:
    """The platform that names files and folders like this part of a path, "" for none."""
    seen = (key for key, system in SYSTEMS.items() if system.sees(parts, place))
    return next(seen, "blackboard" if Blackboard.match(parts[place]) else "")


def systems_in(files: Iterable[PurePath]) -> set[str]:
    """The platforms whose names are in a download: of each path the outermost, but all where it is Canvas's.

    A download's own zip may be named so that it looks like Canvas's.
    """
    found = set()
    for path in files:
        parts = path.parts
        names = [key for place in range(len(parts)) if (key := system_of(parts, place))]
        found |= set(names if names[:1] == ["canvas"] else names[:1])
    return found


def notebook_name(file: str, assignment: str) -> tuple[str, int]:
    """The name without the suffix as it should be, and the number of the copy: `id (2).ipynb`, `id-2.ipynb`.

    A name that is not the assignment's stays; grading says to rename it.
    """
    stem = unicodedata.normalize("NFC", file).removesuffix(".ipynb")
    match = re.fullmatch(r"(.*?)(?:[ _+-]\(?|\()([0-9]{1,9})\)?", stem, re.DOTALL)
    for name, copy in ((stem, 0), match.groups() if match else ("", 0)):
        if name.casefold() == assignment.casefold():
            return assignment, int(copy)
    return stem, 0
