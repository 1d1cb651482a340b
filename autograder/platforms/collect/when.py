"""The times that platforms write into names and lists, as UTC."""

import re

from autograder.grading.times import as_utc


def is_zoned(time: str) -> bool:
    """Does this time, ISO 8601, say its offset from UTC?"""
    return re.search(r"(Z|[+-][0-9]{2}:?[0-9]{2})$", time) is not None


def utc(time: str, zone: str) -> str:
    """The time as UTC, for nbgrader; `zone` is that of a time which says none.

    Raises ValueError, the end of a sentence, when clocks in that zone showed it never or twice.
    """
    return as_utc(time if is_zoned(time) else f"{time} {zone}").isoformat()
