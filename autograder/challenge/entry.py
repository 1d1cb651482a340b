"""A student's entry: the code that runs, without comments and docstrings, and how much text it carries."""

import ast
import hashlib
import json
from dataclasses import dataclass

from nbformat import NotebookNode

from autograder.cells import ENTRY, NOT_CODE, Cell, cells_of, challenge_of, parse
from autograder.challenge.literals import MOST, MOST_CODE, Literals, compressed, literals_of, size
from autograder.course import CourseError
from autograder.grading.alike import DOCUMENTED, is_alike, is_readable
from autograder.grading.restore import blank
from autograder.grading.runs import Plan
from autograder.grading.stubs import stubs_of
from autograder.sandbox.session import definitions


@dataclass(frozen=True)
class Entry:
    """The cells to run before `open_reader` is called; of the student's, bytes of literals and of code."""

    cells: tuple[str, ...]
    literals: int
    code: int

    @property
    def refusal(self) -> str:
        """Why it may not run; "" when it may."""
        if self.literals > MOST:
            return f"carries {self.literals:,} bytes of text and numbers in its code, and may carry {MOST:,}."
        if self.code > MOST_CODE:
            return f"has {self.code:,} bytes of code, compressed, and may have {MOST_CODE:,}."
        return ""

    def key(self, task: str) -> str:
        """Changes with the code that runs and with the task's digest."""
        return hashlib.sha256(json.dumps([task, *self.cells]).encode()).hexdigest()


def baseline_of(source: NotebookNode) -> Cell:
    """The cell of a source that students replace. Raises CourseError where there is no challenge."""
    if cell := challenge_of(cells_of(source)):
        return cell
    raise CourseError(
        'This assignment has no challenge: no cell of its source has the tag "challenge" and defines '
        f"{ENTRY} (docs/challenge.md)."
    )


def entry_of(notebook: NotebookNode, source: NotebookNode) -> Entry | None:
    """What runs of a restored notebook; None when it has no entry but the one that was released.

    Given cells are the course's. Exercises and the cell of the entry run as they are, of other cells of the
    student's own what defines without computing.
    """
    cell = _last(cells_of(notebook)) if is_readable(notebook.cells) else None
    if cell is None or is_alike("code", cell.source, baseline_of(source).source):
        return None
    return made_of(notebook, source, cell)


def made_of(notebook: NotebookNode, source: NotebookNode, entry: Cell) -> Entry:
    """The entry that a cell of a notebook makes."""
    template = blank(source)
    plan, code, own = Plan(notebook, stubs_of(template)), [], []
    for cell in plan.running():
        if cell.kind == "given" or cell.is_figure:
            code.append(cell.source)
        elif said := _said(cell, whole=cell.kind == "exercise" or cell.position == entry.position):
            own.append(said)
            code.append(plan.code(cell.replace_source(said)))
    literals = literals_of(map(ast.parse, own)) - _released(template)
    return Entry(tuple(code), size(literals), compressed(own))


def with_entry(source: NotebookNode, text: str) -> NotebookNode:
    """A source with other text in the cell of the entry, as one who wrote it there would hand it in."""
    place = baseline_of(source).position - 1
    cells = [*source.cells]
    cells[place] = NotebookNode({**cells[place], "source": text})
    return NotebookNode({**source, "cells": cells})


def _last(cells: list[Cell]) -> Cell | None:
    """The last cell that defines the entry, as it would be after running all."""
    return next((cell for cell in reversed(cells) if cell.kind in ("exercise", "") and _binds(cell)), None)


def _binds(cell: Cell) -> bool:
    """Does it define the entry at its top level?"""
    if ENTRY not in cell.source:
        return False
    assigned = (one for each in cell.statements for one in getattr(each, "targets", []))
    return ENTRY in cell.functions or any(isinstance(one, ast.Name) and one.id == ENTRY for one in assigned)


def _said(cell: Cell, whole: bool) -> str:
    """What a cell says, without comments and docstrings; only what it defines, unless the `whole` counts."""
    try:
        tree = parse(cell.source) if whole else parse(definitions(cell.source))
        return ast.unparse(_without_docstrings(tree)) if tree else ""
    except NOT_CODE:
        return ""


def _without_docstrings(tree: ast.Module) -> ast.Module:
    """The same tree, changed in place."""
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return tree


def _released(template: NotebookNode) -> Literals:
    """The literals that students were given in the cells which they write."""
    theirs = [cell for cell in cells_of(template) if cell.kind in ("exercise", "") and cell.tree]
    return literals_of(ast.parse(_said(cell, whole=True)) for cell in theirs)
