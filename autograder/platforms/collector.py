"""Who handed in what, told from the names of a whole download at once."""

import os
from pathlib import Path

from dateutil.parser import isoparse
from dateutil.tz import gettz
from nbgrader.plugins import FileNameCollectorPlugin
from nbgrader.utils import parse_utc
from traitlets import Enum, Unicode

from autograder.platforms.archives import is_junk
from autograder.platforms.choose import Handed, choose, handed
from autograder.platforms.extractor import files_in
from autograder.platforms.names import SYSTEMS, Named, read_name, system_of
from autograder.reports.words import plain


class LMSCollector(FileNameCollectorPlugin):
    """nbgrader's FileNameCollectorPlugin that knows how Canvas, Moodle and Blackboard name files.

    Its `named_regexp`, where it is set, comes before them.
    """

    lms = Enum(["", *SYSTEMS], "", help="the learning platform; '' finds out").tag(config=True)
    title = Unicode("", help="what Blackboard calls the assignment, if not by its id").tag(config=True)
    timezone = Unicode("UTC", help="of the times in names, such as Europe/Berlin").tag(config=True)

    _chosen = None

    def collect(self, submitted_file: str) -> dict | None:
        """The student, notebook and time of one extracted file; None when it does not count."""
        if self._chosen is None:
            self._chosen = self._choose()
        if not (one := self._chosen.get(os.path.abspath(submitted_file))):
            return None
        time = {"timestamp": self._utc(one.named.time)} if one.named.time else {}
        return {"student_id": one.student, "file_id": one.name + one.path.suffix, **time}

    def _choose(self) -> dict[str, Handed]:
        root = self._extracted()
        files = [path for path in files_in(root) if not is_junk(path.relative_to(root).parts)]
        system = self.lms or self._system(root, files)
        read = [one for path in files if (one := self._read(root, path, system))]
        chosen, notes = choose(read)
        for note in notes:
            self._say(note)
        return {os.path.abspath(one.path): one for one in chosen}

    def _extracted(self) -> Path:
        app = self.parent
        folder = app.collect_directory_structure.format(
            downloaded=app.downloaded_directory, assignment_id=app.coursedir.assignment_id,
            collect_step=app.extracted_directory,
        )  # fmt: skip
        return Path(app.coursedir.root, folder)

    def _system(self, root: Path, files: list[Path]) -> str:
        """The one system whose names these are. A student can choose a file's name, so two are too many."""
        found = set()
        for path in files:
            names = [system for part in path.relative_to(root).parts if (system := system_of(part))]
            found |= set(names if names[:1] == ["canvas"] else names[:1])
        if len(found) > 1 and not self.named_regexp:
            several = " and ".join(sorted(found))
            self._say(f"There are names of {several}; say which counts with --LMSCollector.lms=...")
            return ""
        return next(iter(found), "")

    def _read(self, root: Path, path: Path, system: str) -> Handed | None:
        """What a file's name says; None, with a sentence if it is a notebook, when it says too little."""
        wanted, assignment = path.suffix in self.valid_ext, self.parent.coursedir.assignment_id
        try:
            named = self._by_expression(path) or self._by_system(path.relative_to(root), system)
            return handed(path, named, assignment, wanted)
        except (ValueError, OverflowError) as error:  # the latter of a date
            if wanted:
                self._say(f"{path.relative_to(root)} is not collected: {error}")
            return None

    def _by_expression(self, path: Path) -> Named | None:
        if not self.named_regexp:
            return None
        found = self._match(str(path)) or {}
        if not found.get("student_id") or not found.get("file_id"):
            raise ValueError("named_regexp finds no student_id and file_id in its name")
        student, time = found["student_id"], parse_utc(found.get("timestamp") or None)
        return Named(student, student, time.isoformat() if time else "", file=found["file_id"])

    def _by_system(self, path: Path, system: str) -> Named:
        """What the names in a path say; a student chooses those in an archive, so they may add nobody."""
        title = self.title or self.parent.coursedir.assignment_id
        found = [named for part in path.parts if system and (named := read_name(system, part, title))]
        if not found:
            raise ValueError("nothing in its name says whose it is; see docs/collecting.md")
        if len({named.person for named in found}) > 1:
            raise ValueError(
                "there are names of several students in its path; put it into submitted/ by hand"
            )
        own = read_name(system, path.name, title)
        return found[0]._replace(file=(own and own.file) or path.name)

    def _utc(self, time: str) -> str:
        return time if self.named_regexp else isoparse(time).replace(tzinfo=self._zone()).isoformat()

    def _zone(self):
        if not (zone := gettz(self.timezone)):
            self.parent.fail(f"There is no time zone {self.timezone!r}; c.LMSCollector.timezone is wrong.")
        return zone

    def _say(self, sentence: str) -> None:
        self.log.warning("%s", plain(f"{sentence}."))
