"""The student's own code: what a cell calls a function, and where in it something happened."""

import traceback
from collections.abc import Callable, Mapping
from types import FrameType, FunctionType, TracebackType
from typing import Any


def called_as(function: Any, cell: FrameType) -> Callable:
    """The function, with the cell's own name for it: `f = g`, lambdas and objects have others, or none."""
    own = getattr(function, "__name__", "")
    bound = [name for name in cell.f_code.co_names if cell.f_globals.get(name) is function]
    if hasattr(function, "sealed_call") or not callable(function) or own in bound or (own and not bound):
        return function
    return _named(function, bound[0] if bound else type(function).__name__, cell.f_globals)


def _named(function: Callable, name: str, scope: dict[str, Any]) -> Callable:
    """One that does the same by another name, with the same global names, or those of the cell."""

    def call(*arguments: Any) -> Any:
        return function(*arguments)

    if isinstance(function, FunctionType):
        named = FunctionType(
            function.__code__, function.__globals__, name, function.__defaults__, function.__closure__
        )
        named.__kwdefaults__ = function.__kwdefaults__
    else:
        named = FunctionType(call.__code__, scope, name, None, call.__closure__)
    named.__doc__ = getattr(function, "func", function).__doc__
    return named


def own_frame(trace: TracebackType | None, scope: Mapping[str, Any]) -> traceback.FrameSummary | None:
    """The innermost frame of code whose global names are `scope`; None when there is none."""
    frames = [(frame, line) for frame, line in traceback.walk_tb(trace) if frame.f_globals is scope]
    if not frames:
        return None
    return traceback.StackSummary.extract(iter(frames[-1:]))[0]


def scope_of(function: Callable) -> Mapping[str, Any]:
    """The global names of a function's code; empty for what has none, such as a built-in."""
    return getattr(function, "__globals__", {})
