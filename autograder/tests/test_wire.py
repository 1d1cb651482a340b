"""What crosses the border, and what a liar can do with it."""

import collections
import contextlib
import enum
import socket
import struct
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.checks.calls import same
from autograder.sandbox import wire
from autograder.sandbox.wire import format as layout


def refuse(value):
    raise AssertionError(f"{value!r} should cross by value")


def there_and_back(value):
    return wire.unpack(wire.pack(value, refuse), refuse)


@pytest.mark.parametrize(
    "value",
    [
        None, True, -7, 2**63, -(2**63) - 1, 10**40, -(10**40), 10**399, 0.1, float("inf"), "ü", b"\x00", [1, [2]], [1, 2**70],
        (1, (2, [3])), (), [()], {"a": (1,), 2: None}, list(range(-70_000, 70_000, 7)), "x" * 70_000, b"x" * 300, [None] * 70_000,
        {n: n for n in range(70_000)}, np.arange(6).reshape(2, 3), np.float32(1.5), np.array(3.0), np.zeros((0, 4)), np.zeros((3, 0)),
        np.arange(4, dtype=">i4"), np.asfortranarray(np.ones((2, 3))), np.ones((4, 4))[::2, 1::2], np.array([np.nan]),
        np.array([True, False]), np.float64(-0.5), np.bool_(True), np.int64(-(2**63)), np.uint8(255), np.float16(0.5), np.ones((1,) * 32),
    ],
    ids=lambda value: repr(value)[:40],
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


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
KEYS = st.text() | st.integers(-(2**63), 2**63 - 1)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(
    st.recursive(
        LEAVES, lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(KEYS, inner)
    )
)
def test_whatever_is_written_is_read_the_same(value):
    """Does any nesting of built-in types arrive as it was?"""
    assert repr(there_and_back(value)) == repr(value)


def test_generators_cross_with_their_state():
    """Does a generator draw the same on the other side, half a draw that is left over included?"""
    rng = np.random.default_rng(5)
    rng.integers(3, dtype=np.int32)
    arrived = there_and_back(rng)
    assert arrived.bit_generator.state == rng.bit_generator.state
    assert arrived.normal(size=3).tolist() == rng.normal(size=3).tolist()


class Odd(float):
    pass


Two = collections.namedtuple("Two", "one two")


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Odd(1), 1.0), (np.ma.masked_array([1.0, 2.0], [True, False]), np.array([1.0, 2.0])), (np.longdouble(1), np.float64(1)),
        (np.ones(2, np.longdouble), np.ones(2)), (np.ones(2).view(np.recarray), np.ones(2)), (Two(1, [2]), (1, [2])),
        (collections.OrderedDict(a=1), {"a": 1}), (collections.defaultdict(list, a=[]), {"a": []}), (enum.IntEnum("One", "I").I, 1),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_is_a_plain_value_but_for_its_type_becomes_one(value, plain):
    """Do subclasses arrive as what they are made of?"""
    arrived = there_and_back(value)
    assert type(arrived) is type(plain)
    assert repr(arrived) == repr(plain)


class Colour(enum.Enum):
    RED = 1


@pytest.mark.parametrize(
    "value",
    [
        {1}, object(), print, np.array([None]), np.array("x"), np.ones(2, complex), 10**500,
        np.random.Generator(np.random.MT19937(1)), np.zeros(2, "M8[s]"), np.zeros(2, "f8,f8"), "half of a \ud83d",
        {np.int64(1): 0}, {(1, 2): 0}, {None: 0}, {0.5: 0}, {True: 0}, {Colour.RED: 0}, {2**63: 0}, {b"": 0}, {"\ud83d": 0},
    ],
    ids=lambda value: type(value).__name__ + (str(next(iter(value))).strip("\ud83d") if type(value) is dict else ""),
)  # fmt: skip
def test_everything_else_stays_behind(value):
    """Does anything but plain data cross as a number only, and leave the rest of its message alone?"""
    kept = []
    arrived = wire.unpack(
        wire.pack([value, 5], lambda v: kept.append(v) or 7), lambda number: ("handle", number)
    )
    assert kept[0] is value
    assert arrived == [("handle", 7), 5]


def nested(depth, wrap):
    value = 1
    for _ in range(depth):
        value = wrap(value)
    return value


