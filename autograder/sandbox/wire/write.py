"""Writes a message: what may cross by value, in bytes, and handles for the rest."""

import functools
import struct
from collections.abc import Callable, Mapping
from typing import Any

import msgpack
import numpy as np

from autograder.sandbox.wire.format import (
    ARRAY,
    ASCII_COST,
    BIG_INT,
    CODES,
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
    Handle,
    is_key,
)
from autograder.sandbox.wire.stream import MAX_FRAME


class Writer(Budget):
    """Writes one message, and counts it as the reader will, so that what is sent can be read."""

    def __init__(self, keep: Callable[[Any], int]):
        super().__init__(None)
        self._keep, self._packer = keep, msgpack.Packer(strict_types=True)
        self._parts: list[bytes] = []

    def frame(self, message: Any) -> bytes:
        WRITERS[type(message)](self, message)
        data = b"".join(self._parts)
        if len(data) > MAX_FRAME:
            raise ValueError(f"it is larger than {MAX_FRAME >> 20} MiB")
        return data

    def _plain(self, value: Any) -> None:
        self._parts.append(self._packer.pack(value))

    def _extension(self, code: int, payload: bytes) -> None:
        self._parts.append(self._packer.pack_ext_type(code, payload))

    def leave(self, value: Any) -> None:
        """Only a number crosses for what stays behind."""
        self._handle(Handle(self._keep(value)))

    def _kept(self, value: "Kept") -> None:
        self.leave(value.value)

    def _handle(self, value: Handle) -> None:
        self._spend(HANDLE_COST)
        self._extension(HANDLE, NUMBER.pack(value.number))

    def _int(self, value: int) -> None:
        try:
            self._plain(value)
        except OverflowError:
            self._large_int(value)

    def _large_int(self, value: int) -> None:
        digits = value.bit_length() // 8 + 1
        if digits > MAX_DIGITS:
            return self.leave(value)
        self._spend(2 * digits)
        self._extension(BIG_INT, value.to_bytes(digits, "little", signed=True))

    def _text(self, value: str) -> None:
        try:
            raw = self._packer.pack(value)
        except UnicodeEncodeError:  # half a character
            return self.leave(value)
        self._spend((ASCII_COST if value.isascii() else TEXT_COST) * len(raw))
        self._parts.append(raw)

    def _bytes(self, value: bytes) -> None:
        self._spend(len(value))
        self._plain(value)

    def _list(self, value: list) -> None:
        if not self._enter(value, len(value)):
            return
        if not self._numbers(value):
            self._parts.append(self._packer.pack_array_header(len(value)))
            for entry in value:
                WRITERS[type(entry)](self, entry)
        self._depth -= 1

    def _tuple(self, value: tuple) -> None:
        if self._enter(value, len(value) + 1):
            self._parts += self._packer.pack_array_header(len(value) + 1), TUPLE_MARK
            for entry in value:
                WRITERS[type(entry)](self, entry)
            self._depth -= 1

    def _dict(self, value: dict) -> None:
        if not all(map(is_key, value)):
            self.leave(value)
        elif self._enter(value, 2 * len(value)):
            self._parts.append(self._packer.pack_map_header(len(value)))
            for key, entry in value.items():
                WRITERS[type(key)](self, key)
                WRITERS[type(entry)](self, entry)
            self._depth -= 1

    def _enter(self, value: Any, entries: int) -> bool:
        """Go into a container, unless it lies so deep that it stays behind; one that holds itself does."""
        if self._depth == MAX_DEPTH:
            self.leave(value)
            return False
        self._spend(entries * OBJECT_COST)
        self._depth += 1
        return True

    def _numbers(self, value: list) -> bool:
        """Write a list of numbers at once, for the packer's speed, unless one of them is too large."""
        if not {int, float, bool}.issuperset(map(type, value)):
            return False
        try:
            self._plain(value)
        except OverflowError:
            return False
        return True

    def _array(self, value: np.ndarray) -> None:
        value = value.astype(np.float64) if value.dtype == np.longdouble else value
        code = CODES.get((value.dtype.kind, value.itemsize))
        if code is None or value.ndim > MAX_AXES:
            return self.leave(value)
        self._spend_array(value.shape, value.itemsize)
        head = struct.pack(f"<BB{value.ndim}I", code, value.ndim, *value.shape)
        self._extension(ARRAY, head + value.astype(DTYPES[code], copy=False).tobytes())

    def scalar(self, value: np.generic) -> None:
        value = np.float64(value) if isinstance(value, np.longdouble) else value
        code = CODES.get((value.dtype.kind, value.itemsize))
        if code is None:
            return self.leave(value)
        self._spend(SCALAR_COST)
        self._extension(SCALAR, bytes([code]) + SCALARS[code].pack(value))

    def _generator(self, value: np.random.Generator) -> None:
        if type(value.bit_generator) is not np.random.PCG64:
            return self.leave(value)
        self._spend(GENERATOR_COST)
        state = value.bit_generator.state
        numbers = (state["state"][name].to_bytes(16, "little") for name in ("state", "inc"))
        self._extension(GENERATOR, PCG64.pack(*numbers, state["has_uint32"], state["uinteger"]))


class Kept:
    """Around something that stays behind whatever it is, such as a cache."""

    def __init__(self, value: Any):
        self.value = value


class _Writers(dict[type, Callable[[Writer, Any], None]]):
    """How each type is written. Only plain values cross, since a subclass may compare as it likes."""

    def __missing__(self, kind: type) -> Callable[[Writer, Any], None]:
        if issubclass(kind, np.generic):
            return Writer.scalar
        base = next((base for base in PLAIN if issubclass(kind, base)), None)
        base = dict if base is None and issubclass(kind, Mapping) else base
        return functools.partial(_as_plain, base) if base else Writer.leave


def _as_plain(base: type, writer: Writer, value: Any) -> None:
    """Write a masked array as an array, a named tuple as a tuple, any mapping as a dict."""
    WRITERS[base](writer, np.array(value, subok=False) if base is np.ndarray else base(value))


PLAIN = (np.ndarray, tuple, list, dict, int, float, str, bytes)
WRITERS = _Writers({
    type(None): Writer._plain, bool: Writer._plain, int: Writer._int, float: Writer._plain,
    str: Writer._text, bytes: Writer._bytes, list: Writer._list, tuple: Writer._tuple, dict: Writer._dict,
    np.ndarray: Writer._array, np.random.Generator: Writer._generator, Handle: Writer._handle,
    Kept: Writer._kept,
})  # fmt: skip
