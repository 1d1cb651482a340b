"""The open challenge: is an entry measured as it deserves, and not as it says?"""

import math
import time
from pathlib import Path

import numpy as np
import pytest

from autograder.challenge.run import Walls, measure
from autograder.course import CourseError
from autograder.notebook.corpus import _corpus_path
from autograder.sandbox import bubblewrap
from autograder.tests.entries import BOOK, COUNTS, WALLS, handed_in, measured, of, reader, task

pytestmark = pytest.mark.slow


def test_honest_entry_gets_its_exact_loss():
    """Is the loss that of the counts, worked out by hand: all that came before, and not what comes?"""
    asked = task()
    counts = np.bincount(asked.train, minlength=asked.V).astype(float)
    losses = []
    for stretch in asked.stretches:
        for i, true in enumerate(stretch):
            losses.append(-math.log(counts[true] / counts.sum()))
            counts[true] += i < len(stretch) - 1  # the last of a stretch is not told
    found = measured(COUNTS)
    assert found.loss == pytest.approx(np.mean(losses), abs=1e-12), found
    assert 0 < found.seconds < 3


LOOKS_AHEAD = """def open_reader(train, V, rng):
    from autograder import load_corpus
    corpus = load_corpus()
    known = corpus.ids if len(corpus.ids) > len(train) else None
    place = [0]
    def read(previous):
        if known is None:
            return np.full(V, 1 / V)
        return np.eye(V)[known[0]]
    return read"""


@pytest.mark.parametrize("walls", ["bwrap", "landlock", "none"])
def test_the_whole_text_is_not_there(walls):
    """Does an entry that looks the rest up in the corpus find no more than it learns from?"""
    asked = task(other=None, minutes=0.5)
    asked.stretches[:] = [one[:3] for one in asked.stretches]
    found = measure(of(handed_in(LOOKS_AHEAD)), asked, Walls(walls, WALLS.limits))
    assert found.loss == pytest.approx(math.log(asked.V)), found


def test_bubblewrap_hides_the_text_of_an_installed_package(monkeypatch):
    """Does an entry see the training part where the package lies among the folders that Python is made of?"""
    folders = [*bubblewrap.python_folders(), str(_corpus_path().parent)]
    monkeypatch.setattr(bubblewrap, "python_folders", lambda: folders)
    asked = task(other=None, minutes=0.5)
    asked.stretches[:] = [one[:3] for one in asked.stretches]
    found = measure(of(handed_in(LOOKS_AHEAD)), asked, WALLS)  # raises where the text can be read
    assert found.loss == pytest.approx(math.log(asked.V)), found


def test_walls_that_do_not_hide_the_text_are_refused(monkeypatch, tmp_path):
    """Is nothing measured where a process could open the whole text elsewhere?"""
    readable = next(path for path in map(Path, ("/usr/bin/env", "/bin/sh")) if path.exists())
    monkeypatch.setattr("autograder.challenge.run._corpus_path", lambda: readable)
    with pytest.raises(CourseError, match=r"could read .* behind these walls there is no challenge"):
        measured(COUNTS, other=None)


NONSENSE = """import os, stat
def say():
    for n in range(3, 60):
        try:
            if stat.S_ISSOCK(os.fstat(n).st_mode):
                os.write(n, b"nonsense" * 9)
        except OSError:
            pass
"""


@pytest.mark.parametrize(("text", "said"), [
    (reader("np.ones(V)"), "`read` returned numbers that are no probabilities"),
    (reader("np.full(V, np.nan)"), "not finite"),
    (reader("None"), "no array of numbers"),
    (reader("np.ones((V, 1)) / V"), "shape"),
    (reader("np.eye(V)[0]"), "probability 0 to a character that came"),
    (reader("1 / 0"), "`read(previous)` raised ZeroDivisionError."),
    (reader("nobody"), "`read(previous)` uses a name that no cell defines"),
    ("def open_reader(train, V, rng):\n    return 3", "`open_reader` returned no function."),
    ("def open_reader(train):\n    return 3", "`open_reader` raised TypeError."),
    ("1 / 0\n" + COUNTS, "`open_reader` is not defined: its cell stopped before, with ZeroDivisionError."),
    ("import os\n" + reader("os._exit(0)"), "ended the Python process"),
    (NONSENSE + reader("say()"), "sent something that the grader cannot read"),
])  # fmt: skip
def test_what_is_no_entry_gets_a_sentence_and_no_place(text, said):
    """Is every way to fail told in a sentence, without a loss?"""
    found = measured(text)
    assert found.loss is None
    assert said in found.problem
    assert found.final


@pytest.mark.parametrize(("text", "said"), [
    ("def open_reader(train, V, rng):\n    while True: pass", "longer than the 1 seconds of the processor"),
    (reader("sum(range(10**10))"), "longer than the 1 seconds of the processor"),
    ("import time\n" + reader("time.sleep(100)"), "most of it asleep"),
])  # fmt: skip
def test_time_is_the_processors_and_ends(text, said):
    """Is an entry ended that computes or sleeps for ever, in learning or in reading?"""
    began = time.monotonic()
    found = measured(text, minutes=0.01)
    assert found.loss is None
    assert said in found.problem
    assert time.monotonic() - began < 30


def test_time_of_cells_counts():
    """Can nobody learn in a cell that runs before the clock does?"""
    found = measured("import time\nwhile time.process_time() < 30: pass\n" + COUNTS, minutes=0.01)
    assert "longer than the 1 seconds of the processor" in found.problem


def test_clock_ends_what_the_processor_does_not(monkeypatch):
    """Is an entry that sleeps a little at each character ended, as nobody's fault, for the machine may be busy?"""
    monkeypatch.setattr("autograder.challenge.run.SLACK", -2.0)
    found = measured("import time\n" + reader("(time.sleep(0.1), np.full(V, 1 / V))[1]"), minutes=0.02)
    assert "by the clock" in found.problem
    assert not found.final


def test_printing_does_no_harm():
    """Is an entry that prints measured all the same?"""
    assert measured(reader("(print('x' * 10**5), np.full(V, 1 / V))[1]")).loss == pytest.approx(math.log(6))


def test_only_definitions_of_other_cells_run():
    """Are helpers of other cells there, and their experiments not?"""
    extra = "import time\nSHARE = 0.5\ndef half(x):\n    return x * SHARE\nwhile True: pass"
    assert measured(reader("half(np.full(V, 2 / V))"), extra).loss == pytest.approx(math.log(6))


def test_comments_and_docstrings_are_free_and_not_there():
    """May an entry be explained at length, and can it not read what explains it?"""
    told = f'"""{BOOK}"""'
    text = f"{told}\n# {BOOK}\ndef open_reader(train, V, rng):\n    {told}\n    return lambda previous: np.full(V, 1 / V) * (open_reader.__doc__ is None)"
    found = measured(text)
    assert found.loss == pytest.approx(math.log(6)), found
    assert of(handed_in(text)).literals < 10
