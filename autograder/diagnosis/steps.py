"""The reference with one step of its work done in another way: what would that give?

In grading the reference is known down to its formulas, so that a mistake can be tried out where it is made: a
term is left out, a factor is lost, a sum runs over another axis. The finding says what kind of step it is,
and names nothing but what stands in the function's signature, keys of parameters and the notebook's
functions.
"""

import ast
import copy
import functools
import itertools
import re
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from autograder.diagnosis.calls import CALLS
from autograder.diagnosis.contract import called_by, contract_of
from autograder.diagnosis.edits import FORMULAS
from autograder.diagnosis.places import EARLIER, Place, Rules
from autograder.diagnosis.question import WOULD_BE, Finding
from autograder.diagnosis.rewrites import WORK
from autograder.diagnosis.symbols import SYMBOLS

RULES: Rules = {**FORMULAS, **SYMBOLS, **CALLS, **WORK}
VAGUE = 4  # the rank from which on an edit says little
STILL = "__still__"
PAIRS, MANY = 400, 10
LOOP_SECONDS = 0.5  # a changed loop may not end


def with_other_steps(
    function: Callable | None, vague: bool, also: tuple[str, ...] = ()
) -> Iterator[tuple[Finding, Callable]]:
    """The function with each single step changed, in each way that says much, or in the vague ones.

    Nothing for a function whose formulas are not known. Students know its arguments, the names in `also`, and
    those in the docstrings of it and of what it calls.
    """
    tree = getattr(function, "tree", None)
    if function is None or not isinstance(tree, ast.FunctionDef):
        return
    tree, also = _ending(tree), (*also, *_public(function))
    edits = sorted(
        (edit for edit in _edits(tree, also) if (edit.rank >= VAGUE) == vague), key=lambda edit: edit.rank
    )
    pairs = () if vague else itertools.chain(_groups(edits), itertools.islice(_pairs(edits), PAIRS))
    for together in itertools.chain(((edit,) for edit in edits), pairs):
        if changed := _changed(tree, together, function):
            finding = together[0].finding
            words = _kind(together[0])[1] if len(together) > 1 else finding.words
            yield Finding(finding.code, f"{WOULD_BE} {words}"), changed


def _public(function: Callable) -> Iterator[str]:
    """The names of arrays in the docstrings of a function, and of those that it calls."""
    for one in (function, *called_by(function).values()):
        contract = contract_of(one)
        yield from (*contract.shapes, *contract.returns)


class _Edit(NamedTuple):
    """Another node for `parent.field`, or for one entry of that."""

    rank: int
    finding: Finding
    parent: ast.AST
    field: str
    place: int | None
    new: ast.AST | list[ast.stmt]

    def swap(self) -> ast.AST | list[ast.stmt]:
        """Put the new node there, and return the old one."""
        value = getattr(self.parent, self.field)
        if self.place is None:
            setattr(self.parent, self.field, self.new)
            return value
        old, value[self.place] = value[self.place], self.new
        return old


def _changed(tree: ast.FunctionDef, edits: Sequence[_Edit], function: Callable) -> Callable | None:
    """The function with all these edits, or None when it does not compile."""
    undo: list[_Edit] = []
    try:
        for edit in edits:
            undo.insert(0, edit._replace(new=edit.swap()))
        return _compiled(tree, function)
    except (SyntaxError, ValueError, TypeError, RecursionError):
        return None
    finally:
        for edit in undo:
            edit.swap()


def _groups(edits: list[_Edit]) -> Iterator[list[_Edit]]:
    """Every step of a kind changed in that way, such as all slopes left out, or all but one."""
    for _, group in itertools.groupby(sorted(edits, key=_kind), key=_kind):
        places = {(id(edit.parent), edit.field, edit.place): edit for edit in group}
        together = list(places.values())
        if len(together) > 2:
            yield together
        if 3 < len(together) < MANY:
            yield from (together[:left] + together[left + 1 :] for left in range(len(together)))


