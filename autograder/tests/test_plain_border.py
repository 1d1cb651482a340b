"""What objects, classes and exceptions of the student's may do to a plain test, and what they may not."""

import json

import pytest

from autograder.grading import mirrors
from autograder.grading.libraries import library_class
from autograder.sandbox.ends import NoProcess
from autograder.tests.test_plain import together, tried


def manager(swallows, get="1"):
    """A class with `get`, whose `__exit__` swallows what the expression says of the class `t` and the value `v`."""
    return f"class C:\n    def __enter__(self): return self\n    def __exit__(self, t, v, tb): return {swallows}\n    def get(self): return {get}"


BY_CLASS, BY_VALUE = (
    manager("t is not None and issubclass(t, ValueError)"),
    manager("isinstance(v, ValueError) and v.args[0][0] == 'i'"),
)
ASSERTS, RAISES = "with C() as c:\n    assert c.get() == 1", "with C() as c:\n    c.get()\n    int('x')"
GENERATOR = "import contextlib\n@contextlib.contextmanager\ndef C():\n    with contextlib.suppress(ValueError):\n        yield Got()\nclass Got:\n    def get(self): return 1"
LEAVING = {  # the solution, the test, an answer, its points of 4
    "right": (manager("False"), ASSERTS, manager("False"), 4),
    "right, swallowing": (manager("False"), ASSERTS, manager("True"), 4),
    "swallows an assert": (manager("False"), ASSERTS, manager("True", "2"), 0),
    "swallows its own error": (manager("False"), ASSERTS, manager("True", "1 / 0"), 0),
    "swallows an error of the test": (manager("False", "[1]"), ASSERTS.replace("get()", "get()[0]"), manager("True", "[]"), 0),
    "swallows an assert as the solution does": (manager("True"), f"{RAISES}\n{ASSERTS}", manager("True", "2"), 0),
    "its own error where the test's is swallowed": (BY_CLASS, RAISES, manager("True", "1 / 0"), 0),
    "an earlier error than the solution's": (BY_CLASS, f"{ASSERTS.replace('()', '().real')}\n    int('x')".replace("C().real", "C()"), manager("True", "None"), 0),
    "by class": (BY_CLASS, RAISES, BY_CLASS, 4),
    "by value": (BY_CLASS, RAISES, BY_VALUE, 4),
    "by a generator": (BY_CLASS, RAISES, GENERATOR, 4),
    "not at all": (BY_CLASS, RAISES, manager("False"), 0),
}  # fmt: skip

F, G = "def f(x): return x * x", "def g(n):\n    for i in range(n): yield i"
ALL = "assert all(map(lambda c: f(c[0]) == c[1], [(1, 1), (2, 4)]))"
RUN = "assert unittest.TextTestRunner(stream=io.StringIO()).run(unittest.defaultTestLoader.loadTestsFromTestCase(T)).wasSuccessful()"
CASE = f"import io, unittest\nclass T(unittest.TestCase):\n    def test_it(self):\n        self.assertEqual(f(3), 9)\n{RUN}"
RAISING = {
    "the next of a generator": (G, "assert list(g(2)) == [0, 1]\ni = g(1)\ni.__next__()\ntry: next(i)\nexcept StopIteration: pass\nelse: assert False", G, 4),
    "the end of a generator that is sent to": (G, "i = g(1)\ni.send(None)\ntry: i.send(1)\nexcept StopIteration: pass\nelse: assert False", G, 4),
    "ends the loop of a test": (F, ALL, "def f(x): raise StopIteration", 0),
    "ends it with a subclass": (F, ALL, "class E(StopIteration): pass\ndef f(x): raise E", 0),
    "ends it by another name": (F, ALL, "E = type('StopIteration', (Exception,), {'__module__': 'builtins'})\ndef f(x): raise E", 0),
    "passes a test case": (F, CASE, F, 4),
    "skips a test": (F, CASE, "import unittest\ndef f(x): raise unittest.SkipTest", 0),
    "skips it with a subclass": (F, CASE, "import unittest\nclass E(unittest.SkipTest): pass\ndef f(x): raise E", 0),
    "stops a test": (F, CASE, "import unittest.case\ndef f(x): raise unittest.case._ShouldStop", 0),
    "the grader's own": (F, ALL, "class NoProcess(Exception): pass\nNoProcess.__module__ = 'autograder.sandbox.process'\ndef f(x): raise NoProcess", 0),
    "the grader's own, imported": (F, ALL, "from autograder.sandbox.process import NoProcess\ndef f(x): raise NoProcess", 0),
}  # fmt: skip

