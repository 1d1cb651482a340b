"""One table of kinds of values: does the student's kernel say of each what grading says?"""

import pytest

from autograder.checks.outcome import CheckFailed
from autograder.grading.judge import Rules
from autograder.grading.one import judge_one
from autograder.tests.mini import ID, QUICK, make_course, submission, write

# How a cache is made of x and w, and how both are taken from it again.
CACHES = {
    "a dict": ("{'x': x, 'w': w}", "cache['x'], cache['w']"),
    "int keys": ("{0: x, 1: w}", "cache[0], cache[1]"),
    "np.int64 keys": ("dict(zip(np.arange(2), (x, w)))", "cache[0], cache[1]"),
    "tuple keys": ("{('x', 0): x, ('w', 0): w}", "cache['x', 0], cache['w', 0]"),
    "None as a key": ("{None: x, 'w': w}", "cache[None], cache['w']"),
    "float keys": ("{0.5: x, 1.5: w}", "cache[0.5], cache[1.5]"),
    "bool keys": ("{True: x, False: w}", "cache[True], cache[False]"),
    "bytes keys": ("{b'x': x, b'w': w}", "cache[b'x'], cache[b'w']"),
    "enum keys": ("{Names.X: x, Names.W: w}", "cache[Names.X], cache[Names.W]"),
    "frozenset keys": ("{frozenset('x'): x, frozenset('w'): w}", "cache[frozenset('x')], cache[frozenset('w')]"),
    "large keys": ("{2**70: x, -2**70: w}", "cache[2**70], cache[-2**70]"),
    "nested 28 deep": ("deep(28, (x, w))", "flat(28, cache)"),
    "nested 200 deep": ("deep(200, (x, w))", "flat(200, cache)"),
    "nested 2000 deep": ("deep(2000, (x, w))", "flat(2000, cache)"),
    "over 32 MiB": ("(x, w, np.zeros(5 * 2**20))", "cache[:2]"),
    "a named tuple": ("Cache(x, w)", "(cache.x, cache.w)"),
    "a class": ("Bag(x, w)", "(cache.x, cache.w)"),
    "a data class": ("Plain(x, w)", "(cache.x, cache.w)"),
    "a closure": ("lambda: (x, w)", "cache()"),
    "a generator": ("(one for one in [x, w] * 99)", "next(cache), next(cache)"),
    "an iterator": ("itertools.cycle([x, w])", "next(cache), next(cache)"),
    "a defaultdict": ("collections.defaultdict(list, x=x, w=w)", "cache['x'], cache['w']"),
    "a deque": ("collections.deque([x, w])", "cache"),
    "an object array": ("np.array([x, w, None], object)", "cache[:2]"),
    "a masked array": ("(np.ma.masked_array(x), w)", "(np.asarray(cache[0]), cache[1])"),
    "complex numbers": ("x + 1j * w", "(cache.real, cache.imag)"),
    "a set": ("frozenset([tuple(x), tuple(w + 100)])", "sorted(map(np.array, cache), key=lambda a: a[0] > 50)[0], "
              "sorted(map(np.array, cache), key=lambda a: a[0] > 50)[1] - 100"),
    "a lock": ("[threading.Lock(), x, w]", "cache[1:]"),
    "one that holds itself": ("holding_itself(x, w)", "cache['x'], cache['w']"),
    "random numbers": ("(np.random.default_rng(1), x, w)", "cache[1:]"),
    "other random numbers": ("(np.random.RandomState(1), x, w)", "cache[1:]"),
    "a date": ("(np.datetime64('2020-01-01'), x, w)", "cache[1:]"),
    "a type": ("(np.float64, x, w)", "cache[1:]"),
    "a slice": ("(slice(None), Ellipsis, x, w)", "cache[2:]"),
    "half a character": ("('\\ud800', x, w)", "cache[1:]"),
}  # fmt: skip
HELPERS = """
import collections, dataclasses, enum, itertools, math, threading, typing
Cache = collections.namedtuple("Cache", "x w")
Names = enum.Enum("Names", "X W")
class Bag:
    def __init__(self, x, w):
        self.x, self.w = x, w
@dataclasses.dataclass(eq=False)
class Plain:
    x: typing.Any
    w: typing.Any
def deep(levels, inside):
    for _ in range(levels):
        inside = [inside]
    return inside
def flat(levels, cache):
    for _ in range(levels):
        cache = cache[0]
    return cache
def holding_itself(x, w):
    cache = {"x": x, "w": w}
    cache["self"] = cache
    return cache
"""
PAIR = """def scale_forward(x, w):
    return {result}

def scale_backward(dout, cache):
    x, w = {taken}
    return dout * w, dout * x"""

