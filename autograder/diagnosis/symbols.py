"""In which other ways can a name, a number, an index or a comparison be written? As in edits.py."""

import ast
from collections.abc import Iterator

from autograder.diagnosis.edits import OTHER_SLOPE, other_slopes
from autograder.diagnosis.places import (
    CUT,
    EARLIER,
    HANDED_ON,
    Edit,
    Place,
    Rules,
    binary,
    call,
    is_number,
    is_slope,
    negative,
    number,
    same,
)

CLOSED = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
TURNED = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE,
          ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}  # fmt: skip


def _turned(node: ast.Attribute, place: Place) -> Iterator[Edit]:
    if node.attr == "T":
        yield 1, "transposed", "a matrix were not transposed that should be", node.value
        cut = call("np.reshape", node.value, ast.Attribute(node, "shape", ast.Load()))
        yield 2, "order", CUT, cut


def _constants(node: ast.Constant, place: Place) -> Iterator[Edit]:
    value = node.value
    if type(value) is int and place.is_axis:
        for other in {0, 1, 2, -1, -2} - {value}:
            yield 1, "axis", "a sum or mean ran over another axis", number(other)
        yield 2, "axis", "a sum or mean ran over all axes", ast.Constant(None)
    elif type(value) is int and place.in_index:
        for other in {0, 1, 2, -1, -2} - {value} if place.of_shape else ():
            yield 3, "scale", "the length of another axis were taken", number(other)
        for other in (value - 1, value + 1) if not place.of_shape else ():
            yield 2, "shifted", "a position or a length were off by one", number(other)
    elif isinstance(value, int | float) and type(value) is not bool:
        for change in (value + 1, value - 1, 2 * value, value / 2, 0, 10 * value, value / 10, 1):
            if change != value:
                yield 5, "scale", "a number in the formula were another one", number(change)
    elif type(value) is str and value in place.keys:
        for key in place.keys:
            if key != value:
                yield 1, "swapped", f"`{key}` stood in the place of `{value}`", ast.Constant(key)
    elif type(value) is bool:
        yield 5, "partly", "a case were decided the other way", ast.Constant(not value)


def _slices(node: ast.Slice, place: Place) -> Iterator[Edit]:
    words = "a slice began or ended at another place"
    minus = ast.UnaryOp(ast.USub(), number(1))
    if is_number(node.lower, 1) and not node.upper:
        yield 1, "shifted", "the step before were taken", ast.Slice(None, minus, node.step)
    if not node.lower and node.upper is not None and same(node.upper, minus):
        yield 1, "shifted", "the step after were taken", ast.Slice(number(1), None, node.step)
    for field in ("lower", "upper", "step"):
        if getattr(node, field):
            yield 2, "shifted", words, ast.Slice(**{**dict(ast.iter_fields(node)), field: None})
    if not node.step:
        backwards = ast.Slice(node.lower, node.upper, negative(number(1)))
        yield 4, "order", "something were read backwards", backwards
    other_end = "what is at one end were taken from the other"
    if isinstance(node.lower, ast.UnaryOp) and not node.upper:
        yield 2, "shifted", other_end, ast.Slice(None, node.lower.operand, node.step)
    if node.lower is not None and not node.upper and not isinstance(node.lower, ast.UnaryOp):
        yield 2, "shifted", other_end, ast.Slice(None, negative(node.lower), node.step)
    if node.upper is not None and not node.lower and not isinstance(node.upper, ast.UnaryOp):
        yield 2, "shifted", other_end, ast.Slice(ast.UnaryOp(ast.USub(), node.upper), None, node.step)
    if not node.upper:
        yield 3, "shifted", words, ast.Slice(node.lower, ast.UnaryOp(ast.USub(), number(1)), node.step)
    if not node.lower:
        yield 3, "shifted", words, ast.Slice(number(1), node.upper, node.step)


def _entries(node: ast.Subscript, place: Place) -> Iterator[Edit]:
    """In a loop always the same entries; for the last one that before it, or all of them."""
    last, axes = negative(number(1)), getattr(node.slice, "elts", [node.slice])
    if not isinstance(node.ctx, ast.Load):
        return
    if place.in_loop and isinstance(node.slice, ast.Name):
        words = "the first entries stood in the place of those that were asked for"
        first = ast.Slice(None, call("np.size", node.slice), None)
        yield 3, "swapped", words, ast.Subscript(node.value, first, ast.Load())
    if isinstance(node.slice, ast.Name):
        words = "what stands at a position were looked up in the place of the position"
        for other in place.known - {node.slice.id, getattr(node.value, "id", "")}:
            there = ast.Subscript(ast.Name(other, ast.Load()), node.slice, ast.Load())
            yield 4, "swapped", words, ast.Subscript(node.value, there, ast.Load())
    if same(node.slice, last) and getattr(node.value, "attr", "") == "shape":
        yield 2, "scale", "the length of another axis were taken", ast.Subscript(
            node.value, negative(number(2)), ast.Load())  # fmt: skip
        for axis in (number(0), number(1), negative(number(2))):
            both = binary(node, ast.Mult, ast.Subscript(node.value, axis, ast.Load()))
            yield 3, "scale", "the lengths of two axes were multiplied where one is meant", both
    elif same(node.slice, last):
        two = ast.Subscript(node.value, ast.Slice(negative(number(2))), ast.Load())
        words = "the one before the last were taken, where there is one"
        yield 2, "shifted", words, ast.Subscript(two, number(0), ast.Load())
    for name in ("mean", "sum", "max") if same(axes[-1], last) and not place.of_shape else ():
        words = f"a {name} over all entries stood in the place of the last one"
        yield 3, "axis", words, call(f"np.{name}", node.value, number(len(axes) - 1))


