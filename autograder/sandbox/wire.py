"""What crosses the border, and how: framed msgpack with arrays, tuples and opaque handles.

Both sides speak it and neither believes the other: nothing is unpickled or evaluated, only exact
built-in types and plain numeric arrays travel by value, and every size is capped.
"""

import socket
import struct
import time
from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import msgpack
import numpy as np

ARRAY, SCALAR, TUPLE, HANDLE, GENERATOR, BIG_INT = range(1, 7)
MAX_FRAME = 32 * 2**20
MAX_AXES = 8
MAX_DEPTH = 30
MAX_OBJECTS = 300_000
MAX_DIGITS = 400
MAX_IMAGES, MAX_IMAGE = 8, 2**20  # pictures that a cell may show, and characters of each


class WireError(Exception):
    """The other side sent something that is not a message, or too much of it."""


class TooSlow(Exception):
    """The deadline passed before the whole message did."""


class Closed(Exception):
    """The other side is gone."""


class Handle:
    """Something that stays behind: only its number crosses, and it can be passed back."""

    __slots__ = ("__weakref__", "number")

    def __init__(self, number: int):
        self.number = number

    def __repr__(self) -> str:
        return "<an object that stays on the other side>"


@runtime_checkable
class HasTime(Protocol):
    """A deadline that is looked at again and again: `left()` seconds later, or it raises TooSlow."""

    def left(self) -> float: ...


Deadline = float | HasTime | None


def pack(message: Any, keep: Callable[[Any], int]) -> bytes:
    """`message` as bytes; what cannot cross is handed to `keep`, and its number crosses instead.

    Raises WireError when it is larger than 32 MiB or refers to itself.
    """

    def encode(value: Any) -> msgpack.ExtType:
        kind = type(value)
        if kind is tuple:
            return msgpack.ExtType(TUPLE, packer(list(value)))
        if kind is np.ndarray and _is_plain(value.dtype):
            return msgpack.ExtType(ARRAY, _encode_array(value))
        if isinstance(value, np.generic) and _is_plain(value.dtype):
            return msgpack.ExtType(SCALAR, _encode_array(np.asarray(value)))
        if kind is Handle:
            return msgpack.ExtType(HANDLE, struct.pack("<q", value.number))
        if kind is int and abs(value) < 10**MAX_DIGITS:
            return msgpack.ExtType(BIG_INT, str(value).encode())
        if kind is np.random.Generator and type(value.bit_generator) is np.random.PCG64:
            return msgpack.ExtType(GENERATOR, _encode_generator(value))
        return msgpack.ExtType(HANDLE, struct.pack("<q", keep(value)))

    def packer(value: Any) -> bytes:
        return msgpack.packb(value, default=encode, strict_types=True)

    try:
        data = packer(message)
    except (ValueError, RecursionError, OverflowError, TypeError) as error:
        raise WireError(f"cannot be sent: {error}") from error
    if len(data) > MAX_FRAME:
        raise WireError(f"is larger than {MAX_FRAME >> 20} MiB")
    return data


def unpack(data: bytes, find: Callable[[int], Any]) -> Any:
    """The message in `data`; `find` turns a handle's number into what stands for it here.

    Raises WireError for anything malformed or extravagant, whatever is wrong with it.
    """
    try:
        return _Reader(find).read(data)
    except Exception as error:
        raise WireError(f"malformed message: {type(error).__name__}") from error


class _Reader:
    """Reads one message, and counts, so that a small frame cannot become a large or deep object."""

    def __init__(self, find: Callable[[int], Any]):
        self._find, self._objects, self._depth = find, 0, 0

    def read(self, data: bytes) -> Any:
        value = self._unpack(data)
        _require_shallow(value)
        return value

    def _unpack(self, data: bytes) -> Any:
        return msgpack.unpackb(
            data, ext_hook=self._extension, strict_map_key=False,
            object_pairs_hook=self._dict, list_hook=self._list, max_array_len=MAX_OBJECTS,
        )  # fmt: skip

    def _list(self, value: list) -> list:
        self._count(len(value) + 1)
        return value

    def _dict(self, pairs: list[tuple]) -> dict:
        """Keys are text or 64-bit numbers: others can be made to collide, which takes hours."""
        self._count(len(pairs) + 1)
        if not all(type(key) is str or (type(key) is int and abs(key) < 2**63) for key, _ in pairs):
            raise ValueError("a dict with strange keys")
        return dict(pairs)

    def _extension(self, code: int, payload: bytes) -> Any:
        self._count(1)
        if code == TUPLE:
            return self._tuple(payload)
        if code in (ARRAY, SCALAR):
            array = _decode_array(payload)
            return array if code == ARRAY else array[()]
        if code == HANDLE:
            return self._find(struct.unpack("<q", payload)[0])
        if code == BIG_INT and len(payload) <= MAX_DIGITS + 1:
            return int(payload)
        if code == GENERATOR:
            return _decode_generator(payload)
        raise ValueError(f"unknown extension {code}")

    def _tuple(self, payload: bytes) -> tuple:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ValueError("tuples in tuples in tuples")
        value = tuple(self._unpack(payload))
        self._depth -= 1
        return value

    def _count(self, objects: int) -> None:
        self._objects += objects
        if self._objects > MAX_OBJECTS:
            raise ValueError("too many objects")


