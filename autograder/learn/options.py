"""What `autograder learn` can be asked for."""

import argparse
from pathlib import Path

from autograder.course import CourseError

FOR_CHECK = ("force", "jobs", "sandbox")
OPENS = ("no_lab", "no_browser")


def add_to(command: argparse.ArgumentParser) -> None:
    """Give the command its arguments, beside those that say how to grade."""
    command.add_argument(
        "folder", nargs="?", type=Path, metavar="FOLDER",
        help="yours (default: the one that you are in, or ./learn)",
    )  # fmt: skip
    does = command.add_mutually_exclusive_group()
    does.add_argument(
        "--check", nargs="*", metavar="ID", help="grade your notebooks, or some, and write progress.html"
    )
    does.add_argument("--show", nargs=2, metavar=("ID", "EXERCISE"), help="the solution of one that is done")
    does.add_argument(
        "--wheel", type=Path, metavar="FOLDER",
        help="write the wheel for people who learn alone there; it holds all solutions",
    )  # fmt: skip
    command.add_argument("--give-up", action="store_true", help="with --show: also of one that is not done")
    command.add_argument("--force", action="store_true", help="with --check: also what has not changed")
    command.add_argument("--no-lab", action="store_true", help="make the folder, and leave JupyterLab closed")
    command.add_argument("--no-browser", action="store_true", help="start JupyterLab without a browser")


def require_fit(options: argparse.Namespace) -> None:
    """Raise CourseError for options that do not go together."""
    checks, shows = options.check is not None, options.show is not None
    if options.give_up and not shows:
        raise CourseError("--give-up goes with --show ID EXERCISE.")
    _refuse(options, FOR_CHECK, checks, "goes with --check")
    _refuse(options, OPENS, not (checks or shows or options.wheel), "goes with no other option of learn")
    if options.wheel and options.folder:
        raise CourseError(f"--wheel takes one folder, and {options.folder} is another one; leave it out.")


def _refuse(options: argparse.Namespace, names: tuple[str, ...], fit: bool, sentence: str) -> None:
    given = [name for name in names if getattr(options, name)]
    if given and not fit:
        raise CourseError(f"--{given[0].replace('_', '-')} {sentence}.")
