"""Canvas: lovelaceada_12345_67890_file, lovelaceada_LATE_12345_67890_file, anon_k3XyZ_67890_file.

The numbers are the student's and the upload's. In an anonymous name five characters stand for the student
(instructure/canvas-lms:lib/content_zipper.rb).
"""

import re

from autograder.platforms.named import Named, System


class Canvas(System):
    """Names of files, all in one folder; of a team's the name and the number of one member."""

    pattern = r"(?P<name>.+?)_((?P<late>LATE)_)?(?P<user>[0-9]+)_(?P<upload>[0-9]+)_(?P<file>.+)"
    hidden = r"((?P<late>LATE)_)?anon_(?P<user>[1-9A-HJ-NP-Za-km-z]{5})_(?P<upload>[0-9]+)_(?P<file>.+)"
    shifted = r"(?P<upload>[0-9]+)_(?P<file>.+)"

    @classmethod
    def match(cls, name: str) -> re.Match | None:
        """The anonymous form first, where a number of the file would look like one of Canvas's."""
        return re.fullmatch(cls.hidden, name, re.DOTALL) or super().match(name)

    def read(self, name: str, above: tuple[str, ...] = ()) -> Named | None:
        """See System.read."""
        if not (match := self.match(name)):
            return None
        found = match.groupdict()
        anonymous = "name" not in found
        key = f"anon_{found['user']}" if anonymous else found["user"]
        named = Named(
            key, key, key, found["file"], late=bool(found["late"]), upload=int(found["upload"]),
            anonymous=anonymous, part=name,
        )  # fmt: skip
        return named if anonymous else self._known(named, found["name"])

    def _known(self, named: Named, who: str) -> Named:
        """One of the class: where a name ends in a number, that is no student's, and the next one may be."""
        moved = re.fullmatch(self.shifted, named.file, re.DOTALL)
        upload = str(named.upload)
        roster = self.download.roster
        if moved and not roster.find(canvas_id=named.key) and roster.find(canvas_id=upload):
            who, file, number = f"{who}_{named.key}", moved["file"], int(moved["upload"])
            named = named._replace(student=upload, person=upload, key=upload, file=file, upload=number)
        return named._replace(team=who, ids={"canvas_id": named.key})