def _require_shallow(value: Any) -> None:
    """Raise ValueError for containers in containers that recursive code could not walk through."""
    level, depth = [value], 0
    while level:
        level = [
            child for one in level if isinstance(one, list | tuple | dict)
            for child in (one.values() if isinstance(one, dict) else one)
            if isinstance(child, list | tuple | dict)
        ]  # fmt: skip
        depth += 1
        if depth > MAX_DEPTH:
            raise ValueError("containers in containers")


def send(connection: socket.socket, data: bytes, deadline: Deadline = None) -> None:
    """Send one frame. Raises TooSlow after `deadline` (time.monotonic) and Closed without a peer."""
    left = memoryview(struct.pack("<I", len(data)) + data)
    while left:
        connection.settimeout(_remaining(deadline))
        try:
            left = left[connection.send(left) :]
        except TimeoutError:
            continue
        except OSError as error:
            raise Closed from error


def receive(connection: socket.socket, deadline: Deadline = None) -> bytes:
    """Receive one frame. Raises TooSlow, Closed, or WireError for one over the size cap."""
    length = struct.unpack("<I", _exactly(connection, 4, deadline))[0]
    if length > MAX_FRAME:
        raise WireError(f"a message of {length} bytes")
    return _exactly(connection, length, deadline)


def _exactly(connection: socket.socket, count: int, deadline: Deadline) -> bytes:
    data = bytearray()
    while len(data) < count:
        connection.settimeout(_remaining(deadline))
        try:
            part = connection.recv(min(count - len(data), 2**20))
        except TimeoutError:
            continue
        except OSError as error:
            raise Closed from error
        if not part:
            raise Closed
        data += part
    return bytes(data)


def _remaining(deadline: Deadline) -> float | None:
    if isinstance(deadline, HasTime):
        return deadline.left()
    left = None if deadline is None else deadline - time.monotonic()
    if left is not None and left <= 0:
        raise TooSlow
    return left


def _is_plain(dtype: np.dtype) -> bool:
    return dtype.kind in "biuf" and dtype.itemsize <= 8 and dtype.subdtype is None


def _encode_array(array: np.ndarray) -> bytes:
    if array.size * array.itemsize > MAX_FRAME:
        raise ValueError("an array that is too large")
    dtype = array.dtype.newbyteorder("<")
    data = array.astype(dtype, order="C", copy=False).tobytes()
    return msgpack.packb([dtype.str, list(array.shape), data])


def _decode_array(payload: bytes) -> np.ndarray:
    text, shape, data = msgpack.unpackb(payload)
    if len(text) > 3 or len(shape) > MAX_AXES or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError("not an array")
    dtype = np.dtype(text)
    if not _is_plain(dtype):
        raise ValueError("not a numeric array")
    return np.frombuffer(data, dtype).reshape(shape).copy()


def _encode_generator(generator: np.random.Generator) -> bytes:
    state = generator.bit_generator.state
    inner = state["state"]
    numbers = [inner["state"], inner["inc"], state["has_uint32"], state["uinteger"]]
    return msgpack.packb([str(number) for number in numbers])


def _decode_generator(payload: bytes) -> np.random.Generator:
    state, inc, has_uint32, uinteger = map(int, msgpack.unpackb(payload))
    bits = np.random.PCG64()
    bits.state = {"bit_generator": "PCG64", "state": {"state": state, "inc": inc},
                  "has_uint32": has_uint32, "uinteger": uinteger}  # fmt: skip
    return np.random.Generator(bits)
