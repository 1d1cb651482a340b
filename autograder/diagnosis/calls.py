"""In which other ways can a call do its work? As in edits.py."""

import ast
import builtins
import copy
import itertools
from collections.abc import Iterator

from autograder.diagnosis.places import CUT, Edit, Place, Rules, binary, call, is_number, negative, number

SUMS = {"sum": "mean", "mean": "sum"}
EXTREMES = ("maximum", "minimum", "max", "min", "clip")
BASES = {"log": ("log2", "log10"), "exp": ("exp2",)}
CURVES = {
    "np.exp({x}) / np.exp({x}).sum(axis=-1, keepdims=True)": "normalisation", "np.tanh({x})": "nonlinearity",
    "1 / (1 + np.exp(-({x})))": "nonlinearity", "np.maximum({x}, 0)": "nonlinearity",
}  # fmt: skip
WEIGHED = {
    "a softmax were taken once more":
        ("normalisation", "np.exp({x}) / np.exp({x}).sum(axis=-1, keepdims=True)"),
    "only the largest of several counted, as 1":
        ("nonlinearity", "1.0 * ({x} == np.max({x}, axis=-1, keepdims=True))"),
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
    axes = [k for k in node.keywords if k.arg == "axis"]
    for keyword in axes:
        for axis in (0, 1, 2, -1, -2, (-2, -1), None):
            value = ast.parse(str(axis), mode="eval").body
            if ast.dump(keyword.value) != ast.dump(value):
                other = copy.copy(node)
                other.keywords = [ast.keyword("axis", value) if k is keyword else k for k in node.keywords]
                yield 1, "axis", f"a {name or 'sum'} ran over another axis", other
                if axis is None:
                    words = f"a {name or 'sum'} ran over everything"
                    yield 1, "axis", words, call("np.broadcast_to", other, call("np.shape", node))
    if axes and isinstance(node.func, ast.Attribute) and name in ("sum", "mean", "max"):
        inner = _inner(node)
        yield 4, "axis", f"a {name} were left out", inner
        for place_of_one in (number(0), ast.UnaryOp(ast.USub(), number(1))):
            only = ast.Subscript(inner, place_of_one, ast.Load())
            yield 3, "axis", "only one entry counted instead of a sum", only


def _means(node: ast.Call, place: Place) -> Iterator[Edit]:
    """A mean of something else, or over another count; a length for a sum."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if name == "mean":
        count = binary(ast.Attribute(_inner(node), "size", ast.Load()), ast.Div, call("np.size", node))
        less = binary(binary(node, ast.Mult, count), ast.Div, binary(count, ast.Sub, number(1)))
        yield 2, "scale", "a mean were a sum divided by one less than there are entries", less
        for curve in ("exp", "log", "square", "abs"):
            words = "a curve were taken before a mean, too often, too seldom or behind it"
            yield 3, "nonlinearity", words, _with_inner(node, call(f"np.{curve}", _inner(node)))
        behind = call("np.log", _with_inner(node, call("np.exp", _inner(node))))
        yield 3, "nonlinearity", "a mean were taken before a logarithm, not behind it", behind
    if name == "sum" and not node.keywords:
        yield 3, "scale", "a length stood in the place of a sum", call("len", _inner(node))


def _picked(node: ast.Call, place: Place) -> Iterator[Edit]:
    """All entries, or the largest one, where some are asked for."""
    if getattr(node.func, "attr", "") == "take_along_axis" and len(node.args) > 1:
        asked = place.with_(node.args[1]).removeprefix(" with ")
        words = f"all entries, or the largest one, stood in the place of those that {asked or 'ids'} ask for"
        for other in (node.args[0], call("np.max", node.args[0], number(-1))):
            yield 2, f"without {asked}" if asked else "swapped", words, other


def _inner(node: ast.Call) -> ast.expr:
    """What a reduction such as np.sum(a) or a.sum() is about."""
    is_numpy = isinstance(node.func.value, ast.Name) and node.func.value.id == "np"
    return node.args[0] if is_numpy else node.func.value


def _with_inner(node: ast.Call, inner: ast.expr) -> ast.Call:
    """The same of something else."""
    if _inner(node) is not node.func.value:
        return ast.Call(node.func, [inner, *node.args[1:]], node.keywords)
    return ast.Call(ast.Attribute(inner, node.func.attr, ast.Load()), node.args, node.keywords)


def _functions(node: ast.Call, place: Place) -> Iterator[Edit]:
    """Another function, or none, of the same argument."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if not node.args:
        return
    inner = node.args[0]
    if name == "sqrt":
        yield 2, "scale", "a root were left out", inner
        if isinstance(inner, ast.Call) and ast.unparse(inner.func) == "sum" and inner.args:
            yield from _roots_added(node.func, inner)
        if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Add):
            words = "a small number were added behind a root, not inside it"
            yield 1, "scale", words, binary(call("np.sqrt", inner.left), ast.Add, inner.right)
    elif name in ("exp", "log", "log1p", "expm1"):
        yield 3, "nonlinearity", f"the {name} were left out", inner
        if name == "exp":
            yield from _weighed(node)
        for other in BASES.get(name, ()):
            yield 2, "scale", f"another base of the {name} were taken", call(f"np.{other}", inner)
    elif name in ("argsort", "argmax", "argpartition"):
        words = "the smallest stood in the place of the largest, or the other way round"
        yield 1, "order", words, ast.Call(node.func, [negative(inner), *node.args[1:]], node.keywords)
    elif name in ("zeros", "zeros_like"):
        ones = call(name.replace("zeros", "np.ones")).func
        words = "something were one that should be zero"
        yield 3, "offset", words, ast.Call(ones, node.args, node.keywords)
        if name == "zeros_like":
            words = f"something{place.with_(inner)} were handed on as it is that should be zero"
            yield 2, "not zero", words, inner
    elif name in EXTREMES:
        if name == "maximum" and any(is_number(a, 0) for a in node.args):
            yield from _activations(inner)
        for part in node.args:
            yield 2, "limited", f"a limit{place.with_(node)} were not kept", part
        turned = {"maximum": "np.minimum", "minimum": "np.maximum", "max": "min", "min": "max"}.get(name)
        if turned:
            yield 2, "limited", "a limit were kept from the wrong side", call(turned, *node.args)
    elif len(node.args) == 1 and not node.keywords and _is_activation(node.func):
        yield from _activations(inner)
        if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Add):
            each = (ast.Call(node.func, [part], []) for part in (inner.left, inner.right))
            words = "a curve were taken of each of two terms on its own"
            yield 2, "nonlinearity", words, binary(next(each), ast.Add, next(each))


