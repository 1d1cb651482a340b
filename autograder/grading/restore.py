"""From the submission come exercises and extra cells; everything else comes from the source."""

import copy
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from nbgrader.preprocessors import ClearSolutions, LockCells
from nbgrader.utils import compute_checksum

from autograder.cells import without_answers, without_hidden
from autograder.grading.additions import additions, lost
from autograder.grading.alike import digest, is_alike, is_readable, text_of
from autograder.grading.budget import Budget
from autograder.grading.match import Match, grade_id, is_exercise, match
from autograder.grading.released import GUARDED, mark_word, text_word
from autograder.grading.sanitize import sanitize
from autograder.grading.stubs import stubs_of
from autograder.grading.submission import MAX_NAMES

KINDS = {
    "missing": "missing and put back",
    "edited": "edited and put back",
    "metadata": "with changed metadata put right",
    "doubled": "there more than once, of which one counts",
    "content": "without their names, known by what they hold",
    "elsewhere": "answered in another cell",
    "added": "with additions, which ran as cells of their own",
    "old": "as in an earlier release and put right",
}
TAMPERING = ("edited", "metadata")


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
    return sentence.endswith(tuple(KINDS[kind] for kind in TAMPERING))


def is_test(cell: NotebookNode) -> bool:
    """Does this cell give points?"""
    return bool(cell.metadata.get("nbgrader", {}).get("grade"))


def blank(source: NotebookNode) -> NotebookNode:
    """The source notebook with its solutions blanked and its hidden tests still there."""
    notebook = copy.deepcopy(source)
    for step in (LockCells(), ClearSolutions()):
        notebook, _ = step.preprocess(notebook, {})
    return without_answers(notebook)


def restore(
    submitted: NotebookNode, source: NotebookNode, budget: Budget | None = None,
    released: Collection[str] = (), beside: Collection[str] = (),
) -> Restored:  # fmt: skip
    """The submission with every locked cell, test and number of points as in the source.

    An exercise is the last answer above its test, whatever the type of its cell and whether it kept its
    name. What was added to a locked cell becomes a cell of the student's own. `budget` is for the text
    cells, a new one if None; `released` are the versions that were handed out (released.py), `beside` other
    notebooks that were handed in, of which one may be the answer when this one is blank.
    """
    restoring = _Restoring(submitted, source, budget or Budget(), released)
    restored = restoring.restored()
    if beside and restoring.is_blank():
        names = f"{', '.join(list(beside)[:MAX_NAMES])} lie{'s' * (len(beside) == 1)} beside it"
        said = "No code of this notebook differs from the release"
        restored.notes.append(f"{said}, and {names}; ask which one counts.")
    return restored


