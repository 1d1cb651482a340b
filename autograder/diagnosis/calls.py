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
CURVES = {
    "np.exp({x}) / np.exp({x}).sum(axis=-1, keepdims=True)": "normalisation", "np.tanh({x})": "nonlinearity",
    "1 / (1 + np.exp(-({x})))": "nonlinearity", "np.maximum({x}, 0)": "nonlinearity",
}  # fmt: skip


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
    if name == "mean":
        whole = node.args[0] if node.args and ast.unparse(node.func.value) == "np" else node.func.value
        count = binary(ast.Attribute(whole, "size", ast.Load()), ast.Div, call("np.size", node))
        less = binary(binary(node, ast.Mult, count), ast.Div, binary(count, ast.Sub, number(1)))
        yield 2, "scale", "a mean were a sum divided by one less than there are entries", less
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
        for place_of_one in (number(0), ast.UnaryOp(ast.USub(), number(1))):
            only = ast.Subscript(inner, place_of_one, ast.Load())
            yield 3, "axis", "only one entry counted instead of a sum", only


def _functions(node: ast.Call, place: Place) -> Iterator[Edit]:
    """Another function, or none, of the same argument."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if not node.args:
        return
    inner = node.args[0]
    if name == "sqrt":
        yield 2, "scale", "a root were left out", inner
        if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Add):
            words = "a small number were added behind a root, not inside it"
            yield 1, "scale", words, binary(call("np.sqrt", inner.left), ast.Add, inner.right)
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


def _skipped(node: ast.Call, place: Place) -> Iterator[Edit]:
    """One of the notebook's own functions not called, where its result goes straight into something else."""
    if isinstance(node.func, ast.Name) and len(node.args) > 1 and not hasattr(builtins, node.func.id):
        yield 2, "skipped", f"`{node.func.id}` were left out", node.args[0]


def _curved(node: ast.Call, place: Place) -> Iterator[Edit]:
    """What is handed to one of the notebook's own functions, put through a softmax or an activation first."""
    if not isinstance(node.func, ast.Name) or hasattr(builtins, node.func.id):
        return
    for position, argument in enumerate(node.args):
        if isinstance(argument, ast.Constant) or ast.unparse(argument) in ("params", "cache", "rng"):
            continue
        for curve, code in CURVES.items():
            other = copy.copy(node)
            inner = ast.parse(curve.format(x=ast.unparse(argument)), mode="eval").body
            other.args = [*node.args[:position], inner, *node.args[position + 1 :]]
            words = f"something went through a softmax or an activation before `{node.func.id}`"
            yield 3, code, words, other


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
        yield 1, "time", "the steps were walked through from the other end", node.args[0]
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
    for one, two in itertools.combinations(range(len(node.args)), 2) if name != "where" else ():
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


def _cases(node: ast.Call | ast.IfExp, place: Place) -> Iterator[Edit]:
    """Of two cases one in both, or each in the other's place."""
    if isinstance(node, ast.IfExp):
        test, one, two = node.test, node.body, node.orelse
        turned: ast.expr = ast.IfExp(test, two, one)
    elif getattr(node.func, "attr", "") == "where" and len(node.args) == 3:
        test, one, two = node.args
        turned = ast.Call(node.func, [test, two, one], [])
    else:
        return
    for either in (one, two):
        yield 1, "partly", f"one case{place.with_(test)} were treated like the other", either
    yield 2, "mask", f"two cases{place.with_(test)} were taken for each other", turned


CALLS = {
    "Call": (_reductions, _functions, _skipped, _joined, _cases, _curved, _arguments), "IfExp": (_cases,),
}  # fmt: skip
