"""In which other ways can a call do its work? As in edits.py."""

import ast
import builtins
import copy
import itertools
from collections.abc import Iterator

from autograder.diagnosis.places import Edit, Place, binary, call, is_number, number

SUMS = {"sum": "mean", "mean": "sum"}
EXTREMES = ("maximum", "minimum", "max", "min", "clip")
LOGARITHMS = ("log2", "log10")


def _reductions(node: ast.Call, place: Place) -> Iterator[Edit]:
    """A sum for a mean, other axes, no sum at all."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if name in SUMS:
        other = copy.copy(node)
        other.func = ast.Attribute(node.func.value, SUMS[name], ast.Load())
        yield 1, "scale", f"a {SUMS[name]} stood in the place of a {name}", other
        other = copy.copy(node)
        other.func = ast.Attribute(node.func.value, "max", ast.Load())
        yield 2, "normalisation", f"the largest entry stood in the place of a {name}", other
    axes = [k for k in node.keywords if k.arg == "axis"]
    for keyword in axes:
        for axis in (0, 1, 2, -1, -2, None):
            if ast.dump(keyword.value) != ast.dump(ast.parse(str(axis), mode="eval").body):
                other = copy.copy(node)
                value = ast.Constant(axis)
                other.keywords = [ast.keyword("axis", value) if k is keyword else k for k in node.keywords]
                yield 1, "axis", f"a {name or 'sum'} ran over another axis", other
    if axes and isinstance(node.func, ast.Attribute) and name in ("sum", "mean", "max"):
        inner = node.args[0] if node.args else node.func.value
        yield 4, "axis", f"a {name} were left out", inner
        yield (
            4,
            "axis",
            "only one entry counted instead of a sum",
            ast.Subscript(inner, number(0), ast.Load()),
        )


def _functions(node: ast.Call, place: Place) -> Iterator[Edit]:
    """Another function, or none, of the same argument."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if not node.args:
        return
    inner = node.args[0]
    if name == "sqrt":
        yield 2, "scale", "a root were left out", inner
    elif name in ("exp", "log", "log1p", "expm1"):
        yield 3, "nonlinearity", f"the {name} were left out", inner
        for other in LOGARITHMS if name == "log" else ():
            yield 2, "scale", "another base of the logarithm were taken", call(f"np.{other}", inner)
    elif name in EXTREMES:
        if name == "maximum" and any(is_number(a, 0) for a in node.args):
            yield from _activations(inner)
        for part in node.args:
            words = (
                f"a limit{place.with_(node)} were not kept"
                if name == "clip" or len(node.args) > 1
                else "a limit"
            )
            yield 2, "limited", words, part
        other = {"maximum": "np.minimum", "minimum": "np.maximum", "max": "min", "min": "max"}.get(name)
        if other:
            yield 2, "limited", "a limit were kept from the wrong side", call(other, *node.args)
    elif len(node.args) == 1 and not node.keywords and _is_activation(node.func):
        yield from _activations(inner)


def _is_activation(function: ast.expr) -> bool:
    """One of NumPy's curves, or a function of the notebook's own."""
    if isinstance(function, ast.Attribute):
        return function.attr in ("tanh", "abs", "square", "sign", "sin", "cos")
    return isinstance(function, ast.Name) and not hasattr(builtins, function.id)


def _activations(inner: ast.expr) -> Iterator[Edit]:
    """None, and the usual ones."""
    below = binary(number(1), ast.Add, call("np.exp", ast.UnaryOp(ast.USub(), inner)))
    relu = call("np.maximum", inner, number(0))
    for other in (
        inner,
        call("np.tanh", inner),
        binary(number(1), ast.Div, below),
        relu,
        call("np.abs", inner),
    ):
        yield 2, "nonlinearity", "another activation were used, or none", other


def _joined(node: ast.Call, place: Place) -> Iterator[Edit]:
    """Of steps that are put together from a first one and the others, the others as they are."""
    if isinstance(node.func, ast.Attribute) and node.func.attr in (
        "concatenate",
        "stack",
        "vstack",
        "hstack",
    ):
        parts = node.args[0].elts if node.args and isinstance(node.args[0], ast.List | ast.Tuple) else []
        for part in parts:
            if isinstance(part, ast.Subscript):
                yield 2, "shifted", "each step were taken for the one before or after it", part.value


def _arguments(node: ast.Call, place: Place) -> Iterator[Edit]:
    """Two arguments exchanged; axes in another order; a loop walked the other way."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in ("transpose", "reshape", "swapaxes"):
        if isinstance(node.func, ast.Attribute) and name != "reshape":
            yield 2, "transposed", "axes were not exchanged that should be", node.func.value
        turns = itertools.permutations(node.args) if len(node.args) < 5 else ()
        for order in turns:
            if list(order) != node.args:
                yield (
                    3,
                    "order",
                    "the axes of an array were in another order",
                    ast.Call(node.func, list(order), []),
                )
        return
    if name == "reversed":
        yield 2, "time", "the steps were walked through from the other end", node.args[0]
    elif name == "range":
        yield 3, "time", "the steps were walked through from the other end", call("reversed", node)
    elif name in ("tril", "triu"):
        inner = node.args[0]
        diagonal = node.args[1] if len(node.args) > 1 else next((k.value for k in node.keywords), number(0))
        for step in (-1, 1):
            words = "the mask hid one place more, or one less"
            yield 1, "mask", words, ast.Call(node.func, [inner, binary(diagonal, ast.Add, number(step))], [])
        other = "np.triu" if name == "tril" else "np.tril"
        yield (
            1,
            "mask",
            "the mask hid the other side",
            ast.Call(ast.parse(other, mode="eval").body, node.args, node.keywords),
        )
    for one, two in itertools.combinations(range(len(node.args)), 2):
        other = copy.copy(node)
        other.args = list(node.args)
        other.args[one], other.args[two] = node.args[two], node.args[one]
        yield 3, "swapped", "two things were exchanged where they are handed on", other
    for keyword in node.keywords:
        if keyword.arg != "axis":
            other = copy.copy(node)
            other.keywords = [k for k in node.keywords if k is not keyword]
            yield 4, f"option `{keyword.arg}`", f"`{keyword.arg}` were not handed on", other
    if len(node.args) > 1 and not isinstance(node.args[-1], ast.Constant):
        other = copy.copy(node)
        other.args = node.args[:-1]
        yield 5, "partly", f"something{place.with_(node.args[-1])} were not handed on", other


CALLS = {"Call": (_reductions, _functions, _joined, _arguments)}
