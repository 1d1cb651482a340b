"""Values of any kind as what the wire takes, and back: plain data by value, all else behind a number.

Both sides use it. A container becomes a tuple that begins with its name; only exact types do, since an
instance of a subclass may say of itself what it likes.
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
from autograder.sandbox.wire.format import CODES, MAX_AXES, is_key, is_unicode

MAX_INSIDE = 26  # containers in one another; the wire takes 30, and a message has some of its own
MAX_BITS, SHORT_BITS = 400_000, 1_200  # of whole numbers, and of those that the wire takes as they are
MAX_ODD_KEYS = 2_000  # keys that can be made to collide, so that many of them take long
MAX_RANGE, MAX_EXPONENT = 10_000_000, 10_000
MAX_EMPTY = 300_000  # rows of an array that holds nothing
Leave = Callable[[Any], tuple]
BROKEN = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError)


class Unreadable(Exception):
    """The other side sent no value."""


def encode(value: Any, leave: Leave, depth: int = 0) -> Any:
    """`value` for the wire; `leave` gives a tuple for what stays behind."""
    kind = type(value)
    if kind in PLAIN:
        return value
    write = WRITERS.get(kind) or _writer_of_family(kind)
    if write is None:
        return _type(value, leave) if issubclass(kind, type) else leave(value)
    return write(value, leave, depth) if depth < MAX_INSIDE else leave(value)


def decode(data: Any, find: Callable[..., Any]) -> Any:
    """What `encode` made `data` of; `find(*numbers)` stands for what stayed behind. Raises Unreadable."""
    try:
        return _decoded(data, find)
    except BROKEN as error:
        raise Unreadable(f"no value: {type(error).__name__}") from None


def _writer_of_family(kind: type) -> Callable | None:
    """NumPy's scalars, and pandas' tables."""
    return _scalar if issubclass(kind, np.generic) else _table if tables.is_table(kind) else None


def _table(value: Any, leave: Leave, depth: int) -> tuple:
    name, parts = tables.parts_of(value)
    return (name, *(encode(one, leave, depth + 1) for one in parts))


def _decoded(data: Any, find: Callable[..., Any]) -> Any:
    if type(data) is tuple:
        name, *rest = data
        return find(*rest) if name == "object" else READERS[name](rest, find)
    if type(data) in READ_AS_THEY_ARE or isinstance(data, np.generic):
        return data
    if type(data) is list and NUMBERS.issuperset(map(type, data)):
        return data
    raise TypeError("not one of the kinds that are sent")


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
    for name, module in (("type", builtins), ("scalar type", np)):
        if vars(module).get(value.__name__) is value:
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
READ_AS_THEY_ARE = {*PLAIN, int, str, np.ndarray, np.random.Generator}
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
WRITERS |= {type(np.dtype(letter)): lambda value, *_: ("dtype", value.str) for letter in "?bhilqBHILQefdFD"}
# What an instance of a subclass holds, by the plain type above it; bool and None have no subclasses.
CONTENTS: dict[type, Callable] = {
    np.ndarray: np.array, list: list, tuple: tuple, dict: dict, set: set, frozenset: frozenset, int: int,
    float: float, complex: complex, str: str, bytes: bytes, bytearray: bytearray,
}  # fmt: skip


def _all(parts: list, find: Callable) -> list:
    return [_decoded(part, find) for part in parts]


def _read_pairs(make: Callable[[dict], Any]) -> Callable:
    def read(parts: list, find: Callable) -> Any:
        values = _all(parts, find)
        keys = values[::2]
        _require_few_odd(keys)
        return make(dict(zip(keys, values[1::2], strict=True)))

    return read


def _read_set(make: Callable) -> Callable:
    def read(parts: list, find: Callable) -> Any:
        values = _all(parts, find)
        _require_few_odd(values)
        return make(values)

    return read


def _require_few_odd(keys: list) -> None:
    if sum(not is_key(key) for key in keys) > MAX_ODD_KEYS:
        raise ValueError("too many strange keys")


def _read_plain(make: Callable) -> Callable:
    return lambda parts, find: make(*_all(parts, find))


def _read_range(parts: list, find: Callable) -> range:
    value = range(*parts)
    if abs(value.stop - value.start) > MAX_RANGE:
        raise ValueError("a long range")
    return value


def _read_decimal(parts: list, find: Callable) -> decimal.Decimal:
    value = decimal.Decimal(*parts)
    if value.is_finite() and abs(value.adjusted()) > MAX_EXPONENT:
        raise ValueError("a huge number")
    return value


def _read_array(parts: list, find: Callable) -> np.ndarray:
    name, shape, data = parts
    kind = np.dtype(name)
    if kind.kind not in "cMmSUfi" or not kind.itemsize:
        raise ValueError("not a kind of array that is sent")
    if 0 in shape and max(shape) > MAX_EMPTY:
        raise ValueError("an empty array that takes long to walk through")
    return np.frombuffer(data, kind).reshape(shape).copy()


def _read_objects(parts: list, find: Callable) -> np.ndarray:
    shape, *entries = parts
    array = np.empty(len(entries), object)
    for place, entry in enumerate(_all(entries, find)):
        array[place] = entry
    return array.reshape(shape)


def _named(module: Any, kind: type) -> Callable:
    def read(parts: list, find: Callable) -> type:
        found = vars(module)[parts[0]]
        if not isinstance(found, type) or not issubclass(found, kind):
            raise TypeError("not a type")
        return found

    return read


def _default_dict(value: dict) -> collections.defaultdict:
    return collections.defaultdict(None, value)


READERS: dict[str, Callable[[list, Callable], Any]] = {
    "series": lambda parts, find: tables.series(_all(parts, find)),
    "frame": lambda parts, find: tables.frame(_all(parts, find)),
    "list": _all, "tuple": lambda parts, find: tuple(_all(parts, find)), "set": _read_set(set),
    "frozenset": _read_set(frozenset), "dict": _read_pairs(dict), "counter": _read_pairs(collections.Counter),
    "ordered dict": _read_pairs(collections.OrderedDict), "default dict": _read_pairs(_default_dict),
    "deque": lambda parts, find: collections.deque(_all(parts, find)), "array": _read_array,
    "scalar": lambda parts, find: _read_array(parts, find)[()], "objects": _read_objects,
    "int": lambda parts, find: int.from_bytes(parts[0], "little", signed=True),
    "text": lambda parts, find: parts[0].decode("utf-8", "surrogatepass"),
    "bytearray": lambda parts, find: bytearray(bytes(memoryview(parts[0]))),
    "complex": _read_plain(complex), "range": _read_range, "slice": _read_plain(slice),
    "ellipsis": lambda parts, find: Ellipsis, "not implemented": lambda parts, find: NotImplemented,
    "date": _read_plain(datetime.date), "datetime": _read_plain(datetime.datetime),
    "time": _read_plain(datetime.time), "timedelta": _read_plain(datetime.timedelta),
    "fraction": _read_plain(fractions.Fraction), "decimal": _read_decimal,
    "dtype": _read_plain(np.dtype), "type": _named(builtins, object), "scalar type": _named(np, np.generic),
}  # fmt: skip
