"""Gradients that are measured instead of derived, where backpropagation is asked for."""

import re
from pathlib import Path

import nbformat
import pytest

from autograder.course import Course
from autograder.grading.judge import Rules
from autograder.grading.one import judge_one
from autograder.grading.restore import grade_id, is_test
from autograder.tests.mini import scores, write
from autograder.truth.cheats import HOW, measured

pytestmark = pytest.mark.slow

REPOSITORY = Course(Path(__file__).resolve().parents[2])
ID, LAST = "03_RNN_text_generation", "test_rnn_step_backward"
STACKED = """
def rnn_step_forward(x, h_prev, params):
    h = np.tanh(params["Wx"][x] + h_prev @ params["Wh"] + params["bh"])
    return h, (x, h_prev, params)

def rnn_step_backward(dh, cache):
    x, h_prev, params = cache
    leaves = {"h_prev": h_prev, **params}
    slopes, step = {}, 1e-5
    for name, array in leaves.items():
        moves = step * np.eye(array.size).reshape(array.size, *array.shape)
        both = []
        for sign in (1, -1):
            all_of = {n: a[None] + (sign * moves if n == name else 0) for n, a in leaves.items()}
            z = all_of["Wx"][:, x] + all_of["h_prev"] @ all_of["Wh"] + all_of["bh"][:, None]
            both.append((np.tanh(z) * dh).sum(axis=(1, 2)))
        slopes[name] = ((both[0] - both[1]) / (2 * step)).reshape(array.shape).astype(array.dtype)
    return slopes.pop("h_prev"), slopes
"""
LOOPS = """
def rnn_step_backward(dh, cache):
    x, h_prev, h, params = cache
    B, H = h.shape
    dz, dprev = np.zeros_like(dh), np.zeros_like(h_prev)
    grads = {name: np.zeros_like(p) for name, p in params.items()}
    for b in range(B):
        for j in range(H):
            dz[b, j] = dh[b, j] * (1 - h[b, j] * h[b, j])
            grads["bh"][j] += dz[b, j]
            grads["Wx"][x[b], j] += dz[b, j]
            for i in range(H):
                grads["Wh"][i, j] += h_prev[b, i] * dz[b, j]
                dprev[b, i] += dz[b, j] * params["Wh"][i, j]
    return dprev, grads
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Notebook 03 up to the backward pass of one step."""
    course = Course(tmp_path_factory.mktemp("course"))
    notebook = nbformat.read(REPOSITORY.source(ID), as_version=4)
    names = [grade_id(cell) for cell in notebook.cells]
    notebook.cells = notebook.cells[: names.index(LAST) + 1]
    write(course.source(ID), notebook)
    return course


def judged(course, change):
    """The result when `change(text)` replaces the text of the backward exercise."""
    notebook = nbformat.read(course.source(ID), as_version=4)
    cell = next(cell for cell in notebook.cells if grade_id(cell) == "rnn_step_backward")
    cell.source = change(cell.source)
    write(course.submitted("ada", ID), notebook)
    return judge_one(course, "ada", ID, Rules(course.source(ID)))[0]


@pytest.mark.parametrize("how", HOW)
def test_differences_earn_nothing(course, how):
    """Is a gradient by differences, exact enough for every comparison, known for what it is?"""
    result = judged(course, lambda text: measured(text, ["rnn_step_backward"], how))
    assert scores(result)[LAST] == 0
    assert {check["diagnosis"] for check in result.cells[-1]["checks"]} == {"numerical"}
    assert "takes differences of the forward pass" in result.cells[-1]["checks"][0]["message"]


@pytest.mark.parametrize(
    ("assignment", "how"),
    [
        ("02_MLP_text_generation", "central differences"),
        ("06_Transformer_Text_Generation", "one-sided differences"),
    ],
)
def test_differences_of_a_whole_model_earn_nothing(tmp_path, assignment, how):
    """Are those of a model known whose docstring leaves its sizes to the functions that it calls?"""
    course = Course(tmp_path)
    notebook = nbformat.read(REPOSITORY.source(assignment), as_version=4)
    name = "model_backward"
    notebook.cells = [
        cell for cell in notebook.cells if not is_test(cell) or grade_id(cell) == f"test_{name}"
    ]
    test = next(cell for cell in notebook.cells if is_test(cell))
    test.source = re.sub(r"given=\[.*?\],", "", test.source)  # whose calls take long
    write(course.source(assignment), notebook)
    cell = next(cell for cell in notebook.cells if grade_id(cell) == name)
    cell.source = measured(cell.source, [name], how)
    write(course.submitted("ada", assignment), notebook)
    result = judge_one(course, "ada", assignment, Rules(course.source(assignment), show=False))[0]
    assert scores(result) == {f"test_{name}": 0}
    assert "numerical" in [check["diagnosis"] for check in result.checks]


def test_stacked_differences_earn_nothing(course):
    """Are those known, too, that are taken all at once, in one large batch?"""
    assert scores(judged(course, lambda text: STACKED))[LAST] == 0


HONEST = {
    "asleep": lambda text: text + "\nquick = rnn_step_backward\ndef rnn_step_backward(dh, cache):\n    import time; time.sleep(0.01)\n    return quick(dh, cache)",
    "not exact": lambda text: text + "\nexact = rnn_step_backward\ndef rnn_step_backward(dh, cache):\n    return exact(dh * (1 + 1e-9), cache)",
    "loops, not exact": lambda text: LOOPS.replace("1 - h[b, j]", "1 + 1e-10 - h[b, j]"),
}  # fmt: skip


@pytest.mark.parametrize("change", HONEST.values(), ids=HONEST.keys())
def test_who_derives_is_not_accused(course, change):
    """Do a backward pass that rests, one that rounds, and one of loops that rounds keep their points?"""
    assert scores(judged(course, change))[LAST] == 12


def test_what_is_quick_and_wrong_elsewhere_is_wrong(course):
    """Does nobody get by with zeros for the sizes at which the time is taken?"""
    wrong = "\nright = rnn_step_backward\ndef rnn_step_backward(dh, cache):\n    dprev, grads = right(dh, cache)\n    return (dprev, grads) if len(dh) > 1 else (0 * dprev, {n: 0 * g for n, g in grads.items()})"
    result = judged(course, lambda text: text + wrong)
    assert scores(result)[LAST] == 0
    assert {check["diagnosis"] for check in result.cells[-1]["checks"]} == {"batch"}
