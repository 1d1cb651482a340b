"""Which tests can see what a known answer changes? Only those have to run."""

from nbformat import NotebookNode

from autograder.cells import Cell, cells_of
from autograder.names import bound_and_read


def untouched(solution: NotebookNode, changed: NotebookNode) -> frozenset[str]:
    """The test cells that call nothing that differs from the solution, at any remove.

    None are when something else than exercises differs.
    """
    before, after = cells_of(solution), cells_of(changed)
    if [cell.name for cell in before] != [cell.name for cell in after]:
        return frozenset()
    differing = [pair for pair in zip(before, after, strict=True) if pair[0].source != pair[1].source]
    if any(cell.kind != "exercise" or not cell.tree for pair in differing for cell in pair):
        return frozenset()
    touched = {name for pair in differing for cell in pair for name in bound_and_read(cell.tree)[0]}
    code = [cell for cell in before if cell.tree and cell.kind != "test"]
    while more := {name for cell in code if _reads(cell, touched) for name in _bound(cell)} - touched:
        touched |= more
    return frozenset(cell.name for cell in before if cell.kind == "test" and not _reads(cell, touched))


def _reads(cell: Cell, names: set[str]) -> bool:
    return bool(bound_and_read(cell.tree)[1] & names)


def _bound(cell: Cell) -> set[str]:
    return bound_and_read(cell.tree)[0]
