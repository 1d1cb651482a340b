"""Imports that the release or grading would lack: modules beside the source, or not installed."""

import ast
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from nbformat import NotebookNode

from autograder.build.lint_course import OURS, modules_of
from autograder.cells import Cell, Problem, cells_of
from autograder.sandbox.place import VISIBLE

SEEN = tuple(f"{OURS}.{name}" for name in VISIBLE if "." not in name and "/" not in name)


def lint_modules(source: NotebookNode, folder: Path) -> list[Problem]:
    """What a notebook imports and will not find; `folder` holds it."""
    return [
        Problem(cell.name, f"line {node.lineno}: {message}")
        for cell in cells_of(source) for node in _imports(cell)
        for module in modules_of(node) if (message := _missing(module, cell, folder))
    ]  # fmt: skip


def _imports(cell: Cell) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports of a cell, but for those that a `try` makes ready for failing."""
    waiting: list[ast.AST] = list(cell.statements)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif not isinstance(node, ast.Try):
            waiting += ast.iter_child_nodes(node)


def _missing(module: str, cell: Cell, folder: Path) -> str:
    """Why a module will not be there, and what to do; empty when it will."""
    top = module.split(".")[0]
    if not top:
        return "a notebook is in no package; import by the full name."
    if top == OURS:
        seen = cell.kind == "test" or module == OURS or module.startswith(SEEN)
        return "" if seen else f"grading does not show {module} to a notebook; do without it there."
    if top in sys.stdlib_module_names:
        return ""
    if (folder / f"{top}.py").exists() or (folder / top).is_dir():
        return _beside(top)
    place = _place(top)
    if place is None:
        return f"{top} is not installed here, so that grading would lack it; install it, or do without."
    inside = place.is_relative_to(folder.parents[1]) and not place.is_relative_to(sys.prefix)
    return _beside(top) if inside else ""


def _beside(module: str) -> str:
    return (
        f"{module} is a file of the course, which neither students nor grading have; put its code into a "
        "given cell."
    )


def _place(module: str) -> Path | None:
    """Where a module is found, None when it is not."""
    try:
        spec = find_spec(module)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    folders = list(spec.submodule_search_locations or [])
    return Path(folders[0] if folders else spec.origin or sys.prefix)
