"""Rules for test cells. Each takes the cells of a notebook and yields what is wrong."""

import ast
import builtins
from collections.abc import Iterator
from importlib import import_module

from autograder.cells import (
    CHECKS,
    HIDDEN,
    Cell,
    CheckCall,
    Problem,
    is_autotest,
    is_check,
    is_plain,
    of_kind,
    regions,
    with_checks,
)
from autograder.names import bound_and_read, defined_names

OURS, OURS_HIDDEN = "autograder", "autograder.hidden"


def only_imports_assignments_checks(cells: list[Cell]) -> Iterator[Problem]:
    """The top level of a test holds nothing else."""
    kinds = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.AugAssign)
    for cell in with_checks(cells):
        for statement in cell.statements:
            if not isinstance(statement, kinds) and not is_check(statement):
                yield _at(cell, statement, "only imports, assignments and check_* calls may stand here.")


def tests_are_written_out(cells: list[Cell]) -> Iterator[Problem]:
    """What nbgrader would write only at the release, grading does not have."""
    for cell in filter(is_autotest, cells):
        yield Problem(cell.name, "holds AUTOTEST lines; write the asserts that nbgrader makes of them.")


def imports_exist(cells: list[Cell]) -> Iterator[Problem]:
    """What a test imports from autograder is there."""
    for cell in of_kind(cells, "test"):
        for node in _nodes(cell, ast.ImportFrom):
            if node.module in (OURS, OURS_HIDDEN) and not node.level:
                for name in [n.name for n in node.names if not _exists(node.module, n.name)]:
                    yield _at(cell, node, f"{node.module} has no {name!r}; name what you need.")


def ends_in_check(cells: list[Cell]) -> Iterator[Problem]:
    """The last statement is a check: nbgrader scores a cell by its last expression."""
    for cell in with_checks(cells):
        if cell.tree and not (cell.statements and is_check(cell.statements[-1])):
            yield Problem(cell.name, "does not end in a check_* call; end it with one.")


def checks_stand_alone(cells: list[Cell]) -> Iterator[Problem]:
    """A check inside another expression would be counted by nobody."""
    for cell in of_kind(cells, "test"):
        alone = {id(check) for check in checks_of(cell)}
        for call in _nodes(cell, ast.Call):
            if _called_name(call) in CHECKS and id(call) not in alone:
                yield _at(cell, call, "a check must be a statement of its own; take it out.")


def student_functions_are_passed(cells: list[Cell]) -> Iterator[Problem]:
    """A student's function appears only as an argument of a check."""
    students = {name for cell in of_kind(cells, "exercise") for name in cell.functions}
    for cell in with_checks(cells):
        passed = {id(node) for check in checks_of(cell) for node in _passed(check)}
        for node in _nodes(cell, ast.Name):
            if node.id not in students or id(node) in passed:
                continue
            if isinstance(node.ctx, ast.Load):
                yield _at(cell, node, f"`{node.id}` is the student's; only pass it to a check.")
            else:
                yield _at(cell, node, f"`{node.id}` is the student's; rename the variable.")


def names_are_known(cells: list[Cell]) -> Iterator[Problem]:
    """A test takes only functions of exercises above it from the notebook."""
    above = set(dir(builtins))
    for cell in cells:
        if cell.kind == "exercise":
            above |= cell.functions.keys()
        if cell.kind == "test" and not is_plain(cell):
            yield from _unknown_names(cell, above)


def hidden_checks_speak(cells: list[Cell]) -> Iterator[Problem]:
    """A hidden check has a literal `says`, a visible one has none."""
    for cell in with_checks(cells):
        for check in checks_of(cell):
            says = _keyword(check, "says")
            if cell.is_hidden(check) and not _is_sentence(says):
                yield _at(cell, check, "a hidden check needs says=, a sentence as a plain string.")
            elif says and not cell.is_hidden(check):
                yield _at(cell, check, "only hidden checks have says=; remove it.")


def given_names_other_exercises(cells: list[Cell]) -> Iterator[Problem]:
    """`given` lists names of exercises above, and never what the check tries: that would be free."""
    above: set[str] = set()
    for cell in cells:
        if cell.kind == "exercise":
            above |= cell.functions.keys()
        for check in checks_of(cell) if cell.kind == "test" else ():
            if (given := _keyword(check, "given")) and (message := _given_error(check, given, above)):
                yield _at(cell, check, message)


def references_exist(cells: list[Cell]) -> Iterator[Problem]:
    """`reference.name` is something that some cell defines."""
    known = defined_names(cells)
    for cell in with_checks(cells):
        for node in _nodes(cell, ast.Attribute):
            if getattr(node.value, "id", "") == "reference" and node.attr not in known:
                yield _at(cell, node, f"no cell defines `{node.attr}`; mend the name.")


