"""Which cell of the source is one that was handed in: by its id, else its text, else what it defines."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from nbformat import NotebookNode

from autograder.cells import Cell
from autograder.grading.alike import digest, is_alike, is_readable, text_of
from autograder.grading.stubs import Stubs, answered


@dataclass
class Match:
    """The cells of a submission by what they are in the source, which has `known` cells by grade id.

    `names[i]` is the grade id of the i-th cell, None for a cell of the student's own; `chosen` has the one
    that counts of each; `by_content` those that were not known by their id, and `elsewhere` the exercises
    that are answered in cells of other names.
    """

    names: list[str | None]
    chosen: dict[str, int] = field(default_factory=dict)
    by_content: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)


def match(cells: Sequence[NotebookNode], known: dict[str, NotebookNode], stubs: Stubs) -> Match:
    """What each of the submitted `cells` is; `known` are those of the blank source, in its order."""
    ids = map(grade_id, cells)
    found = Match([name if name in known else None for name in ids])
    is_read = is_readable(cells)
    answers = [answered(Cell(0, _as_code(cell)), stubs) if is_read else set() for cell in cells]
    functions = {name: _functions(cell, stubs) for name, cell in known.items()}
    if is_read:
        _exchanged(found, answers, functions)
        _by_text(found, cells, known)
        _by_definition(found, answers, known, functions)
    ends = _ends(found, known)
    for name in known:
        own = [i for i, label in enumerate(found.names) if label == name]
        if own:
            found.chosen[name] = _choice(own, cells, known[name], answers, functions[name], ends[name])
    return found


def grade_id(cell: NotebookNode) -> str | None:
    """The cell's nbgrader id, if it has a usable one."""
    name = cell.metadata.get("nbgrader", {}).get("grade_id")
    return name if isinstance(name, str) else None


def _as_code(cell: NotebookNode) -> NotebookNode:
    return NotebookNode({**cell, "cell_type": "code", "source": text_of(cell)})


def _functions(cell: NotebookNode, stubs: Stubs) -> set[str]:
    """The functions that students write in a cell of the source."""
    return Cell(0, cell).functions.keys() & stubs.keys() if is_exercise(cell) else set()


def is_exercise(cell: NotebookNode) -> bool:
    """Does the student write this cell?"""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def _exchanged(found: Match, answers: list[set[str]], functions: dict) -> None:
    """Exercises whose ids stand at each other's answers."""
    names = {
        i: name for i, name in enumerate(found.names)
        if name and functions[name] and answers[i] and not answers[i] & functions[name]
    }  # fmt: skip
    for i in names:
        meant = [name for name in names.values() if answers[i] & functions[name]]
        if len(meant) == 1:
            found.names[i] = meant[0]
            found.by_content.append(meant[0])


def _by_text(found: Match, cells: Sequence[NotebookNode], known: dict) -> None:
    """Cells of lost ids that say what a cell of the source says."""
    missing = {
        digest(cell.cell_type, cell.source): name
        for name, cell in known.items() if name not in found.names
    }  # fmt: skip
    for i, cell in enumerate(cells):
        if missing and found.names[i] is None:
            name = missing.pop(digest(cell.cell_type, text_of(cell)), None)
            if name and cell.source.strip():
                found.names[i] = name
                found.by_content += [] if is_exercise(known[name]) else [name]


def _by_definition(found: Match, answers: list[set[str]], known: dict, functions: dict) -> None:
    """Exercises of lost ids that a cell answers; one that is answered in a cell with a name is elsewhere."""
    for name in known:
        having = [i for i, names in enumerate(answers) if names & functions[name]]
        free = [i for i in having if found.names[i] is None]
        if name in found.names or not having:
            continue
        if free:
            for i in free:
                found.names[i] = name
            found.by_content.append(name)
        elif functions[name] <= set().union(*(answers[i] for i in having)):
            found.elsewhere.append(name)


def _ends(found: Match, known: dict) -> dict[str, int]:
    """Where the test of each exercise stands in the submission: what is below it comes too late."""
    last = {label: i for i, label in enumerate(found.names)}
    ends, after = {}, len(found.names)
    for name in reversed(known):
        if known[name].metadata.nbgrader.get("grade"):
            after = last.get(name, len(found.names))
        ends[name] = after
    return ends


def _choice(
    own: list[int], cells: Sequence[NotebookNode], source: NotebookNode, answers: list[set[str]],
    functions: set[str], end: int,
) -> int:  # fmt: skip
    """The one of several cells that counts: the last answer above the test, else of all, else the last."""
    if not is_exercise(source):
        return own[-1]
    real = [
        i for i in own
        if (answers[i] & functions if functions
            else not is_alike(source.cell_type, text_of(cells[i]), source.source))
    ]  # fmt: skip
    above = [i for i in real if i < end]
    return (above or real or own)[-1]
