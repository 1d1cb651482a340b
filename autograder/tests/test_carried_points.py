"""Points of a backward pass behind a wrong forward pass, through the real judge."""

from pathlib import Path

import pytest
from nbformat.v4 import new_notebook

from autograder.checks.outcome import Outcome
from autograder.course import Course
from autograder.grading.counted import kept_where_paid
from autograder.grading.judge import Rules
from autograder.grading.one import judge_one
from autograder.grading.result import Result, share_of
from autograder.grading.testcell import Judged
from autograder.reports.facts import carried
from autograder.reports.table import summary
from autograder.tests.mini import ID, QUICK, cell, scores, write
from autograder.truth.mistakes import load_mistakes, with_mistake
from autograder.truth.source import handed_in, read_source

pytestmark = pytest.mark.slow

SMALLEST, QUESTIONS = Course.find(Path(__file__)), "01a_single_neuron_classification"

FORWARD = '''def unit_forward(x, w, b):
    """tanh(x w + b) and a cache; x (N, D), w (D, H), b (H,)."""
    ### BEGIN SOLUTION
    h = np.tanh(double(x) @ w / 2 + b)
    return h, (x, w, h)
    ### END SOLUTION'''
BACKWARD = '''def unit_backward(dout, cache):
    """dx, dw, db."""
    ### BEGIN SOLUTION
    x, w, h = cache
    dz = dout * (1 - h**2)
    return dz @ w.T, x.T @ dz, dz.sum(axis=0)
    ### END SOLUTION'''
DOUBLE = "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
INPUTS = '{"x": rng.normal(size=(4, 3)), "w": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}'
START = "from autograder import check_gradients, check_values\nfrom autograder.hidden import hidden_rng, reference\n"
TESTS = {
    "test_double": "check_values(double, {'x': rng.normal(size=3)}, reference.double, says='Doubled.')",
    "test_unit_forward": f"check_values(unit_forward, {INPUTS}, reference.unit_forward, says='Values.', given=['double'])",
    "test_unit_backward": f"check_gradients(unit_forward, unit_backward, {INPUTS}, says='Gradients.', given=['double'])",
}
NO_BIAS = FORWARD.replace("/ 2 + b", "/ 2")
DEEPER = FORWARD.replace("return h,", "return h[:, None],")
WRONG = BACKWARD.replace("1 - h**2", "1 - h")
MEASURED = '''def unit_backward(dout, cache):
    """dx, dw, db."""
    ### BEGIN SOLUTION
    x, w, h = cache
    arrays = [a.astype(complex) for a in (x, w, np.arctanh(h[0]) - x[0] @ w)]
    grads = [np.zeros(a.shape, dout.dtype) for a in arrays]
    for a, g in zip(arrays, grads):
        for i in np.ndindex(a.shape):
            a[i] += 1e-20j
            g[i] = np.sum(np.tanh(arrays[0] @ arrays[1] + arrays[2]).imag * dout) / 1e-20
            a[i] = a[i].real
    return tuple(grads)
    ### END SOLUTION'''


# The same for each sample alone, of which there may be many.
FLAT = {
    "forward": """def unit_forward(x, w, b):
    ### BEGIN SOLUTION
    h = np.tanh(double(x) * w / 2 + b)
    return h, (x, w, h)
    ### END SOLUTION""",
    "backward": """def unit_backward(dout, cache):
    ### BEGIN SOLUTION
    x, w, h = cache
    dz = dout * (1 - h**2)
    return dz * w, dz * x, dz
    ### END SOLUTION""",
}
FLAT_INPUTS = '{"x": rng.normal(size=4), "w": rng.normal(size=4), "b": rng.normal(size=4)}'
IN_A_COLUMN = """def unit_forward(x, w, b):
    twice = double(x[:, None])
    h = np.tanh(twice * w[:, None] / 2 + b[:, None])
    return h, (twice, w, h)"""
