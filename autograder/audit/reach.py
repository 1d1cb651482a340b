"""Which tests can see what a known answer changes? Only those have to run."""

import functools
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from nbformat import NotebookNode

from autograder.cells import cells_of, given_of, is_check, parse
from autograder.names import bound_and_read


class Statement(NamedTuple):
    """The names that a statement binds and reads, and those that a check may take from the reference."""

    bound: set[str]
    read: set[str]
    given: frozenset[str]


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
    touched = {name for cell in differing for one in _statements(cell.source) for name in one.bound}
    definers = [
        one for cell in before if cell.kind in ("exercise", "given") for one in _statements(cell.source)
    ]

    @functools.cache
    def reached(given: frozenset[str]) -> set[str]:
        return _spread(touched - given, definers, given)

    return frozenset(
        cell.name for cell in before if cell.kind == "test"
        and not any(read & reached(given) for read, given in _parts(cell.source, lent))
    )  # fmt: skip


def _spread(touched: set[str], definers: Iterable[Statement], without: frozenset[str]) -> set[str]:
    """What is touched, with all that reads it at any remove, but for some names."""
    while more := {name for one in definers if one.read & touched for name in one.bound} - without - touched:
        touched = touched | more
    return touched


def _parts(source: str, lent: bool) -> Iterator[tuple[set[str], frozenset[str]]]:
    """The names that each statement of a test takes from outside it, and those of them that are lent."""
    own: set[str] = set()
    for one in _statements(source):
        yield one.read - own, one.given if lent else frozenset()
        own |= one.bound


@functools.lru_cache(maxsize=10_000)
def _statements(source: str) -> tuple[Statement, ...]:
    """What stands in a cell, in order; nothing that does not compile."""
    tree = parse(source)
    return tuple(
        Statement(*bound_and_read(one), frozenset(given_of(one) if is_check(one) else ()))
        for one in (tree.body if tree else ())
    )