def _pairs(edits: list[_Edit]) -> Iterator[tuple[_Edit, _Edit]]:
    """Two steps changed in the same way: who forgets a factor once may forget it twice. Rare kinds first."""
    kinds = [list(group) for _, group in itertools.groupby(sorted(edits, key=_kind), key=_kind)]
    for group in sorted(kinds, key=len):
        for one, two in itertools.combinations(group, 2):
            if (one.parent, one.field, one.place) != (two.parent, two.field, two.place):
                yield one, two


def _kind(edit: _Edit) -> tuple[str, str]:
    return edit.finding.code, re.sub(r" with `[^`]*`", "", edit.finding.words)


def _edits(tree: ast.FunctionDef, also: tuple[str, ...]) -> Iterator[_Edit]:
    place = Place.of(tree, also)
    for parent, field, index, node, around in _nodes(tree, place):
        for rule in RULES.get(type(node).__name__, ()):
            for rank, code, words, new in rule(node, around):
                ast.fix_missing_locations(ast.copy_location(new, node))
                yield _Edit(rank, Finding(code, words), parent, field, index, new)
    finding = Finding("partly", "two steps of the work were done in the other order")
    own = [place for place, node in enumerate(tree.body[:-1]) if not _is_ours(node)]  # the last one returns
    for first, second in itertools.pairwise(own):
        turned = list(tree.body)
        turned[first], turned[second] = turned[second], turned[first]
        yield _Edit(2, finding, tree, "body", None, turned)


def _is_ours(node: ast.AST) -> bool:
    """Is it one of the statements that `_ending` has put in?"""
    if isinstance(node, ast.Assign):
        return getattr(node.targets[0], "id", "").startswith(EARLIER)
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and getattr(node.value.func, "id", "") == STILL
    )


def _nodes(parent: ast.AST, place: Place) -> Iterator[tuple[ast.AST, str, int | None, ast.AST, Place]]:
    for field, value in ast.iter_fields(parent):
        if field in ("decorator_list", "args", "returns") and isinstance(parent, ast.FunctionDef):
            continue
        inside = place.inside(parent, field)
        for index, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(node, ast.AST) and not _is_ours(node):
                around = inside.beside(value, index) if isinstance(node, ast.stmt) else inside
                yield parent, field, index, node, around
                yield from _nodes(node, around)


def _compiled(tree: ast.FunctionDef, function: Callable) -> Callable:
    """The function that a changed tree defines, in the reference's own module; its loops end some time."""
    end = [0.0]

    def still() -> None:
        if time.monotonic() > end[0]:
            raise TimeoutError("a changed loop does not end")

    scope = {**function.__globals__, STILL: still}
    exec(compile(ast.Module([tree], []), "<changed step>", "exec"), scope)

    @functools.wraps(function)
    def changed(*arguments: Any) -> Any:
        end[0] = time.monotonic() + LOOP_SECONDS
        return scope[tree.name](*arguments)

    return changed


def _ending(tree: ast.FunctionDef) -> ast.FunctionDef:
    """A copy that asks the clock in each round of a loop, and keeps what a name stood for before."""
    tree = copy.deepcopy(tree)
    bound, body = {argument.arg for argument in tree.args.args}, []
    for statement in tree.body:
        new = _bound(statement) if isinstance(statement, ast.Assign) else set()
        body += [ast.parse(f"{EARLIER}{name} = {name}").body[0] for name in sorted(bound & new)]
        body.append(statement)
        bound |= new
    tree.body = body
    for node in ast.walk(tree):
        if isinstance(node, ast.For | ast.While):
            node.body.insert(0, ast.parse(f"{STILL}()").body[0])
    return tree


def _bound(statement: ast.Assign) -> set[str]:
    """The names that get a value."""
    return {n.id for target in statement.targets for n in ast.walk(target) if isinstance(n, ast.Name)}
