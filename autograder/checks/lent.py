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


_lent: ContextVar[Mapping[str, Lent]] = ContextVar("lent", default=types.MappingProxyType({}))


@contextmanager
def lending(functions: Mapping[str, Lent]) -> Iterator[None]:
    """While open, these are in place of the student's own."""
    token = _lent.set(functions)
    try:
        yield
    finally:
        _lent.reset(token)


def lent() -> Mapping[str, Lent]:
    """The functions that are lent now."""
    return _lent.get()


@contextmanager
def results_of_parts() -> Iterator[dict[str, list]]:
    """The results of all calls, in order, of each function that is lent; they fill while this is open."""
    functions = lent()
    results: dict[str, list] = {name: [] for name in functions}
    for name, function in functions.items():
        function.calls = results[name]
    try:
        yield results
    finally:
        for function in functions.values():
            function.calls = None


def with_parts(function: Callable, names: Iterable[str]) -> tuple[Callable, dict[str, list]]:
    """A copy of a reference function that writes down what its parts of these names return."""
    scope = function.__globals__
    parts = {name: Lent(scope[name]) for name in names if name in scope}
    results: dict[str, list] = {name: [] for name in parts}
    for name, part in parts.items():
        part.calls = results[name]
    copy = types.FunctionType(
        function.__code__, {**scope, **parts}, function.__name__, function.__defaults__, function.__closure__
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy, results
