"""The student process' side of plain tests: objects that stay here under numbers, and what is asked of them.

Runs beside hostile code, like the worker. What it says of a class is what `type` says, not `__class__`.
"""

import builtins
import contextlib
import importlib
import itertools
import os
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograder.sandbox import wire
from autograder.sandbox.wire.tables import is_table
from autograder.sandbox.wire.values import content_of, encode
from autograder.sandbox.wire.values_read import decode

MAX_TEXT, MAX_FILE, MAX_FILES = 10_000, 16 * 2**20, 50
# What Python looks up on a class: a stand-in's class has those that the object's class has.
SPECIALS = (
    "call", "len", "iter", "next", "getitem", "setitem", "delitem", "contains", "reversed", "hash", "bool",
    "abs", "neg", "pos", "invert", "int", "float", "complex", "index", "round", "floor", "ceil", "trunc",
    "enter", "exit", "add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "divmod", "pow", "and",
    "or", "xor", "lshift", "rshift", "radd", "rsub", "rmul", "rmatmul", "rtruediv", "rfloordiv", "rmod",
    "rdivmod", "rpow", "rand", "ror", "rxor", "rlshift", "rrshift", "iadd", "isub", "imul", "imatmul",
    "itruediv", "ifloordiv", "imod", "ipow", "iand", "ior", "ixor", "eq", "lt", "le", "gt", "ge",
)  # fmt: skip


class Objects:
    """What stays behind, and the verbs that the grader may ask for.

    `scope` has the names of the notebook; `stand_in(name)` is a function that the grader answers.
    """

    def __init__(self, scope: dict[str, Any], stand_in: Callable[[str], Callable]):
        self.scope, self.stand_in = scope, stand_in
        self.held: dict[int, Any] = {}
        self.numbers: dict[int, int] = {}
        self.questions = itertools.count()
        self.verbs: dict[str, Callable] = {
            "name": self._name, "unname": scope.pop, "rename": scope.__setitem__, "get": getattr, "dir": dir,
            "set": setattr, "delete": delattr, "special": _special, "leave": _leave_block, "about": _about,
            "state": _state, "str": _text_by(str), "repr": _text_by(repr),
            "equal": lambda one, other: bool(one == other),
            "format": lambda one, spec: str(format(one, spec)), "seed": _seed, "file": _file,
            "nothing": lambda: None,
        }  # fmt: skip

    def do(self, verb: str, operands: tuple, keywords: dict) -> dict:
        """The answer as the grader reads it: a value or what was raised, what has changed, and the files."""
        given: dict[int | str, Any] = {}
        before: dict = {}
        try:
            given |= {i: decode(one, self._find) for i, one in enumerate(operands)}
            given |= {name: decode(one, self._find) for name, one in keywords.items()}
            before = self._packed(given)
            places = [given[i] for i in range(len(operands))]
            value = self.verbs[verb](*places, **{name: given[name] for name in keywords})
            answer = {"value": self._result(value, given)}
        except BaseException as error:
            answer = self._raised(error)
        after = self._packed(given)
        changed = {key: self._write(given[key]) for key in before if before[key] != after[key]}
        return {**answer, "changed": changed, "files": _files()}

    def _packed(self, given: dict) -> dict:
        """The arguments that may change, as bytes."""
        return {key: _bytes(self._write(one)) for key, one in given.items() if _may_change(one)}

    def _write(self, value: Any) -> Any:
        return encode(value, self._leave)

    def _raised(self, error: BaseException) -> dict:
        """What was raised: itself, its class, its arguments, its text, and what an iterator returned."""
        try:
            text = str.__str__(str(error))[:MAX_TEXT]
        except BaseException:
            text = ""
        value = error.value if type(error) is StopIteration else None
        facts = [self._write(one) for one in (error, type(error), tuple(error.args), value)]
        return {"raised": (*facts, text.encode("utf-8", "replace").decode())}

    def _result(self, value: Any, given: dict) -> Any:
        """One of the arguments comes back as itself."""
        place = next((key for key, one in given.items() if one is value and _may_change(one)), None)
        return self._write(value) if place is None else ("object", "given", place)

    def _leave(self, value: Any) -> tuple:
        kind = "class" if issubclass(type(value), type) else self._number(type(value))
        return ("object", self._number(value), kind)

    def _number(self, value: Any) -> int:
        number = self.numbers.setdefault(id(value), len(self.numbers) + 1)
        self.held[number] = value
        return number

    def _find(self, what: Any, name: str = "", called: str = "") -> Any:
        """An object by its number, a function or iterator of the test's by its name, or a library's own."""
        if what == "known":
            return getattr(importlib.import_module(name), called)
        if what == "lent":
            return self._callback(name, called)
        return _drawn(self._callback(name, called)) if what == "drawn" else self.held[what]

    def _callback(self, name: str, called: str) -> Callable:
        """A function of the test's, which the grader answers."""
        ask = self.stand_in(name)

        def callback(*arguments: Any, **keywords: Any) -> Any:
            named = {key: self._write(one) for key, one in keywords.items()}
            # The number makes each question another one: the worker gives an answer again to the same.
            kind, value = ask(next(self.questions), tuple(map(self._write, arguments)), named)
            value = decode(value, self._find)
            if not kind:
                return value
            known = getattr(builtins, kind, RuntimeError)
            raise (known if issubclass(known, Exception) else RuntimeError)(*value)

        callback.__name__ = callback.__qualname__ = called
        return callback

    def _name(self, name: str) -> Any:
        if name not in self.scope:
            raise NameError(f"name {name!r} is not defined")
        return self.scope[name]


