"""Are two things equal? Worked out in the grader; what a student's `__eq__` says has to agree."""

from typing import Any

import numpy as np

from autograder.grading.standin import Refused, StandIn, facts_of, inside, isinstance_of

MAX_DEPTH = 20
WITH_A_VALUE = (
    "`==` with a value is not asked of an object of the student's: compare an attribute, or what a method "
    "returns, or call `a.__eq__(b)` where that is the exercise"
)
IN_DOUBT = (
    "The student's `__eq__` and a comparison of what the objects hold do not agree: look at it, or compare "
    "attributes in the test."
)


def is_equal(one: StandIn, other: Any, border: Any) -> Any:
    """`one == other`. Raises Refused where the student's word would have to be believed."""
    if one is other:
        return True
    if not isinstance_of(other, StandIn):
        return _equals_value(one, other, border)
    if "eq" not in facts_of(type(one)).specials:
        return _contents_equal(one, other, border)
    says, is_so = border.ask("equal", one, other), _alike(one, other, border, 0)
    if type(says) is not bool or says != is_so:
        raise Refused(IN_DOUBT, doubt=True)
    return is_so


def _equals_value(one: StandIn, value: Any, border: Any) -> Any:
    if not facts_of(type(one)).content:
        border.remark(WITH_A_VALUE)
        return False
    return border.ask("state", one)[0] == value


def _contents_equal(one: StandIn, other: StandIn, border: Any) -> Any:
    """Two objects without an `__eq__` of their own are the same, or hold equal values of a plain type."""
    if not (facts_of(type(one)).content and facts_of(type(other)).content):
        return False
    return border.ask("state", one)[0] == border.ask("state", other)[0]


def _alike(one: Any, other: Any, border: Any, depth: int) -> bool:
    """Are two values, or what two objects hold, the same all the way down?"""
    if depth > MAX_DEPTH:
        raise Refused(IN_DOUBT, doubt=True)
    if isinstance_of(one, StandIn) and isinstance_of(other, StandIn):
        if inside(one).number == inside(other).number:
            return True
        mine, theirs = border.ask("state", one), border.ask("state", other)
        holds_something = mine[0] is not None or bool(mine[1])
        return holds_something and _alike(mine, theirs, border, depth + 1)
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return type(one) is type(other) and np.array_equal(one, other)
    if type(one) is not type(other):
        return not isinstance_of(one, StandIn) and not isinstance_of(other, StandIn) and bool(one == other)
    if isinstance(one, dict):
        same_keys = one.keys() == other.keys()
        return same_keys and all(_alike(one[key], other[key], border, depth + 1) for key in one)
    if isinstance(one, tuple | list):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(_alike(*pair, border, depth + 1) for pair in pairs)
    return bool(one == other)
