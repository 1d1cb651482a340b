"""Sakai: title/Lovelace, Ada(alovelace)/Submission attachment(s)/file, and timestamp.txt beside that folder.

A group's folder is `Title (id)` with members.txt; an anonymous one begins with the id of the submission
(sakaiproject/sakai:assignment/impl/src/java/org/sakaiproject/assignment/impl/AssignmentServiceImpl.java).
"""

import re
from pathlib import PurePath

from autograder.platforms.named import Named, System

FEEDBACK = "Feedback Attachment(s)"
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?Z")
ONE = re.compile(r"(?P<name>[^;()]*,[^;()]*)\((?P<login>[^();]+)\)")


class Sakai(System):
    """Folders with last name, first name and user name."""

    pattern = (
        r"(?P<people>[^;()]*,[^;()]*\([^();]+\)(; [^;()]*,[^;()]*\([^();]+\))*)"
        rf"|(?P<team>.+) \((?P<group>{UUID})\)|(?P<hidden>{UUID}) .+"
    )
    folders = True

    def ignores(self, path: PurePath) -> bool:
        """See System.ignores."""
        return FEEDBACK in path.parts[:-1]

    def read(self, name: str, above: tuple[str, ...] = ()) -> Named | None:
        """See System.read."""
        if not (match := self.match(name)):
            return None
        folder = PurePath(*above, name)
        time = self.download.text(folder / "timestamp.txt", 100).strip()
        time = time if TIME.fullmatch(time) else ""
        if key := match["hidden"]:
            return Named(key, key, key, time=time, anonymous=True, part=name)
        said = match["people"] or self.download.text(folder / "members.txt")
        people = tuple(_person(one) for one in ONE.finditer(said))
        if team := match["team"]:
            key = match["group"]
            return Named(team, key, key, time=time, team=team, members=people, part=name)
        return people[0]._replace(time=time, part=name, members=people if people[1:] else ())


def _person(one: re.Match) -> Named:
    login = one["login"]
    return Named(login, login, login, ids={"login": login}, full_name=one["name"])
