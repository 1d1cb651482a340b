"""Unpacking an archive that a student made, whatever is in it.

Only plain files are written, each below the folder that it is for, and only so many bytes: no link,
device or mode is ever made, so nothing can be written through one.
"""

import contextlib
import gzip
import shutil
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, NamedTuple

from autograder.grading.submission import MAX_BYTES

MAX_FILES, MAX_DEPTH = 1000, 20
BLOCK = 2**20
ENCRYPTED = 1  # a bit of a zip entry's flags
JUNK = {"__MACOSX", ".ipynb_checkpoints", ".git"}


class ArchiveError(Exception):
    """An archive, or a file in it, that is left alone; its text says why."""


class Allowance:
    """How many bytes and files may still be unpacked, here and in whatever this is part of."""

    def __init__(self, size: int, files: int, within: "Allowance | None" = None):
        self.size, self.files, self.within = size, files, within

    def take(self, size: int = 0, files: int = 0) -> None:
        """Use some of it. Raises ArchiveError when it is used up."""
        self.size, self.files = self.size - size, self.files - files
        if self.used_up:
            raise ArchiveError("there are too many bytes or files in it")
        if self.within:
            self.within.take(size, files)

    @property
    def used_up(self) -> bool:
        """Is more taken than there was?"""
        return min(self.size, self.files) < 0 or bool(self.within and self.within.used_up)


class Member(NamedTuple):
    """A file in an archive."""

    name: str
    open: Callable[[], IO[bytes]] | None  # None for a link or device


def unpack(archive: Path, place: Path, allowance: Allowance) -> list[str]:
    """Write the archive's files to the new folder `place`; returns a sentence for each that was left out.

    Raises ArchiveError, with nothing left in `place`, when the archive cannot be read or is too large.
    """
    notes = []
    try:
        with _members(archive, allowance) as members:
            place.mkdir(parents=True)
            for member in members:
                if note := _write(member, place, allowance):
                    notes.append(note)
    except Exception as error:  # what a student made can raise anything
        shutil.rmtree(place, ignore_errors=True)
        raise error if isinstance(error, ArchiveError) else ArchiveError(_reason(error)) from error
    return notes


def _reason(error: Exception) -> str:
    return f"it is damaged, or no archive of a kind that is known ({type(error).__name__}: {error})"


@contextlib.contextmanager
def _members(archive: Path, allowance: Allowance) -> Iterator[Iterator[Member]]:
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as opened:
            yield _in_zip(opened, allowance)
        return
    with tempfile.TemporaryFile() as plain, _decompressed(archive) as stream:
        # A tar's headers say how much to read into memory, so it is cut to its allowance first.
        _copy(stream, plain, Allowance(allowance.size, 1))
        plain.seek(0)
        with tarfile.open(fileobj=plain, mode="r:") as opened:
            yield _in_tar(opened, allowance)


def _decompressed(archive: Path) -> BinaryIO | gzip.GzipFile:
    return gzip.open(archive) if archive.suffix in (".gz", ".tgz") else archive.open("rb")


def _in_zip(opened: zipfile.ZipFile, allowance: Allowance) -> Iterator[Member]:
    allowance.take(files=len(opened.infolist()))
    for entry in opened.infolist():
        if entry.flag_bits & ENCRYPTED:
            raise ArchiveError("it is encrypted; ask for it without a password")
        plain = stat.S_IFMT(entry.external_attr >> 16) in (0, stat.S_IFREG)
        if not entry.is_dir():
            yield Member(entry.filename, partial(opened.open, entry) if plain else None)


def _in_tar(opened: tarfile.TarFile, allowance: Allowance) -> Iterator[Member]:
    for entry in opened:
        allowance.take(files=1)
        if not entry.isdir():
            plain = entry.isreg()
            yield Member(entry.name, partial(_of_tar, opened, entry) if plain else None)


def _of_tar(opened: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    if (stream := opened.extractfile(entry)) is None:
        raise ArchiveError("there is no plain file of this name in it")
    return stream


def _write(member: Member, place: Path, allowance: Allowance) -> str:
    """Write one file; returns why not, "" when it is written or nobody would miss it."""
    name = _printable(member.name)
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or len(parts) > MAX_DEPTH:
        return f"{name!r} would lie outside of its folder, or too deep"
    if is_junk(parts):
        return ""
    if not member.open:
        return f"{name!r} is a link or device"
    path = place.joinpath(*parts)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file, member.open() as stream:
            _copy(stream, file, Allowance(MAX_BYTES, 1, allowance))
    except FileExistsError:
        return f"{name!r} is there twice, and the first is kept"
    except Exception as error:  # damage to one file of a zip is no damage to the others
        with contextlib.suppress(OSError):
            path.unlink()
        if allowance.used_up:
            raise
        return f"{name!r} cannot be unpacked ({error})"
    return ""


def is_junk(parts: tuple[str, ...]) -> bool:
    """Is it what a file manager, Jupyter or git leaves beside a notebook?"""
    return not parts or parts[-1].startswith(".") or bool(JUNK & set(parts))


def _printable(name: str) -> str:
    """The name with `/` between its parts, and nothing that steers a terminal or is no text."""
    return "".join(letter if letter.isprintable() else "_" for letter in name.replace("\\", "/"))


def _copy(stream: IO[bytes] | gzip.GzipFile, file: IO[bytes], allowance: Allowance) -> None:
    while block := stream.read(BLOCK):
        allowance.take(len(block))
        file.write(block)
