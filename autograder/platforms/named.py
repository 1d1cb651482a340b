"""What a name in a download says, and what every platform's reader of names has in common."""

import re
from collections.abc import Mapping
from pathlib import PurePath
from types import MappingProxyType
from typing import NamedTuple

from autograder.platforms.download import Download


class Named(NamedTuple):
    """Who handed in what and when, as a platform says it."""

    student: str  # the id of somebody whom no roster knows
    person: str  # all that the platform tells people of one download apart by
    key: str = ""  # what the platform knows them by when grades go back
    file: str = ""
    time: str = ""  # ISO 8601; without an offset where the platform gives none
    late: bool = False
    upload: int = 0  # grows with each upload
    ids: Mapping[str, str] = MappingProxyType({})  # what a roster may know: column and text
    full_name: str = ""
    team: str = ""  # the name of a team, where it may be one
    members: tuple["Named", ...] = ()  # of a team, where the platform says who they are
    anonymous: bool = False  # the key is another one in the next assignment
    part: str = ""  # the name of the file or folder that said all this


class System:
    """How one platform names what it lets you download; a subclass says which names are its own."""

    pattern = ""
    folders = False  # does it give everybody a folder, so that whatever lies in that is a student's own?

    def __init__(self, download: Download):
        self.download = download

    @classmethod
    def sees(cls, parts: tuple[str, ...], place: int) -> bool:
        """Is this part of a path named as this platform does it, and nobody else?"""
        return cls.match(parts[place]) is not None and (not cls.folders or place < len(parts) - 1)

    @classmethod
    def match(cls, name: str) -> re.Match | None:
        """The whole name by the platform's pattern."""
        return re.fullmatch(cls.pattern, name, re.DOTALL)

    def ignores(self, path: PurePath) -> bool:
        """Was this file written by the platform or an instructor, and not handed in?"""
        return False

    def handed_in(self, file: str) -> tuple[str, bool]:
        """A file's name without what the platform put there, and whether that says that it is late."""
        return file, False

    def read(self, name: str, above: tuple[str, ...] = ()) -> Named | None:
        """What a file's or folder's name says, None when it is not of this platform.

        `above` are the folders that it lies in. Raises ValueError, with a sentence, when the name is of this
        platform and yet does not say who it is.
        """
        raise NotImplementedError
