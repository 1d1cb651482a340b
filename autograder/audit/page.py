"""An audit as one static page: how it stands, what is wrong, and which mistake fails which check."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

from autograder.audit.counts import counts, good_enough
from autograder.audit.findings import Audit, Check, Findings
from autograder.audit.lists import listings
from autograder.audit.tried import Mistaken
from autograder.files import write_whole
from autograder.reports.page import environment
from autograder.reports.stored import grader_version
from autograder.words import heads

FILE = "audit.html"
# One letter per kind of check, because a matrix has a hundred of them side by side.
LETTERS = {"shapes": "S", "values": "V", "gradients": "G", "training": "T", "sampling": "D"}
NAMED, OTHER, MISSED, PASSED, LOST = "k", "o", "m", "", "x"


@dataclass(frozen=True)
class Head:
    """A check as the head of a column."""

    letter: str
    title: str
    hidden: bool
    never_fails: bool


@dataclass(frozen=True)
class Group:
    """The columns of one test cell."""

    name: str
    heads: tuple[Head, ...]


@dataclass(frozen=True)
class Line:
    """A mistake with a mark for each check; `function` is "" in all but the first line of a function."""

    function: str
    mistake: Mistaken
    marks: tuple[str, ...]


def write_page(audit: Audit, folder: Path) -> Path:
    """Write folder/audit.html; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / FILE, render(audit, datetime.now().astimezone()))
    return folder / FILE


def render(audit: Audit, written: datetime) -> str:
    """The page as HTML: no script, nothing loaded from elsewhere, all text escaped."""
    return environment().get_template("audit.html.j2").render(
        audit=audit,
        counts=counts,
        good_enough=good_enough,
        head=heads(one.assignment for one in audit.findings),
        listings=listings(audit.findings),
        matrices=[(one, list(groups(one)), list(lines(one))) for one in audit.findings if one.mistakes],
        letters={letter: kind for kind, letter in LETTERS.items()},
        written=f"{written.day} {written:%B %Y, %H:%M}",
        grader=grader_version(),
    )  # fmt: skip


def groups(of: Findings) -> Iterator[Group]:
    """The columns of the matrix."""
    never = set(of.never_fail)
    for cell, checks in groupby(of.checks, key=lambda check: check.place[0]):
        yield Group(cell.removeprefix("test_"), tuple(_head(check, check in never) for check in checks))


def _head(check: Check, never_fails: bool) -> Head:
    kind = check.name.rpartition(": ")[2]
    return Head(LETTERS.get(kind, "?"), str(check), check.hidden, never_fails)


def lines(of: Findings) -> Iterator[Line]:
    """The rows of the matrix."""
    before = ""
    for one in of.mistakes:
        head = one.answer.function if one.answer.function != before else ""
        yield Line(head, one, tuple(_mark(one, check) for check in of.checks))
        before = one.answer.function


def _mark(one: Mistaken, check: Check) -> str:
    """What a check says about a mistake, as the class of a table cell."""
    status = one.checks.get(check.place, {}).get("status", "could not run")
    named = check.name == one.answer.check
    marks = {"failed": NAMED if named else OTHER, "passed": MISSED if named else PASSED}
    return marks.get(status, LOST)
