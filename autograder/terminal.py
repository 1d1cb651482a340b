"""What commands print to: a terminal of any width, a file, a pipe that nobody reads, or nothing at all."""

import contextlib
import io
import os
import re
import sys
from collections.abc import Iterator

from rich.console import Console, ConsoleDimensions

from autograder.notebook.printable import PLAINER

NARROWEST = 40


class Terminal(Console):
    """rich's Console, for which no width is too small and no reader has to stay to the end."""

    def __init__(self, **options):
        sizes = {name: os.environ.get(name, "") for name in ("COLUMNS", "LINES")}
        sane = {name: size if re.fullmatch("[0-9]{1,4}", size) else "" for name, size in sizes.items()}
        super().__init__(highlight=False, emoji=False, _environ={**os.environ, **sane}, **options)

    @property  # type: ignore[misc]
    def size(self) -> ConsoleDimensions:
        width, height = super().size
        return ConsoleDimensions(max(width, NARROWEST), max(height, 1))

    def on_broken_pipe(self) -> None:
        """The work goes on, and its exit code is what it would have been."""
        discard(self.file.fileno())


console = Terminal()


@contextlib.contextmanager
def bar_of() -> Iterator:
    """A progress bar with the time left; its tasks have a `note`."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn(),
               TimeRemainingColumn(), TextColumn("{task.fields[note]}"))  # fmt: skip
    with Progress(*columns, console=console) as progress:
        yield progress


def prepare() -> None:
    """Open what was closed, so that no other file gets its number; write plainer what an encoding lacks."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in ("strict", "backslashreplace"):
            stream.reconfigure(errors=PLAINER)


def discard(number: int) -> None:
    """What is still to be written to this file goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)
