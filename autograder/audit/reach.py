"""Which tests can see what a known answer changes? Only those have to run."""

import functools

from nbformat import NotebookNode

from autograder.cells import cells_of, parse
from autograder.names import bound_and_read


def untouched(solution: NotebookNode, changed: NotebookNode) -> frozenset[str]:
    """The test cells that call nothing that differs from the solution, at any remove.

    None are when something else than exercises differs.
    """
    before, after = cells_of(solution), cells_of(changed)
    if [cell.name for cell in before] != [cell.name for cell in after]:
        return frozenset()
    differing = [pair for pair in zip(before, after, strict=True) if pair[0].source != pair[1].source]
    if any(cell.kind != "exercise" for pair in differing for cell in pair):
        return frozenset()
    touched = {name for pair in differing for cell in pair for name in _names(cell.source)[0]}
    code = [(cell, *_names(cell.source)) for cell in before if cell.kind in ("exercise", "given", "test")]
    definers = [(bound, read) for cell, bound, read in code if cell.kind != "test"]
    while more := {name for bound, read in definers if read & touched for name in bound} - touched:
        touched |= more
    return frozenset(cell.name for cell, _, read in code if cell.kind == "test" and not read & touched)


@functools.lru_cache(maxsize=10_000)
def _names(source: str) -> tuple[set[str], set[str]]:
    """What a cell binds and reads. What does not compile binds nothing, and is the same in all tests."""
    tree = parse(source)
    return bound_and_read(tree) if tree else (set(), set())
