"""Which names a piece of code defines, and which ones it takes from outside."""

import ast
import symtable

from autograder.build.cells import Cell


def bound_and_read(tree: ast.AST) -> tuple[set[str], set[str]]:
    """Names that code binds at its top level, and global names that it reads anywhere.

    A name may be in both; builtins count as read.
    """
    table = symtable.symtable(ast.unparse(tree), "cell", "exec")
    bound = {
        symbol.get_name() for symbol in table.get_symbols()
        if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
    }  # fmt: skip
    read = {
        symbol.get_name() for scope in _scopes(table) for symbol in scope.get_symbols()
        if symbol.is_global() and symbol.is_referenced()
    }  # fmt: skip
    return bound, read


def definitions(cells: list[Cell]) -> set[str]:
    """Names that the reference has: imports, functions, classes, CONSTANTS of all but test cells."""
    kinds = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef
    return {
        name for cell in cells if cell.kind in ("exercise", "given")
        for statement in cell.statements for name in bound_and_read(statement)[0]
        if isinstance(statement, kinds) or (isinstance(statement, ast.Assign) and name.isupper())
    }  # fmt: skip


def _scopes(table: symtable.SymbolTable) -> list[symtable.SymbolTable]:
    return [table, *(scope for child in table.get_children() for scope in _scopes(child))]
