"""Known answers to an assignment, wrong and right: source/<id>/audit/.

`mistakes.toml` holds small edits of the reference, each with the check that must catch it and the
diagnosis that it should get. `variants/*.py` are right answers in other styles: the functions of a
file replace the exercises of those names, and its docstring says what is different.
"""

import ast
import copy
import tomllib
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.cells import Cell, cells_of, of_kind
from autograder.course import Course, CourseError
from autograder.diagnosis.codes import CODES
from autograder.grading.restore import is_test, without_hidden

KEYS = {"name": str, "function": str, "edits": list, "check": str, "diagnosis": str}


@dataclass(frozen=True)
class Mistake:
    """A mistake: `edits` are (old, new) texts inside the exercise that defines `function`.

    `check` is the name of the check that must catch it, such as "rnn_backward: gradients", and
    `diagnosis` a code of autograder/diagnosis/codes.py.
    """

    name: str
    function: str
    edits: tuple[tuple[str, str], ...]
    check: str
    diagnosis: str


@dataclass(frozen=True)
class Variant:
    """A right answer in another style: a module's text, whose functions replace exercises."""

    name: str
    about: str
    text: str


def folder(course: Course, assignment: str) -> Path:
    """Where an assignment's known answers are."""
    return course.source(assignment).parent / "audit"


def load_mistakes(course: Course, assignment: str) -> list[Mistake]:
    """The mistakes of an assignment, none without a file. Raises CourseError for a damaged file."""
    path = folder(course, assignment) / "mistakes.toml"
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


def _mistake(entry: object, where: str) -> Mistake:
    if not isinstance(entry, dict) or entry.keys() != KEYS.keys():
        raise CourseError(f"{where}: it needs exactly the keys {', '.join(KEYS)}.")
    for key, kind in KEYS.items():
        if not isinstance(entry[key], kind) or not entry[key]:
            raise CourseError(f"{where}: `{key}` should be a {kind.__name__} that is not empty.")
    for edit in entry["edits"]:
        if not (isinstance(edit, list) and len(edit) == 2 and all(isinstance(text, str) for text in edit)):
            raise CourseError(f"{where}: each edit is a pair of texts, [old, new].")
    if entry["diagnosis"].partition(" `")[0] not in CODES:
        raise CourseError(f"{where}: there is no diagnosis {entry['diagnosis']!r}; see docs/diagnosis.md.")
    return Mistake(**{**entry, "edits": tuple(map(tuple, entry["edits"]))})


def load_variants(course: Course, assignment: str) -> list[Variant]:
    """The right answers in other styles, none without files. Raises CourseError for a damaged file."""
    variants = []
    for path in sorted((folder(course, assignment) / "variants").glob("*.py")):
        try:
            text = path.read_text(encoding="utf-8")
            about = ast.get_docstring(ast.parse(text)) or ""
        except (SyntaxError, ValueError) as error:
            raise CourseError(f"{path} does not compile ({error}); mend it.") from error
        variants.append(Variant(path.stem, about.partition("\n")[0], text))
    return variants


def handed_in(source: NotebookNode) -> NotebookNode:
    """The solution as a student would hand it in: the source without hidden tests."""
    notebook = copy.deepcopy(source)
    for cell in filter(is_test, notebook.cells):
        cell.source = without_hidden(cell.source)
    return notebook


def with_mistake(notebook: NotebookNode, mistake: Mistake) -> NotebookNode:
    """The notebook with the mistake made. Raises CourseError when an edit no longer applies."""
    notebook = copy.deepcopy(notebook)
    cell = _exercise(notebook, mistake.function, mistake.name)
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


def with_variant(notebook: NotebookNode, variant: Variant) -> NotebookNode:
    """The notebook with the functions of a variant. Raises CourseError when it has none of them."""
    notebook = copy.deepcopy(notebook)
    exercises = {name: cell for cell in of_kind(cells_of(notebook), "exercise") for name in cell.functions}
    helpers, replaced = [], {}
    for statement in ast.parse(variant.text).body[1:]:
        text = _text_of(statement, variant.text)
        if isinstance(statement, ast.FunctionDef) and statement.name in exercises:
            replaced[statement.name] = text
        else:
            helpers.append(text)
    if not replaced:
        raise CourseError(f"The variant {variant.name} defines none of the exercises; see docs/audit.md.")
    for cell in {exercises[name].position: exercises[name] for name in replaced}.values():
        own = [replaced.get(name) or _text_of(node, cell.source) for name, node in cell.functions.items()]
        cell.node.source = "\n\n\n".join([*helpers, *own])
    return notebook


def _text_of(statement: ast.stmt, text: str) -> str:
    """A statement's text, decorators included."""
    first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
    return "\n".join(text.split("\n")[first - 1 : statement.end_lineno])


def _exercise(notebook: NotebookNode, function: str, name: str) -> Cell:
    for cell in of_kind(cells_of(notebook), "exercise"):
        if function in cell.functions:
            return cell
    raise CourseError(f"The mistake {name!r} names `{function}`, which no exercise defines.")


def read_source(course: Course, assignment: str) -> NotebookNode:
    """The source notebook. Raises CourseError when it cannot be read."""
    try:
        return nbformat.read(course.source(assignment), as_version=4)
    except (OSError, ValueError) as error:
        raise CourseError(f"{course.source(assignment)} cannot be read ({error}); build it again.") from error
