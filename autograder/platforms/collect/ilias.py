"""ILIAS: Lovelace_Ada_alovelace_123/file; in a team's folder `Team 7` below whoever uploaded it.

ILIAS turns letters into ASCII, and puts words of its language before the name of a late file
(ILIAS-eLearning/ILIAS:components/ILIAS/Exercise/Submission/SubmissionManager.php). Any folder may look so,
so it is never found out but has to be said: --LMSCollector.lms=ilias.
"""

import re

from autograder.platforms.named import Named, System


class Ilias(System):
    """Folders with last name, first name, user name and ILIAS's number."""

    pattern = r"(?P<who>.+)_(?P<user>[^_]+)_(?P<number>[0-9]+)"
    folders = True

    @classmethod
    def sees(cls, parts: tuple[str, ...], place: int) -> bool:
        """Never: these names are like others."""
        return False

    def handed_in(self, file: str) -> tuple[str, bool]:
        """See System.handed_in."""
        title = re.escape(self.download.title)
        match = re.fullmatch(rf".+ - (?P<file>{title}.*)", file, re.IGNORECASE | re.DOTALL)
        return (match["file"], True) if match else (file, False)

    def read(self, name: str, above: tuple[str, ...] = ()) -> Named | None:
        """See System.read."""
        if not (match := self.match(name)):
            return None
        who, login = self._split(match["who"], match["user"])
        known = self.download.roster.find(login=login)
        team = known.team if known and above and re.fullmatch(r"\w+ [0-9]+", above[-1]) else ""
        return Named(login, name, match["number"], ids={"login": login}, full_name=who, team=team, part=name)

    def _split(self, who: str, login: str) -> tuple[str, str]:
        """Name and user name; the latter may hold `_`, and the roster tells how much of it."""
        whole = f"{who}_{login}".casefold()
        logins = [one.login for one in self.download.roster if one.login]
        login = max([login, *(one for one in logins if whole.endswith(f"_{one}".casefold()))], key=len)
        return f"{who}_"[: len(whole) - len(login)].replace("_", " ").strip(), login
