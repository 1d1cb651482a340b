"""When a submission was handed in: one unambiguous time, or a sentence that says why it is none."""

import codecs
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from traitlets.config import Config

from autograder.course import CONFIG, CourseError
from autograder.grading.submission import SubmissionError

TIMESTAMP, MAX_TIMESTAMP = "timestamp.txt", 400  # bytes
BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
TIME = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)[T ]+(?P<time>\d\d:\d\d(:\d\d)?)([.,](?P<part>\d{1,9}))? *(?P<zone>\S*)",
    re.ASCII | re.IGNORECASE,
)
OFFSET = re.compile(r"(?P<sign>[+-])(?P<hours>\d\d)(:?(?P<minutes>[0-5]\d))?", re.ASCII)
FARTHEST = timedelta(hours=14)  # of all offsets that are in use
NONE_NEEDED = {"", "Z", "UTC", "GMT"}  # the gradebook's own times say no zone, and are UTC
LETTERS = re.compile(r"[A-Z]{2,5}")
OLDEST = 1970


def timezone_of(config: Config) -> str:
    """The zone of the exchange's times, by the course's settings. Raises CourseError for one that is none."""
    name = config.get("Exchange", {}).get("timezone", "UTC")
    if name not in available_timezones():
        raise CourseError(
            f"c.Exchange.timezone in {CONFIG} is {name!r}, which is no time zone; write one such as "
            "'Europe/Berlin'."
        )
    return name


def handed_in_at(path: Path, zone: str = "UTC") -> datetime | None:
    """The time in a timestamp.txt as UTC, without a zone as nbgrader keeps it; None when there is no file.

    `zone` is that of the course's exchange, whose letters (CET) say which offset they mean. Raises
    SubmissionError, a sentence, for what is not one time, and for letters that several zones have.
    """
    if not path.is_symlink() and not path.exists():
        return None
    try:
        return as_utc(_text(path), zone)
    except ValueError as error:
        raise SubmissionError(
            f"{path.name} {error}; write one time into it, such as 2026-11-23 10:15:00 +0100, or remove it."
        ) from None


def _text(path: Path) -> str:
    """The one line of a file. Raises ValueError with what is wrong with it."""
    if path.is_symlink() or not path.is_file():
        raise ValueError("is a link or no plain file")
    content = path.read_bytes()
    if len(content) > MAX_TIMESTAMP:
        raise ValueError(f"holds {len(content)} bytes, which is no time")
    encoding = next((name for bom, name in BOMS.items() if content.startswith(bom)), "utf-8")
    try:
        lines = content.decode(encoding).split("\n")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    found = [line.strip(" \t\r") for line in lines if line.strip(" \t\r")]
    if len(found) != 1:
        raise ValueError(f"holds {len(found)} lines" if found else "is empty")
    return found[0]


def as_utc(text: str, zone: str = "UTC") -> datetime:
    """One time as UTC without a zone. Raises ValueError, the end of a sentence."""
    match = TIME.fullmatch(text.replace("\N{MINUS SIGN}", "-"))
    if not match:
        raise ValueError(f"says {_shown(text)}, which is no date and time in the form 2026-11-23 10:15:00")
    try:
        local = datetime.fromisoformat(f"{match['date']} {match['time']}")
        local = local.replace(microsecond=int((match["part"] or "0").ljust(6, "0")[:6]))
    except ValueError:
        raise ValueError(f"says {_shown(text)}, and there is no such day or time") from None
    if local.year <= OLDEST:
        raise ValueError(f"says {_shown(text)}, which is long ago")
    return _in_zone(local, match["zone"], zone).astimezone(UTC).replace(tzinfo=None)


def _in_zone(local: datetime, name: str, course: str) -> datetime:
    """A wall clock's time with its zone. Raises ValueError, the end of a sentence."""
    if name.upper() in NONE_NEEDED:
        return local.replace(tzinfo=UTC)
    if match := OFFSET.fullmatch(name):
        return local.replace(tzinfo=_offset(match))
    if LETTERS.fullmatch(name):
        return _by_letters(local, name, course)
    if name not in available_timezones():
        raise ValueError(f"names the zone {_shown(name)}, which is not known")
    times = _times(local, name)
    if len(times) != 1:
        often = "twice" if times else "never"
        raise ValueError(f"says a time that {name} had {often}, as clocks were changed")
    return times[0]


def _offset(match: re.Match) -> timezone:
    size = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"] or 0))
    if size > FARTHEST:
        raise ValueError(f"names the offset {match[0]}, which no place has")
    return timezone(-size if match["sign"] == "-" else size)


def _by_letters(local: datetime, letters: str, course: str) -> datetime:
    """Letters mean one zone only where the course says in which zone its exchange writes."""
    fitting = [time for time in _times(local, course) if time.tzname() == letters]
    if len(fitting) != 1:
        raise ValueError(
            f"names the zone {letters}, letters that several zones have; an offset such as +0100 or a name "
            "such as Europe/Berlin would say which"
        )
    return fitting[0]


def _times(local: datetime, name: str) -> list[datetime]:
    """The times at which clocks in a zone show this: none or two when they are changed."""
    found = {
        time.astimezone(UTC): time
        for time in (local.replace(tzinfo=ZoneInfo(name), fold=fold) for fold in (0, 1))
        if time.astimezone(UTC).astimezone(time.tzinfo).replace(tzinfo=None, fold=0) == local
    }
    return list(found.values())


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:37]}...")
