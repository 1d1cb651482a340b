"""Blackboard: title_alovelace_attempt_2026-11-23-10-15-30_file, and a text file without _file beside it.

Title, user name and file may all hold `_`; the text file says the user name behind a name, in brackets
(kwurst/bb-file-cleanup:README.md). The word `attempt` is in the site's language.
"""

import re
from datetime import datetime
from functools import cached_property
from pathlib import PurePath

from autograder.platforms.named import Named, System

RECEIPT = re.compile(r"[^:\n]{1,40}:.*\((?P<user>[^()\n]+)\)\s*")


class Blackboard(System):
    """Names of files, all in one folder."""

    pattern = r"(?P<person>.+?)_attempt_(?P<time>[0-9]{4}(-[0-9]{2}){5})((_(?P<file>.*))|\.txt)?"
    abroad = pattern.replace("attempt", r"[^\W\d_]+")

    @classmethod
    def match(cls, name: str) -> re.Match | None:
        """The whole name, `attempt` in any language."""
        return super().match(name) or re.fullmatch(cls.abroad, name, re.DOTALL)

    @classmethod
    def sees(cls, parts: tuple[str, ...], place: int) -> bool:
        """In English only: a time behind any word is in many names."""
        return super().match(parts[place]) is not None

    def ignores(self, path: PurePath) -> bool:
        """The text files: who comments on an attempt that is there hands in nothing new."""
        match = self.match(path.name)
        return match is not None and match["file"] is None and path.suffix == ".txt"

    def read(self, name: str, above: tuple[str, ...] = ()) -> Named | None:
        """See System.read."""
        if not (match := self.match(name)):
            return None
        user = self._user(match["person"])
        time = datetime.strptime(match["time"], "%Y-%m-%d-%H-%M-%S").isoformat()
        ids = {"login": user}
        return Named(user, match["person"], user, match["file"] or "", time, ids=ids, part=name)

    def _user(self, text: str) -> str:
        """The user name behind a title. Both may hold `_`, and cut at a wrong one two people become one."""
        title = self.download.title
        if user := self._said.get(text):
            return user
        if text.casefold().startswith(f"{title}_".casefold()):
            return text[len(title) + 1 :]
        if text.count("_") == 1:
            return text.partition("_")[2]
        logins = {person.login for person in self.download.roster if person.login}
        ends = [login for login in logins if text.casefold().endswith(f"_{login}".casefold())]
        if len(ends) == 1:
            return ends[0]
        raise ValueError(
            f"say how Blackboard calls the assignment, if not {title!r}: --LMSCollector.title='...'"
        )

    @cached_property
    def _said(self) -> dict[str, str]:
        """User names by title and user name, from the text files that Blackboard wrote."""
        found = {}
        for path in filter(self.ignores, self.download.files):
            match = self.match(path.name)
            text = match["person"] if match else ""
            receipt = RECEIPT.fullmatch(self.download.text(path, 2000).partition("\n")[0])
            if receipt and text.casefold().endswith(f"_{receipt['user']}".casefold()):
                found[text] = receipt["user"]
        return found
