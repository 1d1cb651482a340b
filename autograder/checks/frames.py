"""Where in the student's own code something happened: NumPy's lines and ours are not the student's."""

import traceback
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any


def own_frame(trace: TracebackType | None, scope: Mapping[str, Any]) -> traceback.FrameSummary | None:
    """The innermost frame of code whose global names are `scope`; None when there is none."""
    frames = [(frame, line) for frame, line in traceback.walk_tb(trace) if frame.f_globals is scope]
    if not frames:
        return None
    return traceback.StackSummary.extract(iter(frames[-1:]))[0]


def scope_of(function: Callable) -> Mapping[str, Any]:
    """The global names of a function's code; empty for what has none, such as a built-in."""
    return getattr(function, "__globals__", {})
