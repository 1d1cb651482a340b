"""What a result is, and where it comes from: dtype kinds, lists, caches kept outside, leftovers."""

import collections
import contextlib
import subprocess
import sys
import types

import numpy as np
import pytest

from autograder import check_gradients, check_sampling, check_values
from autograder.checks.outcome import CheckFailed, CheckStopped
from autograder.checks.running import listening
from autograder.sandbox import process, wire
from autograder.sandbox.limits import Limits
from autograder.sandbox.session import Session, StudentFunction
from autograder.tests.test_checks import INPUTS, failure, sample_next, step_backward, step_forward

IDS = np.array([2, 0, 1])
FLOATS = np.array([0.0, 1.0, 1.0])


def returning(value):
    def f(x):
        return value

    return f


@pytest.mark.parametrize(
    ("found", "right", "cause"),
    [
        (FLOATS.astype(bool), FLOATS, "holds truth values where floats are asked for"),
        (FLOATS.astype(int), FLOATS, "holds whole numbers where floats are asked for"),
        (FLOATS.astype(bool), FLOATS.astype(np.float32), "holds truth values where floats"),
        (IDS.astype(float), IDS, "holds floats where whole numbers are asked for"),
        (FLOATS.astype(bool), FLOATS.astype(int), "holds truth values where whole numbers"),
        (FLOATS.astype(int), FLOATS.astype(bool), "holds whole numbers where truth values"),
        (FLOATS, FLOATS.astype(bool), "holds floats where truth values"),
        (True, 1.0, "holds truth values where floats"),
        (np.True_, 1, "holds truth values where whole numbers"),
        ({"w": FLOATS.astype(int)}, {"w": FLOATS}, "holds whole numbers"),
    ],
)
def test_numbers_of_another_kind_are_told(found, right, cause):
    """Does a result whose values are right, but of another kind, fail with a sentence that names both?"""
    outcome = failure(check_values, returning(found), {"x": np.ones(2)}, right)
    assert (outcome.diagnosis, cause in outcome.cause) == ("dtype", True)


@pytest.mark.parametrize(
    ("found", "right", "inputs"),
    [
        (IDS.astype(np.int32), IDS, np.ones(2)),
        (IDS.astype(np.uint8), IDS, np.ones(2)),
        (3, 3.0, np.ones(2)),
        (np.int64(3), 3.0, np.ones(2)),
        (3.0, 3, np.ones(2)),
        (np.float64(0.5), 0.5, np.ones(2, np.float32)),
        (np.float32(0.5), 0.5, np.ones(2, np.float32)),
        (0.5, np.float32(0.5), np.ones(2, np.float32)),
        (np.array(0.5), 0.5, np.ones(2)),
        (FLOATS.astype(np.longdouble), FLOATS, np.ones(2)),
        (FLOATS.astype(np.float32), FLOATS, np.ones(2, np.float32)),
        (FLOATS, FLOATS, np.ones(2, np.float32)),
        ([FLOATS, IDS], (FLOATS, IDS), np.ones(2)),
        ((FLOATS, IDS), (FLOATS, IDS), np.ones(2)),
    ],
)
def test_forms_that_mean_the_same_pass(found, right, inputs, capsys):
    """Do other widths, single numbers of any kind, and a list of several results count as right?"""
    check_values(returning(found), {"x": inputs}, right)
    assert "are right" in capsys.readouterr().out


def test_whole_numbers_stand_for_floats_where_the_docstring_promises_neither(capsys):
    """Does `any_number` let counts be whole, and still no truth values?"""
    check_values(returning(FLOATS.astype(int)), {"x": 1}, FLOATS, any_number=True)
    assert (
        failure(check_values, returning(FLOATS > 0), {"x": 1}, FLOATS, any_number=True).diagnosis == "dtype"
    )


def test_a_list_of_output_and_cache_is_as_good_as_a_tuple(capsys):
    """Does `[h, cache]` pass, and a backward pass that returns a list?"""

    def list_forward(*inputs):
        return list(step_forward(*inputs))

    def list_backward(*douts_and_cache):
        return list(step_backward(*douts_and_cache))

    check_gradients(list_forward, list_backward, INPUTS)
    check_values(list_forward, INPUTS, step_forward(*INPUTS.values())[0])


