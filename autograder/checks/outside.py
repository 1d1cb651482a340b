"""Names that a function takes from outside although no cell of the notebook means to give them.

A test cell leaves its variables behind in a student's kernel. Code that reads one of them works there and
nowhere else, for grading runs test cells in another process.
"""

import ast
import builtins
import dis
import symtable
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import CodeType, ModuleType
from typing import Any

from autograder.checks.frames import scope_of
from autograder.checks.outcome import Failure


def require_no_leftovers(function: Callable) -> None:
    """Raises Failure when a function reads a variable that a test cell was the last to assign.

    IPython knows which cells ran. Anywhere else, and for what has no code of its own, nothing is found.
    """
    scope, code = scope_of(function), getattr(function, "__code__", None)
    ran = scope.get("In")
    if not isinstance(ran, list) or not isinstance(code, CodeType):
        return
    left = sorted(set(_variables(code, scope)) & _leftovers(ran))
    if left:
        names = ", ".join(f"`{name}`" for name in left)
        raise Failure(
            f"`{function.__name__}` reads {names}, which a test cell left behind and nobody hands to it.",
            "In grading there is no such variable.",
            code="outside",
        )


def _variables(code: CodeType, scope: Mapping[str, Any]) -> Iterator[str]:
    """The variables of the notebook that code reads: neither functions, nor classes, nor modules."""
    for name in _outer_names(code):
        value = scope.get(name)
        if name in scope and not callable(value) and not isinstance(value, ModuleType):
            yield name


def _outer_names(code: CodeType) -> Iterator[str]:
    """The names that code, and the functions inside it, look up outside; attributes are not among them."""
    yield from (
        step.argval for step in dis.get_instructions(code)
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME") and not hasattr(builtins, step.argval)
    )  # fmt: skip
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _outer_names(constant)


def _leftovers(ran: Sequence[str]) -> set[str]:
    """The names that a test cell was the last to assign."""
    found: set[str] = set()
    for source in ran:
        try:
            is_test = any(map(_is_check, ast.parse(source).body))
            table = symtable.symtable(source, "cell", "exec")
        except (SyntaxError, ValueError, RecursionError, TypeError):
            continue
        bound = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned()}
        found = found | bound if is_test else found - bound
    return found


def _is_check(statement: ast.stmt) -> bool:
    call = statement.value if isinstance(statement, ast.Expr) else None
    function = call.func if isinstance(call, ast.Call) else None
    return isinstance(function, ast.Name) and function.id.startswith("check_")
