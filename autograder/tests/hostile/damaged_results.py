"""What the reference returns, damaged in one of many ways: what student code may hand to a check."""

import copy
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np

from autograder.checks.calls import raised
from autograder.sandbox.wire import Handle

SMALL, HUGE = 5e-324, 1e308


def _deep(levels: int) -> list:
    value: list = []
    for _ in range(levels):
        value = [value]
    return value


THINGS: tuple[Callable[[], Any], ...] = (
    lambda: None, lambda: True, lambda: False, lambda: 0, lambda: 1, lambda: -1, lambda: 0.0, lambda: 2.5,
    lambda: np.nan, lambda: np.inf, lambda: HUGE, lambda: 10**30, lambda: -(2**63), lambda: 2**64, lambda: 10**399,
    lambda: "", lambda: "ab" * 500, lambda: b"", lambda: b"\xff\x00", lambda: (), lambda: [], lambda: {},
    lambda: [[1], [2, 3]], lambda: [np.ones(2), np.ones(3)], lambda: [np.ones(2), [1.0]], lambda: [None, "x", 1.0],
    lambda: {1: 2}, lambda: {"Wx": None, 3: "b"}, lambda: {"": {"": {}}}, lambda: ({"a": 1},), lambda: _deep(25),
    lambda: [0.0] * 20_000, lambda: tuple(range(2000)), lambda: 1j, lambda: set(), lambda: range(3), lambda: len,
    lambda: (x for x in "ab"), lambda: Handle(7), lambda: [Handle(1), Handle(2)], lambda: {"b": Handle(3)}, object,
    lambda: np.random.default_rng(0), lambda: np.float64(np.nan), lambda: np.float32(1), lambda: np.int8(-128),
    lambda: np.uint64(2**64 - 1), lambda: np.True_, lambda: np.str_("x"), lambda: np.datetime64("2020-01-01"),
    lambda: np.array(None), lambda: np.array([None, 1]), lambda: np.array("x"), lambda: np.array(["a", "b"]),
    lambda: np.array([[1], [2, 3]], object), lambda: np.zeros(0), lambda: np.zeros((0, 3)), lambda: np.zeros((3, 0, 2)),
    lambda: np.zeros((2**28, 0)), lambda: np.zeros(2_000_000, bool), lambda: np.ones((1,) * 8), lambda: np.array(3.0),
    lambda: np.zeros(2, [("a", int)]), lambda: np.ma.masked_array([1.0, 2.0], [True, False]),
)  # fmt: skip
ARRAYS: tuple[Callable[[np.ndarray], Any], ...] = (
    lambda a: a[None], lambda a: a[..., None], np.ravel, np.squeeze, lambda a: a.T, lambda a: a.tolist(), str,
    lambda a: a.tobytes()[:1000], lambda a: a.sum(), lambda a: a.reshape(-1)[:1], lambda a: np.concatenate([a.ravel()] * 2),
    lambda a: a.astype(np.float32), lambda a: a.astype(np.float16), lambda a: a.astype(np.longdouble),
    lambda a: a.astype(complex), lambda a: a.astype(complex) + 1j, lambda a: a.astype(int), lambda a: a.astype(np.int8),
    lambda a: a.astype(np.uint64), lambda a: a.astype(bool), lambda a: a.astype(object), lambda a: a.astype(str),
    lambda a: np.full(a.shape, np.nan), lambda a: np.full(a.shape, np.inf), lambda a: np.full(a.shape, -(2**63)),
    lambda a: np.full(a.shape, HUGE), lambda a: np.full(a.shape, SMALL), lambda a: np.full(a.shape, 10**30, object),
    lambda a: np.full(a.shape, 2**64 - 1, np.uint64), lambda a: np.broadcast_to(1.0, a.shape), np.zeros_like,
    lambda a: 0 - a, lambda a: a + 1e-3, lambda a: a * 1.001, lambda a: a[::-1] if a.ndim else a, lambda a: a + HUGE,
    lambda a: np.where(np.arange(a.size).reshape(a.shape) == 0, np.nan, a), lambda a: a.view(np.recarray),
    lambda a: np.sign(a) * HUGE, lambda a: (a,), lambda a: [a], lambda a: {"a": a}, lambda a: a[..., :-1] if a.ndim else a,
)  # fmt: skip
GROUPS: tuple[Callable[[list], Any], ...] = (
    lambda v: v[:-1], lambda v: v[1:], lambda v: [*v, v[0]], lambda v: v[::-1], list, tuple, lambda v: [v], lambda v: v[0],
    lambda v: dict(enumerate(v)), lambda v: np.array(len(v)), lambda v: iter(v),
)  # fmt: skip
DICTS: tuple[Callable[[dict], Any], ...] = (
    lambda d: dict(list(d.items())[1:]), lambda d: {**d, "more": 1.0}, lambda d: {**d, 7: 1.0}, lambda d: {**d, None: 1.0},
    lambda d: {f"{k} ": v for k, v in d.items()}, lambda d: list(d.values()), lambda d: list(d), lambda d: tuple(d.items()),
    dict.fromkeys, lambda d: dict(zip(d, list(d.values())[::-1], strict=True)), lambda d: str(d)[:1000],
    lambda d: dict(enumerate(d.values())),
)  # fmt: skip


