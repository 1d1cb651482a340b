"""Why something is not there in grading: what only the student's code and its error together can tell.

Nothing that student code says is repeated: a name counts when it stands in the code, and NumPy's words are
asked of NumPy here.
"""

import ast
import builtins
import importlib
import platform
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.cells import parse

PARTS = (np, np.linalg, np.random, np.fft, np.empty(0), np.float64(0))
MAX_SOURCE = 400_000  # characters of code; to read more takes too long
DOES_NOT_COMPILE = {"SyntaxError", "IndentationError", "TabError"}


def why_undefined(name: str, cells: list[tuple[str, dict]]) -> str:
    """Why no cell has defined `name`; "" when nothing is known. `cells` ran, each with its error."""
    word = re.escape(name)
    defines = re.compile(rf"\b(def|class)\s+{word}\b|^\s*{word}\s*=", re.MULTILINE)
    defining = (cell for cell in reversed(cells) if defines.search(cell[0]))
    nowhere: tuple[str, dict] = ("", {})
    source, error = next(defining, nowhere)
    kind = error.get("kind")
    if kind in DOES_NOT_COMPILE:
        return f"its cell does not compile in grading's Python {platform.python_version()}"
    if kind and (missing := why_missing(kind, error.get("message"), [source])):
        return f"its cell stopped before, since {missing}"
    if isinstance(kind, str) and hasattr(builtins, kind):
        return f"its cell stopped before, with {kind}"
    return ""


def why_missing(kind: Any, message: Any, sources: list[str]) -> str:
    """What code asked for that grading does not have; "" for an error of another kind, or endless code."""
    if type(message) is not str or kind not in REASONS or sum(map(len, sources)) > MAX_SOURCE:
        return ""
    trees = filter(None, map(parse, sources))
    return next((reason for tree in trees for reason in REASONS[kind](tree, message)), "")


def _modules(tree: ast.Module, message: str) -> Iterator[str]:
    """Of "No module named 'torch'"."""
    named = message.rpartition("named ")[2].strip("'\"")
    for module in _imported(tree):
        if module == named or module.startswith(f"{named}."):
            yield f"grading does not have the module `{named}`"


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def _attributes(tree: ast.Module, message: str) -> Iterator[str]:
    """Of what this NumPy no longer has, or not yet, in its own words."""
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for name in sorted(names):
        for part in PARTS:
            if (words := _refusal(part, name)) and words[:200] == message[:200]:
                yield f"{words.rstrip('.')}, in grading's NumPy {np.__version__}"


def _refusal(part: Any, name: str) -> str:
    try:
        getattr(part, name)
    except AttributeError as error:
        return " ".join(str(error).split())
    except Exception:
        pass
    return ""


def _names(tree: ast.Module, message: str) -> Iterator[str]:
    """Of "cannot import name 'product' from 'numpy'"."""
    for node in ast.walk(tree):
        module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        if not isinstance(node, ast.ImportFrom) or module.split(".")[0] != "numpy":
            continue
        for alias in node.names:
            if f"'{alias.name}'" in message and not hasattr(importlib.import_module(module), alias.name):
                yield f"{module} has no `{alias.name}`, in grading's NumPy {np.__version__}"


REASONS = {"ModuleNotFoundError": _modules, "AttributeError": _attributes, "ImportError": _names}
