"""Frames through a socket, with a deadline and a cap of their size."""

import socket
import struct
import time
from typing import Protocol

MAX_FRAME = 32 * 2**20
SOCKET_HOLDS = 2**18


class WireError(Exception):
    """The other side sent something that is not a message, or too much of it."""


class TooSlow(Exception):
    """The deadline passed before the whole message did."""


class Closed(Exception):
    """The other side is gone."""


class HasTime(Protocol):
    """A deadline that is not a moment: `left()` says when to ask again, or raises TooSlow."""

    def left(self) -> float: ...


Deadline = float | HasTime | None


def send(connection: socket.socket, data: bytes, deadline: Deadline = None) -> None:
    """Send one frame. Raises TooSlow after `deadline` (time.monotonic) and Closed without a peer."""
    left = memoryview(struct.pack("<I", len(data)) + data)
    while left:
        connection.settimeout(remaining(deadline))
        try:
            left = left[connection.send(left) :]
        except TimeoutError:
            continue
        except OSError as error:
            raise Closed from error


def receive(connection: socket.socket, deadline: Deadline = None) -> bytearray:
    """Receive one frame. Raises TooSlow, Closed, or WireError for one over the size cap."""
    length = struct.unpack("<I", _exactly(connection, 4, deadline))[0]
    if length > MAX_FRAME:
        raise WireError(f"a message of {length} bytes")
    return _exactly(connection, length, deadline)


def _exactly(connection: socket.socket, count: int, deadline: Deadline) -> bytearray:
    """The next `count` bytes; room is made for them as they come, whatever was announced."""
    data = bytearray()
    while len(data) < count:
        connection.settimeout(remaining(deadline))
        try:
            part = connection.recv(min(count - len(data), SOCKET_HOLDS))
        except TimeoutError:
            continue
        except OSError as error:
            raise Closed from error
        if not part:
            raise Closed
        data += part
    return data


def remaining(deadline: Deadline) -> float | None:
    """Seconds until `deadline`, or until it wants to be asked again. Raises TooSlow after it."""
    if deadline is None:
        return None
    if not isinstance(deadline, int | float):
        return deadline.left()
    left = deadline - time.monotonic()
    if left <= 0:
        raise TooSlow
    return left