def _weighed(node: ast.Call) -> Iterator[Edit]:
    """A softmax of the exponentials, or 1 for the largest and 0 for the others."""
    for words, (code, curve) in WEIGHED.items():
        yield 3, code, words, ast.parse(curve.format(x=ast.unparse(node)), mode="eval").body


def _roots_added(root: ast.expr, total: ast.Call) -> Iterator[Edit]:
    """sum(root(a) for ...) and root(max(a for ...)) for root(sum(a for ...))."""
    parts, other = total.args[0], copy.copy(total)
    if isinstance(parts, ast.GeneratorExp):
        each = ast.GeneratorExp(ast.Call(root, [parts.elt], []), parts.generators)
        other.args = [each, *total.args[1:]]
        yield 1, "scale", "roots were added up where the root of a sum belongs", other
        largest = ast.Call(root, [call("max", parts)], [])
        yield 1, "axis", "the largest stood in the place of a sum over all", largest


def _skipped(node: ast.Call, place: Place) -> Iterator[Edit]:
    """One of the notebook's own functions not called, where its result goes straight into something else."""
    if isinstance(node.func, ast.Name) and len(node.args) > 1 and not hasattr(builtins, node.func.id):
        yield 2, "skipped", f"`{node.func.id}` were left out", node.args[0]
        if len(node.args) == 2:  # an upstream gradient and a cache whose first array went in
            came_in = ast.Subscript(node.args[1], number(0), ast.Load())
            step = ast.Compare(came_in, [ast.Gt()], [number(0)])
            words = f"`{node.func.id}` let all through where its own input was positive, and did nothing else"
            yield 3, "skipped", words, binary(node.args[0], ast.Mult, step)


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


