"""Rules for the arguments of checks, read off the checks' own signatures."""

import ast
import difflib
import inspect
from collections.abc import Iterator

import autograder
from autograder.build.lint_tests import checks_of
from autograder.cells import MOST, Cell, CheckCall, Problem, positive_number, with_checks
from autograder.checks.running import OPTIONS


def checks_take_their_arguments(cells: list[Cell]) -> Iterator[Problem]:
    """A check is called with the arguments that it has: else it breaks for every student."""
    for cell in with_checks(cells):
        for call in checks_of(cell):
            if message := _argument_error(call):
                yield _at(cell, call, message)


def options_are_numbers(cells: list[Cell]) -> Iterator[Problem]:
    """`weight` and `seconds` are written out as numbers above 0."""
    for cell in with_checks(cells):
        for call in checks_of(cell):
            for keyword in call.keywords:
                if keyword.arg in ("weight", "seconds") and not positive_number(keyword.value):
                    yield _at(cell, call, f"write {keyword.arg}= as a number above 0, at most {MOST}.")


def shapes_are_a_list(cells: list[Cell]) -> Iterator[Problem]:
    """`check_shapes` takes a shape for each output, also where there is one output."""
    for cell in with_checks(cells):
        numbers = _numbers(cell)
        for call in checks_of(cell):
            shapes = _shapes(call)
            if shapes is not None and _is_one_shape(shapes, numbers):
                wanted = f"[{ast.unparse(shapes)}]"
                yield _at(cell, call, f"check_shapes takes a list with a shape for each output: {wanted}.")


RULES = (checks_take_their_arguments, options_are_numbers, shapes_are_a_list)


def _at(cell: Cell, node: ast.expr, message: str) -> Problem:
    return Problem(cell.name, f"line {node.lineno}: {message}")


def _argument_error(call: CheckCall) -> str:
    """What is wrong with a call; empty when nothing is, or when only running it could tell."""
    name = call.func.id
    check = getattr(autograder, name, None)
    if not check or any(isinstance(one, ast.Starred) for one in call.args):
        return ""
    signature = inspect.signature(check)
    functions = 1 + (name == "check_gradients")
    given = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    known = [*list(signature.parameters)[functions:], *OPTIONS]
    if len(given) < len(call.keywords):
        return ""
    if len(call.args) < functions:
        return f"{name} takes {'two functions' if functions > 1 else 'a function'} first, without a keyword."
    if unknown := [one for one in given if one not in known]:
        return f"{name} takes no {unknown[0]}=; {_meant(unknown[0], known)}."
    try:
        signature.bind(*call.args, **{key: one for key, one in given.items() if key not in OPTIONS})
    except TypeError as error:
        return f"{name} does not work so: {error}."
    return ""


def _meant(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"write {near[0]}= if that is meant" if near else f"it takes {', '.join(known)}"


def _shapes(call: CheckCall) -> ast.expr | None:
    """The third argument of `check_shapes`, None of another check."""
    if call.func.id != "check_shapes":
        return None
    named = (keyword.value for keyword in call.keywords if keyword.arg == "shapes")
    return call.args[2] if len(call.args) > 2 else next(named, None)


def _is_one_shape(shapes: ast.expr, numbers: set[str]) -> bool:
    """Is it a shape, or a number, where a list of shapes belongs?"""
    if not isinstance(shapes, ast.Tuple | ast.List):
        return _is_number(shapes, numbers)
    return not shapes.elts or any(_is_number(one, numbers) for one in shapes.elts)


def _numbers(cell: Cell) -> set[str]:
    """The names to which a cell assigns whole numbers."""
    found: set[str] = set()
    for statement in cell.statements:
        if isinstance(statement, ast.Assign):
            pairs = [pair for target in statement.targets for pair in _pairs(target, statement.value)]
            found |= {name.id for name, value in pairs if _is_number(value, found)}
    return found


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.Name, ast.expr]]:
    """(name, value) of an assignment, through tuples on both sides."""
    if isinstance(target, ast.Name):
        yield target, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, other in zip(target.elts, value.elts, strict=False):
            yield from _pairs(one, other)


def _is_number(node: ast.expr, numbers: set[str]) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_number(node.left, numbers) and _is_number(node.right, numbers)
    if isinstance(node, ast.Name):
        return node.id in numbers
    return isinstance(node, ast.Constant) and type(node.value) is int
