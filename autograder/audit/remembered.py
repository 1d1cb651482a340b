"""The attack that a target loss must withstand: weights that were trained elsewhere, on plain Alice."""

import ast
import copy
from pathlib import Path
from typing import Any

import numpy as np
from nbformat import NotebookNode
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from autograder.cells import cells_of, is_check, of_kind
from autograder.grading.testcell import free_names
from autograder.hidden import Grading, grading, load_reference
from autograder.notebook.corpus import load_corpus
from autograder.truth.targets import CHECK, Target

FILE = "weights.npz"
CHEAT = """


def {function}(*arguments, **options):
    import numpy

    with numpy.load("{file}") as weights:
        return dict(weights)
"""


def cheat(notebook: NotebookNode, target: Target, source: Path, folder: Path) -> NotebookNode:
    """The notebook with a function that loads its weights instead of training them.

    The weights are trained now, and saved in `folder`, which is to be handed in beside the notebook.
    """
    np.savez(folder / FILE, **remember(source, target))
    notebook = copy.deepcopy(notebook)
    for cell in of_kind(cells_of(notebook), "exercise"):
        if target.function in cell.functions:
            cell.node.source += CHEAT.format(function=target.function, file=FILE)
    return notebook


def remember(source: Path, target: Target) -> dict[str, NDArray]:
    """What the reference learns in a target check, where plain Alice takes the place of hidden text."""
    reference = load_reference(source)
    scope = {name: getattr(reference, name) for name in free_names(target.cell.tree)}
    learned: list[Any] = []
    with grading(Grading(source, "at home")), threadpool_limits(limits=1, user_api="blas"):
        for statement in target.cell.statements:
            if statement.lineno == target.statement.lineno:
                break
            if not is_check(statement):
                _execute(statement, scope)
            if "looking_glass" in scope:
                scope["looking_glass"] = load_corpus
        scope[CHECK] = lambda train, inputs, *_, **__: learned.append(train(*inputs.values()))
        _execute(target.statement, scope)
    return learned[0][0] if isinstance(learned[0], tuple) else learned[0]


def _execute(statement: ast.stmt, scope: dict) -> None:
    exec(compile(ast.Module([statement], []), "<test cell>", "exec"), scope)