def damaged(value: Any, rng: np.random.Generator) -> Any:
    """A copy with one thing changed: the whole, or a part, in a way that suits it or in any way."""
    if isinstance(value, tuple | list | dict) and len(value) and rng.random() < 0.75:
        items = dict(value) if isinstance(value, dict) else list(value)
        key = (
            list(items)[rng.integers(len(items))]
            if isinstance(value, dict)
            else int(rng.integers(len(items)))
        )
        items[key] = damaged(items[key], rng)
        return tuple(items) if isinstance(value, tuple) else items
    return _changed(value, rng)


def _changed(part: Any, rng: np.random.Generator) -> Any:
    kinds = {np.ndarray: ARRAYS, np.generic: ARRAYS, float: ARRAYS, dict: DICTS, list: GROUPS, tuple: GROUPS}
    ways = next((ways for kind, ways in kinds.items() if isinstance(part, kind)), ())
    empty = part.size == 0 if isinstance(part, np.ndarray) else ways in (GROUPS, DICTS) and not part
    if not ways or empty or rng.random() < 0.4:
        return THINGS[rng.integers(len(THINGS))]()
    way = ways[rng.integers(len(ways))]
    with np.errstate(all="ignore"):
        return way(np.asarray(part) if ways is ARRAYS else list(part) if ways is GROUPS else part)


class Damaging:
    """A stand-in for a student's function: the reference's, whose results are damaged at some calls."""

    def __init__(self, name: str, right: Callable, strike: Callable[[int, Any], Any]):
        self.__name__, self.right, self.strike, self.calls = name, right, strike, 0

    def __call__(self, *arguments: Any) -> Any:
        return self.sealed_call(arguments)[0][0]

    def sealed_call(
        self, arguments: tuple, times: int = 1, seconds: float | None = None, keep: bool = False
    ) -> tuple[list, bool]:
        """As of sandbox.session.StudentFunction, without a process."""
        try:
            copies = copy.deepcopy(arguments)
        except TypeError as error:  # some damage would not have crossed the border
            raise raised(self.__name__, "TypeError", "") from error
        return [self._once(copies) for _ in range(times)], False

    def _once(self, arguments: tuple) -> Any:
        self.calls += 1
        try:
            result = self.right(*arguments)
        except Exception as error:
            raise raised(self.__name__, type(error).__name__, "") from error
        return self.strike(self.calls, result)

    def sealed_probe(self) -> nullcontext:
        """Calls that look for a diagnosis are damaged as well."""
        return nullcontext()

    def sealed_supply(self, stand_ins: dict) -> nullcontext:
        """The reference calls what is right."""
        return nullcontext()
