"""What a case of the corpus is: one submission, its points, what is said about it, and how long it may take."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.tests.mini import FULL, release_notebook, submission

NOTHING = dict.fromkeys(FULL, 0)
WITHOUT_DOUBLE = {**FULL, "test_double": 0}
SHAPES_ALONE = {**FULL, "test_double": 15}
SECONDS = 20

HandIn = NotebookNode | str | bytes | Callable[[Path], None]


@dataclass(frozen=True)
class Case:
    """A submission and what has to come of it.

    `hand_in` is a notebook, a file's content, or a function that makes anything at the notebook's path.
    `points` are those by test cell, None when it is not graded. `says` is a piece of what student or
    instructor read, or several of which one is enough because walls differ, `seconds` what judging may take.
    """

    hand_in: HandIn
    points: dict[str, float] | None
    says: str | tuple[str, ...] = ""
    seconds: float = SECONDS

    def is_said_in(self, text: str) -> bool:
        """Does somebody read what should be said?"""
        return any(piece in text for piece in ([self.says] if isinstance(self.says, str) else self.says))

    def write(self, path: Path, places: dict[str, str]) -> None:
        """Hand it in at `path`; words like @source@ in it become the places that are looked for."""
        path.parent.mkdir(parents=True)
        if callable(self.hand_in):
            return self.hand_in(path)
        if isinstance(self.hand_in, bytes):
            return _ignore(path.write_bytes(self.hand_in))
        text = self.hand_in if isinstance(self.hand_in, str) else nbformat.writes(self.hand_in)
        for word, place in places.items():
            text = text.replace(f"@{word}@", place)
        return _ignore(path.write_text(text))


def _ignore(_: object) -> None: ...


def blank(extra: str) -> NotebookNode:
    """A submission in which nothing is solved, and a cell of the student's own before the exercises."""
    notebook = release_notebook()
    notebook.cells.insert(2, submission(extra=extra).cells[2])
    return notebook


def double(body: str, extra: str = "") -> NotebookNode:
    """A right submission, but that `double` does something else first; the lines of `body` are indented."""
    body = body.replace("\n", "\n    ")
    return submission({"double": f"def double(x):\n    {body}\n    return 2 * x"}, extra)


def changed(change: Callable[[dict], None], notebook: NotebookNode | None = None) -> str:
    """The text of a submission (default: a right one) after `change` to its plain JSON."""
    content = json.loads(nbformat.writes(notebook or submission()))
    change(content)
    return json.dumps(content)


def by_name(content: dict) -> dict[str, dict]:
    """The cells of a notebook's JSON by their ids."""
    return {cell["id"]: cell for cell in content["cells"]}


def beside(files: dict[str, str | Callable[[Path], None]], notebook: NotebookNode | None = None) -> Callable:
    """Hands in a notebook (default: a right one) and beside it files, by name: their text or what makes them."""

    def hand_in(path: Path) -> None:
        path.write_text(nbformat.writes(notebook or submission()))
        for name, content in files.items():
            file = path.parent / name
            content(file) if callable(content) else file.write_text(content)

    return hand_in
