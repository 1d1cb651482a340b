"""Output where the encoding lacks what we print, as on Windows in a pipe: is it plainer, and never an error?"""

import contextlib
import io
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from autograder import check_shapes, predict, progress, show_sample, show_samples
from autograder.checks.outcome import CheckFailed, CheckStopped
from autograder.checks.quiet import first_time_aloud, printing_once
from autograder.notebook.printable import INSTEAD, printable
from autograder.tests.mini import ID, make_course, submission, write

ENCODINGS = ["cp1252", "cp437", "ascii"]
ONES = {"x": np.ones(3)}
# What IPython does with a check that fails and one that passes.
SHELL = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance(colors="NoColor")
shell.run_cell("import numpy as np; from autograder import check_shapes; f = lambda x: 2 * x[:2]")
shell.run_cell("check_shapes(f, {'x': np.ones(3)}, [(3,)])")
shell.run_cell("check_shapes(f, {'x': np.ones(3)}, [(2,)])")
"""
in_each = pytest.mark.parametrize("encoding", ENCODINGS)


@contextlib.contextmanager
def printing(encoding):
    """While open, standard output has this encoding; yields what tells what was printed."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")

    def printed() -> str:
        stream.flush()
        return stream.buffer.getvalue().decode(encoding)

    with contextlib.redirect_stdout(stream):
        yield printed


def double(x):
    """(N,) as x (N,)."""
    return 2 * x


def half(x):
    """(N,) as x (N,)."""
    return x[:2]


def endless(x):
    """(N,) as x (N,)."""
    raise KeyboardInterrupt


@in_each
def test_checks(encoding):
    """Are the marks of a check that passes, fails or is stopped told in words, and the rest as it was?"""
    with printing(encoding) as said:
        check_shapes(double, ONES, [(3,)])
        assert said().startswith("OK double: shapes")
        with pytest.raises(CheckFailed) as failed:
            check_shapes(half, ONES, [(3,)])
        with pytest.raises(CheckStopped) as stopped:
            check_shapes(endless, ONES, [(3,)])
    assert failed.value.report.startswith(
        "X half: shapes\n  the result has the wrong shape: axis 0 is too short.\n  -> Write"
    )
    assert re.match("[#■] endless: shapes\n  stopped", stopped.value.report)
    assert stopped.value.report.encode(encoding)


@in_each
def test_what_was_kept_back(encoding):
    """Is a student's own error told where what was printed before it cannot be?"""
    with printing(encoding) as said, printing_once():
        with first_time_aloud("f"):
            pass
        with pytest.raises(ValueError, match="none"), first_time_aloud("f"):
            raise ValueError(print("≠") or "none")
        assert said() == f"\\u2260{os.linesep}"


@in_each
def test_samples(encoding):
    """Are rules dashes, and is a character that nobody foresaw told by its number?"""
    with printing(encoding) as said:
        show_sample("a b\u4e2d", "sample")
        show_samples({"rnn": "the\ncat", "lstm": "the dog"}, "the\ncat and the dog")
        printed = said()
    assert re.match("[-─]{2} sample [-─]{3}", printed)
    assert "a b\\u4e2d" in printed
    assert "the/cat" in printed


@in_each
def test_predictions_and_progress(encoding, monkeypatch):
    """Is an answer told to be wrong, and are a bar, its title and its losses drawn?"""
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    with printing(encoding) as said:
        predict("which", "a", "0")
        for _ in (bar := progress(3, "training ≠")):
            bar.show(λ=1.0)
        printed = said()
    assert "not a. X Run on" in printed
    assert "training \\u2260: 100%|" in printed
    assert "\\u03bb 1.000" in printed


def test_a_stream_without_an_encoding_takes_everything(monkeypatch):
    """Is nothing changed for a notebook, a file in memory, or no standard output at all?"""
    text = "".join(INSTEAD)
    for stream in (io.StringIO(), None, io.TextIOWrapper(io.BytesIO(), encoding="utf-8")):
        monkeypatch.setattr(sys, "stdout", stream)
        assert printable(text) == text


def run(*command, folder=None, encoding="cp1252"):
    """What a command wrote to both streams, and its exit code."""
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "COLUMNS": "100"}
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, check=False
    )
    return done.stdout.decode(encoding), done.stderr.decode(encoding), done.returncode


def test_ipython(tmp_path, monkeypatch):
    """Is the report of a failed check shown by IPython itself, and does the next cell run?"""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    said, complaints, _ = run("-c", SHELL)
    assert "X f: shapes" in said
    assert "OK f: shapes" in said
    assert "UnicodeEncodeError" not in said + complaints


@pytest.mark.slow
def test_commands(tmp_path):
    """Do commands print tables, bars, marks and refusals, and end as they would?"""
    course = make_course(tmp_path)
    write(course.submitted("zoë-Ω", ID), submission())
    built, _, code = run("-m", "autograder", "build", "--untried", folder=course.root)
    assert (code, built[:8]) == (0, "OK mini:")
    graded, complaints, code = run("-m", "autograder", "grade", folder=course.root)
    assert code == 0, complaints
    assert "zoë-\\u03a9" in graded
    assert "----+----" in graded
    _, refusal, code = run("-m", "autograder", "why", "nobody", ID, folder=course.root)
    assert (code, refusal[:2]) == (2, "X ")
