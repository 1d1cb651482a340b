"""Does a diagnosis depend on what things are called? All arguments and parameters of a notebook get other names."""

import ast
import copy
import inspect
import re

import nbformat
import pytest

import autograder
from autograder.cells import cells_of, of_kind
from autograder.hidden import Grading, grading
from autograder.tests.known_mistakes import COURSE, first_failure
from autograder.truth.mistakes import load_mistakes, with_mistake
from autograder.truth.source import handed_in, read_source

pytestmark = pytest.mark.slow

ASSIGNMENT, EVERY = "03_RNN_text_generation", 6
AXES = re.compile(r"[A-Z]")  # sizes keep the names of the axes in docstrings


def other_names(notebook):
    """A new name for each argument of an exercise and each key of a dict of parameters."""
    found = {}
    for cell in of_kind(cells_of(notebook), "exercise"):
        for node in ast.walk(cell.tree):
            if isinstance(node, ast.arg):
                found[node.arg] = None
            elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
                found[node.slice.value] = None
    checks = (
        autograder.check_values,
        autograder.check_gradients,
        autograder.check_sampling,
        autograder.check_training,
    )
    taken = {name for check in checks for name in inspect.signature(check).parameters}
    names = [
        name for name in found if isinstance(name, str) and not AXES.fullmatch(name) and name not in taken
    ]
    return {name: f"{'qk'[number % 2]}{number}" for number, name in enumerate(names)}


def renamed(text, names):
    """A text with the new names; what stands behind a dot is no argument."""
    pattern = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    return re.sub(rf"(?<![\w.])({pattern})(?!\w)", lambda match: names[match.group()], text)


def with_names(notebook, names):
    """A copy of a notebook with the new names in all of its code."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = renamed(cell.source, names)
    return notebook


def diagnoses(source, answers, path, name=str):
    """The code of each answer by the first check that fails."""
    nbformat.write(source, path)
    with grading(Grading(path, "white rabbit")):
        outcomes = [first_failure(source, answer, name(check)) for check, answer in answers]
    return [outcome and outcome.diagnosis for outcome in outcomes]


@pytest.mark.parametrize("start", [1, 4])
def test_other_names_get_the_same_diagnoses(tmp_path, start, monkeypatch):
    """Do the known mistakes of a notebook get the same codes under other names, with time enough for all of them?"""
    monkeypatch.setattr("autograder.diagnosis.engine.SECONDS", 120.0)
    monkeypatch.setattr("autograder.diagnosis.apart.SILENT_SECONDS", 20.0)
    source = read_source(COURSE, ASSIGNMENT)
    solution, names = handed_in(source), other_names(source)
    mistakes = [m for m in load_mistakes(COURSE, ASSIGNMENT) if not m.check.endswith(": training")][
        start::EVERY
    ]
    answers = [(m.check, with_mistake(solution, m)) for m in mistakes]
    before = diagnoses(source, answers, tmp_path / "03.ipynb")
    others = [(check, with_names(answer, names)) for check, answer in answers]
    after = diagnoses(with_names(source, names), others, tmp_path / "renamed.ipynb")
    assert len(names) > 15
    told = [re.sub("`.*`", lambda name: renamed(name.group(), names), code) for code in before]
    assert after == told
