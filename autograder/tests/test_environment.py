"""What differs between a student's machine and grading: modules, versions, and what files are called."""

import platform
import shutil

import numpy as np
import pytest

from autograder.grading.judge import Rules
from autograder.grading.one import judge_one
from autograder.tests.mini import ID, QUICK, make_course, messages, release_notebook, submission, write

PYTHON, NUMPY = platform.python_version(), np.__version__
DOUBLE = "def double(x):\n    return 2 * x"
MISSING = {
    "a module": (f"import torch\n{DOUBLE}", "since grading does not have the module `torch`."),
    "a part of one": (f"from tensorflow.keras import layers\n{DOUBLE}", "the module `tensorflow`."),
    "a file of one's own": (f"from my_helpers import *\n{DOUBLE}", "the module `my_helpers`."),
    "at the call": ("def double(x):\n    import torch\n    return 2 * x", "the module `torch`."),
    "newer syntax": ("def double[T](x: T) -> T:\n    return 2 * x", f"does not compile in grading's Python {PYTHON}."),
    "an open bracket": ("def double(x):\n    return (2 * x", f"does not compile in grading's Python {PYTHON}."),
    "a removed name": ("def double(x):\n    return np.float_(2) * x", f"in grading's NumPy {NUMPY}."),
    "a removed function": ("def double(x):\n    return np.product([2]) * x", f"in grading's NumPy {NUMPY}."),
    "a removed method": ("def double(x):\n    return x * np.ones(1, int).itemset(2)", f"in grading's NumPy {NUMPY}."),
    "a removed import": (f"from numpy import in1d_, product\n{DOUBLE}", f"in grading's NumPy {NUMPY}."),
    "an error above": (f"1 / 0\n{DOUBLE}", "its cell stopped before, with ZeroDivisionError."),
}  # fmt: skip
QUIET = {
    "what student code says": ("def double(x):\n    raise AttributeError(f'secret {x}')", "secret"),
    "a module that it names": ("def double(x):\n    raise ModuleNotFoundError(f\"No module named 'm{x[0]}'\")", "module"),
    "an attribute that it makes up": ("def double(x):\n    return getattr(x, f'secret{x[0]:.0f}')", "secret"),
}  # fmt: skip


def _judged(course, student):
    return judge_one(course, student, ID, Rules(course.source(ID), "landlock", QUICK, show=False))[0]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return make_course(tmp_path_factory.mktemp("course"))


@pytest.mark.parametrize("what", MISSING)
def test_what_grading_does_not_have_is_named(course, what):
    """Does a message name the module, Python's version or NumPy's?"""
    code, words = MISSING[what]
    write(course.submitted("ada", ID), submission({"double": code}))
    assert words in messages(_judged(course, "ada"))[0]


@pytest.mark.parametrize("what", QUIET)
def test_nothing_else_is_repeated(course, what):
    """Is text that student code makes up, perhaps of hidden inputs, kept out?"""
    code, words = QUIET[what]
    write(course.submitted("ada", ID), submission({"double": code}))
    assert words not in " ".join(messages(_judged(course, "ada")))


NAMES = ["mini.ipynb.txt", "mini.ipynb.json", "mini (1).ipynb", "mini-Copy1.ipynb", "Mini.IPYNB", "mini.json",
         "mini/mini.ipynb", "week 1/mini/mini.ipynb", "mini.ipynb.download"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_files_that_look_like_notebooks_are_named(course, name):
    """Is a notebook of another name found, alone and beside one that nobody touched?"""
    folder = course.submitted("bob", ID).parent
    shutil.rmtree(folder, ignore_errors=True)
    write(folder / name, submission())
    write(folder / "notes.txt", "{not a notebook}")
    move = "move it up and " if "/" in name else ""
    assert _judged(course, "bob").problem == f"mini.ipynb is missing: found {name}; {move}name it mini.ipynb."
    write(folder / "mini.ipynb", release_notebook())
    result = _judged(course, "bob")
    assert (result.score, result.problem) == (0, "")
    assert (
        f"No code of this notebook differs from the release, and {name} lies beside it" in result.restored[0]
    )
    write(folder / "mini.ipynb", submission())
    assert _judged(course, "bob").restored == []