def _ends(node: ast.Subscript, place: Place) -> Iterator[Edit]:
    """All but the first, or all but the last, as if the end were joined to the beginning."""
    cut, last = node.slice, negative(number(1))
    if isinstance(cut, ast.Slice) and not cut.step and isinstance(node.ctx, ast.Load):
        words = "the end were joined to the beginning"
        if is_number(cut.lower, 1) and cut.upper is None:
            yield 2, "shifted", words, call("np.roll", node.value, last)
        elif cut.upper is not None and cut.lower is None and same(cut.upper, last):
            yield 2, "shifted", words, node.value


def _comparisons(node: ast.Compare, place: Place) -> Iterator[Edit]:
    kind = type(node.ops[0])
    if is_slope(node) and not place.decides(node):
        for value in (call("np.maximum", node.left, number(0)), *other_slopes(node.left)):
            yield 1, "nonlinearity", OTHER_SLOPE, value
    if kind in CLOSED:
        words = "a comparison took in its limit, or left it out"
        yield 2, "shifted", words, ast.Compare(node.left, [CLOSED[kind]()], node.comparators)
    if kind in TURNED:
        words = "a comparison were the other way round"
        for other in (TURNED[kind], CLOSED.get(TURNED[kind], kind)):
            yield 2, "mask", words, ast.Compare(node.left, [other()], node.comparators)


def _names(node: ast.Name, place: Place) -> Iterator[Edit]:
    if not isinstance(node.ctx, ast.Load) or node.id not in place.names or place.is_size:
        return
    known = node.id in place.arguments and node.id not in ("cache", "params")
    if node.id in place.drawn:
        yield 1, "randomness", "what is drawn once were drawn anew at another place", place.drawn[node.id]
    if EARLIER + node.id in place.names:
        words = "at one place what goes into a step were used, not what comes out of it"
        yield 2, "skipped", words, ast.Name(EARLIER + node.id, ast.Load())
    if place.in_index:
        for step, words in ((-1, "before"), (1, "after")):
            new = binary(node, ast.Add, number(step))
            yield 3, "time", "the first were taken at each step", number(0)
            yield 2, "shifted", f"the step {words} were taken", new
    for other in place.names:
        if other == node.id or other.startswith(EARLIER):
            continue
        if node.id in place.carried and other not in place.carried:
            yield 2, "time", HANDED_ON, ast.Name(other, ast.Load())
            continue
        if place.in_slope:
            words = "the slope of an activation were taken at another value"
            yield 2, "nonlinearity", words, ast.Name(other, ast.Load())
            continue
        if place.in_test:
            words = "a condition looked at something else"
            yield 3, "loop" if place.in_loop else "partly", words, ast.Name(other, ast.Load())
            continue
        both = known and other in place.arguments
        where = f"`{node.id}`" if both else "another quantity"
        what = f"`{other}`" if other in place.known else "a quantity"
        words = f"{what} stood in the place of {where}"
        yield 3 if both else 4, "swapped", words, ast.Name(other, ast.Load())
    if node.id in place.counters and not place.in_index:
        yield 2, "loop", "each round of a loop were taken for the first one", number(0)
        for step, words in ((1, "more"), (-1, "less")):
            yield 2, "shifted", f"a count were one {words}", binary(node, ast.Add, number(step))
    if node.id in place.carried:
        yield 2, "time", HANDED_ON, binary(node, ast.Mult, number(0))
    words = f"`{node.id}` did not arrive at one place" if known else "a quantity did not arrive at one place"
    code = f"without `{node.id}`" if known else "partly"
    yield 4, code, words, binary(node, ast.Mult, number(0))
    yield 4, code, words.replace("did not arrive", "were taken as one"), number(1.0)
    if node.id not in place.counters and not place.in_index:
        slope = binary(number(1), ast.Sub, binary(node, ast.Pow, number(2)))
        yield 4, "nonlinearity", "the slope of an activation stood in the place of its value", slope
    words = f"{f'`{node.id}`' if known else 'a quantity'} were squared at one place"
    yield 5, "scale", words, binary(node, ast.Mult, node)
    words = f"{f'`{node.id}`' if known else 'a quantity'} had the opposite sign at one place"
    yield 5, "sign", words, ast.UnaryOp(ast.USub(), node)
    words = f"{f'`{node.id}`' if known else 'a matrix'} were transposed at one place"
    yield 5, "transposed", words, ast.Attribute(node, "T", ast.Load())


SYMBOLS: Rules = {
    "Attribute": (_turned,), "Constant": (_constants,), "Slice": (_slices,), "Subscript": (_entries, _ends),
    "Compare": (_comparisons,), "Name": (_names,),
}  # fmt: skip