def _sloped(node: ast.Call, place: Place) -> Iterator[Edit]:
    """What is handed to one of the notebook's own functions, times the slope of an activation once more."""
    if not isinstance(node.func, ast.Name) or hasattr(builtins, node.func.id) or not node.args:
        return
    first, words = node.args[0], f"what `{node.func.id}` gets were multiplied by the slope of an activation"
    for name in place.names if isinstance(first, ast.Name) else ():
        value = ast.Name(name, ast.Load())
        logistic = binary(value, ast.Mult, binary(number(1), ast.Sub, value))
        for slope in (logistic, binary(number(1), ast.Sub, binary(value, ast.Mult, value))):
            other = ast.Call(node.func, [binary(first, ast.Mult, slope), *node.args[1:]], node.keywords)
            yield 4, "nonlinearity", words, other


def _is_activation(function: ast.expr) -> bool:
    """One of NumPy's curves, or a function of the notebook's own."""
    if isinstance(function, ast.Attribute):
        return function.attr in ("tanh", "abs", "square", "sign", "sin", "cos")
    return isinstance(function, ast.Name) and not hasattr(builtins, function.id)


def _activations(inner: ast.expr) -> Iterator[Edit]:
    """None, and the usual ones."""
    below = binary(number(1), ast.Add, call("np.exp", ast.UnaryOp(ast.USub(), inner)))
    sigmoid, relu = binary(number(1), ast.Div, below), call("np.maximum", inner, number(0))
    for other in (inner, call("np.tanh", inner), sigmoid, relu, call("np.abs", inner)):
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
        if len(parts) == 2 and isinstance(parts[1], ast.Subscript) and node.func.attr == "concatenate":
            axis = next((k.value for k in node.keywords if k.arg == "axis"), number(0))
            words = "the end stood in the place of what comes before the beginning"
            yield 1, "shifted", words, call("np.roll", parts[1].value, number(1), axis)


def _arguments(node: ast.Call, place: Place) -> Iterator[Edit]:
    """Two arguments exchanged; axes in another order; a loop walked the other way."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in ("ravel", "flatten", "reshape") and isinstance(node.func, ast.Attribute):
        turned = ast.Attribute(call("np.swapaxes", node.func.value, number(0), number(1)), name, ast.Load())
        words = "the axes of an array were in another order before it was laid flat"
        yield 1, "order", words, ast.Call(turned, node.args, node.keywords)
    if name in ("transpose", "reshape", "swapaxes"):
        if isinstance(node.func, ast.Attribute) and name != "reshape":
            yield 2, "transposed", "axes were not exchanged that should be", node.func.value
            shape = ast.Attribute(node, "shape", ast.Load())
            yield 2, "order", CUT, call("np.reshape", node.func.value, shape)
        turns = itertools.permutations(node.args) if len(node.args) < 5 else ()
        for order in turns:
            if list(order) != node.args:
                words = "the axes of an array were in another order"
                yield 3, "order", words, ast.Call(node.func, list(order), [])
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
        side = "np.triu" if name == "tril" else "np.tril"
        words = "the mask hid the other side"
        yield 1, "mask", words, ast.Call(ast.parse(side, mode="eval").body, node.args, node.keywords)
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


CALLS: Rules = {
    "Call": (
        _reductions, _means, _picked, _functions, _skipped, _joined, _cases, _curved, _sloped, _arguments,
    ),
    "IfExp": (_cases,),
}  # fmt: skip
