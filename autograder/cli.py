"""The table of commands. A CourseError becomes one sentence and exit code 2."""

import argparse
import contextlib
import sys
from collections.abc import Sequence
from types import ModuleType

from rich.markup import escape

import autograder.quick  # noqa: F401 - before anything imports nbformat
from autograder import faults, terminal
from autograder.commands import (
    audit,
    build,
    calibrate,
    challenge,
    demo,
    doctor,
    due,
    export,
    feedback,
    grade,
    gradescope,
    learn,
    new,
    report,
    roster,
    solve,
    why,
)
from autograder.commands.parts import course_of
from autograder.course import CourseError
from autograder.shared import shared

COMMANDS = (
    new, build, solve, grade, due, feedback, export, report, why, audit, calibrate, challenge, roster,
    gradescope, learn, doctor, demo,
)  # fmt: skip
ELSEWHERE = "use Linux, in WSL for instance. Notebooks and their checks run here."
EXTRAS = {"distributed": "distributed", "psycopg": "postgresql"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code: 0 done, 1 something needs a person, 2 could not start."""
    terminal.prepare()
    options = parser().parse_args(arguments)
    try:
        return _run(options.command, options)
    except CourseError as error:
        return _refuse(str(error))
    except ModuleNotFoundError as error:
        if (error.name or "autograder").startswith("autograder"):
            raise
        if error.name in sys.stdlib_module_names:
            return _refuse(f"This needs {error.name}, a part of Python that Windows lacks; {ELSEWHERE}")
        extra = EXTRAS.get(error.name or "", "instructor")
        return _refuse(f"This needs {error.name}: run `pip install 'neuron-to-transformer[{extra}]'`.")
    except KeyboardInterrupt:
        terminal.Terminal(stderr=True).print("Stopped. What was written stays; run the same command again.")
        return 130
    except Exception as error:
        if not (sentence := faults.sentence(error)):
            raise
        return _refuse(sentence)


def parser() -> argparse.ArgumentParser:
    """What can be asked for."""
    parser = argparse.ArgumentParser(prog="autograder", description="Build, grade and report the course.")
    parser.add_argument("--course", default=".", metavar="FOLDER", help="the course folder (default: here)")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for module in COMMANDS:
        name, about = module.__name__.rpartition(".")[2], str(module.__doc__)
        command = commands.add_parser(name, help=about[0].lower() + about[1:].rstrip("."), description=about)
        command.set_defaults(command=module)
        module.add_to(command)
    return parser


def _run(command: ModuleType, options: argparse.Namespace) -> int:
    """Run the command, for the group where there is one, and alone if it writes the gradebook."""
    with contextlib.ExitStack() as stack:
        module = getattr(command, "WORKS", "")
        if module and not getattr(options, "scheduler", None):
            from autograder.grading.worker import start_ahead

            start_ahead(module)
        with contextlib.suppress(CourseError):  # not every command needs a course
            stack.enter_context(shared(course_of(options)))
        if getattr(command, "ALONE", False):
            from autograder.alone import alone

            stack.enter_context(alone(course_of(options)))
        return command.run(options)


def _refuse(sentence: str) -> int:
    """Say why a command cannot do its job; returns its exit code."""
    terminal.Terminal(stderr=True, soft_wrap=True).print(f"[red]✗[/] {escape(sentence)}")
    return 2
