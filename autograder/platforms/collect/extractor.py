"""Archives of a download, unpacked one by one: a bad one costs nobody else anything."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from nbgrader.plugins import ExtractorPlugin
from traitlets import List

from autograder.grading.submission import MAX_BYTES
from autograder.platforms.collect.archives import MAX_FILES, Allowance, ArchiveError, is_junk, unpack
from autograder.words import plain

# A class's archive holds everybody's: it may unpack to this many times its size, and the archives in it to
# as much again and this much on top.
RATIO, ON_TOP, CLASS_FILES = 20, 2**30, 20 * MAX_FILES
DEPTH = 3  # archives in archives in archives
SHOWN = 3


class BoundedExtractor(ExtractorPlugin):
    """Takes the place of nbgrader's ExtractorPlugin, which ends the whole run at the first bad archive."""

    zip_ext = List([".zip", ".gz", ".tgz", ".tar"], help="suffixes of archives to unpack").tag(config=True)

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Unpack archives and copy everything else, from folder to folder; then let the collector look."""
        for path in files_in(Path(archive_path)):
            if is_junk(path.relative_to(archive_path).parts):
                continue
            place = Path(extracted_path) / path.relative_to(archive_path)
            if path.is_symlink() or not path.is_file():
                self._say(path, "is a link or no plain file, and is left out")
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix in self.zip_ext:
                size = path.stat().st_size
                whole = Allowance(2 * RATIO * size + ON_TOP, CLASS_FILES)
                own = Allowance(max(RATIO * size, MAX_BYTES), CLASS_FILES, whole)
                self._unpack(path, _folder(path, place.parent), own)
            else:
                shutil.copyfile(path, place)
        collector = getattr(self.parent, "collector_plugin_inst", None)
        if prepare := getattr(collector, "prepare", None):
            prepare()

    def _unpack(self, archive: Path, place: Path, allowance: Allowance, depth: int = 1) -> None:
        """Unpack an archive and those in it, which share one allowance from the second on."""
        try:
            notes = unpack(archive, place, allowance)
        except ArchiveError as error:
            self._say(archive, f"is not unpacked: {error}")
            return
        if notes:
            more = f"; and {len(notes) - SHOWN} more" if notes[SHOWN:] else ""
            self._say(
                archive, f"is unpacked without {len(notes)} of its files: {'; '.join(notes[:SHOWN])}{more}"
            )
        if depth == DEPTH:
            return
        for inner in [path for path in files_in(place) if path.suffix in self.zip_ext]:
            own = Allowance(MAX_BYTES, MAX_FILES, allowance.within) if depth == 1 else allowance
            self._unpack(inner, _folder(inner, inner.parent), own, depth + 1)

    def _say(self, path: Path, what: str) -> None:
        self.log.warning("%s", plain(f"{path.name} {what}."))


def files_in(folder: Path) -> Iterable[Path]:
    """Everything in a folder and below that is no folder, in a fixed order; no link is followed."""
    return sorted(Path(root) / name for root, _, names in os.walk(folder) for name in names)


def _folder(archive: Path, parent: Path) -> Path:
    """Where to unpack: named for the archive as nbgrader does, or longer when that name is taken."""
    name = archive.with_suffix("").name.removesuffix(".tar")
    taken = not name or (parent / name).exists() or (archive.parent / name).exists()
    return parent / (f"{archive.name}.unpacked" if taken else name)
