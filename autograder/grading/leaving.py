"""Leaving a `with` block of the student's: what `__exit__` hears of an exception, which it may swallow."""

import builtins
from typing import Any

from autograder.grading.standin import inside, is_theirs


def leave(border: Any, one: Any, error: BaseException | None) -> Any:
    """What `__exit__` of `one` answers; False for an exception that is not its own to swallow.

    That is every assert of the test's, and what the solution's does not hear of from the same line.
    """
    if error is None:
        return border.ask("special", "exit", one, None, None, None)
    if not isinstance(error, Exception):  # the grader's own, or one that ends programs
        return False
    by_student = error is border.last
    line = error.__traceback__.tb_lineno if error.__traceback__ else 0  # in the block itself
    may_swallow = border.is_allowed(f"exit, raised {'there' if by_student else 'here'}, {line}")
    answer = _asked(border, one, error, isinstance(error, AssertionError) and not by_student)
    return answer if may_swallow and (by_student or not isinstance(error, AssertionError)) else False


def _asked(border: Any, one: Any, error: Exception, is_secret: bool) -> Any:
    """The student's exceptions go over as themselves, others as one of Python's own with plain arguments."""
    if is_theirs(error) and inside(error).number:
        return border.ask("special", "exit", one, type(error), error, None)
    kind = next(base for base in type(error).__mro__ if vars(builtins).get(base.__name__) is base)
    return border.ask("leave", one, kind, () if is_secret else plain_arguments(error))


def plain_arguments(error: BaseException) -> tuple:
    """The plain ones among an exception's arguments, and the text of the others."""
    return tuple(one if isinstance(one, str | int | float) else str(one) for one in error.args)
