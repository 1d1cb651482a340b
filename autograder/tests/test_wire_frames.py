"""What a frame may cost at most: the dearest message of each kind, and real messages mutated at random."""

import contextlib
import ctypes
import itertools
import random
import resource
import signal
import struct
import time
import tracemalloc
import weakref
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from autograder.sandbox import wire
from autograder.sandbox.wire.format import MAX_DIGITS, TUPLE_MARK
from autograder.sandbox.wire.write import Writer

pytestmark = pytest.mark.slow

MEMORY, SECONDS = 64 * 2**20, 1.0
AT_ONCE = 500


@dataclass
class Cost:
    """What unpacking a frame came to, and took besides the frame; memory is resident, its peak."""

    outcome: str
    size: int
    memory: int
    seconds: float
    name: object = None


def find(number):
    """What both sides make of a handle, without their bookkeeping."""
    handle = wire.Handle(number)
    weakref.finalize(handle, int)
    return handle


def outcome(frame):
    try:
        wire.unpack(frame, find)
    except wire.WireError as error:
        return str(error)
    return "read"


def status(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(field))


@contextlib.contextmanager
def bounded():
    """No more addresses than MEMORY on top of those in use; a frame that takes far too long ends the process."""
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    signal.setitimer(signal.ITIMER_PROF, 5 * SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (status("VmSize") + MEMORY, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        signal.setitimer(signal.ITIMER_PROF, 0)


def cost(frame, name=None):
    """Unpack in this process; what earlier frames left behind goes back to the system first."""
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = status("VmRSS")
    with bounded():
        started = time.process_time()
        came_to = outcome(frame)
        seconds = time.process_time() - started
    return Cost(came_to, len(frame), status("VmHWM") - before, seconds, name)


def traced(frame):
    """The peak of what Python and NumPy ask for while they unpack."""
    tracemalloc.start()
    outcome(frame)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.fixture(scope="module")
def child():
    """A process that may be bounded, and die of it."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        yield pool


ZEROS = bytes(1200)
# Each makes a message of `n` entries that cost their bytes; as many are sent as may be.
KINDS = {
    "floats": lambda n: [0.5] * n, "nothing": lambda n: [None] * n, "lists": lambda n: [[]] * n, "lists of one": lambda n: [[0]] * n,
    "tuples": lambda n: [(0,)] * n, "dicts": lambda n: [{}] * n, "dicts of one": lambda n: [{"k": 0.5}] * n,
    "dicts of six": lambda n: [dict.fromkeys("abcdef", 0.5)] * n, "one dict": lambda n: {f"{k:06}": 0.5 for k in range(n)},
    "keys that are alike": lambda n: {k << 44: 0.5 for k in range(n)}, "texts": lambda n: [f"{k:06}" for k in range(n)],
    "bytes": lambda n: [ZEROS[:9]] * n, "a long text": lambda n: "x" * n, "a long text with a wide end": lambda n: "x" * n + "é☃😀",
    "a wide text": lambda n: "😀" * n, "texts that are wide": lambda n: ["😀é"] * n, "large numbers": lambda n: [256**MAX_DIGITS // 3] * n,
    "scalars": lambda n: [np.float16(1)] * n, "arrays": lambda n: [np.ones(1)] * n, "arrays of 1 KiB": lambda n: [np.ones(128)] * n,
    "arrays of no axis": lambda n: [np.array(1)] * n, "arrays of 32 axes": lambda n: [np.ones((1,) * 32)] * n,
    "empty arrays": lambda n: [np.zeros((0, 9))] * n, "truth values": lambda n: [np.ones(n, bool)] * 3, "generators": lambda n: [np.random.default_rng(1)] * n,
    "handles": lambda n: [wire.Handle(1)] * n, "an array beside lists": lambda n: [np.ones(30 * 2**17)] + [[]] * n,
}  # fmt: skip


def left(message):
    """What the message leaves of its budget, and of its frame."""
    writer = Writer(id)
    frame = writer.frame(message)
    return writer._left, wire.MAX_FRAME - len(frame)


def as_many_as_may_be(make):
    """The frame of the most entries that the budget and the size of a frame allow, but for a few."""
    few, more = left(make(1000)), left(make(3000))
    each = [(one - other) / 2000 for one, other in zip(few, more, strict=True)]
    return wire.pack(make(int(0.999 * min(have / one for have, one in zip(few, each, strict=True)))), id)


@pytest.mark.parametrize("kind", KINDS)
def test_the_dearest_message_of_each_kind(child, kind, stress):
    """Does a message that uses up its whole budget arrive, within the memory and the time?"""
    frame = as_many_as_may_be(KINDS[kind])
    found = child.submit(cost, frame).result()
    assert found.outcome == "read"
    assert found.memory < MEMORY
    assert found.seconds < SECONDS
    if stress or found.size > 2**23:  # many small objects take long to trace
        assert child.submit(traced, frame).result() < MEMORY


@cache
def corpus():
    """Frames as grading sends them: requests, replies, questions, outputs, parameters, and what is rare."""
    rng = np.random.default_rng(0)
    x, weights = rng.normal(size=(4, 5)), {f"W{k}": rng.normal(size=(8, 8)).astype("f4") for k in range(12)}
    arguments = (x, rng.integers(9, size=3), np.zeros(3), 0.1, True, None)
    odd = [
        10**40,
        -(2**70),
        np.float32(2),
        np.bool_(True),
        {1: (2, [3])},
        b"\0\xff",
        "ü☃😀",
        float("nan"),
        wire.Handle(5),
        {1},
    ]
    messages = [
        {"id": 1, "op": "call", "arguments": {"name": "f", "arguments": arguments, "times": 2}, "free": [3, 4]},
        {"id": 2, "op": "call", "arguments": {"name": "draw", "arguments": (rng, weights), "times": 1}, "free": []},
        {"id": 3, "values": [(x, {"x": x, "mask": x > 0, "n": 3, "inner": [(x, wire.Handle(9))]})], "changed": False, "dropped": [-1]},
        {"id": 4, "ok": True, "text": "loss 0.5 — fünf ☃\n" * 40, "images": ["QUJD" * 500]},
        {"id": -1, "ask": "step", "arguments": (weights, 0.1), "keywords": {"rng": rng}, "dropped": []},
        {"id": 5, "error": {"kind": "ValueError", "message": "shapes (3,) and (4,)", "line": "return x @ W"}},
        {"id": 6, "values": [list(range(3000)), [0.5] * 3000, [f"{k}" for k in range(500)]], "changed": True},
        {"id": 7, "values": odd, "nested": nested(20)}, {"id": 8, "values": [np.zeros((0, 5)), np.array(1), np.ones((2,) * 7), np.zeros(70_000)]},
    ]  # fmt: skip
    return [wire.pack(message, lambda value: 1) for message in messages]


def nested(depth):
    return () if depth == 0 else [(nested(depth - 1), {"deeper": depth})]


def flip(draw, frame):
    """Some bytes become others."""
    for _ in range(draw.randint(1, 8)):
        frame[draw.randrange(len(frame))] = draw.randrange(256)


def cut(draw, frame):
    """A piece is missing, often the end."""
    start = draw.randrange(len(frame))
    del frame[start : start + draw.choice([1, 9, len(frame)])]


def splice(draw, frame):
    """The beginning of one message, the rest of another."""
    other = draw.choice(corpus())
    frame[draw.randrange(len(frame)) :] = other[draw.randrange(len(other)) :]


def double(draw, frame):
    """A piece comes several times."""
    start = draw.randrange(len(frame))
    piece = frame[start : start + draw.choice([1, 5, 60, 4000])]
    frame[start:start] = piece * few_or_many(draw, 2**20 // len(piece))


def lie(draw, frame):
    """Somewhere begins a thing that says how long it is."""
    first = draw.choice([*range(0xC4, 0xCA), *range(0xD4, 0xE0), 0x8F, 0x9F, 0xBF])
    length = draw.choice([0, 1, 255, 300_000, 2**24, 2**25, 2**31, 2**32 - 1, draw.randrange(2**16)])
    header = bytes([first]) + struct.pack(">I", length)[draw.choice([0, 2, 3]) :]
    place = draw.randrange(len(frame))
    frame[place : place + draw.choice([0, len(header)])] = header * few_or_many(draw, 1000)


def recode(draw, frame):
    """Extensions are said to be others, or dtypes and axes change, which come right behind."""
    places = [
        at for at, byte in enumerate(frame[:20_000]) if byte in range(0xC7, 0xCA) or byte in range(0xD4, 0xD9)
    ]
    for at in draw.sample(places, min(len(places), draw.randint(1, 3))):
        frame[min(at + draw.randint(1, 4), len(frame) - 1)] = draw.choice([*range(14), 99, 255])


def nest(draw, frame):
    """The message lies in others, or beside copies of itself."""
    wrapper = draw.choice(
        [b"\x91", b"\x81\0", b"\x92" + TUPLE_MARK, bytes([0xC7, len(frame) % 256, draw.randrange(7)])]
    )
    frame[:0] = wrapper * few_or_many(draw, 600)
    if draw.random() < 0.3:
        copies = few_or_many(draw, max(1, min(20_000, wire.MAX_FRAME // len(frame) - 1)))
        frame[:] = b"\xdd" + struct.pack(">I", copies) + frame * copies


def few_or_many(draw, most):
    return int(most ** draw.random())


MUTATIONS = [flip, cut, splice, double, lie, recode, nest]


def mutated(seed):
    """One of the corpus after one to three mutations, the same for the same seed."""
    draw = random.Random(seed)
    frame = bytearray(draw.choice(corpus()))
    for mutate in draw.choices(MUTATIONS, k=draw.randint(1, 3)):
        mutate(draw, frame)
        frame = frame[: wire.MAX_FRAME] or bytearray(1)
    return frame


def costs(seeds):
    return [cost(mutated(seed), seed) for seed in seeds]


def worst(found):
    """The dearest of them in memory and in time."""
    return max(found, key=lambda one: one.memory), max(found, key=lambda one: one.seconds)


def test_mutated_frames_cost_what_they_are_worth(child, stress):
    """Does each of many mutated messages arrive or end in WireError, within the memory and the time?"""
    seeds = range(100_000 if stress else 3000)
    lumps = [seeds[at : at + AT_ONCE] for at in range(0, len(seeds), AT_ONCE)]
    found = [*itertools.chain.from_iterable(child.map(costs, lumps))]
    dear, slow = worst(found)
    print(f"{len(found)} frames; most memory {dear}; most time {slow}")
    assert dear.memory < MEMORY
    assert slow.seconds < SECONDS
    assert not [one for one in found if "MemoryError" in one.outcome]
    read = sum(one.outcome == "read" for one in found)
    assert 0.05 < read / len(found) < 0.6  # both happen
