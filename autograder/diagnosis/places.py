"""Where a node of a syntax tree stands, and small pieces of code to put there."""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

Edit = tuple[int, str, str, ast.AST]  # rank, code, words, the other node
Rules = dict[str, tuple[Callable[..., Iterator[Edit]], ...]]  # for each kind of node
MAKERS = ("zeros", "ones", "empty", "full", "eye", "arange", "integers", "random", "repeat", "tile")
DRAWS = ("choice", "exponential", "integers", "multinomial", "normal", "permutation", "random",
         "standard_normal", "uniform")  # fmt: skip
CUT = "something were reshaped where it should be transposed"
EARLIER = "__earlier__"  # what a name stood for before it got its last value
HANDED_ON = "what one step hands to the next did not arrive"


@dataclass(frozen=True)
class Place:
    """Where a node stands: in which function, in a loop, in an index, behind which statements."""

    arguments: tuple[str, ...]
    names: tuple[str, ...]
    keys: tuple[str, ...]
    in_loop: bool = False
    in_index: bool = False
    is_axis: bool = False
    of_shape: bool = False
    in_test: bool = False
    in_slope: bool = False
    is_size: bool = False
    counters: tuple[str, ...] = ()
    carried: frozenset[str] = frozenset()
    before: tuple[ast.stmt, ...] = ()
    choices: frozenset[int] = frozenset()
    drawn: Mapping[str, ast.expr] = field(default_factory=dict)

    @classmethod
    def of(cls, tree: ast.FunctionDef, also: tuple[str, ...] = ()) -> "Place":
        """The top of a function; the names in `also` are known as well as its arguments."""
        given = [a.arg for a in (*tree.args.posonlyargs, *tree.args.args, *tree.args.kwonlyargs)]
        bound = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        keys = [n.slice.value for n in ast.walk(tree) if _is_key(n)]
        counters = [
            n.target.id for n in ast.walk(tree) if isinstance(n, ast.For) and isinstance(n.target, ast.Name)
        ]
        names = tuple(dict.fromkeys([*given, *bound]))
        choices = frozenset(map(id, _chosen_by(tree)))
        given = list(dict.fromkeys([*given, *(name for name in also if name in names)]))
        return cls(
            tuple(given), names, tuple(dict.fromkeys(keys)), counters=tuple(counters), choices=choices,
            drawn=_drawn(tree),
        )  # fmt: skip

    @property
    def known(self) -> set[str]:
        """The arguments that a student sees; what a cache holds is each one's own."""
        return set(self.arguments) - {"cache", "params"}

    def inside(self, parent: ast.AST, field: str) -> "Place":
        """One level further down."""
        axis = isinstance(parent, ast.keyword) and parent.arg == "axis"
        loop = self.in_loop or (isinstance(parent, ast.For | ast.While) and field == "body")
        index = (self.in_index or _is_range(parent)) or (
            isinstance(parent, ast.Subscript) and field == "slice"
        )
        test = (
            self.in_test
            or isinstance(parent, ast.Compare)
            or (isinstance(parent, ast.If | ast.While) and field == "test")
        )
        carried = self.carried | _carried(parent) if isinstance(parent, ast.For | ast.While) else self.carried
        size = self.is_size or _is_size(parent, field)
        axis = axis or (self.is_axis and not _is_call(parent))
        of_shape = isinstance(parent, ast.Subscript) and getattr(parent.value, "attr", "") == "shape"
        of_shape = of_shape or (self.of_shape and not _is_call(parent))
        return replace(
            self, of_shape=of_shape, in_loop=loop, in_index=index, is_axis=axis, is_size=size, in_test=test,
            carried=carried, in_slope=self.in_slope or is_slope(parent),
        )  # fmt: skip

    def decides(self, node: ast.AST) -> bool:
        """Does a node choose between two cases, and is nothing to multiply by?"""
        return self.in_test or id(node) in self.choices

    def beside(self, block: object, index: int | None) -> "Place":
        """A statement in a block."""
        before = tuple(block[:index]) if isinstance(block, list) and index is not None else ()
        return replace(self, before=before)

    def hands_on(self, node: ast.AST) -> bool:
        """Does a node read what the round of a loop before has left?"""
        return any(isinstance(n, ast.Name) and n.id in self.carried for n in ast.walk(node))

    def with_(self, node: ast.AST) -> str:
        """ " with `x`" when a node holds a single one of the names that a student knows, else ""."""
        found = [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and n.id in self.arguments]
        found += [n.slice.value for n in ast.walk(node) if _is_key(n)]
        known = [name for name in dict.fromkeys(found) if name not in ("cache", "params", "self")]
        return f" with `{known[0]}`" if len(known) == 1 else ""


