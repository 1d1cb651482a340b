"""Brightspace: 12345-67890 - Ann Example - Nov 23, 2026 1015 AM/file, or all of it in one name.

The first number is the student's; readers disagree which of Brightspace's (StoneyJackson/d2l:d2l.py).
"""

import contextlib
import re
from datetime import datetime

from autograder.platforms.named import Named, System
from autograder.platforms.people import name_key

TIME = re.compile(r"([A-Z][a-z]{2})[a-z]* ([0-9]+), ([0-9]{4}) ([0-9]{1,2}):?([0-9]{2}) ([AP])M")
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


class Brightspace(System):
    """Names of folders, on older sites of files."""

    pattern = (
        r"(?P<user>[0-9]+)-[0-9]+ - (?P<name>.+?) - "
        r"(?P<time>(?:(?! - ).)*\b[0-9]{4}\b(?:(?! - ).)*)(?: - (?P<file>.+))?"
    )

    def read(self, name: str, above: tuple[str, ...] = ()) -> Named | None:
        """See System.read."""
        if not (match := self.match(name)):
            return None
        user, who = match["user"], match["name"]
        known = self.download.roster.find(sis_id=user)
        sure = known and name_key(known.name) == name_key(who)
        return Named(
            user, user, user, match["file"] or "", _time(match["time"]), full_name=who,
            ids={"sis_id": user} if sure else {}, part=name,
        )  # fmt: skip


def _time(text: str) -> str:
    """The time, "" when it is in words that are not English. The clock is without a colon: 926 PM."""
    if not (match := TIME.fullmatch(text)):
        return ""
    month, day, year, hour, minute, half = match.groups()
    with contextlib.suppress(ValueError):  # no month, or no such day
        hour = int(hour) % 12 + (12 if half == "P" else 0)
        return datetime(int(year), MONTHS.index(month) + 1, int(day), hour, int(minute)).isoformat()
    return ""
