"""Frames through a socket, with a deadline and a cap of their size."""

import socket
import struct
import time

MAX_FRAME = 32 * 2**20
SOCKET_HOLDS = 2**18


class WireError(Exception):
    """The other side sent something that is not a message, or too much of it."""


class TooSlow(Exception):
    """The deadline passed before the whole message did."""


class Closed(Exception):
    """The other side is gone."""


def send(connection: socket.socket, data: bytes, deadline: float | None = None) -> None:
    """Send one frame. Raises TooSlow after `deadline` (time.monotonic) and Closed without a peer."""
    try:
        connection.settimeout(remaining(deadline))
        connection.sendall(struct.pack("<I", len(data)) + data)
    except TimeoutError as error:
        raise TooSlow from error
    except OSError as error:
        raise Closed from error


def receive(connection: socket.socket, deadline: float | None = None) -> bytearray:
    """Receive one frame. Raises TooSlow, Closed, or WireError for one over the size cap."""
    length = struct.unpack("<I", _exactly(connection, 4, deadline))[0]
    if length > MAX_FRAME:
        raise WireError(f"a message of {length} bytes")
    return _exactly(connection, length, deadline)


def _exactly(connection: socket.socket, count: int, deadline: float | None) -> bytearray:
    """The next `count` bytes; room is made for them as they come, whatever was announced."""
    data = bytearray()
    while len(data) < count:
        try:
            connection.settimeout(remaining(deadline))
            part = connection.recv(min(count - len(data), SOCKET_HOLDS))
        except TimeoutError as error:
            raise TooSlow from error
        except OSError as error:
            raise Closed from error
        if not part:
            raise Closed
        data += part
    return data


def remaining(deadline: float | None) -> float | None:
    """Seconds until `deadline`. Raises TooSlow after it."""
    left = None if deadline is None else deadline - time.monotonic()
    if left is not None and left <= 0:
        raise TooSlow
    return left