# What `double` returns for an array x of floats, and whether that is right.
RESULTS = {
    "an array": ("2 * x", True),
    "a masked array": ("np.ma.masked_array(2 * x)", True),
    "a matrix": ("np.asmatrix(2 * np.atleast_2d(x)) if x.ndim > 1 else 2 * x", True),
    "a memory map's kind": ("(2 * x).view(np.recarray)", True),
    "Fortran's order": ("np.asfortranarray(2 * x)", True),
    "a view": ("np.repeat(2 * x, 2, -1)[..., ::2]", True),
    "other byte order": ("(2 * x).astype('>f8')", True),
    "a list": ("(2 * x).tolist()", False),
    "a tuple": ("(2 * x,)", True),
    "a list of one array": ("[2 * x]", False),
    "a set": ("set()", False),
    "a dict": ("{'x': 2 * x}", False),
    "None": ("None", False),
    "text": ("'2 x'", False),
    "a generator": ("(2 * one for one in x)", False),
    "complex": ("2 * x + 0j", False),
    "objects": ("(2 * x).astype(object)", False),
    "text in an array": ("(2 * x).astype(str)", False),
    "more precision": ("(2 * x).astype(np.longdouble)", True),
    "half precision": ("(2 * x).astype(np.float16)", False),
    "single precision": ("(2 * x).astype(np.float32)", False),
    "not a number": ("2 * x + np.nan", False),
    "transposed": ("(2 * x).T[..., None]", False),
    "too many": ("(2 * x, x)", False),
    "a class": ("type('Bag', (), {'shape': x.shape, 'dtype': x.dtype})()", False),
    "one that says it is equal": ("type('Same', (), {'__eq__': lambda self, other: True})()", False),
    "one that makes an array of itself": ("type('Array', (), {'__array__': lambda self, *a, **k: 2 * x})()", False),
}  # fmt: skip


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return make_course(tmp_path_factory.mktemp("course"))


def _in_grading(course, notebook):
    """The causes of visible checks that failed, by the name of the check."""
    write(course.submitted("ada", ID), notebook)
    result = judge_one(course, "ada", ID, Rules(course.source(ID), "landlock", QUICK, show=False))[0]
    assert not result.problem
    failed = [one for one in result.checks if not one["hidden"] and one["status"] == "failed"]
    return {one["check"]: one["cause"] for one in failed}, result.checks


def _in_kernel(notebook, cell):
    """The same in this process, as in a student's kernel, for one test cell."""
    scope: dict = {}
    for one in notebook.cells:
        name = one.metadata.get("nbgrader", {}).get("grade_id")
        if one.cell_type != "code" or (str(name).startswith("test_") and name != cell):
            continue
        try:
            exec(one.source, scope)
        except CheckFailed as failed:
            lines = failed.report.split("\n")
            return lines[1].strip() if len(lines) > 1 else lines[0]
    return ""


@pytest.mark.parametrize("kind", CACHES)
def test_a_cache_may_be_anything(course, kind, capsys):
    """Are forward and backward pass right in kernel and grading, whatever the cache holds?"""
    made, taken = CACHES[kind]
    pair = "[double(x) * w / 2, {}]" if kind.startswith("a ") else "double(x) * w / 2, {}"
    notebook = submission({"scale": HELPERS + PAIR.format(result=pair.format(made), taken=taken)})
    kernel = _in_kernel(notebook, "test_scale")
    _, checks = _in_grading(course, notebook)
    wrong = [
        one["message"] for one in checks if one["check"].startswith("scale") and one["status"] != "passed"
    ]
    assert (kernel, wrong) == ("", [])


@pytest.mark.parametrize(
    "pair", ["collections.deque([{}, {}])", "(one for one in ({}, {}))", "Cache({}, {})", "Two({}, {})"]
)
def test_two_results_may_come_in_anything_that_unpacks(course, pair, capsys):
    """Are forward and backward pass right in kernel and grading, whatever `a, b = ...` takes apart?"""
    two = "class Two:\n    def __init__(self, *both): self.both = both\n    def __iter__(self): return iter(self.both)\n"
    scale = HELPERS + two + PAIR.format(result=pair.format("double(x) * w / 2", "(x, w)"), taken="cache")
    notebook = submission(
        {"scale": scale.replace("return dout * w, dout * x", f"return {pair.format('dout * w', 'dout * x')}")}
    )
    kernel = _in_kernel(notebook, "test_scale")
    _, checks = _in_grading(course, notebook)
    wrong = [
        one["message"] for one in checks if one["check"].startswith("scale") and one["status"] != "passed"
    ]
    assert (kernel, wrong) == ("", [])


@pytest.mark.parametrize("kind", RESULTS)
def test_kernel_and_grading_agree_on_results(course, kind, capsys):
    """Is the verdict the same, in the same words?"""
    result, right = RESULTS[kind]
    notebook = submission({"double": f"def double(x):\n    return {result}"})
    kernel = _in_kernel(notebook, "test_double")
    causes, _ = _in_grading(course, notebook)
    assert (kernel == "") == right, kernel
    first = next((cause for name, cause in causes.items() if name.startswith("double") and cause), "")
    assert first.split(". ")[0].rstrip(".") == kernel.split(". ")[0].rstrip(".")
