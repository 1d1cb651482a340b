"""In which other ways can one step of a formula be done, and what kind of mistake is each?

Each rule looks at one node of a syntax tree and yields (rank, code, words, other node); a low rank says much.
"""

import ast
import copy
import itertools
from collections.abc import Iterator

from autograder.diagnosis.places import (
    HANDED_ON,
    Edit,
    Place,
    Rules,
    binary,
    call,
    is_logistic,
    is_number,
    is_slope,
    number,
    same,
)

NO_SLOPE = "the slope of an activation were left out"
OTHER_SLOPE = "the slope of an activation were that of another one, or taken at another value"
ONCE_MORE = "the slope of an activation were taken at what has gone through it already"


def _sums(node: ast.BinOp, place: Place) -> Iterator[Edit]:
    if not isinstance(node.op, ast.Add | ast.Sub):
        return
    if is_number(node.right) and type(node.right.value) is int and place.in_index:
        yield 1, "shifted", "a position were off by one", node.left
        return
    if is_slope(node):
        yield from _slopes(node, place)
        return
    minus = isinstance(node.op, ast.Sub)
    left, right = place.with_(node.left), place.with_(node.right)
    yield from _roots(node)
    for part, kept in ((node.right, node.left), (node.left, node.right)):
        if place.hands_on(part) and not place.hands_on(kept):
            yield 1, "time", HANDED_ON, kept
    words = f"a term{right} had the opposite sign"
    yield 2, "sign", words, binary(node.left, ast.Add if minus else ast.Sub, node.right)
    yield 2, "sign", f"a term{left} had the opposite sign", binary(
        ast.UnaryOp(ast.USub(), node.left), type(node.op), node.right)  # fmt: skip
    if minus:
        for slope in (node.left, binary(node.left, ast.Mult, binary(number(1), ast.Sub, node.left))):
            words = "a slope were multiplied in that is in already"
            yield 3, "nonlinearity", words, binary(node, ast.Mult, slope)
    for part, kept in ((node.right, node.left), (node.left, node.right)):
        if "keepdims=True" in ast.unparse(part):
            words = "the term in which the entries of a row come together were missing"
            yield 1, "normalisation", words, kept
    yield 2, "offset", f"a term{right} were missing", node.left
    lonely = ast.UnaryOp(ast.USub(), node.right) if minus else node.right
    yield 2, "offset", f"a term{left} were missing", lonely
    for factor, words in ((2, "counted twice"), (0.5, "counted half")):
        yield 4, "offset", f"a term{right} were {words}", binary(
            node.left, type(node.op), binary(number(factor), ast.Mult, node.right))  # fmt: skip
        yield 4, "offset", f"a term{left} were {words}", binary(
            binary(number(factor), ast.Mult, node.left), type(node.op), node.right)  # fmt: skip
    yield from shared(node, place)
    if not minus:
        yield from _coupled(node)
    if not minus and all(_is_product(part) for part in (node.left, node.right)):
        one, other = node.left, node.right
        words = "factors of two products were added up before they were multiplied"
        sums = binary(one.left, ast.Add, other.left), binary(one.right, ast.Add, other.right)
        yield 3, "offset", words, binary(sums[0], ast.MatMult, sums[1])
    words = "two things were multiplied that should be added"
    yield 5, "scale", words, binary(node.left, ast.Mult, node.right)
    words = "one of two terms were multiplied by the other"
    yield 5, "scale", words, binary(node.left, type(node.op), binary(node.right, ast.Mult, node.left))


def shared(node: ast.BinOp, place: Place) -> Iterator[Edit]:
    """(a + b) * c for a + b * c."""
    for product, other in ((node.right, node.left), (node.left, node.right)):
        if not isinstance(product, ast.BinOp) or not isinstance(product.op, ast.Mult):
            continue
        for factor, rest in ((product.right, product.left), (product.left, product.right)):
            one, two = (other, rest) if product is node.right else (rest, other)
            code, what = _factor(factor)
            words = f"{what}{place.with_(factor)} reached both of two terms"
            yield 3, code, words, binary(binary(one, type(node.op), two), ast.Mult, factor)


def _factor(node: ast.expr) -> tuple[str, str]:
    return ("nonlinearity", "the slope of an activation") if is_slope(node) else ("scale", "a factor")


def _coupled(node: ast.BinOp) -> Iterator[Edit]:
    """a * b + (1 - a) * d for a * b + c * d."""
    products = [p for p in (node.left, node.right) if isinstance(p, ast.BinOp) and isinstance(p.op, ast.Mult)]
    words = "a factor in one of two terms were what that in the other one leaves of 1"
    for one, other in itertools.permutations(products, 2):
        for kept, (lost, rest) in itertools.product(
            (one.left, one.right), ((other.left, other.right), (other.right, other.left))
        ):
            if not same(kept, lost):
                left = binary(binary(number(1), ast.Sub, kept), ast.Mult, rest)
                yield 3, "swapped", words, binary(one, ast.Add, left)


