"""What a student wrote into a cell of the course's, and what is gone from it."""

import ast

from autograder.cells import is_check
from autograder.grading.alike import statements
from autograder.names import bound_and_read


def additions(theirs: str, ours: str) -> str:
    """Code that the course's text lacks and that changes nothing of what it defines; "" when there is none.

    A name that the course's cell defines stays the course's, and checks are not asked a second time.
    """
    known = dict(statements(ours))
    bound = {name for statement in known.values() for name in _bound(statement)}
    new = [statement for said, statement in statements(theirs) if said not in known]
    kept = [one for one in new if not (is_check(one) or _is_nothing(one) or bound & _bound(one))]
    return "\n".join(map(ast.unparse, kept))


def lost(theirs: str, ours: str) -> bool:
    """Does anything but an import that nobody may have needed lack, or stand there changed?"""
    found = dict(statements(theirs))
    return any(
        said not in found and not isinstance(statement, ast.Import | ast.ImportFrom)
        for said, statement in statements(ours)
    )


def _is_nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _bound(statement: ast.stmt) -> set[str]:
    return bound_and_read(ast.Module([statement], []))[0]
