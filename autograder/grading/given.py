"""What given cells compute, worked out in the grader: their code is the author's, so it may run there."""

import ast
import contextlib
import hashlib
import io
import os
import random
import shutil
import sys
import tempfile
import types
import warnings
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import numpy as np

from autograder.cells import Cell, cells_of
from autograder.names import bound_and_read, changed
from autograder.sandbox import wire
from autograder.sandbox.wire.values import encode

KEPT = 16
_given: OrderedDict[tuple, "Given"] = OrderedDict()


@dataclass
class Given:
    """What given cells define, and what the cells import, by name; and why some names are not to be had."""

    values: dict[str, Any] = field(default_factory=dict)
    imported: dict[str, Any] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def given_of(source: Path, files: list[Path]) -> Given:
    """What the given cells of a source define; they run once for each source and its given data files."""
    data = [file for file in files if file.suffix != ".py"]
    digests = tuple((file.name, hashlib.sha256(file.read_bytes()).hexdigest()) for file in data)
    key = source.read_bytes(), digests
    if key not in _given:
        _given[key] = run_given(cells_of(nbformat.reads(key[0].decode(), as_version=4)), data)
        while len(_given) > KEPT:
            _given.popitem(last=False)
    return _given[key]


def run_given(cells: list[Cell], files: list[Path]) -> Given:
    """Run all given statements that do not rest on an exercise; what one that fails makes is not to be had.

    Nor are classes: objects of them have to be the student's, and so has what is made of them.
    """
    statements, theirs = given_statements(cells), names_of_exercises(cells)
    rests = resting_on(theirs, statements)
    with _aside(files):
        imported = _imported(cells)
        scope = {"__name__": "__main__", **imported}
        failed = _run([one for one in statements if not (_bound(one) | _reads(one)) & rests], scope)
    defined = {name for one in statements for name in bound_and_read(one)[0]}
    classes = {name for name in defined if _is_own_class(scope.get(name))}
    for name in resting_on(set(failed), statements) - rests - set(failed):
        failed[name] = "it is made of one that fails"
    lost = resting_on(theirs | classes | set(failed), statements)
    values = {name: scope[name] for name in defined - lost if name in scope}
    return Given(values, imported, failed)


def given_statements(cells: list[Cell]) -> list[ast.stmt]:
    """What given cells do beside importing; figures do not count."""
    given = [cell for cell in cells if cell.kind == "given" and not cell.is_figure]
    return [one for cell in given for one in cell.statements if not is_import(one)]


def exercise_statements(cells: list[Cell]) -> list[ast.stmt]:
    """What the cells do that students write, beside importing."""
    written = (cell.statements for cell in cells if cell.metadata.get("solution"))
    return [one for statements in written for one in statements if not is_import(one)]


def names_of_exercises(cells: list[Cell]) -> set[str]:
    """What the cells bind that students write, but for what they import."""
    return {name for one in exercise_statements(cells) for name in bound_and_read(one)[0]}


def resting_on(names: set[str], statements: list[ast.stmt]) -> set[str]:
    """The names, and those that statements make of them."""
    parts = [(_bound(one), _reads(one)) for one in statements]
    while more := {name for bound, read in parts if (bound | read) & names for name in bound} - names:
        names = names | more
    return names


def is_import(statement: ast.stmt) -> bool:
    """Is it an import at the top level?"""
    return isinstance(statement, ast.Import | ast.ImportFrom)


def _bound(statement: ast.stmt) -> set[str]:
    return bound_and_read(statement)[0]


def _reads(statement: ast.stmt) -> set[str]:
    return bound_and_read(statement)[1]


def is_code(value: Any) -> bool:
    """Is it something to call, or a module, and no data?"""
    return callable(value) or isinstance(value, types.ModuleType)


def is_same(one: Any, other: Any) -> bool:
    """Is a value of the grader's what the solution's process has, as far as can be told?"""
    mine = _packed(one)
    if mine is None:
        return True
    try:
        return mine == _packed(other) or (type(one) is type(other) and bool(one == other))
    except Exception:
        return False


def is_data(value: Any) -> bool:
    """Can it be handed over as a value?"""
    return _packed(value) is not None


def _packed(value: Any) -> bytes | None:
    try:
        return wire.pack(encode(value, _no_data), lambda _: 0)
    except Exception:
        return None


def _no_data(value: Any) -> tuple:
    raise TypeError(f"a {type(value).__name__} is no plain data")


def _is_own_class(value: Any) -> bool:
    return isinstance(value, type) and value.__module__ == "__main__"


def _run(statements: list[ast.stmt], scope: dict) -> dict[str, str]:
    """Run each; why the names are lost that failing ones set or change."""
    failed: dict[str, str] = {}
    for one in statements:
        try:
            exec(compile(ast.Module([one], []), "<given cell>", "exec"), scope)
        except (Exception, SystemExit) as error:
            why = f"{type(error).__name__}: {error}".rstrip(": ")[:200]
            failed |= dict.fromkeys(_bound(one) | (changed(one) - _modules(scope)), why)
    return failed


def _modules(scope: dict) -> set[str]:
    return {name for name, value in scope.items() if isinstance(value, types.ModuleType)}


def _imported(cells: list[Cell]) -> dict[str, Any]:
    """What the cells import, where the grader has it."""
    found: dict[str, Any] = {}
    for statement in (one for cell in cells for one in cell.statements if is_import(one)):
        scope: dict = {}
        try:
            exec(compile(ast.Module([statement], []), "<import>", "exec"), scope)
        except Exception:  # a module that only lies beside the notebook
            continue
        found |= {name: one for name, one in scope.items() if name != "__builtins__"}
    return found


@contextlib.contextmanager
def _aside(files: list[Path]) -> Iterator[None]:
    """While open, code runs quietly beside copies of the files, and draws no random numbers of ours."""
    before, states, stdin = Path.cwd(), (np.random.get_state(), random.getstate()), sys.stdin
    environment = dict(os.environ)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="autograder-given-"))
        for file in files:
            shutil.copyfile(file, Path(folder) / file.name)
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        os.chdir(folder)
        sys.stdin = io.StringIO()
        _no_windows()
        try:
            yield
        finally:
            sys.stdin = stdin
            os.environ.clear()
            os.environ.update(environment)
            os.chdir(before)
            np.random.set_state(states[0])
            random.setstate(states[1])


def _no_windows() -> None:
    """Let figures of given cells open none."""
    os.environ["MPLBACKEND"] = "agg"
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.switch_backend("agg")
