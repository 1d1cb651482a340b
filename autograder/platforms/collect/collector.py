"""Who handed in what, told from the names of a whole download at once."""

import os
from functools import cached_property
from pathlib import Path, PurePath
from zoneinfo import available_timezones

from nbgrader.plugins import FileNameCollectorPlugin
from nbgrader.utils import parse_utc
from traitlets import Enum, Unicode

from autograder.course import Course, CourseError
from autograder.platforms.collect.about_class import class_notes, time_notes
from autograder.platforms.collect.archives import is_junk
from autograder.platforms.collect.choose import Handed, choose, handed
from autograder.platforms.collect.extractor import files_in
from autograder.platforms.collect.names import SYSTEMS, systems_in
from autograder.platforms.collect.owners import owners
from autograder.platforms.collect.reading import read_path
from autograder.platforms.collect.teams import by_path
from autograder.platforms.collect.when import utc
from autograder.platforms.download import IDENTITIES, Download
from autograder.platforms.identities import Identity, read_from, students_by_key, write_identities
from autograder.platforms.named import Named, System
from autograder.platforms.roster import KEYS, read_roster
from autograder.words import plain


class LMSCollector(FileNameCollectorPlugin):
    """nbgrader's FileNameCollectorPlugin that knows how learning platforms name files.

    Its `named_regexp`, where it is set, comes before them.
    """

    lms = Enum(["", *SYSTEMS], "", help="the learning platform; '' finds out").tag(config=True)
    title = Unicode("", help="what the platform calls the assignment, if not by its id").tag(config=True)
    timezone = Unicode("", help="of the times in names, such as Europe/Berlin").tag(config=True)

    def prepare(self) -> None:
        """Look at everything that is unpacked, before nbgrader lists it: there will be copies for teams."""
        self.chosen  # noqa: B018

    def collect(self, submitted_file: str) -> dict | None:
        """The student, notebook and time of one extracted file; None when it does not count."""
        if not (one := self.chosen.get(Path(os.path.abspath(submitted_file)))):
            return None
        return {"student_id": one.student, "file_id": one.name + one.path.suffix, **self._utc(one)}

    @cached_property
    def chosen(self) -> dict[Path, Handed]:
        """What counts, by path; a team's other members get copies, which are made now."""
        try:
            return self._choose()
        except CourseError as error:
            return self.parent.fail(plain(str(error)))  # which ends the command

    def _choose(self) -> dict[Path, Handed]:
        key = self.lms or self._found()
        system = SYSTEMS[key](self._download) if key else None
        earlier = students_by_key(read_from(self._beside / IDENTITIES), key)
        read = [one for path in self._download.files for one in self._read(path, system, earlier)]
        chosen, notes = choose(read)
        notes += class_notes(chosen, self._download.roster, self._is_there)
        notes += [] if self.timezone or self.named_regexp else time_notes(chosen)
        for note in notes:
            self._say(note)
        write_identities(
            self._beside / IDENTITIES,
            [Identity(key, one.named.key, one.student, one.named.part) for one in chosen if one.named.key],
        )
        return by_path(chosen, self._download.root)

    @cached_property
    def _download(self) -> Download:
        app = self.parent
        folder = app.collect_directory_structure.format(
            downloaded=app.downloaded_directory, assignment_id=app.coursedir.assignment_id,
            collect_step=app.extracted_directory,
        )  # fmt: skip
        root = Path(os.path.abspath(os.path.join(app.coursedir.root, folder)))
        files = [path.relative_to(root) for path in files_in(root)]
        return Download(
            self.title or app.coursedir.assignment_id, read_roster(Course(Path(app.coursedir.root))), root,
            tuple(path for path in files if not is_junk(path.parts)), root.parent,
        )  # fmt: skip

    @property
    def _beside(self) -> Path:
        return self._download.beside or self._download.root.parent

    def _is_there(self, student: str) -> bool:
        folders = self.parent.coursedir
        return os.path.isdir(folders.format_path(folders.submitted_directory, student, folders.assignment_id))

    def _found(self) -> str:
        """The one platform whose names these are. A student can choose a file's name, so two are too many."""
        found = systems_in(self._download.files)
        if len(found) > 1 and not self.named_regexp:
            several = " and ".join(sorted(found))
            self._say(f"There are names of {several}; say which counts with --LMSCollector.lms=...")
            return ""
        return next(iter(found), "")

    def _read(self, path: PurePath, system: System | None, earlier: dict[str, list[str]]) -> list[Handed]:
        """What a file's name says, for each of its owners; a sentence if a notebook's says too little."""
        place = self._download.root / path
        wanted, assignment = path.suffix in self.valid_ext, self.parent.coursedir.assignment_id
        try:
            named = self._by_expression(place) or read_path(path, system)
            if not named:
                return []
            students = dict.fromkeys(owners(named, self._download.roster, earlier))
            return [handed(place, named, student, assignment, wanted) for student in students]
        except (ValueError, OverflowError) as error:  # the latter of a date
            if wanted:
                self._say(f"{path} is not collected: {error}")
            return []

    def _by_expression(self, path: Path) -> Named | None:
        if not self.named_regexp:
            return None
        found = self._match(str(path)) or {}
        if not found.get("student_id") or not found.get("file_id"):
            raise ValueError("named_regexp finds no student_id and file_id in its name")
        student, time = found["student_id"], parse_utc(found.get("timestamp") or None)
        ids = dict.fromkeys(("id", *KEYS), student)
        return Named(student, student, file=found["file_id"], time=time.isoformat() if time else "", ids=ids)

    def _utc(self, one: Handed) -> dict[str, str]:
        """When something was handed in; nothing, with a sentence, where its time is none or two."""
        zone = "UTC" if self.named_regexp else self._zone
        try:
            return {"timestamp": utc(one.named.time, zone)} if one.named.time else {}
        except ValueError as error:
            self._say(f"{one.student}: the name {error}; write timestamp.txt by hand")
            return {}

    @cached_property
    def _zone(self) -> str:
        if self.timezone and self.timezone not in available_timezones():
            self.parent.fail(f"There is no time zone {self.timezone!r}; c.LMSCollector.timezone is wrong.")
        return self.timezone or "UTC"

    def _say(self, sentence: str) -> None:
        self.log.warning("%s", plain(f"{sentence}."))
