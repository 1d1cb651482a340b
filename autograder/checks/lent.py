"""Functions of the reference that a check puts in place of a student's, and what they return there."""

import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any


class Lent:
    """A function of the reference's that others call; while `calls` is a list, its results go there."""

    def __init__(self, function: Callable):
        self.__name__, self.function = function.__name__, function
        self.calls: list[Any] | None = None

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        result = self.function(*arguments, **keywords)
        if self.calls is not None:
            self.calls.append(result)
        return result


_lent: ContextVar[Mapping[str, Lent]] = ContextVar("lent", default={})


@contextmanager
def lending(functions: Mapping[str, Lent]) -> Iterator[None]:
    """While open, these are in place of the student's own."""
    token = _lent.set(functions)
    try:
        yield
    finally:
        _lent.reset(token)


def names_of_parts() -> list[str]:
    """The names of the functions that are lent."""
    return list(_lent.get())


@contextmanager
def results_of_parts() -> Iterator[dict[str, list]]:
    """The results of all calls, in order, of each function that is lent; they fill while this is open."""
    lent = _lent.get()
    for function in lent.values():
        function.calls = []
    try:
        yield {name: function.calls for name, function in lent.items()}
    finally:
        for function in lent.values():
            function.calls = None


def with_parts(function: Callable, names: Iterable[str]) -> tuple[Callable, dict[str, list]]:
    """A copy of a reference function that writes down what its parts of these names return."""
    scope = function.__globals__
    parts = {name: Lent(scope[name]) for name in names if name in scope}
    for part in parts.values():
        part.calls = []
    copy = types.FunctionType(
        function.__code__, {**scope, **parts}, function.__name__, function.__defaults__, function.__closure__
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy, {name: part.calls for name, part in parts.items()}
