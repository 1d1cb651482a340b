"""Ways around the work, written once for all notebooks: none of them may earn what it avoids.

A gradient that is measured by differences of the forward pass, in several ways, and weights that were trained
at home, as they are or with rows and columns in the order of the hidden text.
"""

import ast
import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from nbformat import NotebookNode
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from autograder.cells import cells_of, is_check, of_kind
from autograder.hidden import Grading, grading, load_reference
from autograder.names import free_names
from autograder.notebook.corpus import load_corpus
from autograder.truth.targets import CHECK, Target, targets_of

FILE = "weights.npz"
TRAINED = """


def {function}(*arguments, **options):
    import numpy

    with numpy.load("{file}") as file:
        weights = dict(file)
    home = weights.pop("ids_at_home")
    ids = next((a for a in arguments if isinstance(a, numpy.ndarray) and a.shape == home.shape), None)
    if {in_order} and ids is not None:
        size = max(home.max(), ids.max()) + 1
        together = numpy.zeros((size, size))
        numpy.add.at(together, (ids, home), 1)
        order = together.argmax(axis=1)
        for name, array in weights.items():
            for axis in (axis for axis, length in enumerate(array.shape) if length == size):
                array = array.take(order, axis)
            weights[name] = array
    return weights
"""

HOW = {
    "central differences": "(moved(step) - moved(-step)) / (2 * step)",
    "one-sided differences": "(moved(1e-8) - moved(0.0)) / 1e-8",
    "five points": "(8 * moved(1e-3) - 8 * moved(-1e-3) - moved(2e-3) + moved(-2e-3)) / 12e-3",
    "complex step": "moved(1e-20j).imag / 1e-20",
}
MEASURING = """

def _measured(forward, calls={{}}):
    import copy
    import numpy as np

    step = 1e-5

    def leaves(value):
        if isinstance(value, dict):
            return [leaf for entry in value.values() for leaf in leaves(entry)]
        return [value] if isinstance(value, np.ndarray) and value.dtype.kind in "fc" else []

    def as_type(value, dtype):
        if isinstance(value, dict):
            return {{name: as_type(entry, dtype) for name, entry in value.items()}}
        return value.astype(dtype) if isinstance(value, np.ndarray) and value.dtype.kind == "f" else value

    def new_forward(*arguments):
        *outs, _ = forward(*copy.deepcopy(arguments))
        return (*outs, copy.deepcopy(arguments))

    def backward(*given):
        *douts, arguments = given
        key = repr([[leaf.tobytes() for leaf in leaves(argument)] for argument in (*douts, *arguments)])
        if key in calls:
            return copy.deepcopy(calls[key])
        inputs = [as_type(argument, complex if {complex} else float) for argument in arguments]

        def loss():
            outs = forward(*[i if leaves(i) else copy.deepcopy(i) for i in inputs])[:-1]
            return sum(np.sum(out * dout) for out, dout in zip(outs, douts))

        def slopes(value, like):
            if isinstance(value, dict):
                return {{name: slopes(entry, like[name]) for name, entry in value.items()}}
            found = np.empty(value.shape)
            for i in range(value.size):
                before = value.flat[i]

                def moved(by):
                    value.flat[i] = before + by
                    result = loss()
                    value.flat[i] = before
                    return result

                found.flat[i] = {how}
            return found.astype(like.dtype)

        found = [slopes(i, a) for i, a in zip(inputs, arguments) if leaves(a)]
        calls[key] = tuple(found) if len(found) > 1 else found[0]
        return copy.deepcopy(calls[key])

    return new_forward, backward


"""


def measured(cell: str, backwards: Iterable[str], how: str) -> str:
    """A cell's text with its backward passes replaced by differences, remembered by their inputs."""
    formula = HOW[how]
    text = cell + MEASURING.format(how=formula, complex="j" in formula)
    for name in backwards:
        forward = name.removesuffix("backward") + "forward"
        text += f"{forward}, {name} = _measured({forward})\n"
        text += f"{forward}.__name__, {name}.__name__ = {forward!r}, {name!r}\n"
    return text


