"""A download of a platform, with what lies around it: lists of people, the roster."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from autograder.platforms.roster import Roster
from autograder.platforms.tables import Table, read_table

IDENTITIES = "identities.csv"


@dataclass(frozen=True)
class Download:
    """What names alone do not say."""

    title: str = ""  # what the platform calls the assignment
    roster: Roster = field(default_factory=Roster)
    root: Path = Path()  # where it is unpacked
    files: tuple[PurePath, ...] = ()  # in `root`
    beside: Path | None = None  # the folder with lists from the platform, downloaded/<id>/

    def tables(self) -> Iterator[Table]:
        """The lists beside it. Raises CourseError for one that cannot be read."""
        for path in sorted(self.beside.glob("*.csv")) if self.beside else ():
            if path.name != IDENTITIES:
                yield read_table(path)

    def text(self, path: PurePath, most: int = 2**20) -> str:
        """The beginning of one of the files, however it is encoded; "" where it is none."""
        place = self.root / path
        if not place.is_file() or place.is_symlink():
            return ""
        with place.open("rb") as file:
            return file.read(most).decode("utf-8-sig", errors="replace")