FROM_TWICE = """def unit_backward(dout, cache):
    twice, w, h = cache
    dz = dout * (1 - h**2)
    return dz * w, dz * twice / 2, dz"""
MEASURED_IF_FEW = """def unit_backward(dout, cache):
    x, w, h = cache
    b = np.arctanh(h) - x * w
    if len(x) > 20:
        return dout, dout, dout
    grads = [[], [], []]
    for which in range(3):
        for i in range(len(x)):
            moved = [a.astype(complex) for a in (x, w, b)]
            moved[which][i] += 1e-20j
            grads[which].append(np.sum(np.tanh(moved[0] * moved[1] + moved[2]).imag * dout) / 1e-20)
    return tuple(np.array(one, dout.dtype) for one in grads)"""
OTHER = "    if len(x) > 20:\n        h = h / 2\n    return h"
NOT_A_NUMBER = OTHER.replace("h / 2", "h + 0 * np.log(-1 - x * x)")


def test_cell(name: str, inputs: str):
    test = TESTS[name].replace(INPUTS, inputs if name.endswith("backward") else inputs.replace("=4)", "=30)"))
    hidden = f"### BEGIN HIDDEN TESTS\n{START}rng = hidden_rng()\n{test}\n### END HIDDEN TESTS"
    return cell(name, hidden, points=10)


test_cell.__test__ = False


def notebook(inputs: str = INPUTS, **changes: str):
    """The source, with other text in some cells."""
    texts = {"double": DOUBLE, "forward": FORWARD, "backward": BACKWARD} | changes
    cells = [cell("setup", "import numpy as np")]
    for name, test in zip(texts, TESTS, strict=True):
        cells += [cell(name, texts[name], solution=True), test_cell(test, inputs)]
    return new_notebook(cells=cells)


def judge(root: Path, *source, **submission) -> Result:
    """The result of handing in a notebook."""
    course = Course(root)
    (root / "nbgrader_config.py").write_text("")
    write(course.source(ID), *source)
    write(course.submitted("ada", ID), notebook(**submission))
    return judge_one(course, "ada", ID, Rules(course.source(ID), "bwrap", QUICK))[0]


@pytest.fixture
def judged(tmp_path):
    return lambda **changes: judge(tmp_path, notebook(), **changes)


@pytest.fixture
def judged_flat(tmp_path):
    def hand_in(**changes: str) -> Result:
        return judge(tmp_path, notebook(FLAT_INPUTS, **FLAT), inputs=FLAT_INPUTS, **{**FLAT, **changes})

    return hand_in


def test_a_wrong_forward_pass_costs_its_own_points_alone(judged):
    """Does a forgotten bias cost the forward pass and leave the backward pass its points, with a word about it?"""
    result = judged(forward=NO_BIAS)
    assert scores(result) == {"test_double": 10, "test_unit_forward": 0, "test_unit_backward": 10}
    last = result.cells[-1]["checks"][0]
    assert (last["status"], last["diagnosis"]) == ("passed", "carried")
    assert last["message"].startswith("Gradients. Your backward pass is right for your own forward pass")
    assert carried([result]).checks == 1
    assert "forward pass is wrong are kept: 1 check in 1 submission" in summary([result])
    assert Result.from_dict(result.as_dict()) == result


def test_a_wrong_part_and_a_wrong_forward_pass_cost_their_own_points(judged):
    """Are parts still given while the cache is put right?"""
    result = judged(double=DOUBLE.replace("2 * x", "3 * x"), forward=NO_BIAS)
    assert scores(result) == {"test_double": 0, "test_unit_forward": 0, "test_unit_backward": 10}


@pytest.mark.parametrize("forward", [FORWARD, NO_BIAS])
def test_a_measured_gradient_earns_nothing(judged, forward):
    """Is a gradient by complex steps worth nothing, also behind a forward pass that forgets its bias?"""
    assert scores(judged(forward=forward, backward=MEASURED))["test_unit_backward"] == 0


