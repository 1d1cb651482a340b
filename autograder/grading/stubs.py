"""A blank never replaces an answer, wherever the two stand: what is released as a stub only fills a gap."""

import ast
import textwrap
from collections.abc import Mapping

from nbformat import NotebookNode

from autograder.cells import NOT_CODE, STUB, Cell, cells_of, of_kind
from autograder.grading.alike import MAX_TEXT, is_function_alike
from autograder.names import bound_and_read

Stubs = Mapping[str, ast.FunctionDef]  # of the exercises, as they were released


def stubs_of(template: NotebookNode) -> Stubs:
    """Every function that students are to write, by its name; `template` has blank exercises."""
    exercises = of_kind(cells_of(template), "exercise")
    return {name: node for cell in exercises for name, node in cell.functions.items()}


def answered(cell: Cell, stubs: Stubs) -> set[str]:
    """The names of exercises that a cell defines by anything but a stub; none for one that is too long."""
    named = [name for name in stubs if name in cell.source]
    if not named or len(cell.source) > MAX_TEXT or not cell.tree:
        return set()
    try:
        bound = bound_and_read(cell.tree)[0] & set(named)
    except NOT_CODE:
        return set()
    blank = {name for name, node in cell.functions.items() if name in bound and _is_stub(node, stubs[name])}
    return bound - blank


def filling(text: str, stubs: Stubs) -> str:
    """Code whose stubs define only what is not there yet; `text` itself when it has none."""
    if not any(name in text for name in stubs) or len(text) > MAX_TEXT:
        return text
    try:
        body = ast.parse(text).body
    except NOT_CODE:
        return text
    lines = text.split("\n")
    for node in reversed(body):
        if isinstance(node, ast.FunctionDef) and node.name in stubs and _is_stub(node, stubs[node.name]):
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)]) - 1
            own = textwrap.indent("\n".join(lines[first : node.end_lineno]), "    ")
            lines[first : node.end_lineno] = [f"if {node.name!r} not in globals():", own]
    return "\n".join(lines)


def _is_stub(node: ast.FunctionDef, released: ast.FunctionDef) -> bool:
    """Is it as it was released, or is nothing left of it but its docstring?"""
    body = node.body[ast.get_docstring(node) is not None :]
    return all(map(_does_nothing, body)) or is_function_alike(node, released)


def _does_nothing(statement: ast.stmt) -> bool:
    constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    raises = isinstance(statement, ast.Raise) and ast.unparse(statement).startswith(STUB.rstrip("()"))
    return constant or raises or isinstance(statement, ast.Pass)
