"""The open challenge on the page: places, and two lines to compare them with."""

from datetime import datetime
from typing import Any

from autograder import words
from autograder.challenge.record import BASELINE, own_of, read
from autograder.course import Course

OWN, OTHER = "the course's own entry", "the course's own entry, on other stretches"


def challenges(course: Course | None) -> list[dict[str, Any]]:
    """What `autograder challenge` found, by assignment: its rows in order, the fixed lines among them.

    None where the file is damaged: the command writes it again.
    """
    if not course:
        return []
    try:
        found = read(course.reports / "challenge.json").get("assignments", {})
        return [_table(course, assignment, one) for assignment, one in sorted(found.items())]
    except (KeyError, TypeError, ValueError, AttributeError):
        return []


def _table(course: Course, assignment: str, found: dict[str, Any]) -> dict[str, Any]:
    rows = [_row(one) for one in found["entries"]]
    rows.append(_row(found[BASELINE], "the cell as it was released"))
    if own := own_of(course, assignment).get("stretches"):
        rows.append(_row(own, OWN if own["task"] == found["task"] else OTHER))
    return {
        "assignment": assignment, "minutes": found["minutes"], "characters": found["characters"],
        "written": _day(found["written"]), "rows": sorted(rows, key=_order),
    }  # fmt: skip


def _row(line: dict[str, Any], name: str = "") -> dict[str, Any]:
    """A line of the table; one with a name of ours has no place."""
    numbers = {key: line[key] for key in ("loss", "bits", "seconds", "literals", "code")}
    if name:
        return {**numbers, "student": name, "place": None, "problem": line.get("problem", ""), "fixed": True}
    return {**numbers, **{key: line[key] for key in ("student", "place", "problem")}, "fixed": False}


def _order(row: dict[str, Any]) -> tuple[bool, float, str]:
    """By the loss; those without one at the end."""
    loss = row.get("loss")
    return loss is None, loss or 0.0, row["student"]


def _day(time: str) -> str:
    """A time as the page says it."""
    there = datetime.fromisoformat(time)
    return words.plain(f"{there.day} {there:%B %Y, %H:%M}")