class _Restoring:
    """One submission beside its source, while it is put right."""

    def __init__(
        self, submitted: NotebookNode, source: NotebookNode, budget: Budget, released: Collection[str]
    ):
        self.template, self.budget, self.released = blank(source), budget, released
        self.ours = {cell.source for cell in source.cells}
        self.known = {name: cell for cell in self.template.cells if (name := grade_id(cell))}
        self.cells = submitted.cells
        self.match: Match = match(self.cells, self.known, stubs_of(self.template))
        self.changes: dict[str, list[str]] = {kind: [] for kind in KINDS}

    def restored(self) -> Restored:
        """The notebook in the source's order, each of the student's cells behind the one that it followed."""
        extras = self._extras()
        cells = list(extras[None])
        for name, own in self.known.items():
            cells += [*self._around(name, own), *extras[name]]
        self.changes["content"] += self.match.by_content
        notebook = copy.deepcopy(self.template)
        notebook.nbformat_minor = 5  # the first one whose cells have ids
        notebook.cells = [_numbered(cell, i) for i, cell in enumerate(cells)]
        notes = [_note(kind, names) for kind, names in self.changes.items() if names]
        return Restored(notebook, notes + self.budget.notes("text"))

    def is_blank(self) -> bool:
        """Is no code in it that was not released, now or once?"""
        released = {digest(cell.cell_type, without_hidden(cell.source)) for cell in self.template.cells}
        released |= {word.rpartition(" ")[2] for word in self.released}
        code = [cell for cell in self.cells if cell.cell_type == "code"]
        return is_readable(self.cells) and all(digest("code", text_of(cell)) in released for cell in code)

    def _extras(self) -> dict[str | None, list[NotebookNode]]:
        """The student's own cells, and exercises that do not count, by the known cell before them."""
        extras: dict[str | None, list] = {name: [] for name in (None, *self.known)}
        place = None
        for i, (name, cell) in enumerate(zip(self.match.names, self.cells, strict=True)):
            if name and self.match.chosen[name] == i:
                place = name
                continue
            if name and name not in self.match.by_content:
                self.changes["doubled"].append(name)
            if not name or is_exercise(self.known[name]):
                extras[place].append(self._extra(cell))
        return extras

    def _around(self, name: str, own: NotebookNode) -> Iterator[NotebookNode]:
        """The cell that counts, with what was added to it: before a test, behind anything else."""
        cell = copy.deepcopy(own)
        cell.metadata.nbgrader["checksum"] = compute_checksum(own)
        if name not in self.match.chosen:
            yield self._put_back(name, cell)
            return
        theirs = self.cells[self.match.chosen[name]]
        if grade_id(theirs) == name:
            self._compare_marks(own, theirs)
        if is_exercise(own):
            is_code, text = own.cell_type == "code", text_of(theirs)
            cell.source = text if is_code else sanitize(text, own.cell_type, self.budget)
            yield cell
            return
        added = self._added(name, own, text_of(theirs))
        yield from [*added, cell] if is_test(own) else [cell, *added]

    def _put_back(self, name: str, cell: NotebookNode) -> NotebookNode:
        if name in self.match.elsewhere:
            self.changes["elsewhere"].append(name)
            cell.source = "# Answered in another cell."
        else:
            self.changes["missing"].append(name)
        return cell

    def _compare_marks(self, own: NotebookNode, theirs: NotebookNode) -> None:
        ours, marks = own.metadata.nbgrader, theirs.metadata.nbgrader
        if any(marks.get(key, ours.get(key)) != ours.get(key) for key in GUARDED):
            is_old = mark_word(ours["grade_id"], marks) in self.released
            self.changes["old" if is_old else "metadata"].append(ours["grade_id"])

    def _added(self, name: str, own: NotebookNode, text: str) -> list[NotebookNode]:
        """What a locked cell has more than the source's, as a cell; what it lacks is noted."""
        kind, seen = own.cell_type, without_hidden(own.source)
        if not is_readable(self.cells):
            self.changes["edited"] += [] if text.split() in (own.source.split(), seen.split()) else [name]
            return []
        if is_alike(kind, text, own.source) or is_alike(kind, text, seen):
            return []
        if text_word(name, kind, text) in self.released:
            self.changes["old"].append(name)
            return []
        if kind != "code" or lost(text, seen):
            self.changes["edited"].append(name)
        added = additions(text, own.source) if kind == "code" else ""
        if added:
            self.changes["added"].append(name)
        return [new_code_cell(added)] if added else []

    def _extra(self, cell: NotebookNode) -> NotebookNode:
        """A cell of the student's own; text that is not the course's is made harmless."""
        text = text_of(cell)
        if cell.cell_type != "code" and text not in self.ours:
            text = sanitize(text, cell.cell_type, self.budget)
        return NotebookNode({**cell, "metadata": NotebookNode(), "source": text})


def _note(kind: str, names: list[str]) -> str:
    """One sentence for one kind of change, naming each cell once."""
    names = list(dict.fromkeys(names))
    return f"{len(names)} cell{'s' * (len(names) > 1)} {KINDS[kind]}: {', '.join(names)}"


def _numbered(cell: NotebookNode, position: int) -> NotebookNode:
    cell["id"] = grade_id(cell) or f"cell-{position:03d}"
    return cell
