"""What grading runs in the student's process: code, and of figures and tests what brings names that are used.

Test cells run in the grader; but what the visible part of one imports is there for the cells below it, too.
"""

import ast
from collections.abc import Iterator

from nbformat import NotebookNode

from autograder.cells import NOT_CODE, Cell, cells_of, without_hidden
from autograder.grading.alike import MAX_TEXT, is_readable, statements
from autograder.grading.stubs import Stubs, filling
from autograder.names import bound_and_read


class Plan:
    """Which cells of a restored notebook run, and as which code."""

    def __init__(self, notebook: NotebookNode, stubs: Stubs):
        is_read = is_readable(notebook.cells)
        self.cells, self._stubs = cells_of(notebook), stubs if is_read else {}
        self._figures, self._wanted = _used_figures(self.cells) if is_read else (set(), set())

    def code(self, cell: Cell) -> str:
        """The text of a cell to run, whose blanks replace nothing; "" for one that does not run."""
        if cell.node.cell_type != "code" or (cell.is_figure and cell.position not in self._figures):
            return ""
        if cell.kind == "test":
            return _imports(cell, self._wanted)
        return filling(cell.source, self._stubs)

    def running(self) -> Iterator[Cell]:
        """The cells that run, in order."""
        return filter(self.code, self.cells)


def _imports(cell: Cell, names: set[str]) -> str:
    """What the visible part of a test cell imports under these names."""
    try:
        found = statements(without_hidden(cell.source)) if names else []
    except NOT_CODE:
        return ""
    imports = [said for said, one in found if isinstance(one, ast.Import | ast.ImportFrom)]
    return "\n".join(said for said in imports if bound_and_read(ast.parse(said))[0] & names)


def _used_figures(cells: list[Cell]) -> tuple[set[int], set[str]]:
    """The positions of figure cells that alone define a name which the student uses, and all such names."""
    code = [cell for cell in cells if cell.node.cell_type == "code"]
    figures = {cell.position: _names(cell) for cell in code if cell.is_figure}
    others = [_names(cell) for cell in cells if cell.kind in ("exercise", "") and not cell.is_figure]
    given = [_names(cell) for cell in cells if cell.kind == "given" and not cell.is_figure]
    known = {name for bound, _ in [*others, *given] for name in bound}
    wanted = {name for _, read in others for name in read} - known
    used: set[int] = set()
    while more := {at for at, (bound, _) in figures.items() if bound & wanted and at not in used}:
        used |= more
        wanted |= {name for at in more for name in figures[at][1]} - known
    return used, wanted


def _names(cell: Cell) -> tuple[set[str], set[str]]:
    """The names that a cell binds, and those that it takes from outside; none of one that is too long."""
    try:
        return bound_and_read(cell.tree) if cell.tree and len(cell.source) <= MAX_TEXT else (set(), set())
    except NOT_CODE:
        return set(), set()
