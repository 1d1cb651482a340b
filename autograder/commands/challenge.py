"""The open challenge: entries from submitted/, measured and put in order."""

import argparse
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from autograder.commands.parts import course_of
from autograder.sandbox.places import BEST, PLACES
from autograder.terminal import bar_of, console


def add_to(command: argparse.ArgumentParser) -> None:
    """Its arguments."""
    command.add_argument("assignment", metavar="ID", help="one assignment")
    command.add_argument("--students", nargs="+", default=[], metavar="STUDENT", help="run only these")
    command.add_argument("--entry", type=Path, metavar="FILE", help="measure a file that defines open_reader")
    command.add_argument("--end", action="store_true", help="with --entry: read the last tenth of the text")
    command.add_argument("--sandbox", choices=[BEST, *PLACES], help="walls (default: the best there are)")


def run(options: argparse.Namespace) -> int:
    """Run it; returns the exit code."""
    from autograder.challenge.steps import place_of, run_class, run_file
    from autograder.course import CourseError
    from autograder.reports.page import renew
    from autograder.words import plain

    course = course_of(options)
    if options.end and not options.entry:
        raise CourseError("--end is for --entry FILE: the entries of a class read stretches that are secret.")
    [assignment] = course.choose([options.assignment])
    place = place_of(course, assignment, options.sandbox, console.print, options.end)
    with bar_of() as bar:
        report = _Shown(bar)
        if options.entry:
            lines = [run_file(place, options.entry, "end" if options.end else "stretches", report)]
        else:
            placed, baseline = run_class(place, options.students, report)
            lines = [*placed, baseline]
    console.print(table(lines))
    for line in lines:
        if line.problem:
            sentence = plain(f"{line.student}: {line.problem} {line.detail}")
            console.print(f"[yellow]![/] {escape(sentence)}", soft_wrap=True)
    renew(course)
    return int(not all(line.final for line in lines))


class _Shown:
    """A bar for each entry: it moves while it learns, and has the time left while it reads."""

    def __init__(self, bar: Any):
        self._bar: Any = bar
        self._tasks: dict[str, int] = {}

    def __call__(self, student: str, done: int | None, of: int) -> None:
        from autograder.words import plain

        if student not in self._tasks:
            self._tasks[student] = self._bar.add_task(escape(plain(student)), total=None, note="learns")
        if done is not None:
            self._bar.update(self._tasks[student], completed=done, total=of, note="reads")


def table(lines: list) -> Table:
    """The places."""
    from autograder.words import plain

    shown = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    shown.add_column("place", justify="right")
    shown.add_column("entry", overflow="fold")
    for name in ("nats", "bits", "seconds", "literals", "code"):
        shown.add_column(name, justify="right")
    for line in sorted(lines, key=lambda line: (line.loss is None, line.loss or 0)):
        loss = ["–", "–"] if line.loss is None else [f"{line.loss:.4f}", f"{line.bits:.3f}"]
        numbers = [*loss, f"{line.seconds:.0f}", f"{line.literals:,}", f"{line.code:,}"]
        shown.add_row(str(line.place or "–"), escape(plain(line.student)), *numbers)
    return shown
