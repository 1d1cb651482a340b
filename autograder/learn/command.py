"""`autograder learn`: makes the folder and opens it, checks it, shows a solution, or makes the wheel."""

import argparse
import contextlib
from collections.abc import Callable
from pathlib import Path

from rich.markup import escape

from autograder.course import Course
from autograder.learn.check import check
from autograder.learn.folder import make, place_of, require_begun
from autograder.learn.judges import How
from autograder.learn.lab import open_lab, require_lab
from autograder.learn.options import require_fit
from autograder.learn.page import write_page
from autograder.learn.plan import next_step, standings
from autograder.learn.record import Record
from autograder.learn.solutions import shown
from autograder.learn.source import choose, found
from autograder.learn.table import lines
from autograder.terminal import Terminal


def run(options: argparse.Namespace, console: Terminal, bar: Callable) -> int:
    """Do what is asked for; returns the exit code. `bar()` is a bar of progress to be opened."""
    require_fit(options)
    with found(options.course) as course:
        if options.wheel:
            return _wheel(course, options.wheel, console)
        folder = place_of(options.folder)
        if options.check is not None:
            return _check(course, folder, options, console, bar)
        if options.show:
            return _show(course, folder, options, console)
        notebook = _begin(course, folder, console)
    if options.no_lab:
        return 0
    require_lab()
    return open_lab(folder, notebook, not options.no_browser)


def _begin(course: Course, folder: Path, console: Terminal) -> Path | None:
    """Make the folder; returns the notebook to go on with."""
    made = make(course, folder)
    page = write_page(course, folder)
    say(console, f"[green]✓[/] {escape(str(folder))}: {len(made)} new files; what you wrote stays as it is")
    say(console, f"Your progress: {page.as_uri()}")
    say(console, "When you have written something: `autograder learn --check`")
    step = next_step(standings(course, Record(folder)))
    return folder / step.assignment / f"{course.notebooks(step.assignment)[0]}.ipynb" if step else None


def _check(
    course: Course, folder: Path, options: argparse.Namespace, console: Terminal, bar: Callable
) -> int:
    """Grade, say what came of it, and write the page."""
    require_begun(folder)
    assignments = choose(course, options.check)

    def warn(sentence: str) -> None:
        say(console, f"[yellow]![/] {escape(sentence)}")

    with bar() as shown_bar:
        task = shown_bar.add_task("checking", visible=False, note="")

        def report(done: int, of: int) -> None:
            shown_bar.update(task, completed=done, total=of, visible=True)

        how = How(options.sandbox or "", options.jobs, warn, report)
        result = check(course, folder, assignments, how, options.force)
    for line in lines(course, folder, result):
        console.print(line, soft_wrap=True)
    say(console, f"Your progress: {write_page(course, folder).as_uri()}")
    return int(bool(result.problems))


def _show(course: Course, folder: Path, options: argparse.Namespace, console: Terminal) -> int:
    """Print a solution."""
    require_begun(folder)
    [assignment] = choose(course, options.show[:1])
    name, solution = shown(course, folder, assignment, options.show[1], options.give_up)
    write_page(course, folder)
    say(console, f"[bold]{escape(name)}[/] of {assignment}, as the course does it:\n")
    console.print(solution, markup=False, soft_wrap=True)
    return 0


def _wheel(course: Course, folder: Path, console: Terminal) -> int:
    """Make the wheel for people who learn alone."""
    from autograder.learn.wheel import make_wheel

    with contextlib.nullcontext(console.status("packing")):
        path = make_wheel(course, folder)
    say(console, f"[green]✓[/] {escape(str(path))}: with all solutions, so for no student of a class.")
    say(console, f"Who learns alone: `pip install {escape(str(path))}`, then `autograder learn`")
    return 0


def say(console: Terminal, text: str) -> None:
    """A line that a narrow terminal may wrap as it likes."""
    console.print(text, soft_wrap=True)
