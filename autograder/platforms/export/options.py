"""The options of `autograder export`; nothing heavy is imported here, because every command reads them."""

import argparse

FOLDER, FEEDBACK = "exported", "-feedback"
KINDS = ("canvas", "moodle", "csv", "xlsx", f"canvas{FEEDBACK}", f"moodle{FEEDBACK}")
SWITCHES = {
    "scale": "convert points where the platform has another maximum",
    "only": "Canvas: leave out all rows and columns in which nothing changes",
    "overwrite-excused": "Canvas: give a grade to who is excused, too",
    "comments": "Moodle: fill in the feedback comments, too",
    "write": "write without asking",
}


def add_options(command: argparse.ArgumentParser) -> None:
    """What to export, from where and to where."""
    command.add_argument("kind", choices=KINDS, metavar="WHERE", help=f"one of: {', '.join(KINDS)}")
    command.add_argument("assignments", nargs="*", metavar="ID", help="assignments (default: all)")
    command.add_argument("--students", nargs="+", default=[], metavar="STUDENT", help="only these")
    command.add_argument("--from", dest="source", default="", metavar="FILE", help="what the platform gave")
    command.add_argument("--to", default="", metavar="FILE", help=f"where to write (default: in {FOLDER}/)")
    command.add_argument(
        "--column", action="append", default=[], metavar="ID=NUMBER",
        help="Canvas: the number, or the title, that the assignment has there",
    )  # fmt: skip
    for switch, what in SWITCHES.items():
        command.add_argument(f"--{switch}", action="store_true", help=what)
