"""Gradients that are measured instead of derived, where backpropagation is asked for."""

from pathlib import Path

import nbformat
import pytest

from autograder.course import Course
from autograder.grading.judge import Rules
from autograder.grading.one import judge_one
from autograder.grading.restore import grade_id
from autograder.tests.mini import scores, write

ID, LAST = "03_RNN_text_generation", "test_rnn_step_backward"
DIFFERENCES = '''
def rnn_step_forward(x, h_prev, params):
    h = np.tanh(params["Wx"][x] + h_prev @ params["Wh"] + params["bh"])
    return h, (x, h_prev, params)

def rnn_step_backward(dh, cache):
    x, h_prev, params = cache
    inputs = {name: array.astype(float) for name, array in {"h_prev": h_prev, **params}.items()}

    def loss():
        return np.sum(rnn_step_forward(x, inputs["h_prev"], inputs)[0] * dh)

    def moved(array, i, step):
        before, array.flat[i] = array.flat[i], array.flat[i] + step
        value, array.flat[i] = loss(), before
        return value

    grads = {name: np.empty(array.shape, dh.dtype) for name, array in inputs.items()}
    for name, array in inputs.items():
        for i in range(array.size):
            step = STEP
            grads[name].flat[i] = SLOPE
    return grads.pop("h_prev"), grads
'''
CENTRAL = "(moved(array, i, step) - moved(array, i, -step)) / (2 * step)"
FIVE = "(8 * moved(array, i, step) - 8 * moved(array, i, -step) - moved(array, i, 2 * step) + moved(array, i, -2 * step)) / (12 * step)"
MEASURED = {"central differences": (CENTRAL, "1e-5"), "five points": (FIVE, "1e-3")}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Notebook 03 up to the backward pass of one step."""
    course = Course(tmp_path_factory.mktemp("course"))
    notebook = nbformat.read(Course(Path(__file__).resolve().parents[2]).source(ID), as_version=4)
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


@pytest.mark.parametrize(("slope", "step"), MEASURED.values(), ids=MEASURED.keys())
def test_differences_earn_nothing(course, slope, step):
    """Is a gradient by differences, exact enough for every comparison, known for what it is?"""
    result = judged(course, lambda text: DIFFERENCES.replace("SLOPE", slope).replace("STEP", step))
    assert scores(result)[LAST] == 0
    assert {check["diagnosis"] for check in result.cells[-1]["checks"]} == {"numerical"}
    assert "takes differences of the forward pass" in result.cells[-1]["checks"][0]["message"]


HONEST = {
    "slow": lambda text: text + "\nquick = rnn_step_backward\ndef rnn_step_backward(dh, cache):\n    import time; time.sleep(0.1)\n    return quick(dh, cache)",
    "not exact": lambda text: text + "\nexact = rnn_step_backward\ndef rnn_step_backward(dh, cache):\n    return exact(dh * (1 + 1e-9), cache)",
}  # fmt: skip


@pytest.mark.parametrize("change", HONEST.values(), ids=HONEST.keys())
def test_one_trace_alone_accuses_nobody(course, change):
    """Do a backward pass that takes long and one that rounds keep their points?"""
    assert scores(judged(course, change))[LAST] == 12
