"""Refuse a source notebook that breaks a rule of docs/authoring.md."""

from nbformat import NotebookNode

from autograder.build import lint_cells, lint_exercises, lint_tests
from autograder.cells import Problem, cells_of

__all__ = ["RULES", "Problem", "lint"]

RULES = (*lint_cells.RULES, *lint_exercises.RULES, *lint_tests.RULES)


def lint(nb: NotebookNode) -> list[Problem]:
    """Every problem of a source notebook, rule by rule; empty when it may be built."""
    cells = cells_of(nb)
    return [problem for rule in RULES for problem in rule(cells)]
