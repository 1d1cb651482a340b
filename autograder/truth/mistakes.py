"""Known mistakes, small edits of the reference: source/<id>/audit/mistakes.toml and heldout.toml.

Each has the check that must catch it and the diagnosis that it should get. Those of heldout.toml were
written without a look at the rules of the diagnosis, and are not to be looked at while rules are written.
"""

import copy
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from autograder.cells import Cell
from autograder.course import Course, CourseError
from autograder.diagnosis.codes import CODES
from autograder.truth.source import exercises_of, folder

FILE, HELD_OUT_FILE = "mistakes.toml", "heldout.toml"
KEYS = {"name": str, "function": str, "edits": list, "check": str, "diagnosis": str}
OPTIONAL = {"also": list, "hidden_only": str}


@dataclass(frozen=True)
class Mistake:
    """A mistake: `edits` are (old, new) texts inside the exercise that defines `function`.

    `check` is the name of the check that must catch it, such as "rnn_backward: gradients", and
    `diagnosis` a code of autograder/diagnosis/codes.py; the codes in `also` would be as true. `hidden_only`
    says why visible checks need not see it.
    """

    name: str
    function: str
    edits: tuple[tuple[str, str], ...]
    check: str
    diagnosis: str
    also: tuple[str, ...] = ()
    hidden_only: str = ""

    def is_called(self, code: str) -> bool:
        """Is that diagnosis a right one?"""
        return code == self.diagnosis or code in self.also


def load_mistakes(course: Course, assignment: str) -> list[Mistake]:
    """The mistakes that rules may be written for. Raises CourseError for a damaged file."""
    return _load(folder(course, assignment) / FILE)


def load_held_out(course: Course, assignment: str) -> list[Mistake]:
    """The mistakes that no rule was written for. Raises CourseError for a damaged file."""
    return _load(folder(course, assignment) / HELD_OUT_FILE)


def _load(path: Path) -> list[Mistake]:
    """The mistakes of a file, none without it."""
    if not path.exists():
        return []
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("mistake", [])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} is not TOML ({error}); mend that line.") from error
    mistakes = [_mistake(entry, f"{path}, mistake {n}") for n, entry in enumerate(entries, 1)]
    names = [mistake.name for mistake in mistakes]
    for double in sorted({name for name in names if names.count(name) > 1}):
        raise CourseError(f"{path} has two mistakes named {double!r}; give each a name of its own.")
    return mistakes


def _mistake(entry: Any, where: str) -> Mistake:
    if not isinstance(entry, dict) or not KEYS.keys() <= entry.keys() <= KEYS.keys() | OPTIONAL.keys():
        raise CourseError(
            f"{where}: it needs exactly the keys {', '.join(KEYS)}, and may have {' and '.join(OPTIONAL)}."
        )
    for key, kind in (KEYS | OPTIONAL).items():
        if key in entry and (not isinstance(entry[key], kind) or not entry[key]):
            raise CourseError(f"{where}: `{key}` should be a {kind.__name__} that is not empty.")
    for edit in entry["edits"]:
        if not (isinstance(edit, list) and len(edit) == 2 and all(isinstance(text, str) for text in edit)):
            raise CourseError(f"{where}: each edit is a pair of texts, [old, new].")
    for code in (entry["diagnosis"], *entry.get("also", [])):
        if not isinstance(code, str) or code.partition(" `")[0] not in CODES:
            raise CourseError(f"{where}: there is no diagnosis {code!r}; see docs/diagnosis.md.")
    tuples = {"edits": tuple(map(tuple, entry["edits"])), "also": tuple(entry.get("also", ()))}
    return Mistake(**{**entry, **tuples})


def with_mistake(notebook: NotebookNode, mistake: Mistake) -> NotebookNode:
    """The notebook with the mistake made. Raises CourseError when an edit no longer applies."""
    notebook = copy.deepcopy(notebook)
    cell = exercises_of(notebook).get(mistake.function)
    if not cell:
        raise CourseError(
            f"The mistake {mistake.name!r} names `{mistake.function}`, which no exercise defines."
        )
    for old, new in mistake.edits:
        count = cell.source.count(old)
        if count != 1:
            raise CourseError(
                f"The mistake {mistake.name!r} no longer applies: {old!r} stands {count} times in "
                f"`{mistake.function}`, and should once; mend its edits."
            )
        cell.node.source = cell.source.replace(old, new)
    if Cell(0, cell.node).tree is None:
        raise CourseError(f"The mistake {mistake.name!r} does not compile; mend its edits.")
    return notebook
