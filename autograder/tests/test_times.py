"""When something was handed in: right, or refused with a sentence; never another time."""

import random
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import pytest

from autograder.grading.submission import SubmissionError
from autograder.grading.times import as_utc, handed_in_at

NOON = datetime(2026, 11, 23, 12, 0)
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Etc/GMT+5",
]
LETTERS = ["PST", "EST", "CST", "IST", "BST", "CET", "MST", "AST", "SST", "ECT"]


@pytest.mark.parametrize("text", [
    "2026-11-23 12:00:00 UTC", "2026-11-23 12:00:00.000000 UTC", "2026-11-23 12:00:00", "2026-11-23T12:00Z",
    "2026-11-23 13:00:00 +0100", "2026-11-23T13:00:00+01:00", "2026-11-23 07:00 -05", "2026-11-23 17:30 +05:30",
    "2026-11-23 13:00:00 Europe/Berlin", "2026-11-23 21:00:00 Asia/Tokyo", "2026-11-23 12:00 gmt",
    "2026-11-23 07:00:00 \N{MINUS SIGN}0500",
])  # fmt: skip
def test_one_time_is_read(text):
    """Are UTC, offsets and names of zones right?"""
    assert as_utc(text) == NOON


@pytest.mark.parametrize("text", [
    "", "handed in on Tuesday evening", "1795430400", "1795430400.25", "11/12/2026 10:00", "23.11.2026 12:00",
    "2026-11-23", "12:00", "2026-11-23 25:00", "2026-02-30 12:00", "2026-11-23 12:00:60", "1970-01-01 00:00:00",
    "2026-11-23 12:00 PST", "2026-11-23 12:00 EST", "2026-11-23 12:00 IST", "2026-11-23 12:00 GMT+1",
    "2026-11-23 12:00 UTC+1", "2026-11-23 12:00 +1", "2026-11-23 12:00 +1500", "2026-11-23 12:00 +0160",
    "2026-11-23 12:00 Europe/Atlantis", "2026-11-23 12:00 ../../etc/passwd", "2026-11-23 12:00 pm",
    "2026-10-25 02:30 Europe/Berlin", "2026-03-29 02:30 Europe/Berlin", "2026-11-23 12:00 UTC or so",
    "٢٠٢٦-١١-٢٣ 12:00",
])  # fmt: skip
def test_what_is_not_one_time_is_refused(text):
    """Is everything else a sentence, and no guess?"""
    with pytest.raises(ValueError, match=r"says|names"):
        as_utc(text)


def test_letters_mean_what_the_exchange_writes():
    """Are the letters of the course's own zone read, also in the hour that comes twice, and no others?"""
    assert as_utc("2026-10-25 02:30:00 CET", "Europe/Berlin") == datetime(2026, 10, 25, 1, 30)
    assert as_utc("2026-10-25 02:30:00 CEST", "Europe/Berlin") == datetime(2026, 10, 25, 0, 30)
    for letters, zone in (("CEST", "UTC"), ("CET", "America/New_York"), ("CEST", "Europe/Berlin")):
        with pytest.raises(ValueError, match="several zones"):
            as_utc(f"2026-12-01 12:00 {letters}", zone)


@pytest.mark.parametrize(("content", "seen"), [
    (b"2026-11-23 12:00:00 UTC\r\n", NOON),
    (b"\xef\xbb\xbf2026-11-23 12:00:00 UTC\n", NOON),
    ("2026-11-23 12:00:00 UTC".encode("utf-16"), NOON),
    (b"\xfe\xff" + "2026-11-23 12:00:00 UTC".encode("utf-16-be"), NOON),
    (b"\n 2026-11-23 12:00:00 UTC \n\n", NOON),
    (b"2026-11-23 12:00:00 UTC\n2026-11-24 12:00:00 UTC", "2 lines"),
    (b"2026-11-23 12:00:00 UTC\0", "which is not known"),
    ("2026-11-23 12:00:00 UTC".encode("utf-16-le"), "no date and time"),
    (b"\xff2026", "is not UTF-8"),
    (b"", "is empty"),
    (b" " * 500, "500 bytes"),
])  # fmt: skip
def test_files(tmp_path, content, seen):
    """Is a file read in the encodings that editors write, and a sentence otherwise?"""
    path = tmp_path / "timestamp.txt"
    path.write_bytes(content)
    if isinstance(seen, datetime):
        assert handed_in_at(path) == seen
    else:
        with pytest.raises(SubmissionError, match=f"timestamp.txt .*{seen}.*; write one time into it"):
            handed_in_at(path)


def test_what_is_no_file(tmp_path):
    """Is nothing there no time, and a link or a folder a sentence?"""
    assert handed_in_at(tmp_path / "timestamp.txt") is None
    (tmp_path / "link").symlink_to("/dev/zero")
    for path in (tmp_path, tmp_path / "link"):
        with pytest.raises(SubmissionError, match="no plain file"):
            handed_in_at(path)


def _generated(rng):
    """(text, the time that it says, must it be read?)."""
    moment = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=rng.randrange(10 * 365 * 86400))
    offset = timezone(timedelta(minutes=15 * rng.randrange(-48, 57)))
    zone = ZoneInfo(rng.choice(ZONES))
    there, with_offset = moment.astimezone(zone), moment.astimezone(offset)
    twice = there.utcoffset() != there.replace(fold=1 - there.fold).utcoffset()
    return rng.choice([
        (f"{moment:%Y-%m-%d %H:%M:%S} UTC", moment, True),
        (f"{moment:%Y-%m-%d %H:%M:%S}", moment, True),
        (f"{moment:%Y-%m-%dT%H:%M:%S}Z", moment, True),
        (f"{with_offset:%Y-%m-%d %H:%M:%S %z}", moment, True),
        (with_offset.isoformat(), moment, True),
        (f"{there:%Y-%m-%d %H:%M:%S} {zone}", moment, not twice),
        (f"{there:%Y-%m-%d %H:%M:%S} {rng.choice(LETTERS)}", None, False),
        (format_datetime(with_offset), moment, False),
        (f"{moment:%d/%m/%Y %H:%M:%S}", None, False),
        (f"{moment:%B %d, %Y %I:%M %p}", None, False),
        (f"{int(moment.timestamp())}", moment, False),
        (f"{moment:%Y%m%d%H%M%S}", moment, False),
    ])  # fmt: skip


def test_two_hundred_generated_strings():
    """Are 200 strings of all kinds right or refused, and none misread?"""
    rng, read = random.Random(5), 0
    for _ in range(200):
        text, moment, must = _generated(rng)
        try:
            found = as_utc(text)
        except ValueError:
            assert not must, text
            continue
        assert moment, text
        assert found == moment.replace(tzinfo=None), text
        read += 1
    assert read > 80
