"""Right answers in other styles: source/<id>/audit/variants/*.py.

The functions of a file replace the exercises of those names, and its docstring says what is different.
"""

import ast
import copy
from dataclasses import dataclass

from nbformat import NotebookNode

from autograder.course import Course, CourseError
from autograder.truth.source import exercises_of, folder


@dataclass(frozen=True)
class Variant:
    """A right answer in another style: a module's text, whose functions replace exercises."""

    name: str
    about: str
    text: str


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


def with_variant(notebook: NotebookNode, variant: Variant) -> NotebookNode:
    """The notebook with the functions of a variant. Raises CourseError when it has none of them."""
    notebook = copy.deepcopy(notebook)
    exercises = exercises_of(notebook)
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
