"""What crosses the border, and what a liar can do with it."""

import contextlib
import socket
import struct
import time

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.checks.calls import same
from autograder.sandbox import wire


def refuse(value):
    raise AssertionError(f"{value!r} should cross by value")


def there_and_back(value):
    return wire.unpack(wire.pack(value, refuse), refuse)


@pytest.mark.parametrize(
    "value",
    [
        None, True, -7, 10**40, -(10**40), 0.1, float("inf"), "ü", b"\x00", [1, [2]], (1, (2, [3])), {"a": (1,), 2: None},
        np.arange(6).reshape(2, 3), np.float32(1.5), np.array(3.0), np.zeros((0, 4)), np.array([True, False]),
        np.arange(4, dtype=">i4"), np.asfortranarray(np.ones((2, 3))), np.ones((4, 4))[::2, 1::2], np.array([np.nan]),
    ],
    ids=repr,
)  # fmt: skip
def test_plain_data_crosses_by_value(value):
    """Do built-in types and numeric arrays arrive with type, shape and values?"""
    arrived = there_and_back(value)
    if isinstance(value, np.ndarray):
        assert arrived.dtype == value.dtype.newbyteorder("<")
        assert arrived.flags.writeable
        np.testing.assert_array_equal(arrived, value)
    else:
        assert type(arrived) is type(value)
        assert same(arrived, value)


def test_generators_cross_with_their_state():
    """Does a generator draw the same on the other side?"""
    rng = np.random.default_rng(5)
    rng.integers(3, dtype=np.int32)
    assert there_and_back(rng).normal(size=3).tolist() == rng.normal(size=3).tolist()


class Odd(float):
    pass


@pytest.mark.parametrize(
    "value",
    [{1}, Odd(1), object(), print, np.ma.ones(2), np.array([None]), np.array("x"), np.ones(2, complex), np.longdouble(1)],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_everything_else_stays_behind(value):
    """Does anything but plain data cross as a number only?"""
    kept = []
    arrived = wire.unpack(
        wire.pack([value], lambda v: kept.append(v) or 7), lambda number: ("handle", number)
    )
    assert kept == [value] or kept[0] is value
    assert arrived == [("handle", 7)]


def test_too_large_and_endless_things_are_refused():
    """Are huge, strided-huge and self-containing values refused before they eat memory?"""
    endless = []
    endless.append(endless)
    for value in (np.broadcast_to(0.0, 10**12), b"x" * (wire.MAX_FRAME + 1), endless):
        with pytest.raises(wire.WireError):
            wire.pack(value, refuse)


def array_frame(dtype, shape, data):
    return msgpack.packb(msgpack.ExtType(wire.ARRAY, msgpack.packb([dtype, shape, data])))


@pytest.mark.parametrize(
    "frame",
    [
        array_frame("<f8", [10**9], b"12345678"), array_frame("<f8", [-1], b"12345678"), array_frame("O", [1], b"12345678"),
        array_frame("V8", [1], b"12345678"), array_frame("<f8", [1] * 40, b"12345678"), array_frame("<f8", ["1"], b"12345678"),
        array_frame("f8,f8", [1], b"1" * 16), msgpack.packb(msgpack.ExtType(99, b"")), b"\xc1", b"",
        msgpack.packb(msgpack.ExtType(wire.BIG_INT, b"9" * 10_000)), msgpack.packb(msgpack.ExtType(wire.GENERATOR, b"x")),
        msgpack.packb({"a": 1})[:-1], msgpack.packb(1) * 2,
    ],
)  # fmt: skip
def test_malformed_frames_are_one_kind_of_error(frame):
    """Does every malformed message end in WireError?"""
    with pytest.raises(wire.WireError):
        wire.unpack(frame, lambda number: None)


def colliding(count):
    """A frame with a dict whose keys all have the same hash."""
    keys = [msgpack.ExtType(wire.BIG_INT, str(k * (2**61 - 1)).encode()) for k in range(5, count)]
    packer = msgpack.Packer()
    return packer.pack_map_header(len(keys)) + b"".join(packer.pack(key) + packer.pack(0) for key in keys)


def nested(depth):
    """A frame of tuples in tuples, each inside the bytes of the next."""
    frame = msgpack.packb([])
    for _ in range(depth):
        frame = msgpack.packb([msgpack.ExtType(wire.TUPLE, frame)])
    return frame


@pytest.mark.parametrize(
    "frame",
    [colliding(200_000), nested(150), b"\xdd\x00\x40\x00\x00" + b"\x90" * 2**22, b"\x91" * 600 + b"\x90"],
    ids=["colliding keys", "nested tuples", "millions of lists", "deep lists"],
)
def test_small_frames_cannot_become_large_work(frame):
    """Are frames refused quickly that would take hours, gigabytes or the stack to decode?"""
    started = time.monotonic()
    with pytest.raises(wire.WireError):
        wire.unpack(frame, lambda number: None)
    assert time.monotonic() - started < 10


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.binary(max_size=60))
def test_noise_never_breaks_the_reader(frame):
    """Does random noise either decode or end in WireError?"""
    with contextlib.suppress(wire.WireError):
        wire.unpack(frame, lambda number: None)


def test_sockets_have_deadlines_and_caps():
    """Do silence, a trickle, a hang-up and a giant announcement each end in their own error?"""
    here, there = socket.socketpair()
    with here, there:
        started = time.monotonic()
        with pytest.raises(wire.TooSlow):
            wire.receive(here, started + 0.1)
        there.sendall(b"\x05\0\0\0ab")
        with pytest.raises(wire.TooSlow):
            wire.receive(here, time.monotonic() + 0.1)
        assert time.monotonic() - started < 2
        there.sendall(struct.pack("<I", wire.MAX_FRAME + 1))
        with pytest.raises(wire.WireError):
            wire.receive(here, time.monotonic() + 1)
        there.close()
        with pytest.raises(wire.Closed):
            wire.receive(here, time.monotonic() + 1)
