"""Submissions that look odd and are right: each gets full marks."""

import os
from pathlib import Path

from nbformat.v4 import new_raw_cell

from autograder.tests.hostile.case import Case, beside, changed
from autograder.tests.mini import FULL, submission

# Scratch cells, with what the student sees of them.
SCRATCH = {
    "warnings and stderr": ("import sys, warnings\nwarnings.warn('careful')\nprint('note', file=sys.stderr)\n'a string'", "careful"),
    "magics": ("%timeit -n1 -r1 1 + 1\n%matplotlib inline", ""),
    "a cell magic": ("%%time\ny = 1", ""),
    "help": ("np.ones?", ""),
    "a shell command": ("!ls", ""),
    "a scratch cell that fails": ("1 / 0", "ZeroDivisionError"),
    "a scratch cell that does not compile": ("def oops(:", "SyntaxError"),
    "a slow loop": ("for i in range(10**6): pass", ""),
    "a plot": ("import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()", ""),
    "a thread": ("import threading; threading.Thread(target=print).start()", ""),
    "a file of its own": ("open('mine.txt', 'w').write('x')", ""),
    "its own test": ("from autograder import check_values\ncheck_values(lambda x: x, {'x': np.ones(2)}, np.ones(2))", "the values are right"),
    "its own test that fails": ("from autograder import check_values\ncheck_values(lambda x: 2 * x, {'x': np.ones(2)}, np.ones(2))", ""),
    "division by zero": ("np.seterr(all='raise'); np.set_printoptions(precision=1)", ""),
    "warnings as errors": ("import warnings; warnings.simplefilter('error')", ""),
    "await": ("import asyncio\nawait asyncio.sleep(0)", ""),
    "a name of the grader's": ("result = score = reference = check = None", ""),
    "hidden-test markers": ("### BEGIN HIDDEN TESTS\nprint('mine')", "mine"),
    "solution markers": ("### BEGIN SOLUTION\nprint('mine')\n### END SOLUTION", "mine"),
    "much output": ("for i in range(999): print(i)", "998"),
    "letters of many scripts": ("print('größer ≥ 日本 👍🏽 \\u202e')", "größer ≥ 日本 👍🏽"),
    "no text at all": ("", ""),
    "only a comment": ("# todo", ""),
}  # fmt: skip