def _about(kind: type) -> dict:
    """What the grader needs to make a class that stands for this one."""
    methods = {name for base in kind.__mro__[:-1] for name in vars(base)}
    specials = [one for one in SPECIALS if f"__{one}__" in methods]
    names = {"name": kind.__name__, "module": str(kind.__module__)}
    return {**names, "bases": kind.__bases__, "specials": specials}


def _special(name: str, one: Any, *arguments: Any, **keywords: Any) -> Any:
    """A method that Python looks up on the class."""
    if name == "call":
        return one(*arguments, **keywords)
    return getattr(type(one), f"__{name}__")(one, *arguments, **keywords)


def _leave_block(one: Any, kind: type[BaseException], arguments: tuple) -> Any:
    """What `__exit__` says to an exception of the test's, which is made anew here."""
    error = kind.__new__(kind, *arguments)
    error.args = arguments
    return type(one).__exit__(one, kind, error, None)


def _text_by(make: Callable) -> Callable:
    return lambda one: str.__str__(make(one))


def _state(one: Any) -> tuple:
    """What an object holds: as a value of a plain type, and in its attributes."""
    slots = (name for base in type(one).__mro__ for name in vars(base).get("__slots__", ()))
    attributes = {name: getattr(one, name) for name in slots if name[:2] != "__" and hasattr(one, name)}
    with contextlib.suppress(AttributeError):
        attributes |= object.__getattribute__(one, "__dict__")
    return content_of(one), attributes


def _seed(which: str, *arguments: Any) -> None:
    seeds: dict[str, Callable] = {"numpy": np.random.seed, "random": random.seed}
    seeds[which](*arguments)


def _drawn(ask: Callable) -> Iterator:
    """An iterator of the test's, one entry at a time."""
    while True:
        try:
            entry = ask()
        except StopIteration:
            return
        yield entry


def _may_change(value: Any) -> bool:
    plain = type(value) in (list, dict, set, bytearray, np.ndarray, np.random.Generator)
    return plain or is_table(type(value))


def _bytes(data: Any) -> bytes:
    """An encoded value, to be compared."""
    try:
        return wire.pack(data, lambda _: 0)
    except wire.WireError:  # too large by now
        return b""


def _files() -> list:
    """The plain files in the working folder, with size and time of change."""
    with os.scandir() as found:
        plain = [one for one in found if one.is_file(follow_symlinks=False)][:MAX_FILES]
    names = [one.name.encode("utf-8", "replace").decode() for one in plain]
    facts = [one.stat() for one in plain]
    return [(name, one.st_size, one.st_mtime_ns) for name, one in zip(names, facts, strict=True)]


def _file(name: str, content: bytes | None = None, gone: bool = False) -> bytes | None:
    """A file of the working folder: remove it, read it or write it."""
    if gone:
        os.remove(name)
        return None
    with open(name, "rb" if content is None else "wb") as file:
        return file.read(MAX_FILE) if content is None else (file.write(content), None)[1]
