"""What crosses in plain tests: values as they are, and nothing that a liar can make of the format."""

import collections
import datetime
import decimal
import enum
import fractions

import numpy as np
import pytest

from autograder.grading.putback import put
from autograder.sandbox import wire
from autograder.sandbox.objects import Objects
from autograder.sandbox.wire.values import encode
from autograder.sandbox.wire.values_read import Unreadable, decode


def left(value):
    return ("object", 1, 2)


def there_and_back(value):
    return decode(wire.unpack(wire.pack(encode(value, left), None), None), lambda *numbers: numbers)


VALUES = [
    None, True, 7, -(2**63), 2**70, 10**3000, 0.5, float("inf"), "ü", "half of a \ud83d", b"\0", bytearray(b"x"), 1 + 2j, [], [1, 2.5, True],
    [2**70, 1], (), (1, [2, ("a",)]), {1, "a", (2, 3)}, frozenset({1}), {"a": 1, (1, 2): [3], None: {}}, {"a": 1}.keys(), {"a": [1]}.items(), range(2, 9, 3), slice(1, None), ...,
    collections.OrderedDict(b=1, a=2), collections.Counter("aab"), collections.deque([1, (2,)]), datetime.date(2026, 1, 2), datetime.time(3, 4),
    datetime.datetime(2026, 1, 2, 3, 4, 5, 6), datetime.timedelta(1, 2, 3), fractions.Fraction(1, 3), decimal.Decimal("0.10"), int, ValueError,
    np.float32, np.float32(1.5), np.int64(3), np.complex128(1j), np.datetime64("2026-01-02"), np.arange(6).reshape(2, 3), np.array(["a", "bc"]),
    np.ndarray, np.dtype, np.ufunc, np.matrix, np.array([1 + 2j]), np.array(["2026-01-02"], "M8[D]"), np.array([1, "a", None], object), np.array(3.0), np.dtype("f4"),
]  # fmt: skip


@pytest.mark.parametrize(
    "value", VALUES, ids=[f"{type(value).__name__} {number}" for number, value in enumerate(VALUES)]
)
def test_values_cross_as_they_are(value):
    """Is a plain value of the same type and the same on the other side?"""
    arrived = there_and_back(value)
    assert type(arrived) is type(value)
    if isinstance(value, np.ndarray):
        assert arrived.dtype == value.dtype
        np.testing.assert_array_equal(arrived, value)
    else:
        assert arrived == value


def test_a_default_dict_crosses_without_its_factory():
    """Is it equal to what it holds, since its factory may be anything?"""
    arrived = there_and_back(collections.defaultdict(list, a=[1]))
    assert (type(arrived), arrived.default_factory, arrived) == (collections.defaultdict, None, {"a": [1]})


@pytest.mark.parametrize("made", [dict, collections.OrderedDict])
def test_views_cross_as_views_of_a_dict(made):
    """Do they hold the same, in the same order, and is the view of the values one, too?"""
    held = made(b=1, a=[2])
    for view in (held.keys(), held.values(), held.items()):
        arrived = there_and_back(view)
        assert isinstance(view, type(arrived))
        assert list(arrived) == list(view)


class Sub(list):
    pass


One = enum.IntEnum("One", "I")
Pair = collections.namedtuple("Pair", "a b")


@pytest.mark.parametrize(
    "value",
    [Sub([1]), One.I, Pair(1, 2), object(), print, np, Sub, lambda: 0, np.ones(2).view(np.recarray), np.ma.array([1]), np.poly1d, np.vectorize, iter([1]),
     range(10**9), decimal.Decimal("1e999999"), 2**500_000, datetime.datetime.now(datetime.UTC), np.random.default_rng, np.zeros(2, "f8,f8")],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_other_things_stay_behind(value):
    """Does an instance of a subclass, or of any other class, cross as a number alone?"""
    assert there_and_back(value) == (1, 2)


def test_what_holds_itself_stays_behind_at_some_depth():
    """Does a list that is its own entry arrive in the end?"""
    own = []
    own.append(own)
    arrived = there_and_back(own)
    while type(arrived) is list:
        [arrived] = arrived
    assert arrived == (1, 2)


@pytest.mark.parametrize(
    "data",
    [
        ("unknown",), (), ("list", ("dict", 1)), {"a": 1}, ["a"], [[1]], ("set", ["unhashable", []]), ("int", "text"), ("array", "O", (1,), b"12345678"),
        ("array", "f8", (10**9, 0), b""), ("array", "f8", (3,), b"short"), ("array", "V8", (1,), b"12345678"), ("objects", (2, 2), 1), ("type", "print"),
        ("type", "__name__"), ("array type", "poly1d"), ("array type", "load"), ("keys", ["unhashable"]), ("items", 1), ("range", 0, 10**12, 1), ("decimal", "1e99999"), ("fraction", 1, 0),
        ("date", 2026, 13, 1), ("text", b"\xff"), ("dict", *[(("tuple", i), 0)[i % 2] for i in range(9000)]), wire.Handle(3), ("frame",), ("series", 1),
        ("set", *(("tuple", i) for i in range(3000))),
    ],
    ids=lambda data: str(data)[:25],
)  # fmt: skip
def test_nonsense_is_no_value(data):
    """Does what no honest process sends raise Unreadable, and nothing else?"""
    with pytest.raises(Unreadable):
        decode(data, lambda *numbers: numbers)


class Lying:
    @property
    def __class__(self):
        return int


def test_a_class_is_what_type_says():
    """Does the student's side tell of the class that made an object, whatever the object says?"""
    objects = Objects({"x": Lying(), "Lying": Lying}, lambda name: None)
    answer = objects.do("name", ("x",), {})
    number = answer["value"][2]
    assert objects.held[number] is Lying
    assert objects.do("name", ("Lying",), {})["value"] == ("object", number, "class")


def test_changes_of_arguments_are_told():
    """Does the answer hold what a function did to the list and the array that it was given, and nothing of others?"""

    def change(values, array, other):
        values.append(3)
        array[0] = 9
        return values

    objects = Objects({"f": change}, lambda name: None)
    number = objects.do("name", ("f",), {})["value"][1]
    operands = "call", ("object", number), [1], np.zeros(2), [5]
    answer = objects.do("special", operands, {})
    assert answer["value"] == ("object", "given", 2)
    assert answer["changed"].keys() == {2, 3}
    assert answer["changed"][2] == [1, 3]


def test_tables_cross_by_value():
    """Does a table of pandas arrive equal, and take over what student code did to it?"""
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame(
        {"a": [1, 2], "b": ["x", None], "d": pd.to_datetime(["2026-01-02"] * 2)}, index=["i", "j"]
    )
    pd.testing.assert_frame_equal(there_and_back(table), table)
    pd.testing.assert_series_equal(there_and_back(table["a"]), table["a"])
    other = table.copy()
    put(other, there_and_back(table.assign(c=3)))
    assert list(other.columns) == ["a", "b", "d", "c"]