def _is_product(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)


def _roots(node: ast.BinOp) -> Iterator[Edit]:
    """sqrt(a) + b for sqrt(a + b)."""
    for root, other in ((node.left, node.right), (node.right, node.left)):
        is_root = isinstance(root, ast.Call) and ast.unparse(root.func).endswith("sqrt")
        if is_root and isinstance(node.op, ast.Add):
            yield 1, "scale", "a small number were added inside a root, not behind it", call(
                "np.sqrt", binary(root.args[0], ast.Add, other))  # fmt: skip


def _slopes(node: ast.BinOp, place: Place) -> Iterator[Edit]:
    """Other slopes than 1 - a**2."""
    again = call("np.tanh", node.right.left)
    yield 1, "nonlinearity", ONCE_MORE, binary(number(1), ast.Sub, binary(again, ast.Pow, number(2)))
    for new in other_slopes(node.right.left):
        yield 1, "nonlinearity", OTHER_SLOPE, new
    for name in place.names:
        curve = call("np.tanh", ast.Name(name, ast.Load()))
        yield 2, "nonlinearity", OTHER_SLOPE, binary(number(1), ast.Sub, binary(curve, ast.Pow, number(2)))


def other_slopes(inner: ast.expr) -> tuple[ast.expr, ...]:
    """Slopes that an activation may have at a value, and what may be taken for one; none comes last."""
    one, squared = number(1), binary(inner, ast.Pow, number(2))
    return (
        binary(one, ast.Sub, inner), binary(one, ast.Sub, squared),
        binary(inner, ast.Mult, binary(one, ast.Sub, inner)), inner,
        binary(one, ast.Sub, binary(call("np.tanh", inner), ast.Pow, number(2))),
        ast.Compare(inner, [ast.Gt()], [number(0)]), binary(one, ast.Add, squared),
        binary(binary(one, ast.Sub, inner), ast.Pow, number(2)), number(1.0),
    )  # fmt: skip


def _logistic_slopes(node: ast.BinOp) -> Iterator[Edit]:
    """Other slopes than a * (1 - a), perhaps with factors in front."""
    inner = node.right.right if isinstance(node.right, ast.BinOp) else node.left.right
    rest, one = (node.left, number(1)) if isinstance(node.right, ast.BinOp) else (node.right, number(1))
    squared = binary(inner, ast.Pow, number(2))
    front = rest.left if isinstance(rest, ast.BinOp) and isinstance(rest.op, ast.Mult) else one
    bent = binary(one, ast.Div, binary(one, ast.Add, call("np.exp", binary(number(0), ast.Sub, inner))))
    again = binary(bent, ast.Mult, binary(one, ast.Sub, bent))
    yield 1, "nonlinearity", ONCE_MORE, binary(front, ast.Mult, again)
    for what, slope in (front, squared), (front, inner):
        yield 1, "nonlinearity", OTHER_SLOPE, binary(what, ast.Mult, binary(one, ast.Sub, slope))
    for new in binary(rest, ast.Mult, binary(one, ast.Add, inner)), rest:
        yield 1, "nonlinearity", OTHER_SLOPE, new
    yield 1, "nonlinearity", NO_SLOPE, front


def _products(node: ast.BinOp, place: Place) -> Iterator[Edit]:
    if not isinstance(node.op, ast.Mult | ast.Div):
        return
    for lost, kept, side in ((node.right, node.left, "right"), (node.left, node.right, "left")):
        if isinstance(node.op, ast.Div) and side == "left":
            kept = binary(number(1.0), ast.Div, node.right)
        what = "a division" if isinstance(node.op, ast.Div) and side == "right" else "a factor"
        if is_slope(lost):
            yield 1, "nonlinearity", NO_SLOPE, kept
        else:
            yield 2, "scale", f"{what}{place.with_(lost)} were missing", kept
            yield 4, "scale", f"a factor{place.with_(lost)} were there twice", binary(
                copy.deepcopy(node), type(node.op) if side == "right" else ast.Mult, lost)  # fmt: skip
    if is_logistic(node):
        yield from _logistic_slopes(node)
    for terms, factor in ((node.left, node.right), (node.right, node.left)):
        if not isinstance(terms, ast.BinOp) or not isinstance(terms.op, ast.Add | ast.Sub):
            continue
        if terms is node.left or isinstance(node.op, ast.Mult):
            yield from _reaching_one(terms, type(node.op), factor, place)
    other = ast.Div if isinstance(node.op, ast.Mult) else ast.Mult
    yield 3, "scale", "there were a product for a quotient, or a quotient for a product", binary(
        node.left, other, node.right)  # fmt: skip
    for part, field in ((node.left, "left"), (node.right, "right")):
        if not isinstance(part, ast.Constant):
            root = copy.copy(node)
            setattr(root, field, call("np.sqrt", part))
            yield 4, "scale", "a root were taken where none belongs", root
    words = "two things were added that should be multiplied"
    yield 5, "offset", words, binary(node.left, ast.Add, node.right)


