"""Exercises that equal what the course itself has published, down to the names: a fact, and no verdict.

Its own solution may have been handed out, to an earlier class perhaps, and the releases of other notebooks
give as code what this one asks for. Comments, docstrings and layout do not count.
"""

import ast
import copy
import functools
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.cells import SOLUTION, Cell, cells_of, of_kind, regions
from autograder.course import Course
from autograder.grading.budget import Budget
from autograder.grading.match import is_exercise

LEAST = 60  # nodes of a syntax tree that students write themselves; measured in docs/grading.md


def published(course: Course) -> dict[str, str]:
    """Where each longer function of the course's notebooks stands, "<id>/<name>", by its fingerprint.

    Notebooks that cannot be read give none; grading says so at another place.
    """
    found: dict[str, str] = {}
    for assignment in course.assignments:
        for path in (course.source(assignment, notebook) for notebook in course.notebooks(assignment)):
            for word, name in _functions_of(path, path.stat().st_mtime_ns) if path.exists() else ():
                found.setdefault(word, f"{assignment}/{name}")
    return found


def copies(notebook: NotebookNode, known: Mapping[str, str], budget: Budget) -> str:
    """Where the functions of a notebook's exercises stand in `known`, in one text."""
    found: list[str] = []
    for cell in notebook.cells:
        if cell.cell_type == "code" and is_exercise(cell):
            words: list[str] = budget.run("code", _words, cell.source, instead=[])
            found += [known[word] for word in words if word in known]
    return " ".join(dict.fromkeys(found))


@functools.lru_cache(maxsize=64)
def _functions_of(path: Path, changed: int) -> tuple[tuple[str, str], ...]:
    try:
        cells = cells_of(nbformat.read(path, as_version=4))
    except (OSError, ValueError):
        return ()
    exercises = ((cell, regions(cell.source, SOLUTION)) for cell in of_kind(cells, "exercise"))
    given = ((cell, [range(10**9)]) for cell in of_kind(cells, "given"))
    return tuple(pair for cell, own in (*exercises, *given) for pair in _long(cell, own))


def _long(cell: Cell, own: list[range]) -> Iterator[tuple[str, str]]:
    """Fingerprint and name of each function of which LEAST nodes stand on lines in `own`, from 0."""
    for name, function in cell.functions.items():
        lines = [node.lineno - 1 for node in ast.walk(function) if hasattr(node, "lineno")]
        if sum(any(line in region for region in own) for line in lines) >= LEAST:
            yield _word(function), name


def _words(text: str) -> list[str]:
    """The fingerprints of the functions that a cell's text defines."""
    cell = Cell(0, nbformat.v4.new_code_cell(text))
    return [_word(function) for function in cell.functions.values()]


def _word(function: ast.FunctionDef) -> str:
    bare = copy.copy(function)
    if ast.get_docstring(function) is not None:
        bare.body = function.body[1:]
    return hashlib.sha256(ast.dump(bare).encode()).hexdigest()[:16]