def statements_do_not_straddle(cells: list[Cell]) -> Iterator[Problem]:
    """Each statement is wholly visible or wholly hidden."""
    for cell in with_checks(cells):
        edges = {edge + 1 for r in regions(cell.source, HIDDEN) for edge in (r.start, r.stop - 1)}
        for statement in cell.statements:
            last = statement.end_lineno or statement.lineno
            if any(statement.lineno <= edge <= last for edge in edges):
                yield _at(cell, statement, "a marker stands inside the statement; move it out.")


def keeps_the_notebooks_variables(cells: list[Cell]) -> Iterator[Problem]:
    """No test assigns to a variable that given cells share: the student's next cell would read it."""
    given = [(cell, *bound_and_read(cell.tree)) for cell in cells if cell.kind == "given" and cell.tree]
    for test in (cell for cell in with_checks(cells) if cell.tree):
        before = {name for cell, bound, _ in given if cell.position < test.position for name in bound}
        below = [(bound, read) for cell, bound, read in given if cell.position > test.position]
        after = {name for bound, read in below for name in read - bound}
        for name in sorted(_assigned(test) & before & after):
            yield Problem(test.name, f"it assigns `{name}`, which a given cell below reads; rename it.")


RULES = (
    tests_are_written_out,
    only_imports_assignments_checks,
    imports_exist,
    ends_in_check,
    checks_stand_alone,
    student_functions_are_passed,
    names_are_known,
    hidden_checks_speak,
    given_names_other_exercises,
    references_exist,
    statements_do_not_straddle,
    keeps_the_notebooks_variables,
)


def checks_of(cell: Cell) -> list[CheckCall]:
    """The checks of a test cell, visible and hidden."""
    return [statement.value for statement in cell.statements if is_check(statement)]


def _assigned(cell: Cell) -> set[str]:
    """The names that a cell binds, but for imports."""
    kinds = ast.Import | ast.ImportFrom
    return {name for s in cell.statements if not isinstance(s, kinds) for name in bound_and_read(s)[0]}


def _at(cell: Cell, node: ast.stmt | ast.expr, message: str) -> Problem:
    return Problem(cell.name, f"line {node.lineno}: {message}")


def _nodes(cell: Cell, kind) -> list:
    return [node for node in ast.walk(cell.tree) if isinstance(node, kind)] if cell.tree else []


def _exists(module: str, name: str) -> bool:
    """A public name of autograder, or any name of autograder.hidden."""
    loaded = import_module(module)
    return name in getattr(loaded, "__all__", dir(loaded))


def _called_name(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def _passed(check: ast.Call) -> Iterator[ast.expr]:
    """The arguments of a check, and what they hold directly in dicts, lists and tuples."""
    waiting = [*check.args, *(keyword.value for keyword in check.keywords)]
    while waiting:
        value = waiting.pop()
        yield value
        waiting += value.values if isinstance(value, ast.Dict) else getattr(value, "elts", [])


def _unknown_names(cell: Cell, above: set[str]) -> Iterator[Problem]:
    """Names that are read before the cell defines them; the visible part must stand alone."""
    visible = set(above)
    hidden: set[str] = set()
    for statement in cell.statements:
        bound, read = bound_and_read(statement)
        is_hidden = cell.is_hidden(statement)
        for name in sorted(read - visible - (hidden if is_hidden else set())):
            where = "only the hidden part defines" if name in hidden else "the test does not define"
            yield _at(cell, statement, f"{where} `{name}`; import or assign it first.")
        (hidden if is_hidden else visible).update(bound)


def _is_sentence(value: ast.expr | None) -> bool:
    text = value.value if isinstance(value, ast.Constant) else None
    return isinstance(text, str) and bool(text.strip()) and "\n" not in text


def _keyword(check: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in check.keywords if keyword.arg == name), None)


def _given_error(check: ast.Call, given: ast.expr, above: set[str]) -> str:
    """What is wrong with `given`; empty when nothing is."""
    elements = given.elts if isinstance(given, ast.List | ast.Tuple) else []
    names = [e.value for e in elements if isinstance(e, ast.Constant) and isinstance(e.value, str)]
    tried = {node.id for node in check.args if isinstance(node, ast.Name)}
    if not names or len(names) < len(elements):
        return 'write given= as a list of names, ["other"].'
    if unknown := [name for name in names if name not in above]:
        return f"no exercise above defines {unknown[0]!r}, which given= names; mend the name."
    if own := [name for name in names if name in tried]:
        return f"given= replaces {own[0]!r}, which the check tries; remove it."
    return ""