FORWARD = "\ndef scale_backward(dout, cache):\n    return dout * cache.w, dout * cache.x"
FIT = "def fit(data, steps, rng):\n    "
# Exercises that are right in another way.
STYLES = {
    "tabs": {"double": "def double(x):\n\treturn 2 * x"},
    "lines as on Windows in code": {"double": "def double(x):\r\n    return 2 * x\r\n"},
    "lines as on Windows everywhere": {one.id: one.source.replace("\n", "\r\n") for one in submission().cells},
    "letters of other scripts": {"double": "def double(x):\n    größe = 2\n    return größe * x"},
    "a lambda": {"double": "double = lambda x: 2 * x"},
    "an object that is called": {"double": "class Double:\n    def __call__(self, x):\n        return 2 * x\ndouble = Double()"},
    "a method": {"double": "class Twice:\n    def of(self, x):\n        return self.factor * x\n    factor = 2\ndouble = Twice().of"},
    "a partial": {"double": "import functools\ndouble = functools.partial(np.multiply, 2)"},
    "a decorator": {"double": "def noted(f):\n    return lambda x: f(x)\n@noted\ndef double(x):\n    return 2 * x"},
    "a nested function": {"double": "def double(x):\n    def twice(y):\n        nonlocal x\n        return y + x\n    return twice(x)"},
    "a loop": {"double": "def double(x):\n    out = np.empty_like(x)\n    for i in np.ndindex(x.shape):\n        out[i] = x[i] + x[i]\n    return out"},
    "a view of another order": {"double": "def double(x):\n    return np.asfortranarray(2 * x)[..., ::-1][..., ::-1]"},
    "other byte order": {"double": "def double(x):\n    return (2 * x).astype('>f8')"},
    "prints and warns": {"double": "import warnings\ndef double(x):\n    print(x); warnings.warn('twice')\n    return 2 * x"},
    "divides by zero": {"double": "def double(x):\n    np.log(0 * x) / 0\n    return 2 * x"},
    "defined twice": {"double": "def double(x):\n    return x\ndef double(x):\n    return 2 * x"},
    "more arguments": {"double": "def double(x, factor=2, *rest, **options):\n    return factor * x"},
    "magics in an exercise": {"double": "%matplotlib inline\ndef double(x):\n    return 2 * x"},
    "a main part": {"double": "def double(x):\n    return 2 * x\nif __name__ == '__main__':\n    print(double(2))"},
    "a dataclass as cache": {"scale": "import dataclasses\n@dataclasses.dataclass\nclass Cache:\n    x: object\n    w: object\n"
                                      "def scale_forward(x, w):\n    return x * w, Cache(x, w)" + FORWARD},
    "a named tuple as cache": {"scale": "import collections\nCache = collections.namedtuple('Cache', 'x w')\n"
                                        "def scale_forward(x, w):\n    return x * w, Cache(x, w)" + FORWARD},
    "a class as cache": {"scale": "class Kept:\n    def __init__(self, x, w): self.x, self.w = x, w\n"
                                  "def scale_forward(x, w):\n    return x * w, Kept(x, w)" + FORWARD},
    "a function as cache": {"scale": "def scale_forward(x, w):\n    return x * w, lambda dout: (dout * w, dout * x)\n"
                                     "def scale_backward(dout, cache):\n    return cache(dout)"},
    "a default dict as cache": {"scale": "import collections\ndef scale_forward(x, w):\n    cache = collections.defaultdict(list)\n"
                                         "    cache['x'].append(x); cache['w'].append(w)\n    return x * w, cache\n"
                                         "def scale_backward(dout, cache):\n    return dout * cache['w'][0], dout * cache['x'][0]"},
    "no cache": {"scale": "def scale_forward(x, w):\n    global kept\n    kept = x, w\n    return x * w, None\n"
                          "def scale_backward(dout, cache):\n    return dout * kept[1], dout * kept[0]"},
    "results in a list": {"fit": FIT + "return {'mean': np.array([sum(data.tolist()) / len(data)])}, [0.5, 0.1], 'done'"},
    "a float of single precision": {"fit": FIT + "return {'mean': np.array([data.mean()], np.float32)}"},
    "a generator": {"fit": FIT + "return {name: value for name, value in [('mean', data.mean(keepdims=True))]}"},
}  # fmt: skip


def extra_metadata(content: dict) -> None:
    for part in (content, *content["cells"]):
        part["metadata"] |= {
            "tags": ["mine", "figure"],
            "jupyter": {"source_hidden": True},
            "toc": {"base": 1},
        }


def raw_between():
    notebook = submission()
    for position in (6, 4, 2):
        notebook.cells.insert(position, new_raw_cell("notes", id=f"raw-{position}"))
    return notebook


def note(text: str) -> str:
    return changed(lambda content: content["cells"][0].update(source=text))


CASES = {
    **{name: Case(submission(extra=code), FULL, says) for name, (code, says) in SCRATCH.items()},
    **{name: Case(submission(cells), FULL) for name, cells in STYLES.items()},
    "more metadata": Case(changed(extra_metadata), FULL),
    "raw cells": Case(raw_between(), FULL),
    "a date that is none": Case(beside({"timestamp.txt": "garbage"}), None, "no date and time"),
    "a date that is a folder": Case(beside({"timestamp.txt": Path.mkdir}), None, "no plain file"),
    "a date that never comes": Case(beside({"timestamp.txt": os.mkfifo}), None, "no plain file"),
    "a date before the first": Case(beside({"timestamp.txt": "0000-00-00 00:00:00 UTC"}), None, "no such day"),
    "a script in a note": Case(note("<script>alert(1)</script> <img src=x onerror=alert(2)> $x^2$"), FULL),
    "a picture pasted in a note": Case(note("![plot](attachment:plot.png)"), FULL),
    "a letter of a thousand marks": Case(note("a" + "\u0301" * 1000), FULL),
}  # fmt: skip
# Much like others; they run with --stress.
RARE = {
    "a cell magic", "help", "no text at all", "only a comment", "solution markers", "its own test that fails",
    "its own test", "a name of the grader's", "await", "division by zero", "a shell command", "a method",
    "a partial", "a nested function", "a view of another order", "defined twice", "more arguments",
    "a main part", "a named tuple as cache", "a function as cache", "no cache", "results in a list",
    "a generator", "a lambda", "divides by zero", "a date before the first", "lines as on Windows in code",
}  # fmt: skip
