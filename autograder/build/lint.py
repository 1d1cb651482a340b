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
from autograder.grading.plain import is_plain

__all__ = ["COURSE_RULES", "RULES", "Problem", "lint"]

CHECK_RULES = (*lint_passes.RULES, *lint_tests.RULES, *lint_calls.RULES)
RULES = (*lint_cells.RULES, *lint_exercises.RULES, *CHECK_RULES)
COURSE_RULES = lint_course.RULES


def lint(nb: NotebookNode, wishes: Lint | None = None) -> list[Problem]:
    """Every problem of a source notebook, rule by rule; empty when it may be built.

    `wishes` are the course's own rules, with the usual settings if None.
    """
    cells, wishes = cells_of(nb), wishes or Lint()
    checked = [cell for cell in cells if not is_plain(cell)]  # docs/plain.md has the rules of the others
    asked = {rule: checked if rule in CHECK_RULES else cells for rule in RULES}
    problems = [problem for rule in RULES for problem in rule(asked[rule])]
    return problems + [problem for rule in COURSE_RULES for problem in rule(cells, wishes)]
