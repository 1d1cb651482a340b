"""Reads a message: counts before it builds, and builds nothing that costs more than its bytes are worth."""

import struct
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograder.sandbox.wire.format import (
    ARRAY,
    ASCII_COST,
    BIG_INT,
    DTYPES,
    GENERATOR,
    GENERATOR_COST,
    HANDLE,
    HANDLE_COST,
    MAX_AXES,
    MAX_DEPTH,
    MAX_DIGITS,
    NUMBER,
    OBJECT_COST,
    PCG64,
    SCALAR,
    SCALAR_COST,
    SCALARS,
    TEXT_COST,
    TUPLE_MARK,
    Budget,
    is_key,
)


class Reader(Budget):
    """Reads one message. Every length is held against what is left of the frame and of the budget."""

    def __init__(self, data: bytes | bytearray, find: Callable[[int], Any], deadline: float | None):
        super().__init__(deadline)
        self._data, self._view, self._at = data, memoryview(data), 0
        self._find = find

    def message(self) -> Any:
        self._look()
        value = self._value()
        if self._at != len(self._data):
            raise ValueError("something follows the message")
        self._look()
        return value

    def _value(self) -> Any:
        read, number, layout = KINDS[self._data[self._at]]
        self._at += 1
        if layout:
            number = layout.unpack_from(self._data, self._at)[0]
            self._at += layout.size
        return read(self, number) if read else number

    def _take(self, count: int) -> memoryview:
        start = self._at
        self._at += count
        if self._at > len(self._data):
            raise ValueError("it is cut off")
        return self._view[start : self._at]

    def _bytes(self, count: int) -> bytes:
        self._spend(count)
        return bytes(self._take(count))

    def _text(self, count: int) -> str:
        self._spend(ASCII_COST * count)
        raw = bytes(self._take(count))
        if not raw.isascii():
            self._spend((TEXT_COST - ASCII_COST) * count)
        return raw.decode()

    def _list(self, count: int) -> list | tuple:
        self._enter(count)
        value: list | tuple
        if count and self._data.startswith(TUPLE_MARK, self._at):
            self._at += len(TUPLE_MARK)
            value = tuple([self._value() for _ in range(count - 1)])
        else:
            value = [self._value() for _ in range(count)]
        self._depth -= 1
        return value

    def _dict(self, count: int) -> dict:
        self._enter(2 * count)
        value = {}
        for _ in range(count):
            key = self._value()
            if not is_key(key):
                raise ValueError("a dict with a strange key")
            value[key] = self._value()
        if len(value) != count:
            raise ValueError("a dict that has a key twice")
        self._depth -= 1
        return value

    def _enter(self, entries: int) -> None:
        """Go into a container; each of its entries takes a byte at least."""
        if self._depth == MAX_DEPTH or entries > len(self._data) - self._at:
            raise ValueError("too deep, or cut off")
        self._spend(entries * OBJECT_COST)
        self._depth += 1

    def _extension(self, count: int) -> Any:
        code, *_ = self._take(1)
        return EXTENSIONS[code](self, self._take(count))

    def _unknown(self, _: int) -> None:
        raise ValueError("a byte that means nothing")

    def _array(self, payload: memoryview) -> np.ndarray:
        """A copy, so that it can be written to and the frame can go. A bool is 0 or 1, whatever came."""
        dtype, axes = DTYPES[payload[0]], payload[1]
        shape, start = struct.unpack_from(f"<{axes}I", payload, 2), 2 + 4 * axes
        if axes > MAX_AXES or self._spend_array(shape, dtype.itemsize) != len(payload) - start:
            raise ValueError("not an array")
        stored = np.uint8 if dtype.kind == "b" else dtype
        return np.ndarray(shape, stored, payload, start).astype(dtype)

    def _scalar(self, payload: memoryview) -> np.generic:
        self._spend(SCALAR_COST)
        code = payload[0]
        return DTYPES[code].type(*SCALARS[code].unpack(payload[1:]))

    def _handle(self, payload: memoryview) -> Any:
        self._spend(HANDLE_COST)
        return self._find(*NUMBER.unpack(payload))

    def _large_int(self, payload: memoryview) -> int:
        if len(payload) > MAX_DIGITS:
            raise ValueError("a number without end")
        self._spend(2 * len(payload))
        return int.from_bytes(payload, "little", signed=True)

    def _generator(self, payload: memoryview) -> np.random.Generator:
        self._spend(GENERATOR_COST)
        state, increment, is_left, left = PCG64.unpack(payload)
        bits = np.random.PCG64(0)
        inner = {"state": int.from_bytes(state, "little"), "inc": int.from_bytes(increment, "little")}
        whole: Any = {"bit_generator": "PCG64", "state": inner, "has_uint32": int(is_left), "uinteger": left}
        bits.state = whole
        return np.random.Generator(bits)


EXTENSIONS: dict[int, Callable[[Reader, memoryview], Any]] = {
    ARRAY: Reader._array, SCALAR: Reader._scalar, HANDLE: Reader._handle,
    GENERATOR: Reader._generator, BIG_INT: Reader._large_int,
}  # fmt: skip


def _kinds() -> list[tuple]:
    """What each first byte of msgpack says: how to read on, with which number, and where that number is.

    The order is that of https://github.com/msgpack/msgpack/blob/master/spec.md#formats.
    """
    read, layouts = Reader, {letter: struct.Struct(f">{letter}") for letter in "bBhHiIqQfd"}

    def sized(method: Callable | None, letters: str) -> list[tuple]:
        return [(method, None, layouts[letter]) for letter in letters]

    def known(method: Callable | None, numbers: Iterable) -> list[tuple]:
        return [(method, number, None) for number in numbers]

    return [
        *known(None, range(128)), *known(read._dict, range(16)), *known(read._list, range(16)),
        *known(read._text, range(32)), *known(None, [None]), *known(read._unknown, [None]),
        *known(None, [False, True]), *sized(read._bytes, "BHI"), *sized(read._extension, "BHI"),
        *sized(None, "fdBHIQbhiq"), *known(read._extension, [1, 2, 4, 8, 16]),
        *sized(read._text, "BHI"), *sized(read._list, "HI"), *sized(read._dict, "HI"),
        *known(None, range(-32, 0)),
    ]  # fmt: skip


KINDS = _kinds()
