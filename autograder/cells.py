"""What a cell is, which parts of it students never see, and what may be wrong with it."""

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeGuard

import nbformat
from nbformat import NotebookNode
from nbformat.warnings import MissingIDFieldWarning

warnings.filterwarnings("ignore", category=MissingIDFieldWarning)  # older notebooks are as good

SOLUTION, HIDDEN, MARK_SCHEME = "SOLUTION", "HIDDEN TESTS", "MARK SCHEME"
CHECKS = frozenset(
    f"check_{kind}" for kind in
    ("gradients", "no_draws", "randomness", "sampling", "shapes", "text", "training", "values")
)  # fmt: skip
AUTOTESTS = ("AUTOTEST", "HASHED AUTOTEST")
STUB = "raise NotImplementedError()"
QUESTION, WRITTEN = "question", "written"  # tags of what gives points only where a course wants it
CHALLENGE, ENTRY = "challenge", "open_reader"  # a tag, and the function that its cell defines
WRITE_HERE = "YOUR ANSWER HERE"  # as nbgrader says it
GUESS = re.compile(r"^(\s*\w+ *= *)([^#\n]*?)( *(?:#.*)?)$", re.MULTILINE)
MOST = 1000  # that a check may count, or take in seconds
NOT_CODE = (SyntaxError, ValueError, RecursionError, MemoryError)  # the last two: nested too deeply


class CheckCall(ast.Call):
    """A call of a check by its name: what `is_check` says of a call, for whoever reads types."""

    func: ast.Name


class Check(ast.Expr):
    """Such a call as a statement."""

    value: CheckCall


@dataclass(frozen=True)
class Problem:
    """What is wrong with a cell, and what to do; `cell` is its grade id or position."""

    cell: str
    message: str


@dataclass(frozen=True)
class Cell:
    """A cell of a notebook with its part in the course."""

    position: int
    node: NotebookNode

    @property
    def name(self) -> str:
        """The grade id, else "cell 3" (counted from 1)."""
        grade_id = self.metadata.get("grade_id")
        return grade_id if isinstance(grade_id, str) and grade_id else f"cell {self.position}"

    @property
    def metadata(self) -> dict:
        """nbgrader's metadata, empty when there are none."""
        metadata = self.node.metadata.get("nbgrader")
        return metadata if isinstance(metadata, dict) else {}

    @property
    def kind(self) -> str:
        """ "exercise", "test", "given", "markdown", or "" when the metadata do not say."""
        if self.node.cell_type != "code":
            return "markdown"
        flags = ("solution", "grade", "locked")
        kinds = {
            ("solution",): "exercise",
            ("grade", "locked"): "test",
            ("grade",): "test",  # nbgrader locks every test
            ("locked",): "given",
        }
        return kinds.get(tuple(flag for flag in flags if self.metadata.get(flag)), "")

    @property
    def by_hand(self) -> bool:
        """Does a person mark it: an answer in code or text, or a task?"""
        is_answer = self.metadata.get("solution") and self.metadata.get("grade")
        return bool(is_answer or self.metadata.get("task"))

    @property
    def is_figure(self) -> bool:
        """Does grading skip the cell?"""
        return has_tag(self.node, "figure")

    @property
    def is_drawn(self) -> bool:
        """Is it a figure that stands in the release as a picture?"""
        return self.is_figure and "drawn" in self.node.metadata.tags

    @property
    def is_folded(self) -> bool:
        """Is its code, which only draws, folded away?"""
        return self.is_drawn or (self.is_figure and "folded" in self.node.metadata.tags)

    @property
    def source(self) -> str:
        """The whole text of the cell."""
        return self.node.source

    @cached_property
    def tree(self) -> ast.Module | None:
        """The code, with IPython's magics translated; None when it does not compile."""
        return parse(self.source) if self.node.cell_type == "code" else None

    def replace_source(self, source: str) -> "Cell":
        """The same cell with another text."""
        return Cell(self.position, nbformat.from_dict({**self.node, "source": source}))

    @property
    def statements(self) -> list[ast.stmt]:
        """The statements at the top level; none when the code does not compile."""
        return self.tree.body if self.tree else []

    @property
    def nodes(self) -> Iterator[ast.AST]:
        """All that its syntax tree is made of; nothing when the code does not compile."""
        return ast.walk(ast.Module(self.statements, []))

    @property
    def functions(self) -> dict[str, ast.FunctionDef]:
        """The functions that the cell defines at its top level."""
        return {s.name: s for s in self.statements if isinstance(s, ast.FunctionDef)}

    def is_hidden(self, node: ast.stmt | ast.expr) -> bool:
        """Does a piece of code start inside a hidden region?"""
        return any(node.lineno - 1 in region for region in regions(self.source, HIDDEN))


def cells_of(nb: NotebookNode) -> list[Cell]:
    """The cells of a notebook, in order."""
    return [Cell(position, node) for position, node in enumerate(nb.cells, 1)]


def parse(source: str) -> ast.Module | None:
    """The code of a cell; None when it does not compile."""
    from IPython.core.inputtransformer2 import TransformerManager

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except NOT_CODE:
            pass
        try:
            return ast.parse(TransformerManager().transform_cell(source))
        except NOT_CODE:
            return None


