"""Which tests can see what a known answer changes? Only those have to run."""

import ast
import functools
from collections.abc import Iterator

from nbformat import NotebookNode

from autograder.cells import Cell, cells_of, given_of, is_check, parse
from autograder.names import bound_and_read

Names = tuple[set[str], set[str]]


def untouched(source: NotebookNode, changed: NotebookNode, lent: bool = False) -> frozenset[str]:
    """The test cells of the source that call nothing that differs from it, at any remove.

    With `lent`, what their checks are `given` does not count: it comes from the reference.
    None are when something else than exercises differs.
    """
    before, after = cells_of(source), cells_of(changed)
    if [cell.name for cell in before] != [cell.name for cell in after]:
        return frozenset()
    pairs = [pair for pair in zip(before, after, strict=True) if pair[0].kind != "test"]
    differing = [cell for pair in pairs if pair[0].source != pair[1].source for cell in pair]
    if any(cell.kind != "exercise" for cell in differing):
        return frozenset()
    touched = {name for cell in differing for name in _names(cell.source)[0]}
    definers = [
        _names(ast.unparse(statement))
        for cell in before if cell.kind in ("exercise", "given") for statement in cell.statements
    ]  # fmt: skip
    return frozenset(
        cell.name for cell in before if cell.kind == "test"
        and not any(read & _spread(touched - given, definers, given) for read, given in _parts(cell, lent))
    )  # fmt: skip


def _spread(touched: set[str], definers: list[Names], without: set[str]) -> set[str]:
    """What is touched, with all that reads it at any remove, but for some names."""
    while more := {name for bound, read in definers if read & touched for name in bound} - without - touched:
        touched = touched | more
    return touched


def _parts(cell: Cell, lent: bool) -> Iterator[tuple[set[str], set[str]]]:
    """The names that each statement of a test takes from outside it, and those of them that are lent."""
    own: set[str] = set()
    for statement in cell.statements:
        bound, read = _names(ast.unparse(statement))
        yield read - own, set(given_of(statement)) if lent and is_check(statement) else set()
        own |= bound


@functools.lru_cache(maxsize=10_000)
def _names(source: str) -> Names:
    """What code binds and reads. What does not compile binds nothing, and is the same in all tests."""
    tree = parse(source)
    return bound_and_read(tree) if tree else (set(), set())
