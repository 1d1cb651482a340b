"""One person gets what a class gets: notebooks, checks, a page of progress, solutions."""

import argparse

from autograder.commands.parts import add_grading
from autograder.learn import options as learn_options
from autograder.terminal import bar_of, console


def add_to(command: argparse.ArgumentParser) -> None:
    """Its arguments."""
    add_grading(command)
    learn_options.add_to(command)


def run(options: argparse.Namespace) -> int:
    """Run it; returns the exit code."""
    from autograder.learn.command import run

    return run(options, console, bar_of)
