"""Student text outside of the sandbox: however it is made, it costs the grader a bounded time, and no points."""

import re
import threading
import time

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from autograder.cells import parse
from autograder.feedback import bounded
from autograder.feedback.exporter import FeedbackExporter
from autograder.grading import one
from autograder.grading.budget import Budget
from autograder.grading.fingerprints import fingerprints
from autograder.grading.restore import is_tampering, restore
from autograder.grading.submission import SubmissionError, read_submission
from autograder.tests.mini import judged, source_notebook, submission, write

# Hypothesis watches the garbage collector; where a budget's end meets its watcher, Python ignores it, and it comes again.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

SLOW = re.compile(r"(a+)+$")
CATASTROPHE = "a" * 40 + "b"
TEXTS = {
    "an environment that does not end": r"\begin{a}" * 2200,
    "formulas that do not end": r"\\[a" * 5000,
    "lists in lists": "* *\n" * 5000,
    "tags": "<a b=c " * 499,
    "entities": "&" * 199_000,
    "emphasis": "**a *b " * 2500,
}


def seconds_of(work, *arguments):
    """CPU seconds, and what comes of it."""
    began = time.process_time()
    result = work(*arguments)
    return time.process_time() - began, result


def swallowing():
    """What some libraries do with everything that goes wrong."""
    try:
        SLOW.match(CATASTROPHE)
    except Exception:
        return "kept"


def test_a_regular_expression_is_interrupted():
    """Does work end at the limit, in one call of C code too and inside of `except Exception`, and nothing ring later?"""
    budget = Budget(seconds=0.5, at_once=0.2)
    assert budget.run("text", len, "abc", instead=0) == 3
    assert budget.run("text", swallowing, instead="typed") == "typed"
    assert 0.1 < budget.spent < 0.5
    seconds_of(sum, range(10**7))
    assert budget.notes("text")[0].startswith("1 cell of text shown as typed")
    assert not budget.notes("code")


def test_a_budget_that_is_spent_starts_nothing():
    """Is a text that comes after the end not even begun?"""
    budget = Budget(seconds=0.2, at_once=1.0)
    budget.run("text", swallowing, instead="")
    assert budget.run("text", pytest.fail, "begun", instead="typed") == "typed"
    assert budget.notes("text")[0].startswith("2 cells of text")


def test_a_budget_in_a_thread():
    """Is work done, and counted, where no signal can end it?"""
    budget, found = Budget(), []
    thread = threading.Thread(target=lambda: found.append(budget.run("text", sum, range(10**6), instead=0)))
    thread.start()
    thread.join()
    assert found == [sum(range(10**6))]
    assert budget.spent > 0


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_text_that_takes_long(text):
    """Do fifty cells of it, of both kinds, take no longer than they may, and do the notes say that they were cut?"""
    notebook = submission()
    for i in range(50):
        notebook.cells.append(new_markdown_cell(text, id=f"m{i}"))
        notebook.cells.append(new_raw_cell(text, id=f"r{i}"))
    seconds, restored = seconds_of(restore, notebook, source_notebook(), Budget(seconds=0.4, at_once=0.15))
    assert seconds < 3
    assert len(restored.notes) == 1
    assert "shown as typed" in restored.notes[0]
    assert not any(is_tampering(note, []) for note in restored.notes)


def test_code_that_takes_long_to_compare():
    """Are fingerprints left out, and is that said, when there is no time left?"""
    notebook = submission(extra="x = 1\n" * 9000)
    assert fingerprints(notebook, source_notebook())["code"]
    budget = Budget(seconds=0.001)
    assert not fingerprints(notebook, source_notebook(), budget)["code"]
    assert "not compared" in budget.notes("code")[0]


def test_slow_text_costs_no_points_and_shows_in_the_seconds(course, monkeypatch):
    """Has a right submission with slow text full marks, a note, and the seconds that it took?"""
    budgets = []
    monkeypatch.setattr(
        one, "Budget", lambda: budgets.append(Budget(seconds=1.0, at_once=0.3)) or budgets[-1]
    )
    quick = judged(course, submission())
    notebook = submission()
    notebook.cells += [new_markdown_cell(r"\begin{a}" * 2200, id=f"m{i}") for i in range(30)]
    slow = judged(course, notebook)
    assert quick.score == slow.score == 100
    assert not quick.restored
    assert "shown as typed" in slow.restored[0]
    before, spent = (budget.spent for budget in budgets)
    assert before < 0.5 < 1 <= spent <= slow.seconds


