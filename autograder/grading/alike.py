"""When do two cells say the same? Layout, quotes, comments and the order of imports do not count."""

import ast
import copy
import functools
import hashlib
from collections.abc import Iterable, Iterator

from nbformat import NotebookNode

from autograder.cells import NOT_CODE, parse

MAX_TEXT = 60_000  # characters; a longer cell is only itself
MAX_ALL = 400_000  # of a notebook; in a longer one cells are known by their ids alone
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def is_alike(cell_type: str, left: str, right: str) -> bool:
    """Do two texts of one kind of cell say the same?"""
    return left == right or _content(cell_type, left) == _content(cell_type, right)


def is_readable(cells: Iterable[NotebookNode]) -> bool:
    """May the grader look into these cells? Reading the most that it reads costs it about six seconds."""
    return sum(len(cell.source) for cell in cells) <= MAX_ALL


def digest(cell_type: str, text: str) -> str:
    """The same for all texts that are alike."""
    return hashlib.sha256(repr(_content(cell_type, text)).encode("utf-8", "replace")).hexdigest()[:16]


def statements(text: str) -> list[tuple[str, ast.stmt]]:
    """The top-level statements of code, each with what it says; none of what does not compile or is too long.

    An import of several names is as many statements.
    """
    try:
        tree = parse(_without_cell_magic(text)) if len(text) <= MAX_TEXT else None
        parts = [part for statement in tree.body for part in _split(statement)] if tree else []
        return [(_said(part), part) for part in parts]
    except NOT_CODE:
        return []


def is_function_alike(left: ast.FunctionDef, right: ast.FunctionDef) -> bool:
    """Do two functions say the same?"""
    try:
        return _said(left) == _said(right)
    except NOT_CODE:
        return False


def text_of(cell: NotebookNode) -> str:
    """The text of a cell, whose lines end as Python's do."""
    return cell.source.replace("\r\n", "\n").replace("\r", "\n")


@functools.lru_cache(maxsize=500)  # those of the source and of the release are asked for each submission
def _content(cell_type: str, text: str) -> list[str]:
    found = statements(text) if cell_type == "code" else []
    return sorted(said for said, _ in found) or text.split()


def _without_cell_magic(text: str) -> str:
    """Code below a `%%time`, which would be one string to IPython."""
    first, _, rest = text.lstrip().partition("\n")
    return rest if first.startswith("%%") else text


def _split(statement: ast.stmt) -> Iterator[ast.stmt]:
    if not isinstance(statement, ast.Import | ast.ImportFrom):
        yield statement
        return
    for alias in statement.names:
        part = copy.copy(statement)
        part.names = [alias]
        yield part


def _said(statement: ast.stmt) -> str:
    if any(text.value != words for text, words in _docstrings(statement)):
        statement = copy.deepcopy(statement)
        for text, words in _docstrings(statement):
            text.value = words
    return ast.unparse(statement)


def _docstrings(statement: ast.stmt) -> Iterator[tuple[ast.Constant, str]]:
    """Each docstring, and its words with one space between them."""
    for node in ast.walk(statement):
        first = node.body[0] if isinstance(node, DOCUMENTED) and node.body else None
        text = first.value if isinstance(first, ast.Expr) else None
        if isinstance(text, ast.Constant) and isinstance(text.value, str):
            yield text, " ".join(text.value.split())