OTHER_NAMES = {
    "lambdas": "scale_forward = lambda x, w: (x * w, (x, w))\nscale_backward = lambda d, cache: (d * cache[1], d * cache[0])",
    "second names": "def there(x, w): return x * w, (x, w)\ndef back(d, cache): return d * cache[1], d * cache[0]\n"
                    "scale_forward, scale_backward = there, back",
    "partials": "import functools\nscale_forward = functools.partial(lambda k, x, w: (x * w, (x, w)), 0)\n"
                "scale_backward = functools.partial(lambda k, d, cache: (d * cache[1], d * cache[0]), 0)",
    "objects": "class There:\n    def __call__(self, x, w): return x * w, (x, w)\n"
               "class Back:\n    def __call__(self, d, cache): return d * cache[1], d * cache[0]\n"
               "scale_forward, scale_backward = There(), Back()",
    "methods": "class Scale:\n    def there(self, x, w): return x * w, (x, w)\n"
               "    def back(self, d, cache): return d * cache[1], d * cache[0]\n"
               "scale_forward, scale_backward = Scale().there, Scale().back",
}  # fmt: skip
SCALED = """
inputs = {"x": np.arange(3.0), "w": np.arange(1.0, 4.0)}
check_values(scale_forward, inputs, inputs["x"] * inputs["w"])
check_gradients(scale_forward, scale_backward, inputs)
"""


@pytest.mark.parametrize("made", OTHER_NAMES.values(), ids=OTHER_NAMES)
def test_what_a_cell_calls_a_function_is_its_name(made, capsys):
    """Does a function count by its name in the notebook, whatever it is called where it was made?"""
    scope = {"np": np, "check_values": check_values, "check_gradients": check_gradients}
    exec(made, scope)
    exec(SCALED, scope)
    said = capsys.readouterr().out
    assert "✓ scale_forward: values" in said
    assert "✓ scale_backward: gradients" in said
    exec("old_backward = scale_backward\nscale_backward = lambda d, cache: old_backward(-d, cache)", scope)
    with pytest.raises(CheckFailed, match="scale_backward: gradients"):
        exec(SCALED, scope)


@pytest.mark.parametrize(
    "kind", [collections.OrderedDict, collections.UserDict, collections.ChainMap, types.MappingProxyType,
             lambda grads: collections.defaultdict(float, grads)],
)  # fmt: skip
def test_any_mapping_is_as_good_as_a_dict(kind, capsys):
    """Do gradients and other results pass in an ordered dict, a defaultdict and what behaves like one?"""

    def mapped_backward(dh, cache):
        return *step_backward(dh, cache)[:-1], kind(step_backward(dh, cache)[-1])

    check_gradients(step_forward, mapped_backward, INPUTS)
    check_values(returning(kind({"a": FLOATS})), {"x": 1}, {"a": FLOATS})
    assert wire.unpack(wire.pack(kind({"a": 1}), None), None) == {"a": 1}


def test_a_number_of_a_class_of_ones_own_is_a_number(capsys):
    """Does a float's subclass pass where a number is due, and one that is another number fail?"""

    class Nats(float):
        pass

    class Character(int):
        pass

    check_sampling(lambda *arguments: Character(sample_next(*arguments)), np.array([0.0, 1.0, -1.0]))
    check_values(returning(Nats(2.5)), {"x": 1}, 2.5)
    assert failure(check_values, returning(Nats(2.0)), {"x": 1}, 2.5).diagnosis != "returns"


def test_a_cache_may_be_used_up(capsys):
    """Does a backward pass keep its points that empties its cache, and lose them when it writes over an array in it?"""

    def stack_forward(*inputs):
        h, cache = step_forward(*inputs)
        return h, [cache]

    def popping_backward(*douts_and_stack):
        *douts, stack = douts_and_stack
        return step_backward(*douts, stack.pop())

    def writing_backward(*douts_and_stack):
        *douts, stack = douts_and_stack
        gradients = step_backward(*douts, stack[0])
        for array in stack[0]:
            if isinstance(array, np.ndarray):
                array *= 2
        return gradients

    check_gradients(stack_forward, popping_backward, INPUTS)
    assert failure(check_gradients, stack_forward, writing_backward, INPUTS).diagnosis == "inputs changed"


def test_an_array_of_two_results_is_as_good_as_two(capsys):
    """Does an array pass whose entries have the shapes of the results, and one fail that is a single result?"""
    pair = FLOATS, FLOATS + 1
    check_values(returning(np.stack(pair)), {"x": 1}, pair)
    assert failure(check_values, returning(FLOATS), {"x": 1}, pair).diagnosis == "returns"


