"""Values of any kind as what the wire takes: plain data by value, all else behind a number.

Both sides use it, and values_read.py for the way back. A container becomes a tuple that begins with its name;
only exact types do, since an instance of a subclass may say of itself what it likes.
"""

import builtins
import collections
import datetime
import decimal
import fractions
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograder.sandbox.wire import tables
from autograder.sandbox.wire.format import CODES, MAX_AXES, is_unicode

MAX_INSIDE = 26  # containers in one another; the wire takes 30, and a message has some of its own
MAX_BITS, SHORT_BITS = 400_000, 1_200  # of whole numbers, and of those that the wire takes as they are
MAX_RANGE, MAX_EXPONENT = 10_000_000, 10_000
ARRAY_TYPES = (np.generic, np.ndarray, np.dtype, np.ufunc)  # of arrays, and of what is in them
Leave = Callable[[Any], tuple]


def encode(value: Any, leave: Leave, depth: int = 0) -> Any:
    """`value` for the wire; `leave` gives a tuple for what stays behind."""
    kind = type(value)
    if kind in PLAIN:
        return value
    write = WRITERS.get(kind) or _writer_of_family(kind)
    if write is None:
        return _type(value, leave) if issubclass(kind, type) else leave(value)
    return write(value, leave, depth) if depth < MAX_INSIDE else leave(value)


def _writer_of_family(kind: type) -> Callable | None:
    """NumPy's scalars, and pandas' tables."""
    return _scalar if issubclass(kind, np.generic) else _table if tables.is_table(kind) else None


def _table(value: Any, leave: Leave, depth: int) -> tuple:
    name, parts = tables.parts_of(value)
    return (name, *(encode(one, leave, depth + 1) for one in parts))


def content_of(value: Any) -> Any:
    """The plain value that an instance of a subclass of a plain type holds; None of any other."""
    base = next((base for base in CONTENTS if issubclass(type(value), base)), None)
    return np.array(value, subok=False) if base is np.ndarray else base and CONTENTS[base](value)


def _scalar(value: np.generic, leave: Leave, depth: int) -> Any:
    if (value.dtype.kind, value.dtype.itemsize) in CODES:
        return value
    return _array(np.asarray(value), leave, depth, "scalar")


def _array(value: np.ndarray, leave: Leave, depth: int, name: str = "array") -> Any:
    kind, shape = value.dtype.kind, value.shape
    if (kind, value.dtype.itemsize) in CODES and value.ndim <= MAX_AXES:
        return value
    if kind == "O":
        return ("objects", shape, *(encode(one, leave, depth + 1) for one in value.ravel()))
    if kind not in "cMmSUfi" or value.ndim > MAX_AXES:
        return leave(value)
    return (name, value.dtype.str, shape, np.ascontiguousarray(value).tobytes())


def _type(value: type, leave: Leave) -> tuple:
    for name, module, kinds in (("type", builtins, object), ("array type", np, ARRAY_TYPES)):
        if vars(module).get(value.__name__) is value and issubclass(value, kinds):
            return (name, value.__name__)
    return leave(value)


def _int(value: int, leave: Leave, depth: int) -> Any:
    if value.bit_length() <= SHORT_BITS:
        return value
    if value.bit_length() > MAX_BITS:
        return leave(value)
    return ("int", value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True))


def _text(value: str, leave: Leave, depth: int) -> Any:
    return value if value.isascii() or is_unicode(value) else ("text", value.encode("utf-8", "surrogatepass"))


def _list(value: list, leave: Leave, depth: int) -> Any:
    if NUMBERS.issuperset(map(type, value)) and all(map(_is_short, value)):
        return value
    return _entries("list")(value, leave, depth)


def _is_short(value: Any) -> bool:
    return not isinstance(value, int) or value.bit_length() < 64


def _entries(name: str) -> Callable:
    """A writer of containers of one kind."""

    def write(value: Iterable, leave: Leave, depth: int) -> tuple:
        return (name, *(encode(one, leave, depth + 1) for one in value))

    return write


def _pairs(name: str) -> Callable:
    def write(value: dict, leave: Leave, depth: int) -> tuple:
        flat = (part for pair in value.items() for part in pair)
        return (name, *(encode(one, leave, depth + 1) for one in flat))

    return write


def _parts(name: str, *fields: str) -> Callable:
    """A writer of a value that is made of a few plain ones."""

    def write(value: Any, leave: Leave, depth: int) -> tuple:
        return (name, *(encode(getattr(value, field), leave, depth + 1) for field in fields))

    return write


def _moment(name: str, *fields: str) -> Callable:
    plain = _parts(name, *fields)
    return lambda value, leave, depth: plain(value, leave, depth) if value.tzinfo is None else leave(value)


def _range(value: range, leave: Leave, depth: int) -> tuple:
    """One that is long would be endless work for whoever goes through it."""
    is_long = abs(value.stop - value.start) > MAX_RANGE
    return leave(value) if is_long else ("range", value.start, value.stop, value.step)


def _decimal(value: decimal.Decimal, leave: Leave, depth: int) -> tuple:
    is_huge = value.is_finite() and abs(value.adjusted()) > MAX_EXPONENT
    return leave(value) if is_huge else ("decimal", str(value))


def _generator(value: np.random.Generator, leave: Leave, depth: int) -> Any:
    return value if type(value.bit_generator) is np.random.PCG64 else leave(value)


DATE, TIME = ("year", "month", "day"), ("hour", "minute", "second", "microsecond")
PLAIN = {type(None), bool, float, bytes}
NUMBERS = {int, float, bool}
WRITERS: dict[type, Callable] = {
    int: _int, str: _text, list: _list, tuple: _entries("tuple"), set: _entries("set"),
    frozenset: _entries("frozenset"), dict: _pairs("dict"), collections.OrderedDict: _pairs("ordered dict"),
    collections.defaultdict: _pairs("default dict"), collections.Counter: _pairs("counter"),
    collections.deque: _entries("deque"), np.ndarray: _array, np.random.Generator: _generator,
    bytearray: lambda value, *_: ("bytearray", bytes(value)), complex: _parts("complex", "real", "imag"),
    range: _range, slice: _parts("slice", "start", "stop", "step"),
    type(Ellipsis): lambda *_: ("ellipsis",), type(NotImplemented): lambda *_: ("not implemented",),
    datetime.date: _parts("date", *DATE), datetime.datetime: _moment("datetime", *DATE, *TIME),
    datetime.time: _moment("time", *TIME),
    datetime.timedelta: _parts("timedelta", "days", "seconds", "microseconds"),
    fractions.Fraction: _parts("fraction", "numerator", "denominator"),
    decimal.Decimal: _decimal,
}  # fmt: skip
for _kind in (dict, collections.OrderedDict):
    WRITERS[type(_kind().keys())] = _entries("keys")
    WRITERS[type(_kind().values())] = _entries("values")
    WRITERS[type(_kind().items())] = lambda value, *rest: _pairs("items")(dict(value), *rest)
WRITERS |= {type(np.dtype(letter)): lambda value, *_: ("dtype", value.str) for letter in "?bhilqBHILQefdFD"}
# What an instance of a subclass holds, by the plain type above it; bool and None have no subclasses.
CONTENTS: dict[type, Callable] = {
    np.ndarray: np.array, list: list, tuple: tuple, dict: dict, set: set, frozenset: frozenset, int: int,
    float: float, complex: complex, str: str, bytes: bytes, bytearray: bytearray,
}  # fmt: skip
