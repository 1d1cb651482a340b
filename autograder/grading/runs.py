"""What grading runs in the student's process: code but for tests, and figures for names that are used."""

from collections.abc import Iterator

from nbformat import NotebookNode

from autograder.cells import NOT_CODE, Cell, cells_of
from autograder.grading.alike import MAX_TEXT, is_readable
from autograder.grading.stubs import Stubs, filling
from autograder.names import bound_and_read


class Plan:
    """Which cells of a restored notebook run, and as which code."""

    def __init__(self, notebook: NotebookNode, stubs: Stubs):
        is_read = is_readable(notebook.cells)
        self.cells, self._stubs = cells_of(notebook), stubs if is_read else {}
        self._figures = _used_figures(self.cells) if is_read else set()

    def runs(self, cell: Cell) -> bool:
        """Does grading run this cell? Test cells run in the grader."""
        if cell.is_figure:
            return cell.position in self._figures
        return cell.node.cell_type == "code" and cell.kind != "test"

    def code(self, cell: Cell) -> str:
        """The text to run, whose blanks replace nothing."""
        return filling(cell.source, self._stubs)

    def running(self) -> Iterator[Cell]:
        """The cells that run, in order."""
        return filter(self.runs, self.cells)


def _used_figures(cells: list[Cell]) -> set[int]:
    """The positions of the figure cells that alone define a name which the student uses."""
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
    return used


def _names(cell: Cell) -> tuple[set[str], set[str]]:
    """The names that a cell binds, and those that it takes from outside; none of one that is too long."""
    try:
        return bound_and_read(cell.tree) if cell.tree and len(cell.source) <= MAX_TEXT else (set(), set())
    except NOT_CODE:
        return set(), set()
