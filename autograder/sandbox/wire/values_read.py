"""Encoded values read again (values.py): whatever the other side sent, it becomes a value or Unreadable."""

import builtins
import collections
import datetime
import decimal
import fractions
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.sandbox.wire import tables
from autograder.sandbox.wire.format import is_key
from autograder.sandbox.wire.values import ARRAY_TYPES, MAX_EXPONENT, MAX_RANGE, NUMBERS, PLAIN

MAX_ODD_KEYS = 2_000  # keys that can be made to collide, so that many of them take long
MAX_EMPTY = 300_000  # rows of an array that holds nothing
BROKEN = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError)
READ_AS_THEY_ARE = {*PLAIN, int, str, np.ndarray, np.random.Generator}


class Unreadable(Exception):
    """The other side sent no value."""


def decode(data: Any, find: Callable[..., Any]) -> Any:
    """What `encode` made `data` of; `find(*numbers)` stands for what stayed behind. Raises Unreadable."""
    try:
        return _decoded(data, find)
    except BROKEN as error:
        raise Unreadable(f"no value: {type(error).__name__}") from None


def _decoded(data: Any, find: Callable[..., Any]) -> Any:
    if type(data) is tuple:
        name, *rest = data
        return find(*rest) if name == "object" else READERS[name](rest, find)
    if type(data) in READ_AS_THEY_ARE or isinstance(data, np.generic):
        return data
    if type(data) is list and NUMBERS.issuperset(map(type, data)):
        return data
    raise TypeError("not one of the kinds that are sent")


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


def _named(module: Any, kind: type | tuple[type, ...]) -> Callable:
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
    "keys": _read_set(lambda keys: dict.fromkeys(keys).keys()), "items": _read_pairs(dict.items),
    "values": lambda parts, find: dict(enumerate(_all(parts, find))).values(),
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
    "dtype": _read_plain(np.dtype), "type": _named(builtins, object), "array type": _named(np, ARRAY_TYPES),
}  # fmt: skip
