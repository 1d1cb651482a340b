"""Rules for exercise cells. Each takes the cells of a notebook and yields what is wrong."""

import ast
import builtins
from collections.abc import Iterator

from autograder.cells import (
    SOLUTION,
    Cell,
    Problem,
    for_checks,
    indentation,
    parse,
    regions,
    split,
    student_version,
)
from autograder.names import bound_and_read, defined_names


def exercise_has_solution(cells: list[Cell]) -> Iterator[Problem]:
    """Without markers nbgrader blanks the whole cell, imports and docstring included."""
    for cell in for_checks(cells):
        if not "".join(split(cell.source, SOLUTION)[1]).strip():
            yield Problem(
                cell.name,
                "has nothing between `### BEGIN SOLUTION` and `### END SOLUTION`; solve it there.",
            )


def exercise_defines_function(cells: list[Cell]) -> Iterator[Problem]:
    """An exercise is a function."""
    for cell in for_checks(cells):
        if cell.tree and not cell.functions:
            yield Problem(cell.name, "defines no function; write the exercise as one.")


def markers_are_indented(cells: list[Cell]) -> Iterator[Problem]:
    """The stub takes the place of BEGIN: too far left, it would run with the cell."""
    for cell in for_checks(cells):
        lines = cell.source.split("\n")
        for region in regions(cell.source, SOLUTION):
            code = [line for line in lines[region.start + 1 : region.stop - 1] if line.strip()]
            if code and indentation(code[0]) != indentation(lines[region.start]):
                yield Problem(
                    cell.name,
                    f"line {region.start + 1}: indent the marker like the code below it.",
                )


def release_compiles(cells: list[Cell]) -> Iterator[Problem]:
    """What is left without the solution is still Python."""
    for cell in for_checks(cells):
        if cell.tree and parse(student_version(cell.source)) is None:
            yield Problem(
                cell.name,
                "does not compile without the solution; put the markers around whole statements.",
            )


def contract_stays(cells: list[Cell]) -> Iterator[Problem]:
    """Each function's `def` line and docstring stand outside the markers."""
    for cell in for_checks(cells):
        released = cell.replace_source(student_version(cell.source))
        for name in cell.functions if released.tree else ():
            function = released.functions.get(name)
            if function is None:
                yield Problem(cell.name, f"hides the `def` line of `{name}`; move it above the markers.")
            elif not (ast.get_docstring(function) or "").strip():
                yield Problem(cell.name, f"shows no docstring of `{name}`; write it above the markers.")


def defined_once(cells: list[Cell]) -> Iterator[Problem]:
    """A student's function has one definition."""
    home: dict[str, str] = {}
    exercises = {name for cell in for_checks(cells) for name in cell.functions}
    for cell in cells:
        if cell.kind not in ("exercise", "given"):
            continue
        for name in [s.name for s in cell.statements if isinstance(s, ast.FunctionDef)]:
            if name in home and name in exercises:
                yield Problem(cell.name, f"defines `{name}` again, after {home[name]}; rename or remove one.")
            home.setdefault(name, cell.name)


def exercise_needs_definitions(cells: list[Cell]) -> Iterator[Problem]:
    """The reference has imports, functions and CONSTANTS, and no variable of a given cell."""
    known = defined_names(cells) | set(dir(builtins))
    for cell in for_checks(cells):
        bound, read = bound_and_read(cell.tree) if cell.tree else (set(), set())
        for name in sorted(read - bound - known):
            yield Problem(cell.name, f"needs the variable `{name}`; make it an argument or a CONSTANT.")


RULES = (
    exercise_has_solution,
    exercise_defines_function,
    markers_are_indented,
    release_compiles,
    contract_stays,
    defined_once,
    exercise_needs_definitions,
)
