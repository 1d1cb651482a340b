"""Entries to the open challenge for tests: a small text, a first answer, one that counts."""

import numpy as np
from nbformat.v4 import new_code_cell

from autograder.challenge.entry import entry_of
from autograder.challenge.run import Walls, measure
from autograder.challenge.task import make_task
from autograder.grading.restore import restore
from autograder.sandbox.limits import Limits
from autograder.tests.mini import ID, make_course, source_notebook, submission, write

TEXT = "".join(np.random.default_rng(4).choice(list("abcde "), 3000, p=[0.4, 0.2, 0.1, 0.1, 0.1, 0.1]))
BASELINE = '''def open_reader(train, V, rng):
    """A first answer."""
    return lambda previous: np.full(V, 1 / V)'''
SETTINGS = '\nc.Challenge.text = "text.txt"\nc.Challenge.minutes = 0.1\n'
COUNTS = """def open_reader(train, V, rng):  # counts of single characters
    counts = double(np.bincount(train, minlength=V) / 2)
    def read(previous):
        if previous is not None:
            counts[previous] += 1  # learns while it reads
        return counts / counts.sum()
    return read"""
BOOK = "alice was beginning to get very tired of sitting by her sister on the bank " * 20
WALLS = Walls("bwrap", Limits(call_seconds=2, cell_seconds=3, notebook_seconds=20))


def with_challenge(notebook, text=BASELINE):
    notebook.cells.append(new_code_cell(text, metadata={"tags": ["challenge"]}))
    return notebook


SOURCE = with_challenge(source_notebook())


def reader(body):
    """An entry that answers with the value of an expression."""
    return f"def open_reader(train, V, rng):\n    return lambda previous: {body}"


def handed_in(text, extra=""):
    return with_challenge(submission(extra=extra), text)


def of(notebook, source=SOURCE):
    """The entry that somebody handed in."""
    return entry_of(restore(notebook, source).notebook, source)


def task(**changes):
    return make_task(SOURCE, **{"minutes": 0.05, "secret": "", "other": TEXT, **changes})


def measured(text, extra="", **changes):
    return measure(of(handed_in(text, extra)), task(**changes), WALLS)


def course_of(folder):
    """A course with a challenge and a short text."""
    course = make_course(folder)
    write(course.source(ID), SOURCE)
    (folder / "text.txt").write_text(TEXT)
    with (folder / "nbgrader_config.py").open("a") as config:
        config.write(SETTINGS)
    return course
