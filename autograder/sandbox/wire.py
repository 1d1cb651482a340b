"""What crosses the border, and how: framed msgpack with arrays, tuples and opaque handles.

Both sides speak it and neither believes the other: nothing is unpickled or evaluated, only exact
built-in types and plain numeric arrays travel by value, and every size is capped.
"""

import socket
import struct
import time
from collections.abc import Callable
from typing import Any

import msgpack
import numpy as np

ARRAY, SCALAR, TUPLE, HANDLE, GENERATOR, BIG_INT = range(1, 7)
MAX_FRAME = 64 * 2**20
MAX_AXES = 8
MAX_DIGITS = 400


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


def pack(message: Any, keep: Callable[[Any], int]) -> bytes:
    """`message` as bytes; what cannot cross is handed to `keep`, and its number crosses instead.

    Raises WireError when it is larger than 64 MiB or refers to itself.
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

    Raises WireError for anything malformed, whatever is wrong with it.
    """

    def decode(code: int, payload: bytes) -> Any:
        if code == TUPLE:
            return tuple(unpacker(payload))
        if code in (ARRAY, SCALAR):
            array = _decode_array(payload)
            return array if code == ARRAY else array[()]
        if code == HANDLE:
            return find(struct.unpack("<q", payload)[0])
        if code == BIG_INT and len(payload) <= MAX_DIGITS + 1:
            return int(payload)
        if code == GENERATOR:
            return _decode_generator(payload)
        raise ValueError(f"unknown extension {code}")

    def unpacker(payload: bytes) -> Any:
        return msgpack.unpackb(payload, ext_hook=decode, strict_map_key=False)

    try:
        return unpacker(data)
    except Exception as error:
        raise WireError(f"malformed message: {type(error).__name__}") from error


def send(connection: socket.socket, data: bytes, deadline: float | None = None) -> None:
    """Send one frame. Raises TooSlow after `deadline` (time.monotonic) and Closed without a peer."""
    try:
        connection.settimeout(_remaining(deadline))
        connection.sendall(struct.pack("<I", len(data)) + data)
    except TimeoutError as error:
        raise TooSlow from error
    except OSError as error:
        raise Closed from error


def receive(connection: socket.socket, deadline: float | None = None) -> bytes:
    """Receive one frame. Raises TooSlow, Closed, or WireError for one over the size cap."""
    length = struct.unpack("<I", _exactly(connection, 4, deadline))[0]
    if length > MAX_FRAME:
        raise WireError(f"a message of {length} bytes")
    return _exactly(connection, length, deadline)


def _exactly(connection: socket.socket, count: int, deadline: float | None) -> bytes:
    data = bytearray()
    while len(data) < count:
        try:
            connection.settimeout(_remaining(deadline))
            part = connection.recv(min(count - len(data), 2**20))
        except TimeoutError as error:
            raise TooSlow from error
        except OSError as error:
            raise Closed from error
        if not part:
            raise Closed
        data += part
    return bytes(data)


def _remaining(deadline: float | None) -> float | None:
    return None if deadline is None else max(deadline - time.monotonic(), 1e-6)


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
