"""The names of a plain test cell: its own, then what the grader can trust, then the student's."""

import ast
import builtins
import copy
from typing import Any

from autograder.cells import NOT_CODE, Cell
from autograder.grading.border import Border
from autograder.grading.standin import StandIn, isinstance_of
from autograder.grading.surroundings import refusing
from autograder.names import bound_and_read

BUILTINS = {**vars(builtins), **{name: refusing(name) for name in ("eval", "exec", "compile", "input")}}


class Scope(dict):
    """The global names of test cells; one that no cell of the test's has set is looked for elsewhere.

    Names in `theirs` are the student's to define. `trusted` is the grader's own of what given cells define.
    """

    def __init__(self, border: Border, trusted: dict[str, Any], theirs: set[str]):
        super().__init__(__builtins__=BUILTINS, __name__="__main__")
        self.border, self.trusted, self.theirs = border, trusted, theirs
        self._removed: set[str] = set()

    def __missing__(self, name: str) -> Any:
        if name not in self.theirs:
            if name in self.trusted:
                return self.trusted[name]
            if name in BUILTINS:
                raise KeyError(name)  # Python looks there next
        return self.border.name(name)

    def __setitem__(self, name: str, value: Any) -> None:
        if name in self._removed and isinstance_of(value, StandIn):
            self._removed.discard(name)
            self.border.ask("rename", name, value)
        else:
            super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        """A test may take away a function of the student's, to see who calls it, and put it back."""
        if name in self:
            return super().__delitem__(name)
        self.border.name(name)
        self.border.ask("unname", name)
        self._removed.add(name)

    def forget(self) -> None:
        """Drop what earlier cells set under names that the student is to define."""
        for name in self.theirs & self.keys():
            super().__delitem__(name)


def names_of_exercises(cells: list[Cell]) -> set[str]:
    """What the cells bind that students write, but for what they import."""
    written = (cell.statements for cell in cells if cell.metadata.get("solution"))
    parts = [one for statements in written for one in statements if not _is_import(one)]
    return {name for one in parts for name in bound_and_read(one)[0]}


def trusted_names(cells: list[Cell], reference: Any) -> dict[str, Any]:
    """What the source imports, and what given cells define, as the grader has it: nobody replaces that.

    Left to the student's process are names that rest on an exercise, and, where given cells define a class,
    functions: they may make objects of it, which have to be the student's.
    """
    given = [one for cell in cells if cell.kind == "given" for one in cell.statements if not _is_import(one)]
    has_classes = any(isinstance(one, ast.ClassDef) for one in given)
    theirs = _resting_on(names_of_exercises(cells), given)
    names = {name for one in given for name in bound_and_read(one)[0]} - theirs
    found = {name: getattr(reference, name) for name in names if hasattr(reference, name)}
    found = {name: one for name, one in found.items() if not (has_classes and callable(one))}
    values = {name: one if callable(one) else copy.deepcopy(one) for name, one in found.items()}
    return {name: one for name, one in _constants(given).items() if name in names} | values | _imported(cells)


def _resting_on(names: set[str], statements: list[ast.stmt]) -> set[str]:
    """The names, and those that statements make of them."""
    parts = [bound_and_read(one) for one in statements]
    while more := {name for bound, read in parts if (bound | read) & names for name in bound} - names:
        names = names | more
    return names


def _constants(given: list[ast.stmt]) -> dict[str, Any]:
    """Names that given cells set to a value that is written out, and do not touch again but to read it."""
    found, touched = {}, set()
    for one in given:
        name = one.targets[0].id if _sets_one_name(one) else ""
        if name and name not in found and (value := _literal(one.value)):
            found[name] = value[0]
        else:
            touched |= bound_and_read(one)[0] | _changed(one)
    return {name: value for name, value in found.items() if name not in touched}


def _sets_one_name(statement: ast.stmt) -> bool:
    is_one = isinstance(statement, ast.Assign) and len(statement.targets) == 1
    return is_one and isinstance(statement.targets[0], ast.Name)


def _changed(statement: ast.stmt) -> set[str]:
    """The names whose parts or methods a statement uses."""
    parts = (node.value for node in ast.walk(statement) if isinstance(node, ast.Attribute | ast.Subscript))
    return {part.id for part in parts if isinstance(part, ast.Name)}


def _literal(node: ast.expr) -> list:
    try:
        return [ast.literal_eval(node)]
    except (*NOT_CODE, TypeError):
        return []


def _imported(cells: list[Cell]) -> dict[str, Any]:
    """What the cells import, where the grader has it."""
    found: dict[str, Any] = {}
    for statement in (one for cell in cells for one in cell.statements if _is_import(one)):
        scope: dict = {}
        try:
            exec(compile(ast.Module([statement], []), "<import>", "exec"), scope)
        except Exception:  # a module that only lies beside the notebook
            continue
        found |= {name: one for name, one in scope.items() if name != "__builtins__"}
    return found


def _is_import(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Import | ast.ImportFrom)
