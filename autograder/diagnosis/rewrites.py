"""In which other ways can a statement or a loop do its work? As in edits.py."""

import ast
import builtins
import copy
import itertools
from collections.abc import Iterator, Sequence
from typing import cast

from autograder.diagnosis.edits import shared
from autograder.diagnosis.places import Edit, Place, Rules, binary, call, draws, number, same


def _left_out(node: ast.stmt, place: Place) -> Iterator[Edit]:
    """A statement that is not there."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    added = isinstance(node, ast.AugAssign) or _adds_at(node)
    code = "time" if place.in_loop and not added else "offset" if added else "partly"
    part, lost = ("a part", "not added") if added else ("one step of the work", "left out")
    yield 3, code, f"{part}{place.with_(node)} were {lost}", ast.Pass()


def _adds_at(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and ast.unparse(node.value).startswith("np.add.at(")


def _scattered(node: ast.Expr, place: Place) -> Iterator[Edit]:
    """Plain addition at several places, of which each id keeps one."""
    if _adds_at(node) and len(node.value.args) == 3:
        array, index, value = node.value.args
        target = ast.Subscript(array, index, ast.Store())
        words = "of several places with the same id only one counted"
        yield 1, "repeated ids", words, ast.AugAssign(target, ast.Add(), value)
        yield 1, "repeated ids", words, ast.Assign([target], value)


def _of_each(node: ast.Expr, place: Place) -> Iterator[Edit]:
    """A curve that is taken in place of a sum that was just formed, of each of its two terms."""
    curve, last = node.value, place.before[-1] if place.before else None
    if not isinstance(curve, ast.Call) or not curve.args or not isinstance(last, ast.Assign):
        return
    terms, target = last.value, last.targets[0]
    in_place = any(k.arg == "out" and same(k.value, curve.args[0]) for k in curve.keywords)
    is_it = isinstance(target, ast.Name) and ast.unparse(curve.args[0]) == target.id
    if in_place and is_it and isinstance(terms, ast.BinOp) and isinstance(terms.op, ast.Add):
        left, right = (ast.Call(curve.func, [term], []) for term in (terms.left, terms.right))
        words = "a curve were taken of each of two terms on its own"
        yield 2, "nonlinearity", words, ast.Assign([target], binary(left, ast.Add, right))


def _added(node: ast.AugAssign, place: Place) -> Iterator[Edit]:
    """Overwritten for added to, or the other sign."""
    code, words = "offset", "something were overwritten, not added to"
    if place.in_loop:
        code, words = "time", "each step overwrote what the others had added"
    yield 1, code, words, ast.Assign([node.target], node.value)
    yield from _everywhere(node.target, node.value)
    if isinstance(node.op, ast.Add | ast.Sub):
        other = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
        words = f"a part{place.with_(node.value)} had the opposite sign"
        yield 2, "sign", words, ast.AugAssign(node.target, other, node.value)
        load = ast.parse(ast.unparse(node.target), mode="eval").body
        for rank, code, words, new in shared(binary(load, type(node.op), node.value), place):
            yield rank, code, words, ast.Assign([node.target], cast(ast.expr, new))
        both = copy.copy(node)
        both.value = binary(number(2), ast.Mult, node.value)
        yield 4, "offset", f"a part{place.with_(node.value)} were counted twice", both


def _assigned(node: ast.Assign, place: Place) -> Iterator[Edit]:
    """A part of several targets, exchanged, or kept from before."""
    target = node.targets[0]
    if isinstance(target, ast.Tuple) and len(target.elts) > 1:
        for one, two in itertools.combinations(range(len(target.elts)), 2):
            names = list(target.elts)
            names[one], names[two] = names[two], names[one]
            words = "two things were exchanged where they are taken apart or put together"
            yield 2, "swapped", words, ast.Assign([ast.Tuple(names, ast.Store())], node.value)
        for name in target.elts if not place.in_loop else ():
            if isinstance(name, ast.Name):
                nothing = ast.Assign([name], binary(ast.Name(name.id, ast.Load()), ast.Mult, number(0)))
                code, what = "partly", "one of several things that were worked out together"
                if name.id in place.known:
                    code, what = f"without `{name.id}`", f"`{name.id}`"
                words = f"{what} did not arrive"
                yield 3, code, words, ast.If(ast.Constant(True), [node, nothing], [])
        if place.in_loop:
            for one, name in enumerate(target.elts):
                if isinstance(name, ast.Name):
                    names = list(target.elts)
                    names[one] = ast.Name("_unused", ast.Store())
                    words = "something of what a step hands to the next did not arrive"
                    yield 2, "time", words, ast.Assign([ast.Tuple(names, ast.Store())], node.value)
    if place.in_loop:
        yield from _hoarded(node)
    if isinstance(target, ast.Name) and place.in_loop:
        words = "what one step hands to the next were added up from step to step"
        yield 3, "time", words, ast.AugAssign(target, ast.Add(), node.value)
        for so_far in _sums_with(target.id, place.before):
            yield 3, "time", words, ast.Assign([target], binary(so_far, ast.Add, node.value))
    yield from _skipped(target, node.value)
    yield from _everywhere(target, node.value)
    if isinstance(target, ast.Subscript) and place.in_loop:
        words = "the steps were added up where each has its own place"
        yield 4, "time", words, ast.AugAssign(target, ast.Add(), node.value)


def _hoarded(node: ast.Assign) -> Iterator[Edit]:
    """A dict that each round works out, added to those of all rounds before."""
    for name in sorted(_names(node.targets)):
        so_far = f"__all_{name}__"
        added = f"{{k: v + {so_far}[k] for k, v in {name}.items()}} if {so_far!r} in locals() else {name}"
        more = ast.parse(f"{so_far} = {added}\n{name} = {so_far}").body
        words = "what each round of a loop works out were added to that of all rounds before"
        yield 2, "loop", words, ast.If(ast.Constant(True), [node, *more], [])


def _sums_with(name: str, statements: Sequence[ast.stmt]) -> Iterator[ast.BinOp]:
    """The sums of which one term has this name."""
    nodes = (node for statement in statements for node in ast.walk(statement) if isinstance(node, ast.BinOp))
    for node in nodes:
        terms = [getattr(term, "id", "") for term in (node.left, node.right)]
        if isinstance(node.op, ast.Add) and name in terms:
            yield node


def _skipped(target: ast.expr, value: ast.expr) -> Iterator[Edit]:
    """One of the own functions not called: its first argument for its first result, or added to that."""
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Name) or not value.args:
        return
    if hasattr(builtins, value.func.id):
        return
    came_in: ast.expr = value.args[0]
    once_more: ast.expr = binary(came_in, ast.Add, value)
    if isinstance(target, ast.Tuple):
        first = ast.Subscript(value, number(0), ast.Load())
        others = ast.Subscript(value, ast.Slice(number(1), None, None), ast.Load())
        once_more, came_in = (
            ast.Tuple([one, ast.Starred(others, ast.Load())], ast.Load())
            for one in (binary(came_in, ast.Add, first), came_in)
        )
    name = value.func.id
    yield 2, "skipped", f"`{name}` were left out", ast.Assign([target], came_in)
    words = f"what goes into `{name}` were added to what comes out of it"
    yield 2, "offset", words, ast.Assign([target], once_more)


def _everywhere(target: ast.expr, value: ast.expr) -> Iterator[Edit]:
    """What belongs to one place, at each of them."""
    if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
        whole = ast.Name(target.value.id, ast.Store())
        words = "what belongs to one place were put at every place"
        wide = ast.Subscript(value, ast.parse("x[:, None]", mode="eval").body.slice, ast.Load())
        for new in (wide, value):
            yield 2, "time", words, ast.AugAssign(whole, ast.Add(), new)


def _loops(node: ast.For, place: Place) -> Iterator[Edit]:
    """What a loop begins with, begun with at each step; a step more or less."""
    for statement in place.before:
        if isinstance(statement, ast.Assign):
            other = copy.copy(node)
            other.body = [statement, *node.body]
            yield 2, "time", "what one step hands to the next were lost", other
            nothing = copy.copy(statement)
            nothing.value = binary(number(0), ast.Mult, statement.value)
            words = "what a loop begins with were zero"
            yield 2, "time", words, ast.If(ast.Constant(True), [nothing, node], [])
    for first in range(len(node.body) - 1):
        other = copy.copy(node)
        other.body = list(node.body)
        other.body[first : first + 2] = node.body[first + 1], node.body[first]
        yield 2, "loop", "two steps in a loop were done in the other order", other
    yield from _measured_again(node, place)
    yield from _other_rounds(node, place)
    for drawn in node.body:
        if isinstance(drawn, ast.Assign) and draws(drawn.value):
            once = copy.copy(node)
            once.body = [statement for statement in node.body if statement is not drawn]
            words = "what is drawn in each round of a loop were drawn once"
            yield 1, "randomness", words, ast.If(ast.Constant(True), [drawn, once], [])
    steps = call("list", node.iter)
    one, last = number(1), ast.UnaryOp(ast.USub(), number(1))
    for bounds, words in (
        (ast.Slice(one), "the first round of a loop were left out"),
        (ast.Slice(None, last), "the last round of a loop were left out"),
        (ast.Slice(None, one), "only the first round of a loop were done"),
        (ast.Slice(last), "only the last round of a loop were done"),
    ):
        other = copy.copy(node)
        other.iter = ast.Subscript(steps, bounds, ast.Load())
        yield 2, "time", words, other


def _measured_again(node: ast.For, place: Place) -> Iterator[Edit]:
    """What hangs on a thing that a step renews, worked out once more behind that step."""
    carried = place.inside(node, "body").carried
    for last, update in enumerate(node.body):
        if isinstance(update, ast.Assign) and (new := _names(update.targets) & carried):
            again, moved = [], set(new)
            for statement in node.body[:last]:
                own = _names(statement.targets) if isinstance(statement, ast.Assign) else carried
                if not own & carried and _names([statement.value]) & moved:
                    again.append(statement)
                    moved |= own
            other = copy.copy(node)
            other.body = [*node.body[: last + 1], *again, *node.body[last + 1 :]]
            if again:
                yield 2, "shifted", "what should be measured before a step were measured after it", other


def _other_rounds(node: ast.For, place: Place) -> Iterator[Edit]:
    """What rounds hand on, as of the round with the smallest entry of a list, or of the last but one."""
    carried = sorted(name for name in place.inside(node, "body").carried if not name.startswith("__"))
    if not carried:
        return
    names = f"({', '.join(carried)},)"
    best = [f"if {last} <= min({every}): __kept__ = " for last, every in _noted(node, place)]
    kept = [line + value for line in best for value in ("__came__", names)] + ["__kept__ = __came__"]
    for line in kept:
        other = copy.copy(node)
        other.body = [*ast.parse(f"__came__ = {names}").body, *node.body, *ast.parse(line).body]
        taken = ast.parse(f"{names} = __kept__").body
        which = "best round" if line.startswith("if") else "last round but one"
        words = f"what a loop ends with were what it had in its {which}"
        yield (
            2 if line.startswith("if") else 3,
            "loop",
            words,
            ast.If(ast.Constant(True), [other, *taken], []),
        )


def _noted(node: ast.For, place: Place) -> Iterator[tuple[str, str]]:
    """What each round notes in a list or at its own place of an array, and all that is noted so far."""
    for inner in (inner for statement in node.body for inner in ast.walk(statement)):
        if isinstance(inner, ast.Call) and getattr(inner.func, "attr", "") == "append":
            noted = ast.unparse(inner.func.value)
            yield f"{noted}[-1]", noted
        elif isinstance(inner, ast.Subscript) and getattr(inner.slice, "id", "") in place.counters:
            noted, counter = ast.unparse(inner.value), inner.slice.id
            yield f"{noted}[{counter}]", f"{noted}[: {counter} + 1]"


def _names(nodes: list[ast.expr]) -> set[str]:
    return {n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name)}


def _some(node: ast.comprehension, place: Place) -> Iterator[Edit]:
    """Of several things that are gone through, only some."""
    one, last = number(1), ast.UnaryOp(ast.USub(), number(1))
    words = "only some of several things counted"
    for bounds in (ast.Slice(None, one), ast.Slice(one), ast.Slice(None, last)):
        other = copy.copy(node)
        other.iter = ast.Subscript(call("list", node.iter), bounds, ast.Load())
        yield 2, "partly", words, other
    if isinstance(node.target, ast.Name):
        tables = ast.Compare(call("np.ndim", ast.Name(node.target.id, ast.Load())), [ast.Gt()], [one])
        other = ast.comprehension(node.target, node.iter, [*node.ifs, tables], node.is_async)
        yield 2, "partly", words, other


def _conditions(node: ast.If, place: Place) -> Iterator[Edit]:
    for value in (True, False):
        other = copy.copy(node)
        other.test = ast.Constant(value)
        words = f"a case were not told apart{place.with_(node.test)}"
        yield 2, "loop" if place.in_loop else "partly", words, other


def _returned(node: ast.Return, place: Place) -> Iterator[Edit]:
    for _, code, words, new in _skipped(ast.Name("_", ast.Store()), node.value) if node.value else ():
        yield 2, code, words, ast.Return(new.value)
    results = node.value.elts if isinstance(node.value, ast.Tuple) else []
    for one, other in itertools.permutations(range(len(results)), 2):
        sums = list(results)
        sums[one] = binary(sums[one], ast.Add, sums[other])
        words = "one of the results were added to another one"
        yield 3, "offset", words, ast.Return(ast.Tuple(sums, ast.Load()))
    if len(results) == 2:
        yield 2, "swapped", "the results were returned in another order", ast.Return(
            ast.Tuple(results[::-1], ast.Load()))  # fmt: skip


WORK: Rules = {
    "Expr": (_scattered, _of_each, _left_out), "Assign": (_assigned, _left_out),
    "AugAssign": (_added, _left_out), "For": (_loops,), "comprehension": (_some,),
    "If": (_conditions, _left_out), "Return": (_returned,),
}  # fmt: skip