PAGES = {
    "stars": new_code_cell("*" * 59_000),
    "addresses": new_code_cell("www.a" * 11_000),
    "long code": new_code_cell("a < b\n" * 500_000),
    "an environment": new_markdown_cell(r"\begin{a}" * 2200),
    "colours": new_code_cell("1", outputs=[new_output("stream", text="\x1b[31ma" * 10_000)]),
}


@pytest.mark.parametrize("cell", PAGES.values(), ids=PAGES.keys())
def test_a_page_that_takes_long(cell, monkeypatch):
    """Is a page of twenty such cells written in bounded time?"""
    monkeypatch.setattr(bounded, "SECONDS", 0.4)
    monkeypatch.setattr(bounded, "MAX_TAGS", 30_000)
    cells = [type(cell)({**cell, "id": f"c{i}"}) for i in range(20)]
    seconds, page = seconds_of(page_of, cells)
    assert seconds < 6
    assert '<pre class="scroll' in page


def page_of(cells):
    return FeedbackExporter().from_notebook_node(new_notebook(cells=cells))[0]


def test_a_page_without_time_shows_what_was_typed_and_runs_nothing(monkeypatch):
    """Is each kind of cell there as text, where nothing at all may be rendered?"""
    monkeypatch.setattr(bounded, "SECONDS", 0.0)
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)"
    output = new_output("stream", text=evil)
    page = page_of(
        [
            new_markdown_cell(evil, id="a"),
            new_code_cell(evil, id="b", outputs=[output]),
            new_raw_cell(evil, id="c"),
        ]
    )
    assert page.count("<script") == page_of([]).count("<script")
    assert "<img" not in page
    assert page.count("alert(1)") == 4


def test_a_page_that_is_too_long_is_cut(monkeypatch):
    """Is the rest left out, and is that said, when more is shown as typed than a page may hold?"""
    monkeypatch.setattr(bounded, "SECONDS", 0.0)
    monkeypatch.setattr(bounded, "MAX_PLAIN", 100)
    page = page_of([new_markdown_cell("y" * 80, id="a"), new_markdown_cell("z" * 80, id="b")])
    assert ("y" * 80 in page, "z" * 20 in page, "z" * 21 in page) == (True, True, False)
    assert page.count("The rest is left out") == 1


def test_an_ordinary_page_is_rendered():
    """Is nothing shown as typed where there is time, but for a raw cell?"""
    cells = [new_markdown_cell("*a*", id="a"), new_code_cell("x = 1 < 2", id="b"), new_raw_cell("r", id="c")]
    page = page_of(cells)
    assert "<em>a</em>" in page
    assert '<span class="mi">1</span>' in page
    assert page.count('<pre class="scroll') == 1


def test_long_output_is_cut():
    """Is of what one cell printed only the beginning on the page, and is that said?"""
    output = new_output("stream", text="y" * (bounded.MAX_OUTPUT + 1))
    page = page_of([new_code_cell("1", id="a", outputs=[output])])
    assert page.count("y" * bounded.MAX_OUTPUT) == 1
    assert "y" * (bounded.MAX_OUTPUT + 1) not in page
    assert "The rest is left out: this output is too long." in page


def test_a_file_of_very_many_parts(tmp_path):
    """Is a small file that would become a huge object refused in one sentence, before it does?"""
    path = write(tmp_path / "a.ipynb", '{"nbformat": 4, "cells": [], "x": [' + "[]," * 2_000_000 + "[]]}")
    with pytest.raises(SubmissionError, match="parts; ask for it"):
        seconds_of(read_submission, path)


@pytest.mark.parametrize(
    "code", ["(" * 90_000, "-" * 90_000 + "1", "x" + "[0]" * 90_000, "9" * 90_000, "a." * 90_000]
)
def test_code_that_no_parser_takes(code):
    """Is code that is nested too deeply, or has too long a number, no code instead of a crash?"""
    parse(code)