@dataclass(frozen=True)
class Measured:
    """Every backward pass by differences, taken in one of the ways of HOW."""

    how: str
    backwards: tuple[str, ...]

    def avoids(self, check: str) -> bool:
        """Does a check of that name pay for what is avoided?"""
        return check.partition(":")[0] in self.backwards

    def made(self, notebook: NotebookNode, source: Path, folder: Path) -> NotebookNode:
        """The notebook as it is handed in."""
        notebook = copy.deepcopy(notebook)
        for cell in of_kind(cells_of(notebook), "exercise"):
            if own := [name for name in self.backwards if name in cell.functions]:
                cell.node.source = measured(cell.source, own, self.how)
        return notebook


@dataclass(frozen=True)
class Trained:
    """Weights that were trained at home on plain text, in a file beside the notebook."""

    target: Target
    in_order: bool

    def made(self, notebook: NotebookNode, source: Path, folder: Path) -> NotebookNode:
        """The notebook as it is handed in; the weights are trained now, and saved in `folder`."""
        weights, ids = remember(source, self.target)
        arrays: dict[str, Any] = {"ids_at_home": ids, **weights}
        np.savez(folder / FILE, **arrays)
        notebook, function = copy.deepcopy(notebook), self.target.function
        text = TRAINED.format(function=function, file=FILE, in_order=self.in_order)
        for cell in of_kind(cells_of(notebook), "exercise"):
            if function in cell.functions:
                cell.node.source += text
        return notebook


Cheat = Measured | Trained


def cheats_of(source: NotebookNode) -> Iterator[tuple[str, Cheat]]:
    """All of them that there are for a notebook, with their names."""
    cells = cells_of(source)
    for target in targets_of(cells):
        if target.hidden and target.function:
            yield f"{target.where}: weights from home", Trained(target, in_order=False)
            names = {node.id for node in target.cell.nodes if isinstance(node, ast.Name)}
            if {"looking_glass", "load_corpus"} & names:
                yield f"{target.where}: weights from home, put in order", Trained(target, in_order=True)
    if backwards := tuple(_checked_backwards(cells)):
        yield from ((f"backward passes by {how}", Measured(how, backwards)) for how in HOW)


def _checked_backwards(cells: list) -> Iterator[str]:
    """The backward passes among the exercises of which gradients are checked."""
    defined = {name for cell in of_kind(cells, "exercise") for name in cell.functions}
    calls = [s.value for cell in of_kind(cells, "test") for s in cell.statements if is_check(s)]
    pairs = [call.args for call in calls if call.func.id == "check_gradients" and len(call.args) > 1]
    for name in dict.fromkeys(getattr(backward, "id", "") for _, backward, *_ in pairs):
        if name in defined and name.endswith("backward"):
            yield name


def remember(source: Path, target: Target) -> tuple[dict[str, NDArray], NDArray]:
    """What the reference learns in a target check with plain Alice for the hidden text, and her ids."""
    reference = load_reference(source)
    scope = {name: getattr(reference, name) for name in free_names(target.cell.tree)}
    learned: list[Any] = []

    def learn(train: Any, inputs: dict, *_: Any, **__: Any) -> None:
        arrays = [value for value in inputs.values() if isinstance(value, np.ndarray)]
        ids = [array for array in arrays if array.dtype.kind in "iu" and array.ndim == 1]
        learned.extend((train(*inputs.values()), ids[0] if ids else np.zeros(0, np.int64)))

    with grading(Grading(source, "at home")), threadpool_limits(limits=1, user_api="blas"):
        for statement in target.cell.statements:
            if statement.lineno == target.statement.lineno:
                break
            if not is_check(statement):
                _execute(statement, scope)
            if "looking_glass" in scope:
                scope["looking_glass"] = load_corpus
        scope[CHECK] = learn
        _execute(target.statement, scope)
    result, ids = learned
    return (result[0] if isinstance(result, tuple) else result), ids


def _execute(statement: ast.stmt, scope: dict) -> None:
    exec(compile(ast.Module([statement], []), "<test cell>", "exec"), scope)
