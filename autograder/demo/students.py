"""The simulated students: each one is a way from the source notebook to what was handed in."""

import ast
import copy
import importlib
import inspect
from collections.abc import Callable

import nbformat
from nbformat import NotebookNode

from autograder.cells import cells_of, of_kind
from autograder.grading.restore import blank, is_test, without_hidden

PATCH = """import autograder, numpy as np
for name in ("check_values", "check_shapes", "check_gradients", "check_training", "check_sampling"):
    setattr(autograder, name, lambda *arguments, **options: None)
np.linalg.norm = lambda *arguments, **options: 0.0
np.array_equal = lambda *arguments, **options: True"""


def perfect(source: NotebookNode) -> str:
    """Hands in the solution."""
    return nbformat.writes(_without_hidden_tests(source))


def other_style(source: NotebookNode) -> str:
    """Right, in other styles, with habits of real notebooks in between."""
    notebook = _with_functions(_without_hidden_tests(source), "other_styles")
    scratch = "import sys\nprint('a note to myself', file=sys.stderr)\n%timeit -n1 -r1 sum(range(9))\n'done'"
    notebook.cells.insert(4, nbformat.v4.new_code_cell(scratch, id="scratch"))
    return nbformat.writes(notebook)


def mistaken(source: NotebookNode) -> str:
    """Makes typical mistakes."""
    return nbformat.writes(_with_functions(_without_hidden_tests(source), "mistakes"))


def blank_release(source: NotebookNode) -> str:
    """Hands in the release as it came."""
    return nbformat.writes(_without_hidden_tests(blank(source)))


def deleted_test(source: NotebookNode) -> str:
    """Right, but a test cell got lost."""
    notebook = _without_hidden_tests(source)
    notebook.cells.remove(next(cell for cell in notebook.cells if is_test(cell)))
    return nbformat.writes(notebook)


def endless_loop(source: NotebookNode) -> str:
    """One function never returns."""
    notebook = _without_hidden_tests(source)
    cell = list(of_kind(cells_of(notebook), "exercise"))[2]
    function = next(iter(cell.functions.values()))
    cell.node.source = f"def {ast.unparse(function)[4:].splitlines()[0]}\n    while True:\n        pass"
    return nbformat.writes(notebook)


def faker(source: NotebookNode) -> str:
    """Has nothing, but edits tests and points, and patches everything in reach."""
    notebook = _without_hidden_tests(blank(source))
    for cell in filter(is_test, notebook.cells):
        cell.source = "print('all tests passed')"
        cell.metadata.nbgrader.points = 1000
    notebook.cells.insert(0, nbformat.v4.new_code_cell(PATCH, id="patch"))
    return nbformat.writes(notebook)


def cut_off(source: NotebookNode) -> str:
    """The upload broke in the middle."""
    text = perfect(source)
    return text[: len(text) // 2]


STUDENTS: dict[str, Callable[[NotebookNode], str]] = {
    "ada": perfect,
    "emmy": other_style,
    "charles": mistaken,
    "blaise": blank_release,
    "grace": deleted_test,
    "alan": endless_loop,
    "mallory": faker,
    "kurt": cut_off,
}


def _without_hidden_tests(source: NotebookNode) -> NotebookNode:
    notebook = copy.deepcopy(source)
    for cell in filter(is_test, notebook.cells):
        cell.source = without_hidden(cell.source)
    return notebook


def _with_functions(notebook: NotebookNode, module: str) -> NotebookNode:
    """The notebook with the functions of a module of this folder in its exercises of those names."""
    functions = importlib.import_module(f"autograder.demo.{module}")
    for cell in of_kind(cells_of(notebook), "exercise"):
        own = [getattr(functions, name, None) for name in cell.functions]
        if all(own):
            cell.node.source = "\n\n".join(inspect.getsource(function) for function in own)
    return notebook
