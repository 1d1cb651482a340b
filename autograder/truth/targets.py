"""The target checks of a notebook: where they stand, what they ask for, and what their result depends on."""

import ast
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from autograder.cells import Cell, Check, given_of, is_check, of_kind, option_of, written_number
from autograder.names import bound_and_read, definitions

CHECK = "check_training"
# What a target check says that does not change the loss it measures.
NOT_MEASURED = {"at_most", "few", "says", "seconds", "weight"}


@dataclass(frozen=True)
class Target:
    """A `check_training` call of a test cell; `position` counts such calls in the cell, from 1."""

    cell: Cell
    position: int
    statement: Check

    @property
    def where(self) -> str:
        """Cell and position, for people and as a key."""
        return f"{self.cell.name}, target {self.position}"

    @property
    def function(self) -> str:
        """The function that trains; "" when the check is not given a plain name."""
        first = self.statement.value.args[0] if self.statement.value.args else None
        return first.id if isinstance(first, ast.Name) else ""

    @property
    def name(self) -> str:
        """As outcomes and known mistakes call the check."""
        return f"{self.function}: {CHECK.removeprefix('check_')}"

    @property
    def hidden(self) -> bool:
        """Does the check train on inputs that differ from submission to submission?"""
        return self.cell.is_hidden(self.statement)

    @property
    def at_most(self) -> float | None:
        """The threshold, None when it is not written as a number."""
        return written_number(option_of(self.statement, "at_most"))

    @property
    def given(self) -> list[str]:
        """The functions that grading takes from the reference."""
        return given_of(self.statement)


def targets_of(cells: list[Cell]) -> list[Target]:
    """All target checks of a notebook, in order."""
    found = []
    for cell in of_kind(cells, "test"):
        calls = [s for s in cell.statements if is_check(s) and s.value.func.id == CHECK]
        found += [Target(cell, position, call) for position, call in enumerate(calls, 1)]
    return found


def needed(statements: Iterable[ast.stmt], names: Iterable[str]) -> list[ast.stmt]:
    """The statements that define `names`, and whatever these statements need in turn, in order."""
    facts = [(statement, *bound_and_read(statement)) for statement in statements]
    wanted, found = set(names), []
    while True:
        new = [fact for fact in facts if fact not in found and fact[1] & wanted]
        if not new:
            return [statement for statement, bound, read in facts if (statement, bound, read) in found]
        found += new
        wanted |= {name for _, _, read in new for name in read}


def used_by(cells: list[Cell], function: str, without: Iterable[str] = ()) -> set[str]:
    """`function` and the names that it uses, directly or not; those in `without` are not followed."""
    without = set(without)
    known = [s for s in definitions(cells) if not bound_and_read(s)[0] <= without]
    return {name for s in needed(known, [function]) for name in bound_and_read(s)[0]} - without


def digest_of_target(target: Target, cells: list[Cell]) -> str:
    """Changes with whatever changes the losses of a target check: its inputs, and the reference's code.

    Comments, docstrings, layout, imports and the threshold itself do not count, nor do other checks.
    """
    before = [s for s in target.cell.statements if s.lineno < target.statement.lineno and not is_check(s)]
    inputs = [*needed(before, bound_and_read(target.statement)[1]), target.statement]
    taken = {
        node.attr for statement in inputs for node in ast.walk(statement)
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "reference"
    }  # fmt: skip
    return digest([*needed(definitions(cells), {target.function, *taken}), *inputs])


def digest(statements: Iterable[ast.stmt]) -> str:
    """A short fingerprint of what code does, the same in every version of Python."""
    bodies = [_bare(s) for s in statements if not isinstance(s, ast.Import | ast.ImportFrom)]
    return hashlib.sha256(json.dumps(bodies).encode()).hexdigest()[:16]


def _bare(node: object) -> object:
    """A syntax tree as plain lists, without what is empty and without what nothing is computed from."""
    if isinstance(node, list):
        return [_bare(entry) for entry in node]
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = ((name, _telling(node, value)) for name, value in ast.iter_fields(node))
    return [type(node).__name__, *([name, _bare(value)] for name, value in fields if value not in (None, []))]


def _telling(node: ast.AST, value: object) -> object:
    """A field without docstrings and a target check's NOT_MEASURED, alike in all versions of Python."""
    if not isinstance(value, list):
        return value
    if isinstance(node, ast.JoinedStr):  # Python 3.12 puts empty texts into some
        return [part for part in value if getattr(part, "value", None) != ""]
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == CHECK:
        return [entry for entry in value if getattr(entry, "arg", None) not in NOT_MEASURED]
    return [entry for entry in value if not _is_text(entry)]


def _is_text(node: object) -> bool:
    """A docstring, or any other statement that is only a text?"""
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)
