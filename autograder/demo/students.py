"""The simulated students: each one is a way from an assignment to what was handed in."""

import ast
from collections.abc import Callable
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode

from autograder.cells import cells_of, of_kind
from autograder.course import Course
from autograder.grading.restore import blank, is_test
from autograder.truth.mistakes import Mistake, load_mistakes, with_mistake
from autograder.truth.source import handed_in, read_source
from autograder.truth.variants import Variant, load_variants, with_variant

PATCH = """import autograder, numpy as np
for name in filter(lambda name: name.startswith("check_"), dir(autograder)):
    setattr(autograder, name, lambda *arguments, **options: None)
np.linalg.norm = lambda *arguments, **options: 0.0
np.array_equal = lambda *arguments, **options: True"""
SLIPS = 3


@dataclass(frozen=True)
class Assignment:
    """What students can hand in: the instructor's notebook, and known answers to it."""

    source: NotebookNode
    mistakes: list[Mistake]
    variants: list[Variant]

    @classmethod
    def load(cls, course: Course, name: str) -> "Assignment":
        """The assignment of that name. Raises CourseError when its known answers are damaged."""
        return cls(read_source(course, name), load_mistakes(course, name), load_variants(course, name))

    @property
    def solution(self) -> NotebookNode:
        """A copy of the solution, without hidden tests."""
        return handed_in(self.source)


def perfect(assignment: Assignment) -> str:
    """Hands in the solution."""
    return nbformat.writes(assignment.solution)


def other_style(assignment: Assignment) -> str:
    """Right, in another style, with habits of real notebooks in between."""
    notebook, variant = assignment.solution, shortest(assignment.variants)
    notebook = with_variant(notebook, variant) if variant else notebook
    scratch = "import sys\nprint('a note to myself', file=sys.stderr)\n%timeit -n1 -r1 sum(range(9))\n'done'"
    notebook.cells.insert(4, nbformat.v4.new_code_cell(scratch, id="scratch"))
    return nbformat.writes(notebook)


def shortest(variants: list[Variant]) -> Variant | None:
    """The shortest of these without a class, whose fields `renamed` would not find; None without one."""
    plain = (one for one in variants if "class " not in one.text)
    return min(plain, key=lambda one: len(one.text), default=None)


def mistaken(assignment: Assignment) -> str:
    """Makes typical mistakes."""
    first = list({mistake.function: mistake for mistake in reversed(assignment.mistakes)}.values())[::-1]
    notebook = assignment.solution
    for place in sorted({(2 * slip + 1) * len(first) // (2 * SLIPS) for slip in range(SLIPS)}):
        notebook = with_mistake(notebook, first[place]) if first else notebook
    return nbformat.writes(notebook)


def blank_release(assignment: Assignment) -> str:
    """Hands in the release as it came."""
    return nbformat.writes(handed_in(blank(assignment.source)))


def copied(assignment: Assignment) -> str:
    """Copies emmy, changes names and comments, and loses a test cell."""
    notebook = nbformat.reads(other_style(assignment), as_version=4)
    for cell in of_kind(cells_of(notebook), "exercise"):
        cell.node.source = renamed(cell.source)
    notebook.cells.remove(next(cell for cell in notebook.cells if is_test(cell)))
    return nbformat.writes(notebook)


def renamed(code: str) -> str:
    """The same code with other names for its variables, as Python itself would lay it out."""
    tree = ast.parse(code)
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    made = {name.id for name in names if isinstance(name.ctx, ast.Store)}
    made -= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    for name in names:
        name.id = f"my_{name.id}" if name.id in made else name.id
    return ast.unparse(tree)


def endless_loop(assignment: Assignment) -> str:
    """One function never returns."""
    notebook = assignment.solution
    cell = list(of_kind(cells_of(notebook), "exercise"))[:3][-1]
    function = next(iter(cell.functions.values()))
    cell.node.source = f"def {ast.unparse(function)[4:].splitlines()[0]}\n    while True:\n        pass"
    return nbformat.writes(notebook)


def faker(assignment: Assignment) -> str:
    """Has nothing, but edits tests and points, and patches everything in reach."""
    notebook = handed_in(blank(assignment.source))
    for cell in filter(is_test, notebook.cells):
        cell.source = "print('all tests passed')"
        cell.metadata.nbgrader.points = 1000
    notebook.cells.insert(0, nbformat.v4.new_code_cell(PATCH, id="patch"))
    return nbformat.writes(notebook)


def cut_off(assignment: Assignment) -> str:
    """The upload broke in the middle."""
    text = perfect(assignment)
    return text[: len(text) // 2]


STUDENTS: dict[str, Callable[[Assignment], str]] = {
    "ada": perfect,
    "emmy": other_style,
    "charles": mistaken,
    "blaise": blank_release,
    "grace": copied,
    "alan": endless_loop,
    "mallory": faker,
    "kurt": cut_off,
}
