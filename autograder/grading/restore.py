"""From the submission come exercises and extra cells; everything else comes from the source."""

import copy
from dataclasses import dataclass, field

from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions, LockCells
from nbgrader.utils import compute_checksum

from autograder.cells import HIDDEN, split

GUARDED = ("grade", "locked", "points", "solution", "task")


@dataclass
class Restored:
    """A notebook ready to be judged, and a sentence for each thing that had to be put right."""

    notebook: NotebookNode
    notes: list[str] = field(default_factory=list)


def grade_id(cell: NotebookNode) -> str | None:
    """The cell's nbgrader id, if it has a usable one."""
    name = cell.metadata.get("nbgrader", {}).get("grade_id")
    return name if isinstance(name, str) else None


def is_exercise(cell: NotebookNode) -> bool:
    """Does the student write this cell?"""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def is_test(cell: NotebookNode) -> bool:
    """Does this cell give points?"""
    return bool(cell.metadata.get("nbgrader", {}).get("grade"))


def without_hidden(text: str) -> str:
    """A test cell's text as students see it."""
    return "\n".join(split(text, HIDDEN)[0]).rstrip("\n")


def blank(source: NotebookNode) -> NotebookNode:
    """The source notebook with its solutions blanked and its hidden tests still there."""
    notebook = copy.deepcopy(source)
    for step in (LockCells(), ClearSolutions()):
        notebook, _ = step.preprocess(notebook, {})
    return notebook


def restore(submitted: NotebookNode, source: NotebookNode) -> Restored:
    """The submission with every locked cell, test and number of points as in the source.

    A doubled exercise counts as nbgrader counts it: the last one. A deleted one comes back blank.
    """
    template = blank(source)
    known = {grade_id(cell): cell for cell in template.cells if grade_id(cell)}
    found, extras, notes = _sort(submitted, known)
    cells = list(extras[None])
    for name, own in known.items():
        cells.append(_canonical(own, found.get(name), notes))
        cells += extras[name]
    notebook = copy.deepcopy(template)
    notebook.cells = [_numbered(cell, i) for i, cell in enumerate(cells)]
    return Restored(notebook, notes)


def _sort(submitted: NotebookNode, known: dict) -> tuple[dict, dict, list[str]]:
    """The submission's cells by grade id, its other cells by the known cell before them, and notes."""
    last = {grade_id(cell): i for i, cell in enumerate(submitted.cells) if grade_id(cell) in known}
    found: dict[str, NotebookNode] = {}
    extras: dict[str | None, list] = {name: [] for name in (None, *known)}
    notes, place = [], None
    for i, cell in enumerate(submitted.cells):
        name = grade_id(cell)
        if name in known and last[name] == i and cell.cell_type == known[name].cell_type:
            found[name], place = cell, name
            continue
        if name in known:
            notes.append(f"{name} was there more than once, or as another type of cell; one counts.")
        if name not in known or is_exercise(known[name]):
            extras[place].append(_extra(cell))
    return found, extras, notes


def _canonical(own: NotebookNode, theirs: NotebookNode | None, notes: list[str]) -> NotebookNode:
    """The cell that counts: the student's text in an exercise, else the source's."""
    cell, name = copy.deepcopy(own), grade_id(own)
    cell.metadata.nbgrader["checksum"] = compute_checksum(own)
    if theirs is None:
        notes.append(f"{name} was missing; it was put back.")
        return cell
    if any(theirs.metadata.nbgrader.get(key, own.metadata.nbgrader.get(key))
           != own.metadata.nbgrader.get(key) for key in GUARDED):  # fmt: skip
        notes.append(f"{name} had changed metadata; it was put right.")
    if is_exercise(own):
        cell.source = theirs.source
    elif theirs.source.strip() not in (own.source.strip(), without_hidden(own.source).strip()):
        notes.append(f"{name} was edited; it was put back.")
    return cell


def _extra(cell: NotebookNode) -> NotebookNode:
    return NotebookNode({**cell, "metadata": NotebookNode()})


def _numbered(cell: NotebookNode, position: int) -> NotebookNode:
    cell["id"] = grade_id(cell) or f"cell-{position:03d}"
    return cell
