"""Refuse a source notebook that breaks a rule of docs/authoring.md."""

from nbformat import NotebookNode

from autograder.build import (
    lint_calls,
    lint_cells,
    lint_course,
    lint_exercises,
    lint_passes,
    lint_tests,
)
from autograder.build.wishes import Lint
from autograder.cells import Problem, cells_of

__all__ = ["COURSE_RULES", "RULES", "Problem", "lint"]

RULES = (
    *lint_cells.RULES, *lint_exercises.RULES, *lint_passes.RULES, *lint_tests.RULES, *lint_calls.RULES
)  # fmt: skip
COURSE_RULES = lint_course.RULES


def lint(nb: NotebookNode, wishes: Lint | None = None) -> list[Problem]:
    """Every problem of a source notebook, rule by rule; empty when it may be built.

    `wishes` are the course's own rules, with the usual settings if None.
    """
    cells, wishes = cells_of(nb), wishes or Lint()
    problems = [problem for rule in RULES for problem in rule(cells)]
    return problems + [problem for rule in COURSE_RULES for problem in rule(cells, wishes)]
