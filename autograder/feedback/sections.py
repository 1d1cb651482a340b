"""The rest of a notebook: what needs no reading, in folds that its own headings name."""

from dataclasses import dataclass, field

from nbformat import NotebookNode

from autograder.feedback.exercises import Exercise
from autograder.feedback.headings import headings_of
from autograder.feedback.texts import Outline

TOP = 2  # the deepest heading that begins a fold
UNDER = 3  # the level of a fold's own heading on the page
UNNAMED = "Beginning"


@dataclass
class Section:
    """A fold: cells and exercises in the notebook's order."""

    title: str
    parts: list[NotebookNode | Exercise] = field(default_factory=list)
    outline: Outline = field(default_factory=lambda: Outline(UNDER))

    @property
    def exercises(self) -> list[Exercise]:
        """Those that it holds or points to."""
        return [part for part in self.parts if isinstance(part, Exercise)]


def sections_of(notebook: NotebookNode, exercises: list[Exercise], hidden: str) -> list[Section]:
    """The whole notebook but for the cell with the id `hidden`; an exercise is where its first cell is."""
    of = {id(cell): exercise for exercise in exercises for cell in exercise.cells}
    sections: list[Section] = [Section(UNNAMED)]
    for cell in notebook.cells:
        if cell.get("id") == hidden:
            continue
        exercise = of.get(id(cell))
        if not exercise and (title := _title(cell)):
            sections.append(Section(title))
            cell = NotebookNode({**cell, "source": cell.source.lstrip().partition("\n")[2]})
        if not exercise or cell is exercise.cells[0]:
            sections[-1].parts.append(exercise or cell)
    return [section for section in sections if section.parts]


def _title(cell: NotebookNode) -> str:
    """The heading that a text cell begins with, if it begins a fold."""
    if not cell.source.lstrip().startswith("#"):
        return ""
    level, words = next(iter(headings_of(cell)), (TOP + 1, ""))
    return words if level <= TOP else ""
