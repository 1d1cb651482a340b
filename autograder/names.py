"""Which names a piece of code defines, and which ones it takes from outside."""

import ast
import builtins
import symtable

from autograder.cells import Cell


def bound_and_read(tree: ast.AST | None) -> tuple[set[str], set[str]]:
    """Names that code binds at its top level, and global names that it reads anywhere.

    A name may be in both; builtins count as read. None, what does not compile, has none.
    """
    table = symtable.symtable(ast.unparse(tree) if tree else "", "cell", "exec")
    bound = {
        symbol.get_name() for symbol in table.get_symbols()
        if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
    }  # fmt: skip
    read = {
        symbol.get_name() for scope in _scopes(table) for symbol in scope.get_symbols()
        if symbol.is_global() and symbol.is_referenced()
    }  # fmt: skip
    return bound, read


def free_names(tree: ast.AST | None) -> list[str]:
    """The names that a cell uses without defining, importing or finding them among the built-ins."""
    bound, read = bound_and_read(tree)
    return sorted(name for name in read - bound if not hasattr(builtins, name))


def definitions(cells: list[Cell]) -> list[ast.stmt]:
    """The statements that make the reference, in order, from all but test cells.

    They are imports, functions, classes, and CONSTANT = something that these already define.
    """
    found: list[ast.stmt] = []
    known = set(dir(builtins))
    for cell in cells:
        for statement in cell.statements if cell.kind in ("exercise", "given") else ():
            if _defines(statement, known):
                found.append(statement)
                known |= bound_and_read(statement)[0]
    return found


def defined_names(cells: list[Cell]) -> set[str]:
    """The names that the reference has."""
    return {name for statement in definitions(cells) for name in bound_and_read(statement)[0]}


def _defines(statement: ast.stmt, known: set[str]) -> bool:
    if isinstance(statement, ast.Assign):
        bound, read = bound_and_read(statement)
        return bool(bound) and all(name.isupper() for name in bound) and read <= known
    return isinstance(statement, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef)


def _scopes(table: symtable.SymbolTable) -> list[symtable.SymbolTable]:
    return [table, *(scope for child in table.get_children() for scope in _scopes(child))]


def changed(statement: ast.stmt) -> set[str]:
    """The names whose parts a piece of code sets, or whose methods it calls for their own sake."""
    nodes = list(ast.walk(statement))
    calls = [one.value.func for one in nodes if isinstance(one, ast.Expr) and isinstance(one.value, ast.Call)]
    parts: list[ast.Attribute | ast.Subscript] = [one for one in calls if isinstance(one, ast.Attribute)]
    parts += [
        one for one in nodes
        if isinstance(one, ast.Attribute | ast.Subscript) and not isinstance(one.ctx, ast.Load)
    ]  # fmt: skip
    return {root.id for root in map(_root, parts) if isinstance(root, ast.Name)}


def _root(node: ast.expr) -> ast.expr:
    """What a part is a part of."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node
