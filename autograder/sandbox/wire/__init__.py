"""What crosses the border, and how: framed msgpack with arrays, tuples and opaque handles.

Both sides speak it and neither believes the other: nothing is unpickled or evaluated, only exact
built-in types and plain numeric arrays travel by value, and what a message becomes is counted before
it is built.
"""

from collections.abc import Callable
from typing import Any

from autograder.sandbox.wire.format import MAX_IMAGE, MAX_IMAGES, Handle
from autograder.sandbox.wire.read import Reader
from autograder.sandbox.wire.stream import MAX_FRAME, Closed, TooSlow, WireError, receive, send
from autograder.sandbox.wire.write import Kept, Writer

__all__ = [
    "MAX_FRAME", "MAX_IMAGE", "MAX_IMAGES", "Closed", "Handle", "Kept", "TooSlow", "WireError",
    "pack", "receive", "send", "unpack",
]  # fmt: skip


def pack(message: Any, keep: Callable[[Any], int]) -> bytes:
    """`message` as bytes; what cannot cross is handed to `keep`, and its number crosses instead.

    Besides objects of other types that is a container inside 30 others, a dict with a key that is
    neither text nor a 64-bit number, and whatever is inside Kept. Raises WireError for more than 32 MiB
    or than `unpack` takes.
    """
    try:
        return Writer(keep).frame(message)
    except Exception as error:
        problem = WireError(f"cannot be sent: {error}")
    raise problem


def unpack(data: bytes | bytearray, find: Callable[[int], Any], deadline: float | None = None) -> Any:
    """The message in `data`; `find` turns a handle's number into what stands for it here.

    Takes at most 64 MiB of memory besides `data`. Raises WireError for anything malformed or
    extravagant, whatever is wrong with it, and TooSlow after `deadline` (time.monotonic).
    """
    try:
        return Reader(data, find, deadline).message()
    except TooSlow:
        problem: Exception = TooSlow()
    except Exception as error:
        problem = WireError(f"malformed message: {type(error).__name__}")
    raise problem  # out here, since the first error's traceback would keep all that was read so far
