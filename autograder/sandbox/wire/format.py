"""The format on the wire, which both sides keep to: codes, layouts, limits, and what things cost.

Extensions of msgpack have fixed binary layouts, so that each can only be what it says. A tuple is an
array behind a mark.
"""

import math
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.sandbox.wire.stream import remaining

ARRAY, SCALAR, TUPLE, HANDLE, GENERATOR, BIG_INT = range(1, 7)
TUPLE_MARK = bytes([0xC7, 0, TUPLE])  # the first entry of the array: an extension without content
MAX_COST = 56 * 2**20  # bytes that a message may become; leaves room below 64 MiB for work on the way
MAX_AXES = 32
MAX_DEPTH = 30
MAX_DIGITS = 167  # of a large whole number, to the base 256: about 400 decimal ones
MAX_IMAGES, MAX_IMAGE = 8, 2**20  # pictures that a cell may show, and characters of each

# Bytes that any entry of a container counts for, and what some kinds count for on top of it. Python and
# NumPy take less; what is slow to make is dear, so that the whole message stays well below a second.
OBJECT_COST, SCALAR_COST, ARRAY_COST, HANDLE_COST, GENERATOR_COST = 192, 128, 320, 640, 4096
MAX_EMPTY = MAX_COST // OBJECT_COST  # rows of an array that holds nothing: those that a list could have
ASCII_COST, TEXT_COST = 2, 8  # a byte of text: itself and a copy; four if one is not ASCII, and copies
LOOK_EVERY = 2**20  # bytes of cost from one look at the clock to the next

# The dtypes that cross: NumPy's name, struct's letter. An array says its dtype by the place in this table.
NUMERIC = {"b1": "?", "i1": "b", "i2": "h", "i4": "i", "i8": "q", "u1": "B", "u2": "H", "u4": "I", "u8": "Q",
           "f2": "e", "f4": "f", "f8": "d"}  # fmt: skip
DTYPES = [np.dtype(f"<{name}") for name in NUMERIC]
SCALARS = [struct.Struct(f"<{letter}") for letter in NUMERIC.values()]
CODES = {(dtype.kind, dtype.itemsize): code for code, dtype in enumerate(DTYPES)}
NUMBER = struct.Struct("<q")
PCG64 = struct.Struct("<16s16s?I")  # state, increment, and the half of a draw that is left over


class Handle:
    """Something that stays behind: only its number crosses, and it can be passed back.

    Where it can be called, `call` takes the call to the other side.
    """

    __slots__ = ("__weakref__", "call", "number")

    def __init__(self, number: int, call: Callable | None = None):
        self.number, self.call = number, call

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        if self.call is None:
            raise TypeError("an object that stays on the other side cannot be called")
        return self.call(*arguments, **keywords)

    def __repr__(self) -> str:
        return "<an object that stays on the other side>"


class Budget:
    """What one message may still take: memory, depth and time. Both sides ask before they build."""

    def __init__(self, deadline: float | None):
        self._deadline, self._depth = deadline, 0
        self._left = self._next_look = MAX_COST

    def _spend(self, cost: int) -> None:
        self._left -= cost
        if self._left < self._next_look:
            self._look()

    def _look(self) -> None:
        if self._left < 0:
            raise ValueError(f"it takes more than {MAX_COST >> 20} MiB")
        remaining(self._deadline)
        self._next_look = max(0, self._left - LOOK_EVERY)

    def _spend_array(self, shape: tuple[int, ...], itemsize: int) -> int:
        """The bytes of an array's numbers."""
        if 0 in shape and math.prod(n or 1 for n in shape) > MAX_EMPTY:
            raise ValueError("an empty array that takes long to walk through")
        size = math.prod(shape) * itemsize
        self._spend(ARRAY_COST + 16 * len(shape) + size)
        return size


def is_key(key: Any) -> bool:
    """May it be a key? Text and 64-bit numbers; others can be made to collide, which takes hours."""
    if type(key) is str:
        return key.isascii() or is_unicode(key)
    return type(key) is int and -(2**63) <= key < 2**63


def is_unicode(text: str) -> bool:
    """Can it be encoded? Halves of characters cannot."""
    return not any("\ud800" <= character <= "\udfff" for character in text)
