"""From the submission come exercises and extra cells; everything else comes from the source."""

import copy
from collections.abc import Collection
from dataclasses import dataclass, field

from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions, LockCells
from nbgrader.utils import compute_checksum

from autograder.cells import without_hidden
from autograder.grading.budget import Budget
from autograder.grading.harmless import harmless

GUARDED = ("grade", "locked", "points", "solution", "task")
KINDS = {
    "missing": "missing and put back",
    "edited": "edited and put back",
    "metadata": "with changed metadata put right",
    "doubled": "there more than once, or of another type, of which one counts",
}


@dataclass
class Restored:
    """A notebook ready to be judged, and a sentence for each thing that had to be put right."""

    notebook: NotebookNode
    notes: list[str] = field(default_factory=list)


def is_tampering(note: str, tests: Collection[str]) -> bool:
    """Does a note tell of a change that no editor makes by itself? `tests` are the names of the test cells.

    Cells get lost by a slip, and splitting or copying an exercise doubles it.
    """
    sentence, _, names = note.partition(": ")
    if sentence.endswith(KINDS["doubled"]):
        return not set(names.split(", ")).isdisjoint(tests)
    return sentence.endswith((KINDS["edited"], KINDS["metadata"]))


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


def blank(source: NotebookNode) -> NotebookNode:
    """The source notebook with its solutions blanked and its hidden tests still there."""
    notebook = copy.deepcopy(source)
    for step in (LockCells(), ClearSolutions()):
        notebook, _ = step.preprocess(notebook, {})
    return notebook


def restore(submitted: NotebookNode, source: NotebookNode, budget: Budget | None = None) -> Restored:
    """The submission with every locked cell, test and number of points as in the source.

    A doubled exercise counts as nbgrader counts it: the last one. A deleted one comes back blank. `budget`
    is for the text cells, a new one if None.
    """
    template, budget = blank(source), budget or Budget()
    known = {grade_id(cell): cell for cell in template.cells if grade_id(cell)}
    changes: dict[str, list[str]] = {kind: [] for kind in KINDS}
    ours = {cell.source for cell in source.cells}
    found, extras = _sort(submitted, known, changes, ours, budget)
    cells = list(extras[None])
    for name, own in known.items():
        cells.append(_canonical(own, found.get(name), changes, budget))
        cells += extras[name]
    notebook = copy.deepcopy(template)
    notebook.cells = [_numbered(cell, i) for i, cell in enumerate(cells)]
    notes = [_note(kind, names) for kind, names in changes.items() if names]
    return Restored(notebook, notes + budget.notes("text"))


def _note(kind: str, names: list[str]) -> str:
    """One sentence for one kind of change, naming each cell once."""
    names = list(dict.fromkeys(names))
    return f"{len(names)} cell{'s' * (len(names) > 1)} {KINDS[kind]}: {', '.join(names)}"


def _sort(
    submitted: NotebookNode, known: dict, changes: dict, ours: set[str], budget: Budget
) -> tuple[dict, dict]:
    """The submission's cells by grade id, and its other cells by the known cell before them."""
    last = {grade_id(cell): i for i, cell in enumerate(submitted.cells) if grade_id(cell) in known}
    found: dict[str, NotebookNode] = {}
    extras: dict[str | None, list] = {name: [] for name in (None, *known)}
    place = None
    for i, cell in enumerate(submitted.cells):
        name = grade_id(cell)
        if name in known and last[name] == i and cell.cell_type == known[name].cell_type:
            found[name], place = cell, name
            continue
        if name in known:
            changes["doubled"].append(name)
        if name not in known or is_exercise(known[name]):
            extras[place].append(_extra(cell, ours, budget))
    return found, extras


def _canonical(
    own: NotebookNode, theirs: NotebookNode | None, changes: dict, budget: Budget
) -> NotebookNode:
    """The cell that counts: the student's text in an exercise, else the source's."""
    cell, name = copy.deepcopy(own), grade_id(own)
    cell.metadata.nbgrader["checksum"] = compute_checksum(own)
    if theirs is None:
        changes["missing"].append(name)
        return cell
    if any(theirs.metadata.nbgrader.get(key, own.metadata.nbgrader.get(key))
           != own.metadata.nbgrader.get(key) for key in GUARDED):  # fmt: skip
        changes["metadata"].append(name)
    if is_exercise(own):
        is_code, text = own.cell_type == "code", theirs.source
        cell.source = text if is_code else harmless(text, own.cell_type, budget)
    elif theirs.source.strip() not in (own.source.strip(), without_hidden(own.source).strip()):
        changes["edited"].append(name)
    return cell


def _extra(cell: NotebookNode, ours: set[str], budget: Budget) -> NotebookNode:
    """A cell of the student's own; text that is not the course's is made harmless."""
    text = cell.source
    if cell.cell_type != "code" and text not in ours:
        text = harmless(text, cell.cell_type, budget)
    return NotebookNode({**cell, "metadata": NotebookNode(), "source": text})


def _numbered(cell: NotebookNode, position: int) -> NotebookNode:
    cell["id"] = grade_id(cell) or f"cell-{position:03d}"
    return cell