def draws(node: ast.AST) -> bool:
    """Is anything drawn from a generator in an expression?"""
    return any(_is_call(n) and getattr(n.func, "attr", "") in DRAWS for n in ast.walk(node))


def _drawn(tree: ast.FunctionDef) -> dict[str, ast.expr]:
    """What is drawn for each name."""
    bound = [n for n in ast.walk(tree) if isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name)]
    return {n.targets[0].id: n.value for n in bound if draws(n.value)}


def _carried(loop: ast.For | ast.While) -> frozenset[str]:
    """The names that a round of a loop may read from the one before: bound in it, but read before that."""
    bound: set[str] = set()
    early: set[str] = set()
    for statement in loop.body:
        names = [n for n in ast.walk(statement) if isinstance(n, ast.Name)]
        early |= {n.id for n in names if isinstance(n.ctx, ast.Load)} - bound
        bound |= {n.id for n in names if isinstance(n.ctx, ast.Store)}
    return frozenset(early & bound)


def _is_key(node: ast.AST) -> bool:
    is_named = isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)
    return is_named and type(node.slice.value) is str


def _is_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call)


def _is_range(node: ast.AST) -> bool:
    return _is_call(node) and isinstance(node.func, ast.Name) and node.func.id == "range"


def binary(left: ast.expr, operator: type, right: ast.expr) -> ast.BinOp:
    return ast.BinOp(left, operator(), right)


def call(function: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.parse(function, mode="eval").body, list(arguments), [])


def negative(node: ast.expr) -> ast.UnaryOp:
    return ast.UnaryOp(ast.USub(), node)


def number(value: float) -> ast.Constant:
    return ast.Constant(value)


def is_number(node: ast.AST | None, *values: float) -> bool:
    if not isinstance(node, ast.Constant) or type(node.value) not in (int, float):
        return False
    return not values or node.value in values


def _is_size(parent: ast.AST, field: str) -> bool:
    """Does it say how much memory to take? An array in that place may ask for more than there is."""
    if isinstance(parent, ast.keyword):
        return parent.arg in ("size", "shape")
    name = parent.func.attr if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Attribute) else ""
    return field == "args" and name in MAKERS


def _chosen_by(tree: ast.AST) -> Iterator[ast.AST]:
    """The conditions between two cases."""
    for node in ast.walk(tree):
        if isinstance(node, ast.IfExp):
            yield node.test
        elif _is_call(node) and getattr(node.func, "attr", "") == "where" and node.args:
            yield node.args[0]


def is_slope(node: ast.AST) -> bool:
    """Is it of the form that slopes of activations have: 1 - a**2, a * (1 - a), a > 0?"""
    if isinstance(node, ast.Compare):
        orders = isinstance(node.ops[0], ast.Gt | ast.GtE | ast.Lt | ast.LtE)
        return orders and is_number(node.comparators[0], 0)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
        return is_number(node.left, 1) and _is_square(node.right)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return any(is_slope(part) for part in (node.left, node.right)) or is_logistic(node)
    return False


def _is_square(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        return is_number(node.right, 2)
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) and same(node.left, node.right)


def is_logistic(node: ast.BinOp) -> bool:
    """a * (1 - a), in either order, perhaps with other factors in front."""
    for one, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(other, ast.BinOp) and isinstance(other.op, ast.Sub) and is_number(other.left, 1):
            last = one.right if isinstance(one, ast.BinOp) and isinstance(one.op, ast.Mult) else one
            if same(last, other.right) or same(one, other.right):
                return True
    return False


def same(left: ast.AST, right: ast.AST) -> bool:
    """Is it the same code?"""
    return ast.dump(left) == ast.dump(right)
