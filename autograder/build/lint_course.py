"""Rules that a course chooses (wishes.py). Each takes the cells and the course's wishes."""

import ast
from collections.abc import Iterator

from autograder.build.lint_tests import checks_of
from autograder.build.questions import ASKED
from autograder.build.wishes import Lint
from autograder.cells import WRITTEN, Cell, Problem, has_tag, is_plain, of_kind, with_checks

PLAIN_SHOWS = ("plt.show", "pyplot.show", "matplotlib.pyplot.show", "figure.show", "fig.show")
OURS, OURS_HIDDEN = "autograder", "autograder.hidden"


def points_add_up(cells: list[Cell], wishes: Lint) -> Iterator[Problem]:
    """All points together are what the course wants."""
    points = [cell.metadata.get("points") for cell in cells if _counts(cell)]
    total = sum(one for one in points if isinstance(one, int | float) and not isinstance(one, bool))
    if wishes.points and abs(total - wishes.points) > 1e-9:
        yield Problem("notebook", f"has {total:g} points in all; make it {wishes.points:g} (c.Lint.points).")


def has_hidden_check(cells: list[Cell], wishes: Lint) -> Iterator[Problem]:
    """At least one check is hidden: visible ones can be answered by heart."""
    for cell in of_kind(cells, "test") if wishes.hidden else ():
        asking = cell.statements if is_plain(cell) else checks_of(cell)
        if cell.tree and not any(map(cell.is_hidden, asking)):
            yield Problem(
                cell.name, "has no check between the `### BEGIN/END HIDDEN TESTS` markers; add one."
            )


def imports_are_allowed(cells: list[Cell], wishes: Lint) -> Iterator[Problem]:
    """A test imports only from autograder and the course's libraries; autograder.hidden only where hidden."""
    for cell in with_checks(cells):
        for node in ast.walk(cell.tree) if cell.tree else ():
            if not isinstance(node, ast.Import | ast.ImportFrom):
                continue
            allowed = {OURS, OURS_HIDDEN} if cell.is_hidden(node) else {OURS}
            for module in modules_of(node):
                if module not in allowed and module.split(".")[0] not in wishes.libraries:
                    what = f"line {node.lineno}: a test may not import {module} here"
                    yield Problem(cell.name, f"{what}; {_instead(module)}.")


def _counts(cell: Cell) -> bool:
    """Are its points among those that the course wants? Questions come on top."""
    is_question = has_tag(cell.node, ASKED) or has_tag(cell.node, WRITTEN)
    return (cell.kind == "test" or cell.by_hand) and not is_question


def pictures_are_described(cells: list[Cell], wishes: Lint) -> Iterator[Problem]:
    """Every picture has words for those who cannot see it."""
    for cell in cells if wishes.described else ():
        for node in ast.walk(cell.tree) if cell.tree else ():
            if isinstance(node, ast.Call) and ast.unparse(node.func) in PLAIN_SHOWS:
                yield Problem(
                    cell.name,
                    f"line {node.lineno}: a picture without words; write show_figure(figure, alt=...), which "
                    "`autograder` has.",
                )


RULES = (points_add_up, has_hidden_check, imports_are_allowed, pictures_are_described)


def modules_of(node: ast.Import | ast.ImportFrom) -> list[str]:
    """The modules that a statement imports, a dot for each level of a relative one."""
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    return ["." * node.level + (node.module or "")]


def _instead(module: str) -> str:
    if module == OURS_HIDDEN:
        return "move it into the hidden region"
    return "do without, or name it in c.Lint.libraries"
