"""The cell of an open challenge is the student's own: without metadata, and with a first answer that runs."""

from collections.abc import Iterator

from autograder.cells import CHALLENGE, ENTRY, Cell, Problem, has_tag

ARGUMENTS = 3  # train, V, rng


def challenges_are_sound(cells: list[Cell]) -> Iterator[Problem]:
    """At most one, and its cell defines the function that is asked for."""
    tagged = [cell for cell in cells if has_tag(cell.node, CHALLENGE)]
    for cell in tagged[1:]:
        yield Problem(cell.name, "is a second challenge; a notebook has one.")
    for cell in tagged[:1]:
        if cell.kind == "markdown" or cell.metadata or cell.is_figure:
            yield Problem(
                cell.name, "holds a challenge, so it is a code cell without metadata and with no other tag."
            )
        function = cell.functions.get(ENTRY)
        if not function or len(function.args.args) != ARGUMENTS:
            yield Problem(cell.name, f"holds a challenge; define `{ENTRY}(train, V, rng)` in it.")


RULES = (challenges_are_sound,)
