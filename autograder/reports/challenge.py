"""The open challenge on the page: places, and two lines to compare them with."""

from datetime import datetime
from typing import Any

from autograder import words
from autograder.challenge.record import BASELINE, own_of, read
from autograder.course import Course

OWN, OTHER = "the course's own entry", "the course's own entry, on other stretches"


def challenges(course: Course | None) -> list[dict[str, Any]]:
    """What `autograder challenge` found, by assignment: its rows in order, the fixed lines among them."""
    found = read(course.reports / "challenge.json").get("assignments", {}) if course else {}
    return [_table(course, assignment, one) for assignment, one in sorted(found.items())]


def _table(course: Course, assignment: str, found: dict[str, Any]) -> dict[str, Any]:
    rows = [*found["entries"], {**found[BASELINE], "student": "the cell as it was released", "fixed": True}]
    if own := own_of(course, assignment).get("stretches"):
        rows.append({**own, "student": OWN if own["task"] == found["task"] else OTHER, "fixed": True})
    return {
        "assignment": assignment, "minutes": found["minutes"], "characters": found["characters"],
        "written": _day(found["written"]), "rows": sorted(rows, key=_order),
    }  # fmt: skip


def _order(row: dict[str, Any]) -> tuple[bool, float, str]:
    """By the loss; those without one at the end."""
    loss = row.get("loss")
    return loss is None, loss or 0.0, row["student"]


def _day(time: str) -> str:
    """A time as the page says it."""
    there = datetime.fromisoformat(time)
    return words.plain(f"{there.day} {there:%B %Y, %H:%M}")