COUNT, COUNTED = "def countdown(n):\n    while n: yield n; n -= 1", "assert list(countdown(3)) == [3, 2, 1]"
COUNTER = "class countdown:\n    def __init__(self, n): self.n = n\n    def __iter__(self): return iter(range(self.n, {}, -1))"
KEYS, IN_KEYS = (
    "def f(d): return set(d)",
    "assert f({'a': 1}) == {'a'} and 'a' in f({'a': 1}) and len(f({})) == 0",
)
EYE, SHAPE = "def f(x): return np.eye(2)", "assert f(0).shape == (2, 2)"
STANDING = {
    "a masked array": (EYE, SHAPE, "def f(x): return np.ma.array(np.eye(2))", 4),
    "a matrix": (EYE, SHAPE, "def f(x): return np.matrix(np.eye(2))", 4),
    "a subclass of an array": (EYE, SHAPE, "class A(np.ndarray): pass\ndef f(x): return np.eye(2).view(A)", 4),
    "a wrong one": (EYE, SHAPE, "def f(x): return np.ma.array(np.eye(3))", 0),
    "a class for a function": (COUNT, COUNTED, COUNTER.format(0), 4),
    "a wrong class": (COUNT, COUNTED, COUNTER.format(1), 0),
    "the keys of a dict": (KEYS, IN_KEYS, "def f(d): return d.keys()", 4),
    "other keys": (KEYS, IN_KEYS, "def f(d): return {'b': 1}.keys()", 0),
    "the values of a dict": ("def f(d): return list(d.values())", "assert list(f({'a': [1]})) == [[1]] and len(f({1: 2})) == 1", "def f(d): return d.values()", 4),
    "the items of a dict": ("def f(d): return set(d.items())", "assert f({'a': 1}) == {('a', 1)} and ('a', 1) in f({'a': 1})", "def f(d): return d.items()", 4),
}  # fmt: skip

SCORE = "score = 2 * (f(1) == 1) + 2 * (f(2) == 4)\n"
COUNTING = {
    "right": (F, f"{SCORE}score", F, 4),
    "half": (F, f"{SCORE}score", "def f(x): return 1", 2),
    "below 0": (F, f"{SCORE}score - 4 * (f(3) != 9)", "def f(x): return 0", 0),
    "no number": (F, "sum(f(i) for i in range(2)) or None", "def f(x): return 0", 0),
    "a text": (F, "f(2)", "def f(x): return 'x'", 0),
    "an object": (F, "f(2)", "class C: pass\ndef f(x): return C()", 0),
    "a text in both": (F, "str(f(2))", "def f(x): return 0", 4),
    "below 0 in both": (F, "-f(2)", "def f(x): return 3", 4),
}  # fmt: skip


def of_table(table, folder):
    """Name of the case: the check and the score, the points that it should have."""
    judged, _ = together(folder, [case[:3] for case in table.values()])
    return {name: (*got, case[3]) for (name, case), got in zip(table.items(), judged, strict=True)}


@pytest.fixture(scope="module")
def leaving(tmp_path_factory):
    return of_table(LEAVING, tmp_path_factory.mktemp("leaving"))


@pytest.mark.parametrize("case", LEAVING)
def test_an_exit_swallows_what_is_its_own_to_swallow(leaving, case):
    """Does `__exit__` hear of an exception as in Python, and no assert of the test's is lost in it?"""
    check, score, points = leaving[case]
    assert (score, check["status"]) == (points, "passed" if points else "failed"), check


@pytest.fixture(scope="module")
def raising(tmp_path_factory):
    return of_table(RAISING, tmp_path_factory.mktemp("raising"))


@pytest.mark.parametrize("case", RAISING)
def test_an_exception_means_nothing_to_loops_runners_or_the_grader(raising, case):
    """Does an exception of the student's end no loop, skip no test and stop no grader, and still fail the cell?"""
    check, score, points = raising[case]
    assert (score, check["status"]) == (points, "passed" if points else "failed"), check


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    return of_table(STANDING, tmp_path_factory.mktemp("standing"))


@pytest.mark.parametrize("case", STANDING)
def test_another_kind_of_thing_is_as_good_as_what_the_test_asks_of_it(standing, case):
    """Does what is no list, array or function, and answers as one, get the points of a right answer, and no others?"""
    check, score, points = standing[case]
    assert (score, check["status"]) == (points, "passed" if points else "failed"), check


@pytest.fixture(scope="module")
def counting(tmp_path_factory):
    return of_table(COUNTING, tmp_path_factory.mktemp("counting"))


@pytest.mark.parametrize("case", COUNTING)
def test_a_cell_that_counts_points_gives_none_for_no_number(counting, case):
    """Does a run that ends in no number, or below 0, get nothing where the solution's ends in a number?"""
    check, score, points = counting[case]
    assert (score, check["status"]) == (points, "passed" if points == 4 else "failed"), check


def test_no_class_of_the_graders_stands_for_a_students(monkeypatch):
    """Is a library's class found by its name, and none of those by which the grader tells what went wrong with itself?"""
    assert library_class("json", "JSONDecodeError") is json.JSONDecodeError
    assert library_class("autograder.sandbox.process", "NoProcess") is None
    monkeypatch.setattr(json, "NoProcess", NoProcess, raising=False)
    assert library_class("json", "NoProcess") is None


def test_what_a_student_raised_is_never_the_graders_fault(tmp_path, monkeypatch):
    """Does the submission stay graded, whatever class an exception of the student's has here?"""
    monkeypatch.setattr(mirrors, "library_class", lambda _, name: NoProcess if name == "NoProcess" else None)
    check, score = tried(tmp_path, F, ALL, "class NoProcess(Exception): pass\ndef f(x): raise NoProcess")
    assert (score, check["status"]) == (0, "failed"), check
