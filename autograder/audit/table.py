"""An audit in the terminal: a table, and by name what is wrong."""

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from autograder.audit.counts import counts, good_enough
from autograder.audit.findings import Audit, Findings
from autograder.audit.lists import listings
from autograder.audit.tried import Mistaken, Tried
from autograder.words import counted, heads, number, plain

MOST = 40  # lines of a list that is only worth knowing
COLUMNS = {"caught": "caught", "diagnosed": "right", "variants": "full marks", "cheats": "refused"}
BEYOND = {"held out": "held out caught", "diagnosed": "held out right", "say nothing": "held out silent"}
COSTS = ("false blame", "hidden alone")


def audit_table(audit: Audit) -> Table:
    """One row per assignment, and one for all."""
    table = _empty(*COLUMNS, "solution", "release", "seconds")
    short = heads(one.assignment for one in audit.findings)
    for one in audit.findings:
        table.add_row(short[one.assignment], *_numbers([one]), *_points(one), f"{one.seconds:.0f}")
    if len(audit.findings) > 1:
        table.add_section()
        table.add_row("all", *_numbers(audit.findings), "", "", f"{audit.seconds:.0f}")
    return table


def beyond_table(audit: Audit) -> Table:
    """What was not fitted: held-out mistakes, and what mistakes cost where nothing is wrong."""
    table = _empty(*BEYOND, *COSTS)
    short = heads(one.assignment for one in audit.findings)
    for one in audit.findings:
        table.add_row(short[one.assignment], *_beyond([one]))
    if len(audit.findings) > 1:
        table.add_section()
        table.add_row("all", *_beyond(audit.findings))
    return table


def _empty(*heads_of_columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    for head in heads_of_columns:
        table.add_column(head, justify="right", no_wrap=True)
    return table


def _beyond(findings: list[Findings]) -> Iterator[Text]:
    found = counts(findings)
    for key in (*BEYOND.values(), *COSTS):
        count = found[key]
        text = f"{number(100 * count.share)} %" if key in COSTS else f"{count.part}/{count.of}"
        yield Text(text, "" if good_enough(key, count) else "yellow")


def _numbers(findings: list[Findings]) -> Iterator[Text]:
    found = counts(findings)
    for key in COLUMNS.values():
        yield Text(f"{found[key].part}/{found[key].of}", "" if found[key].all else "yellow")


def _points(one: Findings) -> Iterator[Text]:
    solution, release = one.reference.result.score, one.release.result.score
    for points, right in ((solution, one.reference.full_marks), (release, release == 0)):
        yield Text("–" if points is None else number(points), "" if right else "red")


def lines(findings: list[Findings]) -> Iterator[Text]:
    """What is wrong, by name, under its title."""
    short = heads(one.assignment for one in findings)
    for listing in listings(findings):
        mark = Text("✗ ", "red") if listing.serious else Text("! ", "yellow")
        yield mark.append(f"{listing.title}: {len(listing.entries)}", "bold")
        shown = listing.entries if listing.serious else listing.entries[:MOST]
        for entry in shown:
            text = Text("    ").append(f"{short[entry.assignment]} ", "dim").append(plain(entry.name))
            yield text.append(f" — {plain(entry.text)}" if entry.text else "", "dim")
        if more := len(listing.entries) - len(shown):
            yield Text(f"    and {more} more on the page", "dim")


def progress_note(tried: list[Tried]) -> str:
    """How it stands so far, for the progress bar."""
    mistakes = [one for one in tried if isinstance(one, Mistaken)]
    caught = sum(one.caught for one in mistakes)
    return f"{caught} of {counted(len(mistakes), 'mistake')} caught"
