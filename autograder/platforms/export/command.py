"""`autograder export`: grades and feedback to a learning platform, or to a table."""

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from rich.markup import escape

from autograder.course import Course, CourseError
from autograder.files import write_whole
from autograder.platforms.export import feedback_files
from autograder.platforms.export.book import Book, opened, read_book
from autograder.platforms.export.canvas import CanvasExport
from autograder.platforms.export.fill import Filled
from autograder.platforms.export.grades import sheets, wide
from autograder.platforms.export.moodle import MoodleExport
from autograder.platforms.export.options import FEEDBACK, FOLDER
from autograder.platforms.export.plugin import PlatformExport, in_short, place_of, write_filled
from autograder.platforms.export.show import changes_table, say_unsettled
from autograder.platforms.export.spreadsheet import as_csv, as_xlsx
from autograder.terminal import Terminal
from autograder.words import counted, plain

FILLS: dict[str, type[PlatformExport]] = {"canvas": CanvasExport, "moodle": MoodleExport}
TABLES: dict[str, Callable[[Book], str | bytes]] = {
    "csv": lambda book: as_csv(wide(book)), "xlsx": lambda book: as_xlsx(sheets(book)),
}  # fmt: skip


def export(course: Course, options: argparse.Namespace, console: Terminal) -> int:
    """Run it; returns its exit code: 1 when a person has to see to something."""
    if options.kind in FILLS:
        plugin = _plugin(course, options)
        with opened(course) as gradebook:
            filled = plugin.filled(gradebook, course)
        return _write_filled(course, options, console, filled)
    with opened(course) as gradebook:
        book = read_book(gradebook, course, options.assignments, options.students)
    if options.kind in TABLES:
        return _write_table(course, options, console, book)
    return _write_feedback(course, options, console, book)


def _plugin(course: Course, options: argparse.Namespace) -> PlatformExport:
    """The exporter with the course's settings, and what the command line says on top."""
    plugin = FILLS[options.kind](config=course.config())
    plugin.assignment, plugin.student, plugin.to = options.assignments, options.students, options.to
    plugin.source = options.source or plugin.source
    for switch in ("scale", "only", "overwrite_excused", "comments"):
        if getattr(options, switch):
            if not hasattr(plugin, switch):
                raise CourseError(f"--{switch.replace('_', '-')} is not for {options.kind}; leave it out.")
            setattr(plugin, switch, True)
    if options.column:
        if not isinstance(plugin, CanvasExport):
            raise CourseError(f"--column is not for {options.kind}; leave it out.")
        plugin.columns = {**plugin.columns, **_columns(options.column)}
    return plugin


def _columns(pairs: Iterable[str]) -> dict[str, str]:
    """`ID=NUMBER` as a dict. Raises CourseError."""
    found = {}
    for pair in pairs:
        assignment, sign, column = pair.partition("=")
        if not (assignment and sign and column):
            raise CourseError(f"--column {pair!r} is no ID=NUMBER, such as --column week3=4711.")
        found[assignment] = column
    return found


def _write_filled(
    course: Course, options: argparse.Namespace, console: Terminal, filled: list[Filled]
) -> int:  # fmt: skip
    """Show what changes, and write it if that is wanted."""
    done = [_write_one(course, options, console, one) for one in filled]
    return int(not all(done) or any(one.unsettled for one in filled))


def _write_one(course: Course, options: argparse.Namespace, console: Terminal, filled: Filled) -> bool:
    """One file; False when it is not written although something changes."""
    if filled.changes:
        console.print(changes_table(filled.changes))
    for note in filled.notes:
        console.print(f"[dim]-[/] {escape(plain(note))}", soft_wrap=True)
    say_unsettled(console, filled.unsettled)
    console.print(escape(plain(in_short(filled))), soft_wrap=True)
    if not filled.changes:
        return True
    place = place_of(filled, course, options.to)
    if not (options.write or _agreed(console, place)):
        console.print("Nothing is written; add --write to write it.", soft_wrap=True)
        return False
    written = write_filled(filled, course, options.to)
    console.print(f"[green]✓[/] Upload {escape(str(written))}", soft_wrap=True)
    return True


def _agreed(console: Terminal, place: Path) -> bool:
    """Ask, if there is somebody to answer."""
    if not sys.stdin or not sys.stdin.isatty():
        return False
    return console.input(f"Write {escape(str(place))}? [y/N] ").strip().casefold() in ("y", "yes")


def _write_table(course: Course, options: argparse.Namespace, console: Terminal, book: Book) -> int:
    content = TABLES[options.kind](book)
    place = Path(options.to) if options.to else course.root / FOLDER / f"grades.{options.kind}"
    write_whole(place, content)
    said = f"[green]✓[/] {escape(str(place))}: {counted(len(book.students), 'student')}"
    console.print(said, soft_wrap=True)
    waiting = {f"{one}: {student}" for one in book.assignments for student in book.waiting(one)}
    say_unsettled(console, [f"not final, a cell waits for a mark by hand: {one}" for one in sorted(waiting)])
    return int(bool(waiting))


def _write_feedback(course: Course, options: argparse.Namespace, console: Terminal, book: Book) -> int:
    """A zip for each assignment."""
    platform, unsettled = options.kind.removesuffix(FEEDBACK), []
    if options.to and len(book.assignments) > 1 and not Path(options.to).is_dir():
        raise CourseError(
            f"There are several zips to write; make {options.to} a folder, or name one assignment."
        )
    for assignment in options.assignments or feedback_files.with_pages(course, book):
        packed = feedback_files.pack(platform, course, book, assignment)
        place = Path(options.to) if options.to else course.root / FOLDER
        place = place / packed.name if place.is_dir() or not options.to else place
        if packed.pages:
            write_whole(place, packed.content)
            said = f"[green]✓[/] {escape(str(place))}: {counted(packed.pages, 'page')}"
            console.print(said, soft_wrap=True)
        unsettled += packed.unsettled
    say_unsettled(console, unsettled)
    return int(bool(unsettled))
