"""What student code prints while a check calls it many times: that of the first call is enough."""

import contextlib
import io
from collections.abc import Iterator
from contextvars import ContextVar

from autograder.notebook.printable import printable

_heard: ContextVar[set[str] | None] = ContextVar("heard", default=None)


@contextlib.contextmanager
def printing_once() -> Iterator[None]:
    """While open, each function may print in its first call, and where it raises."""
    token = _heard.set(set())
    try:
        yield
    finally:
        _heard.reset(token)


@contextlib.contextmanager
def first_time_aloud(name: str) -> Iterator[None]:
    """Around one call of a student's function: keeps back what it prints, unless that is news."""
    heard = _heard.get()
    if heard is None or name not in heard:
        yield
        if heard is not None:
            heard.add(name)
        return
    kept = io.StringIO()
    try:
        with contextlib.redirect_stdout(kept):
            yield
    except BaseException:
        print(printable(kept.getvalue()), end="")
        raise