@pytest.mark.parametrize("forward", [FORWARD, NO_BIAS])
def test_a_wrong_backward_pass_earns_nothing(judged, forward):
    """Is a wrong backward pass worth nothing, whatever its forward pass is?"""
    assert scores(judged(forward=forward, backward=WRONG))["test_unit_backward"] == 0


def test_a_forward_pass_of_another_shape_costs_its_own_points_alone(judged):
    """Does the look at other sizes use what is right, where the forward pass has another shape?"""
    assert scores(judged(forward=DEEPER))["test_unit_backward"] == 10


def test_a_pass_that_is_slow_on_its_own_wrong_cache_is_not_accused(judged_flat):
    """Do numbers in a column, of which all pairs would be formed, cost the forward pass alone?"""
    result = judged_flat(forward=IN_A_COLUMN, backward=FROM_TWICE)
    assert scores(result) == {"test_double": 10, "test_unit_forward": 0, "test_unit_backward": 10}


@pytest.mark.parametrize("other", [OTHER, NOT_A_NUMBER])
@pytest.mark.parametrize(("backward", "kept"), [(FLAT["backward"], 10), (MEASURED_IF_FEW, 0)])
def test_a_forward_pass_that_is_wrong_at_other_sizes_alone_costs_no_right_backward_pass(
    judged_flat, backward, kept, other
):
    """Is the backward pass judged as behind a wrong forward pass, and one that measures worth nothing there?"""
    forward = FLAT["forward"].replace("    return h", other)
    result = judged_flat(forward=forward, backward=backward)
    assert scores(result)["test_unit_backward"] == kept


@pytest.mark.parametrize("forward", [None, "b"])
def test_what_measures_at_small_sizes_and_is_wrong_at_others_earns_nothing(judged_flat, forward):
    """Is it found out behind a right forward pass, and behind one that is wrong?"""
    wrong = FLAT["forward"].replace("/ 2 + b", "/ 2 + 2 * b - b.mean()") if forward else FLAT["forward"]
    assert scores(judged_flat(forward=wrong, backward=MEASURED_IF_FEW))["test_unit_backward"] == 0


@pytest.mark.parametrize(
    "mistake", ["every answer's loss from the vowels' side", "logarithm of a probability of exactly 0"]
)
def test_what_is_an_input_in_some_calls_alone_is_put_right_there_too(tmp_path, mistake):
    """Is a cached probability put right at all sizes, though in the check's inputs it is clipped, or does not matter?

    Of hidden inputs about one in eight is such that huge gradients of clipped numbers hide there what is wrong.
    """
    source, solution = SMALLEST.source(QUESTIONS), handed_in(read_source(SMALLEST, QUESTIONS))
    named = {one.name: one for one in load_mistakes(SMALLEST, QUESTIONS)}
    course = Course(tmp_path)
    write(
        course.submitted("ada", QUESTIONS),
        with_mistake(solution, named[mistake]),
    )
    for salt in range(8):
        result = judge_one(course, "ada", QUESTIONS, Rules(source, "none", salt=f"{salt}", show=False))[0]
        lost = [one["cell"] for one in result.cells if one["score"] < one["points"]]
        assert lost == ["test_binary_cross_entropy_forward"]


def of(check: str, status: str, **more) -> Judged:
    return Judged(Outcome(check, status, **more), hidden=False)


@pytest.mark.parametrize(("status", "share"), [("failed", 1.0), ("passed", 0.0), ("could not run", 0.0)])
def test_points_are_kept_only_where_the_forward_pass_has_lost_its_own(status, share):
    """Does a wrong forward pass whose own check has not failed cost the backward pass's points?"""
    own = of("unit_forward: values", status)
    check = of("unit_backward: gradients", "passed", diagnosis="carried", share=1.0, rests_on="unit_forward")
    kept = kept_where_paid(check, [own, check]).outcome
    assert share_of({"status": kept.status}) == share
    assert kept.diagnosis == ("carried" if share else "forward")