def _reaching_one(terms: ast.BinOp, by: type, factor: ast.expr, place: Place) -> Iterator[Edit]:
    """Of (a + b) * c only one term with the factor."""
    code, what = _factor(factor)
    words = f"{what}{place.with_(factor)} reached only one of two terms"
    for new in (
        binary(binary(terms.left, by, factor), type(terms.op), terms.right),
        binary(terms.left, type(terms.op), binary(terms.right, by, factor)),
    ):
        yield 2, code, words, new


def _matrices(node: ast.BinOp, place: Place) -> Iterator[Edit]:
    if isinstance(node.op, ast.MatMult):
        turned = [ast.Attribute(part, "T", ast.Load()) for part in (node.left, node.right)]
        words = "a factor of a matrix product were transposed, or not, where the shapes allow both"
        yield 1, "transposed", words, binary(turned[0], ast.MatMult, node.right)
        yield 1, "transposed", words, binary(node.left, ast.MatMult, turned[1])
        yield 2, "transposed", words, binary(turned[0], ast.MatMult, turned[1])
        yield 2, "transposed", "the factors of a matrix product stood in the other order", binary(
            node.right, ast.MatMult, node.left)  # fmt: skip
        words = "one of several blocks side by side did not count in a matrix product"
        for count in (3, 4):
            for block in range(count):
                kept = f"np.arange(np.shape(x)[-1]) * {count} // np.shape(x)[-1] != {block}"
                mask = ast.parse(kept.replace("x", f"({ast.unparse(node.left)})"), mode="eval").body
                yield 3, "partly", words, binary(binary(node.left, ast.Mult, mask), ast.MatMult, node.right)
        words = "a matrix product were taken element by element"
        yield 4, "scale", words, binary(node.left, ast.Mult, node.right)


def _both(node: ast.BinOp, place: Place) -> Iterator[Edit]:
    """Of two conditions, one of them, either, or that they are the same."""
    if isinstance(node.op, ast.BitAnd | ast.BitOr):
        belongs = "both" if isinstance(node.op, ast.BitAnd) else "one of them"
        agree = ast.Compare(node.left, [ast.Eq()], [node.right])
        words = f"two conditions only had to agree where {belongs} must hold"
        yield 1, "partly", words, agree
        other, what = (ast.BitOr, "one of two") if belongs == "both" else (ast.BitAnd, "both")
        words = f"{what} conditions had to hold where {belongs} must"
        yield 1, "partly", words, binary(node.left, other, node.right)
        for kept, lost in ((node.left, node.right), (node.right, node.left)):
            yield 2, "partly", f"a condition{place.with_(lost)} were not asked", kept


def _powers(node: ast.BinOp, place: Place) -> Iterator[Edit]:
    if isinstance(node.op, ast.Pow):
        yield 3, "scale", "a power were missing", node.left
        yield 4, "scale", "a power were another one", binary(copy.deepcopy(node), ast.Mult, node.left)
        words = "a power were another one"
        yield 4, "scale", words, binary(node.left, ast.Pow, binary(node.right, ast.Sub, number(1)))


def _signs(node: ast.UnaryOp, place: Place) -> Iterator[Edit]:
    if isinstance(node.op, ast.USub) and not place.is_axis and not place.in_index:
        yield 1, "sign", f"something{place.with_(node.operand)} had the opposite sign", node.operand
    elif isinstance(node.op, ast.USub) and is_number(node.operand, 1):
        code = "axis" if place.is_axis else "shifted"
        words = (
            "another axis were taken" if place.is_axis else "the first were taken in the place of the last"
        )
        yield 2, code, words, number(-2) if place.is_axis else number(0)
        for value in (0, 1) if place.is_axis else (1, -2):
            yield 3, code, words if place.is_axis else "a neighbour were taken", number(value)
    elif isinstance(node.op, ast.Not | ast.Invert):
        yield 3, "mask", "a condition were the other way round", node.operand


FORMULAS: Rules = {"BinOp": (_sums, _products, _matrices, _both, _powers), "UnaryOp": (_signs,)}