def test_a_cache_kept_outside_is_told():
    """Does a backward pass fail that reads what the last forward pass left in a variable or on a function?"""
    kept = {}

    def global_forward(*inputs):
        h, kept["cache"] = step_forward(*inputs)
        return h, None

    def attribute_forward(*inputs):
        h, attribute_forward.cache = step_forward(*inputs)
        return h, None

    def half_forward(*inputs):
        h, cache = step_forward(*inputs)
        kept["x"] = inputs[0]
        return h, cache

    def half_backward(dh, cache):
        return step_backward(dh, (kept["x"], *cache[1:]))

    for pair in (
        (global_forward, lambda dh, cache: step_backward(dh, kept["cache"])),
        (attribute_forward, lambda dh, cache: step_backward(dh, attribute_forward.cache)),
        (half_forward, half_backward),
    ):
        outcome = failure(check_gradients, *pair, INPUTS)
        assert outcome.diagnosis == "state kept"
        assert "has been called on others" in outcome.cause


def test_gradients_that_are_no_derivative_can_be_asked_for(capsys):
    """Does `expected` say what a clipped function's backward pass should return, and fail any other?"""

    def clip_forward(x):
        return np.maximum(x, 0.1), x

    inputs = {"x": np.array([0.05, 0.5])}
    check_gradients(clip_forward, lambda dout, cache: dout, inputs, expected=lambda dout: dout)
    outcome = failure(
        check_gradients, clip_forward, lambda dout, x: dout * (x > 0.1), inputs, expected=lambda dout: dout
    )
    assert outcome.cause.startswith("dx")


def notebook(*cells: str) -> dict:
    """The variables of a kernel in which these cells ran."""
    scope: dict = {"In": [""]}
    for number, cell in enumerate(cells, 1):
        scope["In"].append(cell)
        with contextlib.suppress(CheckFailed):
            exec(compile(cell, f"<cell {number}>", "exec"), scope)
    return scope


TEST = "import numpy as np\nfrom autograder import check_values\nscale = 2.0\ncheck_values(f, {'x': np.ones(2)}, np.ones(2))"
TAKES = "def f(x):\n    return [x * scale for _ in range(1)][0]"


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ((TAKES, TEST), True),
        (("def f(x):\n    def inner():\n        return x * scale\n    return inner()", TEST), True),
        (("scale = 2.0", TAKES, TEST), True),
        (("f = len", TEST, "scale = 2.0", TAKES), False),
        ((TAKES.replace("scale", "SCALE"), "SCALE = 2.0", TEST), False),
        (
            (
                "import math as scale",
                "def f(x):\n    return x * math.pi if False else x",
                "import math",
                TEST,
            ),
            False,
        ),
        (("def f(x):\n    scale = 2\n    return x * scale", TEST), False),
        (("def f(x):\n    return x.scale if False else x", TEST), False),
    ],
)
def test_variables_that_a_test_cell_left_behind_are_told(cells, told):
    """Is a function told that reads such a variable, and nobody that reads another?"""
    scope = notebook(*cells)
    outcome = failure(check_values, scope["f"], {"x": np.ones(2)}, np.full(2, 9.0))
    assert (outcome.diagnosis == "outside", "reads `scale`" in outcome.cause) == (told, told)


def test_a_tests_own_function_may_read_what_the_test_defines(capsys):
    """Does a check leave alone the function of its test cell that says what is expected?"""
    test = TEST.replace(", np.ones(2))", ", lambda x: scale * x)")
    notebook("def f(x):\n    return 2 * x", test)
    assert "✓ f: values" in capsys.readouterr().out


def test_prints_appear_once(capsys):
    """Is what functions print shown for the first call of each, and what a check says after it?"""

    def loud_forward(*inputs):
        print("forward")
        return step_forward(*inputs)

    def loud_backward(*inputs):
        print("backward")
        return step_backward(*inputs)

    check_gradients(loud_forward, loud_backward, INPUTS)
    assert capsys.readouterr().out.split("\n")[:2] == ["forward", "backward"]
    check_gradients(loud_forward, loud_backward, INPUTS)
    assert capsys.readouterr().out.count("forward\n") == 1


