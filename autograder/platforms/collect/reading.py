"""What all the names in a path say together: the platform's own, and those that students chose."""

from collections.abc import Iterator
from pathlib import PurePath

from autograder.platforms.named import Named, System


def read_path(path: PurePath, system: System | None) -> Named | None:
    """Who handed in a file of a download; None for one that nobody did.

    Raises ValueError, with a sentence, when it says nobody, or several: students choose names in archives.
    """
    found = list(_readings(path, system)) if system else []
    if not system or not found:
        raise ValueError("nothing in its name says whose it is; see docs/collecting.md")
    if len({named.person for named in found}) > 1:
        raise ValueError("there are names of several students in its path; put it into submitted/ by hand")
    own = found[-1].file if found[-1].part == path.name else ""
    file, late = system.handed_in(own or path.name)
    return None if system.ignores(path) else found[0]._replace(file=file, late=found[0].late or late)


def _readings(path: PurePath, system: System) -> Iterator[Named]:
    """What each part of a path says; only the first where the platform gives everybody a folder."""
    for place, part in enumerate(path.parts):
        if system.folders and place == len(path.parts) - 1:
            return
        if named := system.read(part, path.parts[:place]):
            yield named
            if system.folders:
                return
