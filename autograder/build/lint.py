"""Refuse a source notebook that breaks a rule of docs/authoring.md."""

from collections.abc import Iterator

from nbformat import NotebookNode

from autograder.build import (
    lint_calls,
    lint_cells,
    lint_challenge,
    lint_course,
    lint_exercises,
    lint_passes,
    lint_tests,
    questions,
)
from autograder.build.wishes import Lint
from autograder.cells import Problem, cells_of, is_plain_notebook

__all__ = ["COURSE_RULES", "RULES", "Problem", "lint"]

RULES = (
    *lint_cells.RULES, *questions.RULES, *lint_exercises.RULES, *lint_passes.RULES, *lint_tests.RULES,
    *lint_calls.RULES, *lint_challenge.RULES,
)  # fmt: skip
PLAIN_RULES = (
    *lint_cells.PLAIN_RULES, *questions.RULES, *lint_challenge.RULES, lint_tests.tests_are_written_out,
    lint_tests.imports_exist, lint_tests.checks_stand_alone,
)  # fmt: skip
COURSE_RULES = lint_course.RULES


def lint(nb: NotebookNode, wishes: Lint | None = None) -> list[Problem]:
    """Every problem of a source notebook, rule by rule; empty when it may be built.

    `wishes` are the course's own rules, with the usual settings if None.
    """
    cells, wishes = cells_of(nb), wishes or Lint()
    rules = PLAIN_RULES if is_plain_notebook(cells) else RULES
    problems = [*_language(nb), *(problem for rule in rules for problem in rule(cells))]
    return problems + [problem for rule in COURSE_RULES for problem in rule(cells, wishes)]


def _language(nb: NotebookNode) -> Iterator[Problem]:
    """Grading runs Python alone."""
    spec = nb.metadata.get("kernelspec", {})
    language = str(spec.get("language") or spec.get("name") or "python").lower()
    if not language.startswith("python"):
        yield Problem("notebook", f"is written in {language}, and grading runs Python alone.")