def test_an_error_inside_numpy_names_the_students_line():
    """Is the line one of the student's own, wherever NumPy raised?"""
    scope = notebook(
        "import numpy as np",
        "def helper(x):\n    return np.concatenate([x, x[None]])",
        "def f(x):\n    return helper(x)",
    )
    import linecache

    text = scope["In"][2]
    linecache.cache["<cell 2>"] = (len(text), None, text.splitlines(True), "<cell 2>")
    outcome = failure(check_values, scope["f"], {"x": np.ones(2)}, np.ones(2))
    assert "in `return np.concatenate([x, x[None]])`" in outcome.rows[-1].measured


def test_stopping_a_check_gives_a_short_report():
    """Does an interrupt say where the student's code was, in the student's kernel only?"""

    def f(x):
        raise KeyboardInterrupt

    with pytest.raises(CheckStopped) as stopped:
        check_values(f, {"x": np.ones(2)}, np.ones(2))
    report = stopped.value._render_traceback_()
    assert report[0] == "■ f: values"
    assert report[1].startswith("  stopped in `f`, line")
    with pytest.raises(KeyboardInterrupt) as plain, listening(print):
        check_values(f, {"x": np.ones(2)}, np.ones(2))
    assert type(plain.value) is KeyboardInterrupt


def ask(wall: str, source: str, *arguments) -> object:
    """What a function `f` of a sealed student returns."""
    with contextlib.closing(Session(wall, Limits(), [])) as session:
        session.run(source)
        return StudentFunction(session, "f")(*arguments)


@pytest.mark.parametrize("wall", ["none", "bwrap"])
def test_a_function_can_be_handed_in_across_the_border(wall):
    """Does a student's code reach a function among its arguments, with generators going on as they should?"""
    source = "def f(g, rng):\n    first = g(1.5, rng=rng)\n    return first, g(1.5, rng=rng), rng.random()"
    expected = np.random.default_rng(3)
    first = 1.5 + expected.random()
    assert ask(wall, source, lambda x, rng: x + rng.random(), np.random.default_rng(3)) == (
        first, 1.5 + expected.random(), expected.random(),
    )  # fmt: skip


def test_only_what_is_handed_in_can_be_called():
    """Does a call of anything else of the grader's raise in the student's process, which goes on?"""
    source = "def f(cache):\n    try:\n        return cache()\n    except ValueError as error:\n        return str(error)"
    assert ask("none", source, types.SimpleNamespace()) == "this object is no function"


@pytest.mark.parametrize(("size", "kind"), [(30, "Handle"), (8, "ndarray")])
def test_a_large_cache_of_a_supplied_function_stays_with_the_grader(monkeypatch, size, kind):
    """Does a cache that is too large to come back as an argument go through student code as a handle, and back?"""
    monkeypatch.setattr(process, "MAX_QUESTION", 10)
    source = (
        "def f():\n    out, cache = big_forward()\n    return out + big_backward(cache), type(cache).__name__"
    )
    stand_ins = {"big_forward": lambda: (2.0, np.arange(float(size))), "big_backward": np.sum}
    with contextlib.closing(Session("none", Limits(), [])) as session:
        session.run(source)
        with session.supply(stand_ins):
            assert StudentFunction(session, "f")() == (2.0 + size * (size - 1) / 2, kind)


CELLS = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance(colors="nocolor")
for cell in (
    "import numpy as np, time, threading, _thread\\nfrom autograder import check_values",
    "def f(y):\\n    return y * x.sum()",
    "x = np.ones(2)\\ncheck_values(f, {'y': np.ones(2)}, 2 * np.ones(2))",
    "def endless(y):\\n    threading.Timer(0.3, _thread.interrupt_main).start()\\n    while True:\\n        time.sleep(0.01)",
    "check_values(endless, {'y': np.ones(2)}, np.ones(2))",
    "print('goes on')",
):
    shell.run_cell(cell, store_history=True)
"""


def test_ipython_shows_short_reports():
    """Do leftovers and ■ look in IPython as they should, without a traceback?"""
    ran = subprocess.run(
        [sys.executable, "-c", CELLS], capture_output=True, text=True, timeout=120, check=True
    )
    assert "`f` reads `x`, which a test cell left behind" in ran.stdout
    assert "stopped in `endless`, line 4, `time.sleep(0.01)`, after" in ran.stdout
    assert "Traceback" not in ran.stdout
    assert ran.stdout.rstrip().endswith("goes on")