@pytest.mark.parametrize(
    "wrap", [lambda v: [v], lambda v: (v,), lambda v: {"a": v}], ids=["list", "tuple", "dict"]
)
def test_what_lies_too_deep_stays_behind_and_comes_back(wrap):
    """Does a structure of any depth, or one that holds itself, cross with a handle for its depths?"""
    kept = {}
    for value in (nested(30, wrap), nested(31, wrap), nested(400, wrap)):
        data = wire.pack(value, lambda inner: kept.update({5: inner}) or 5)
        assert wire.unpack(data, kept.get) == value
    assert kept[5] == nested(370, wrap)
    endless = []
    endless.append(endless)
    assert wire.unpack(wire.pack(endless, lambda inner: 5), lambda number: 1) == nested(30, lambda v: [v])


def test_too_large_things_are_refused_by_the_sender():
    """Are huge, strided-huge, widening and too many values refused before they eat memory?"""
    wide = []
    wide.extend([wide] * 9)
    for value in (
        np.broadcast_to(0.0, 10**12),
        np.zeros((2**28, 0)),
        b"x" * (wire.MAX_FRAME + 1),
        wide,
        [[]] * 400_000,
        [0.5] * 400_000,
    ):
        with pytest.raises(wire.WireError):
            wire.pack(value, refuse)


def extension(code, payload):
    return msgpack.packb(msgpack.ExtType(code, payload))


def array(code, shape, data=b""):
    return extension(layout.ARRAY, struct.pack(f"<BB{len(shape)}I", code, len(shape), *shape) + data)


FLOAT = layout.CODES["f", 8]


@pytest.mark.parametrize(
    "frame",
    [
        array(FLOAT, [10**9], b"12345678"), array(FLOAT, [2**31] * 4, b""), array(FLOAT, [2**16] * 4, b""), array(99, [1], b"12345678"),
        array(FLOAT, [1] * 40, b"12345678"), array(FLOAT, [1], b"123456789"), array(FLOAT, [1], b"1234567"), array(FLOAT, [2**28, 0]),
        array(FLOAT, [0, 2**20]), array(FLOAT, [2**20] + [1] * 30 + [0]), extension(layout.ARRAY, b""), extension(layout.ARRAY, b"\x0b"),
        extension(layout.ARRAY, b"\x0b\x04\1\0\0\0"), extension(layout.SCALAR, b""), extension(layout.SCALAR, b"\x0b" + bytes(7)),
        extension(layout.SCALAR, b"\x0b" + bytes(16)), extension(layout.SCALAR, b"\x63" + bytes(8)), extension(layout.HANDLE, bytes(7)),
        extension(layout.HANDLE, bytes(9)), extension(layout.HANDLE, b""), extension(layout.BIG_INT, bytes(168)),
        extension(layout.GENERATOR, bytes(36)), extension(layout.GENERATOR, bytes(38)), extension(layout.TUPLE, b""),
        extension(layout.TUPLE, msgpack.packb([1])), b"\x92\x01" + layout.TUPLE_MARK, b"\x92" + 2 * layout.TUPLE_MARK, b"\x90" + layout.TUPLE_MARK,
        b"\x81" + layout.TUPLE_MARK + b"\0", extension(99, b""), msgpack.packb(msgpack.Timestamp(1)), msgpack.packb(msgpack.Timestamp(2**40, 5)),
        b"\xc1", b"", b"\xa2\xc3\x28", b"\xa3\xed\xa0\xbd", b"\xa4\xf5\x80\x80\x80", b"\xa2\xc0\x80",
        b"\x82\xa1a\0\xa1a\1", b"\x82\1\0\xd1\0\1\0", b"\x81\xc0\0", b"\x81\xc3\0", b"\x81\x90\0", b"\x81\xcb" + bytes(9), b"\x81\xcf" + b"\xff" * 8 + b"\0",
        msgpack.packb({"a": 1})[:-1], msgpack.packb(1) * 2, b"\xdb\xff\xff\xff\xffa", b"\xc6\xff\xff\xff\xffa", b"\xc9\xff\xff\xff\xff\1", b"\xc7", b"\xd9",
    ],
    ids=lambda frame: frame[:12].hex(),
)  # fmt: skip
def test_malformed_frames_are_one_kind_of_error(frame):
    """Does every malformed message end in WireError, also inside a message that is none?"""
    for whole in (frame, b"\x92\0" + frame, b"\x93" + layout.TUPLE_MARK + b"\0" + frame):
        with pytest.raises(wire.WireError):
            wire.unpack(whole, lambda number: None)


def test_truth_values_are_0_or_1_whatever_comes():
    """Do bytes that are no bool arrive as bools that add up?"""
    arrived = wire.unpack(array(layout.CODES["b", 1], [3], b"\x02\xff\x00"), refuse)
    assert arrived.view(np.uint8).tolist() == [1, 1, 0]


