"""What `autograder export` shows before it writes."""

from collections.abc import Iterable

from rich.markup import escape
from rich.table import Table

from autograder.platforms.export.fill import Change
from autograder.terminal import Terminal
from autograder.words import counted, heads, plain

SHOWN = 20  # changes of cells that were empty; those of others are all shown
WIDTH = 20


def changes_table(changes: list[Change]) -> Table:
    """Old and new of each cell: all that had something else, and the first of those that were empty."""
    replaced, new = ([one for one in changes if bool(one.old) is had] for had in (True, False))
    new.sort(key=lambda one: one.what != "grade")
    table, short = Table(box=None, pad_edge=False), heads(sorted({one.assignment for one in changes}))
    for head in ("student", "name", "assignment", "", "old", "new"):
        table.add_column(head, no_wrap=True, overflow="ellipsis")
    for change in [*replaced, *new[:SHOWN]]:
        name = "" if change.name == change.student else change.name
        what = "" if change.what == "grade" else change.what
        cells = (change.student, name, short[change.assignment], what, change.old, change.new)
        table.add_row(*(escape(_short(plain(cell))) for cell in cells))
    if new[SHOWN:]:
        table.add_row("...", f"and {counted(len(new) - SHOWN, 'empty cell')}")
    return table


def say_unsettled(console: Terminal, sentences: Iterable[str]) -> None:
    """What a person has to see to."""
    for sentence in sentences:
        console.print(f"[yellow]![/] {escape(plain(sentence))}.", soft_wrap=True)


def _short(text: str) -> str:
    return f"{text[: WIDTH - 1]}…" if len(text) > WIDTH else text
