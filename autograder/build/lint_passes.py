"""A forward pass is known by its name: checks leave the last result of a `*_forward`, its cache, aside."""

import ast
from collections.abc import Iterator

from autograder.build.lint_tests import checks_of
from autograder.cells import Cell, Problem, for_checks, with_checks

ENDING = "_forward"


def caches_come_from_forward_passes(cells: list[Cell]) -> Iterator[Problem]:
    """A function that returns a cache is named so; else its cache is compared with what is expected."""
    for cell in for_checks(cells):
        for name, function in cell.functions.items():
            if not name.endswith(ENDING) and any(map(_is_with_cache, ast.walk(function))):
                yield Problem(
                    cell.name,
                    f"line {function.lineno}: `{name}` returns a cache, which checks leave aside of a "
                    f"*{ENDING} function; call it `{name}{ENDING}`.",
                )


def gradients_are_of_forward_passes(cells: list[Cell]) -> Iterator[Problem]:
    """`check_gradients` takes a forward pass, whose last result is the cache."""
    for cell in with_checks(cells):
        for call in checks_of(cell):
            forward = call.args[0] if call.func.id == "check_gradients" and call.args else None
            if isinstance(forward, ast.Name) and not forward.id.endswith(ENDING):
                yield Problem(
                    cell.name,
                    f"line {call.lineno}: check_gradients takes a forward pass, which returns a cache "
                    f"at last; call it `{forward.id}{ENDING}`.",
                )


RULES = (caches_come_from_forward_passes, gradients_are_of_forward_passes)


def _is_with_cache(node: ast.AST) -> bool:
    """Is it `return ..., cache`?"""
    value = node.value if isinstance(node, ast.Return) else None
    last = value.elts[-1] if isinstance(value, ast.Tuple) and value.elts else None
    return isinstance(last, ast.Name) and "cache" in last.id