def regions(source: str, label: str) -> list[range]:
    """The line numbers (from 0) of each region, its two markers included, as nbgrader finds them.

    A region without end reaches to the end of the cell.
    """
    found, start = [], None
    lines = source.split("\n")
    for number, line in enumerate(lines):
        if f"BEGIN {label}" in line and start is None:
            start = number
        elif f"END {label}" in line and start is not None:
            found.append(range(start, number + 1))
            start = None
    return found if start is None else [*found, range(start, len(lines))]


def split(source: str, label: str) -> tuple[list[str], list[str]]:
    """The lines outside and inside the regions; the markers are in neither."""
    inside = {number for region in regions(source, label) for number in region}
    lines = [
        (number in inside, line) for number, line in enumerate(source.split("\n"))
        if f"BEGIN {label}" not in line and f"END {label}" not in line
    ]  # fmt: skip
    outside = [line for is_inside, line in lines if not is_inside]
    return outside, [line for is_inside, line in lines if is_inside]


def student_version(source: str) -> str:
    """An exercise as nbgrader releases it: a stub in place of each solution region."""
    lines = source.split("\n")
    for region in reversed(regions(source, SOLUTION)):
        lines[region.start : region.stop] = [indentation(lines[region.start]) + STUB]
    return "\n".join(lines)


def has_tag(node: NotebookNode, tag: str) -> bool:
    """Is a cell tagged so?"""
    return tag in node.metadata.get("tags", [])


def without_answers(nb: NotebookNode) -> NotebookNode:
    """The same notebook, changed in place: no answers to questions that nbgrader does not know."""
    for cell in nb.cells:
        if has_tag(cell, QUESTION):
            cell.source = GUESS.sub(r"\1None\3", cell.source, count=1)
        if has_tag(cell, WRITTEN):
            cell.source = WRITE_HERE
    return nb


def without_hidden(source: str) -> str:
    """A test cell, or a task, as students see it."""
    seen = "\n".join(split(source, HIDDEN)[0])
    return "\n".join(split(seen, MARK_SCHEME)[0]).rstrip("\n")


def indentation(line: str) -> str:
    """The white space that a line begins with."""
    return line[: len(line) - len(line.lstrip())]


def challenge_of(cells: list[Cell]) -> Cell | None:
    """The cell of an open challenge in a source notebook; most have none."""
    return next((cell for cell in cells if has_tag(cell.node, CHALLENGE)), None)


def of_kind(cells: list[Cell], kind: str) -> Iterator[Cell]:
    """The cells of one kind."""
    return (cell for cell in cells if cell.kind == kind)


def is_plain(cell: Cell) -> bool:
    """Is it a test cell without a check of ours?"""
    return cell.kind == "test" and cell.tree is not None and not any(map(is_check, cell.statements))


def is_autotest(cell: Cell) -> bool:
    """Is it a test cell whose tests nbgrader writes when it makes the release?"""
    return cell.kind == "test" and any(f"### {word}" in cell.source for word in AUTOTESTS)


def with_checks(cells: list[Cell]) -> Iterator[Cell]:
    """The test cells that have checks of ours."""
    return filter(_has_checks, of_kind(cells, "test"))


def _has_checks(cell: Cell) -> bool:
    """Where the code does not compile, the text says it."""
    return any(name in cell.source for name in CHECKS) if cell.tree is None else not is_plain(cell)


def is_plain_notebook(cells: list[Cell]) -> bool:
    """Is it as other nbgrader courses have them: without a check of ours, maybe with nothing graded?"""
    return bool(cells) and not any(with_checks(cells))


def for_checks(cells: list[Cell]) -> Iterator[Cell]:
    """The exercises of checks: those of which the next test below is no plain one."""
    is_ours, found = not is_plain_notebook(cells), []
    for cell in reversed(cells):
        is_ours = _has_checks(cell) if cell.kind == "test" else is_ours
        if cell.kind == "exercise" and is_ours:
            found.append(cell)
    return reversed(found)


def check_name(check: Check) -> str:
    """The name under which a check reports, as autograder.checks.running.check makes it."""
    call = check.value
    kind = call.func.id.removeprefix("check_")
    subjects = call.args[kind == "gradients" :]
    return f"{getattr(subjects[0], 'id', '') if subjects else ''}: {kind}"


def weight_of(check: Check) -> float:
    """What a check counts among those of its cell: its `weight=`, 1 where that is no such number."""
    return positive_number(option_of(check, "weight")) or 1.0


def given_of(check: Check) -> list[str]:
    """The functions that grading may take from the reference: those that its `given=` names."""
    names = [getattr(entry, "value", None) for entry in getattr(option_of(check, "given"), "elts", [])]
    return [name for name in names if isinstance(name, str)]


def option_of(check: Check, name: str) -> ast.expr | None:
    """What a check says of an option, None when it does not."""
    return next((keyword.value for keyword in check.value.keywords if keyword.arg == name), None)


def positive_number(value: ast.expr | None) -> float | None:
    """A number above 0, and MOST at most, that is written out; None for anything else."""
    number = written_number(value)
    return number if number is not None and 0 < number <= MOST else None


def written_number(value: ast.expr | None) -> float | None:
    """A number that is written out; None for anything else, also for True."""
    number = value.value if isinstance(value, ast.Constant) else None
    return float(number) if isinstance(number, int | float) and not isinstance(number, bool) else None


def is_check(statement: ast.stmt) -> TypeGuard[Check]:
    """Is it a call of one of our checks as a statement?"""
    call = statement.value if isinstance(statement, ast.Expr) else None
    function = call.func if isinstance(call, ast.Call) else None
    return isinstance(function, ast.Name) and function.id in CHECKS
