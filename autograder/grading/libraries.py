"""Functions and classes of libraries, which both sides have."""

import sys
import types
from typing import Any

import numpy as np

from autograder.grading.standin import StudentClass, isinstance_of
from autograder.sandbox.wire.values import CONTENTS

PLAIN = (*CONTENTS, np.generic, type)
# What the classes of functions and the like call themselves in `builtins`, where they are not found.
NAMES = {
    "function": "FunctionType", "generator": "GeneratorType", "method": "MethodType", "module": "ModuleType",
    "builtin_function_or_method": "BuiltinFunctionType", "coroutine": "CoroutineType",
}  # fmt: skip


def library_function(value: Any) -> tuple[str, str] | None:
    """Where the student's process finds a library's function itself: the grader calls none for it."""
    module = "numpy" if isinstance(value, np.ufunc) else getattr(value, "__module__", None)
    name = getattr(value, "__name__", None)
    if type(module) is not str or type(name) is not str or module == "__main__" or not callable(value):
        return None
    is_found = module in sys.modules and vars(sys.modules[module]).get(name) is value
    return (module, name) if is_found else None


def library_class(module: Any, name: str) -> type | None:
    """A library's own class, where the grader has it and it is no kind of plain data.

    The grader's own classes are none: it would take the student's exception for a fault of its own.
    """
    if type(module) is not str or _is_own(module):
        return None
    own = vars(sys.modules[module]) if module in sys.modules else {}
    found = own.get(name) or vars(types).get(NAMES.get(name, ""))
    if not isinstance(found, type) or isinstance_of(found, StudentClass):
        return None
    return None if issubclass(found, PLAIN) or _is_own(found.__module__) else found


def _is_own(module: str) -> bool:
    """Is it a module of the grader's, or what started it?"""
    return module.partition(".")[0] in ("__main__", "autograder")