def old_extension(code, payload):
    """An extension whose payload is msgpack of its own, as no extension has any more."""
    return extension(code, msgpack.packb(payload))


BOMBS = {
    "a tuple that is an array": old_extension(layout.TUPLE, msgpack.ExtType(layout.ARRAY, msgpack.packb(["<f8", [2**28, 0], b""]))),
    "an array full of maps": extension(layout.ARRAY, b"\xdd\x01\0\0\0" + b"\x80" * 2**24),
    "a generator full of lists": extension(layout.GENERATOR, b"\xdd\x01\0\0\0" + b"\x90" * 2**24),
    "maps": b"\xdd\x02\0\0\0" + b"\x80" * (2**25 - 5),
    "lists": b"\xdd\x00\x40\x00\x00" + b"\x90" * 2**22,
    "headers in headers": b"\xdd\x00\x04\x93\xe0" * 500 + bytes(300_000),
    "map headers in headers": b"\xdf\x00\x04\x93\xe0\x01" * 500 + bytes(600_000),
    "a map that says too much": b"\xdf\xff\xff\xff\xff" + b"\x01" * 2**24,
    "deep lists": b"\x91" * 600 + b"\x90",
    "deep tuples": (b"\x92" + layout.TUPLE_MARK) * 600 + b"\xc0",
    "digits": old_extension(layout.BIG_INT, b"9" * 10_000_000),
    "colliding keys": b"\xdf\0\x03\0\0" + b"".join(extension(layout.BIG_INT, (k * (2**61 - 1)).to_bytes(12, "little")) + b"\0" for k in range(5, 196_613)),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_small_frames_cannot_become_large_work(name):
    """Are frames that would take hours, gigabytes or the stack refused at once and for nothing?"""
    tracemalloc.start()
    started = time.monotonic()
    with pytest.raises(wire.WireError):
        wire.unpack(BOMBS[name], lambda number: None)
    assert time.monotonic() - started < 1
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_reading_looks_at_the_clock():
    """Does a message that takes long to read end at its deadline, and at once when it has passed?"""
    frame = wire.pack([[0.5]] * 140_000, refuse)

    def seconds(most):
        """The fastest of some tries, since a garbage collection may come between."""
        spent = []
        for _ in range(5):
            started = time.process_time()
            with contextlib.suppress(wire.TooSlow):
                wire.unpack(frame, refuse, time.monotonic() + most)
            spent.append(time.process_time() - started)
        return min(spent)

    with pytest.raises(wire.TooSlow):
        wire.unpack(frame, refuse, time.monotonic() + 0.01)
    assert seconds(0.01) < seconds(100) / 2
    with pytest.raises(wire.TooSlow):
        wire.unpack(b"\0", refuse, time.monotonic() - 1)


def test_an_error_keeps_nothing_of_what_was_read():
    """Is the memory of a refused message free while its error is still held?"""
    frame = b"\x92" + array(FLOAT, [2**20], bytes(2**23)) + b"\xc1"
    tracemalloc.start()
    with pytest.raises(wire.WireError) as held:
        wire.unpack(frame, refuse)
    assert held.value.__context__ is None
    assert tracemalloc.get_traced_memory()[0] < 2**20
    tracemalloc.stop()


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


def received(sender, count):
    """What `receive` gives for a frame of `count` bytes, None if it does not all come, and its peak of memory."""
    here, there = socket.socketpair()
    data = None
    with here, there, ThreadPoolExecutor(1) as other:
        there.sendall(struct.pack("<I", count))
        other.submit(sender, there)
        tracemalloc.start()
        with contextlib.suppress(wire.Closed):
            data = wire.receive(here, time.monotonic() + 20)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return data, peak


def test_room_is_made_for_what_has_come():
    """Does a frame take little more than its size, and one that only announces itself nothing?"""
    whole = bytes(wire.MAX_FRAME)
    data, peak = received(lambda there: there.sendall(whole), len(whole))
    assert data == whole
    assert peak < 1.25 * len(whole)
    data, peak = received(lambda there: there.shutdown(socket.SHUT_RDWR), wire.MAX_FRAME)
    assert data is None
    assert peak < 2**20


def test_a_trickle_arrives():
    """Does a frame that comes byte by byte arrive, and take no more memory than one that comes at once?"""

    def trickle(there):
        for _ in range(20_000):
            there.sendall(b"x")

    data, peak = received(trickle, 20_000)
    assert data == b"x" * 20_000
    assert peak < 2**20
