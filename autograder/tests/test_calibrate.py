"""Are training targets measured as grading meets them, and are their thresholds what was measured?"""

import ast
import json
import math

import pytest

from autograder.build.lint_targets import lint_targets
from autograder.build.pair import to_notebook, to_text
from autograder.build.wishes import Lint
from autograder.calibrate import answers, rounding, run
from autograder.calibrate.measure import Run, measure
from autograder.calibrate.record import record
from autograder.calibrate.store import Store
from autograder.calibrate.verdict import problems
from autograder.cells import cells_of
from autograder.checks.running import listening
from autograder.cli import main
from autograder.course import CourseError
from autograder.hidden import Grading, grading, load_reference
from autograder.tests.mini import calibration_of, cell, write
from autograder.truth import calibration
from autograder.truth.targets import digest, digest_of_target, targets_of, used_by

pytestmark = pytest.mark.slow

ID = "toy"

STEP = '''def step(w, sample, rate):
    """Towards a sample; w (1,)."""
    ### BEGIN SOLUTION
    return w - rate * (w - sample)
    ### END SOLUTION'''

TRAIN = '''def train(data, w, rate, rng):
    """The parameters {"w": (1,)} after 50 steps along data (N,)."""
    ### BEGIN SOLUTION
    for sample in rng.permutation(data)[:50]:
        w = step(w, sample, rate)
    return {"w": w}
    ### END SOLUTION'''

TEST_TRAIN = """import numpy as np
from autograder import check_shapes, check_training
check_training(
    train, {"data": np.full(60, 3.0), "w": np.zeros(1), "rate": 0.5, "rng": np.random.default_rng(1)},
    lambda params: float(abs(params["w"][0] - 3.0)), at_most=0.01, like={"w": np.zeros(1)},
)
### BEGIN HIDDEN TESTS
from autograder.hidden import hidden_rng, reference
check_shapes(step, {"w": np.zeros(1), "sample": 1.0, "rate": 0.1}, [(1,)], says="Shapes.")
data = hidden_rng().normal(2, size=60)
check_training(
    train, {"data": data, "w": np.zeros(1), "rate": 0.1, "rng": hidden_rng()},
    lambda params: reference.distance(params["w"], data), at_most=0.9, like={"w": np.zeros(1)},
    says="Fitted to other data.",
)
### END HIDDEN TESTS"""

DISTANCE = '''def distance(w, data):
    """How far the parameter is from the middle."""
    return float(abs(w[0] - data.mean()))'''

VARIANT = '''"""A step in two halves."""
def step(w, sample, rate):
    return (1 - rate) * w + rate * sample
'''

UNUSED = '''"""Another unused one."""
def unused():
    return 1
'''

MISTAKES = """
[[mistake]]
name = "away from the sample"
function = "step"
edits = [["w - rate", "w + rate"]]
check = "train: training"
diagnosis = "diverged"

[[mistake]]
name = "a rate of nothing"
function = "train"
edits = [["sample, rate)", "sample, 0 * rate)"]]
check = "train: training"
diagnosis = "did not learn"

[[mistake]]
name = "seen by another check"
function = "step"
edits = [["(w - sample)", "(w - sample) * 0"]]
check = "step: shapes"
diagnosis = "shape"
"""


def toy_notebook(test=TEST_TRAIN, **changes):
    """The toy assignment, with the text of some cells replaced."""
    cells = {
        "setup": "import numpy as np",
        "distance": DISTANCE,
        "step": STEP,
        "train": TRAIN,
        "unused": UNUSED.replace("    return", "    '''One.'''\n    ### BEGIN SOLUTION\n    return")
        + "    ### END SOLUTION",
    } | changes
    notebook = to_notebook("# %% [markdown]\n# # Toy\n")
    notebook.cells += [
        cell(name, text, solution=name in ("step", "train", "unused")) for name, text in cells.items()
    ]
    notebook.cells.append(cell("test_train", test, points=100))
    return notebook


@pytest.fixture
def toy(course, monkeypatch):
    """The toy in a course of its own, with mistakes and variants; one way of rounding, for speed."""
    write(course.source(ID), toy_notebook())
    audit = course.source(ID).parent / "audit"
    write(audit / "mistakes.toml", MISTAKES)
    write(audit / "variants" / "halves.py", VARIANT)
    write(audit / "variants" / "unused.py", UNUSED)
    for name in list(rounding.SETTINGS)[1:]:
        monkeypatch.delitem(rounding.SETTINGS, name)
    monkeypatch.chdir(course.root)
    return course


def measured(course, notebook, seed=0, position=2, answer=None):
    """The loss of a target check."""
    source = write(course.root / "source.ipynb", notebook)
    other = write(course.root / "answer.ipynb", answer) if answer else source
    return measure(Run(source, other, "test_train", position, seed)).loss


def edited(old, new):
    """The toy with one edit of the test cell."""
    assert TEST_TRAIN.count(old) == 1
    return toy_notebook(TEST_TRAIN.replace(old, new))


# Measuring


def test_the_loss_is_the_one_that_grading_sees(toy):
    """Is the recorded loss what the check itself reports for the same hidden inputs?"""
    loss, heard = measured(toy, toy_notebook(), seed=3), []
    module = load_reference(toy.root / "source.ipynb")
    source = TEST_TRAIN.replace("### ", "# ")
    with (
        grading(Grading(toy.root / "source.ipynb", "calibrate 3")),
        listening(heard.append, lambda name: getattr(module, name)),
    ):
        exec(source, {"train": module.train, "step": module.step})
    assert f"trained to {loss:.4f}" in heard[-1].cause
    assert loss > 0


def test_hidden_inputs_differ_by_seed_and_come_again(toy):
    """Does a seed name one hidden input, and another seed another?"""
    first, again, other = (measured(toy, toy_notebook(), seed) for seed in (1, 1, 2))
    assert first == again != other
    assert measured(toy, toy_notebook(), 1, position=1) == measured(toy, toy_notebook(), 2, position=1)


def test_an_answer_runs_with_its_own_functions(toy):
    """Does a function that only another function calls reach the loss?"""
    wrong = toy_notebook(step=STEP.replace("w - rate", "w + rate"))
    assert measured(toy, toy_notebook(), answer=wrong) > 10 * measured(toy, toy_notebook())


def test_given_functions_come_from_the_reference(toy):
    """Is a mistake in a function that the check names in `given` without effect, as in grading?"""
    source = edited('    says="Fitted', '    given=["step"], says="Fitted')
    wrong = toy_notebook(step=STEP.replace("w - rate", "w + rate"))
    assert measured(toy, source, answer=wrong) == measured(toy, source)


@pytest.mark.parametrize(
    "result", ['{"w": w * np.nan}', '{"w": w, "v": w}', "1 / 0", '{"w": np.full(1, np.inf)}']
)
def test_training_without_a_loss_counts_as_infinite(toy, result):
    """Is an answer that raises, diverges or returns something else a failure, and not an error?"""
    wrong = toy_notebook(train=TRAIN.replace('{"w": w}', result))
    assert measured(toy, toy_notebook(), answer=wrong) == math.inf


def test_an_answer_keeps_nothing_between_runs(toy):
    """Does each run start with a fresh module, as each submission does?"""
    counting = toy_notebook(
        setup="import numpy as np\nCALLS = []",
        train=TRAIN.replace("    for", "    CALLS.append(1)\n    rate *= len(CALLS)\n    for"),
    )
    assert measured(toy, counting) == measured(toy, counting)


def test_a_broken_test_cell_is_named(toy):
    """Is an authoring error one sentence, with the cell's name?"""
    with pytest.raises(
        CourseError,
        match=r"test_train, target 2 cannot be measured \(NameError.*line 10 of the cell\); mend it",
    ):
        measured(toy, edited("data = hidden_rng()", "data = hidden_numbers()"))


def test_another_rounding_runs_in_a_process_of_its_own(toy):
    """Does a run with a setting come back, with nearly the same loss?"""
    source = write(toy.root / "source.ipynb", toy_notebook())
    one = Run(source, source, "test_train", 2, 0)
    other = rounding.measure_anywhere(Run(source, source, "test_train", 2, 0, rounding.TWO_THREADS))
    assert other.loss == pytest.approx(rounding.measure_anywhere(one).loss, rel=1e-6)
    assert rounding.measure_anywhere(Run(source, source, "nowhere", 2, 0, rounding.TWO_THREADS)) is None


# Who is measured with what


def test_each_answer_is_tried_where_it_matters(toy):
    """Are training mistakes and variants of what `train` uses measured, and nothing else?"""
    trials = {(t.answer.kind, t.answer.name, t.target.position) for t in answers.load(toy, ID).trials}
    names = {
        ("reference", "reference"),
        ("variant", "halves"),
        ("mistake", "away from the sample"),
        ("mistake", "a rate of nothing"),
    }
    assert trials == {(*name, position) for name in names for position in (1, 2)}


def test_a_variant_of_a_given_function_is_not_tried(toy):
    """Is the time saved where grading would use the reference's function?"""
    write(toy.source(ID), edited('    says="Fitted', '    given=["step"], says="Fitted'))
    tried = {
        (t.answer.name, t.target.position) for t in answers.load(toy, ID).trials if t.answer.kind == "variant"
    }
    assert tried == {("halves", 1)}


def test_what_only_a_given_function_calls_is_not_used():
    """Are the helpers of a given function left out, and those of training itself found?"""
    cells = cells_of(
        toy_notebook(setup="def half(x): return x / 2", step=STEP.replace("return w", "return half(w)"))
    )
    assert used_by(cells, "train") >= {"train", "step", "half"}
    assert used_by(cells, "train", without=["step"]).isdisjoint({"step", "half", "unused"})


def test_a_mistake_is_tried_with_the_check_that_it_names(toy):
    """Is another function's target left alone?"""
    write(toy.source(ID), edited('    train, {"data": np.full', '    unused, {"data": np.full'))
    assert {t.target.position for t in answers.load(toy, ID).trials if t.answer.kind == "mistake"} == {2}


@pytest.mark.parametrize(("old", "new", "message"), [
    ("at_most=0.9", "at_most=0.3 * 3", "at_most= as a number"),
    ("    train, {\"data\": data", "    lambda *a: train(*a), {\"data\": data", "name the function that trains"),
])  # fmt: skip
def test_a_check_that_cannot_be_calibrated_is_refused(toy, old, new, message):
    """Is a computed threshold or function an error before anything is measured?"""
    write(toy.source(ID), edited(old, new))
    with pytest.raises(CourseError, match=message):
        answers.load(toy, ID)


def test_a_mistake_of_no_target_check_is_refused(toy):
    """Is a misspelt check not just left out?"""
    write(
        toy.source(ID).parent / "audit" / "mistakes.toml",
        MISTAKES.replace("train: training", "fit: training"),
    )
    with pytest.raises(CourseError, match="names 'fit: training', which no target check is"):
        answers.load(toy, ID)


# What counts as a change


def digests(notebook):
    """The digest of each target check."""
    cells = cells_of(notebook)
    return [digest_of_target(target, cells) for target in targets_of(cells)]


UNCHANGED = {
    "threshold": edited("at_most=0.9", "at_most=0.5"),
    "sentence": edited("Fitted to other data.", "Fitted to new data."),
    "time": edited('    says="Fitted', '    seconds=9, says="Fitted'),
    "comment": edited("data = hidden_rng()", "# Other data.\ndata = hidden_rng()"),
    "another check": edited('"rate": 0.1}, [(1,)]', '"rate": 0.2}, [(1,)]'),
    "docstring": toy_notebook(train=TRAIN.replace("after 50 steps", "afterwards")),
    "unused": toy_notebook(unused=UNUSED.replace("return 1", "return 2")),
}
CHANGED = {
    "inputs": edited('data, "w": np.zeros(1), "rate": 0.1', 'data, "w": np.zeros(1), "rate": 0.2'),
    "data": edited("size=60)\n", "size=61)\n"),
    "evaluation": toy_notebook(distance=DISTANCE.replace("abs", "2 * abs")),
    "training": toy_notebook(train=TRAIN.replace("[:50]", "[:49]")),
    "what training calls": toy_notebook(step=STEP.replace("(w - sample)", "2 * (w - sample)")),
    "indentation": toy_notebook(train=TRAIN.replace("\n    return", "\n        return")),
}


@pytest.mark.parametrize("name", UNCHANGED)
def test_what_does_not_change_losses_needs_no_new_calibration(name):
    """Is the digest the same after an edit that changes no loss?"""
    assert digests(UNCHANGED[name]) == digests(toy_notebook())


@pytest.mark.parametrize("name", CHANGED)
def test_what_changes_losses_needs_a_new_calibration(name):
    """Does the hidden check's digest change with its inputs, evaluation or the code that it trains with?"""
    assert digests(CHANGED[name])[1] != digests(toy_notebook())[1]


def test_digests_are_the_same_in_every_version_of_python():
    """Is the fingerprint free of what Python's versions spell differently?"""
    code = "def f(x, *a, k=1.5e-7, **o):\n    'T'\n    y = [f'{x!r:>{k}} é', b'b', 1j, None, ...]\n    return lambda: (yield y[1:, ::2])"
    assert digest(ast.parse(code).body) == "f4e608ee231651f4"


# The command


def calibrate(*options):
    """The command's exit code."""
    return main(["calibrate", ID, "--seeds", "30", "--mistake-seeds", "8", "--jobs", "2", *options])


def saved(course):
    return json.loads(calibration.path_of(course, ID).read_text())


def test_the_command_measures_writes_and_names_the_number(toy, capsys):
    """Does calibrate write file and picture, say what to change, and agree when it is changed?"""
    assert calibrate() == 1
    visible, hidden = saved(toy)["checks"]
    due = hidden["threshold"]
    assert f"at_most=0.9 is not the calibrated threshold; write at_most={due:g}" in " ".join(
        capsys.readouterr().out.split()
    )
    assert (visible["threshold"], visible["correct"]["n"], "tail" in visible["correct"]) == (0.01, 1, False)
    assert (hidden["correct"]["n"], hidden["correct"]["failures"]) == (30, 0)
    assert hidden["correct"]["p_fails"] <= 1e-5
    assert hidden["correct"]["max"] < due
    assert hidden["variants"][0] | {"name": "halves", "n": 20, "failures": 0} == hidden["variants"][0]
    assert hidden["variants"][0]["largest_difference"] < 1e-12
    assert [(m["name"], m["n"]) for m in hidden["mistakes"]] == [
        ("away from the sample", 8),
        ("a rate of nothing", 8),
    ]
    assert hidden["mistakes"][0]["p_passes"] < 0.01
    assert hidden["rounding"]["seeds"] == 3
    assert set(hidden["rounding"]["settings"]) == {rounding.TWO_THREADS}
    assert calibration.path_of(toy, ID).with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    write(toy.text(ID), to_text(toy_notebook(TEST_TRAIN.replace("0.9", f"{due:g}"))))
    assert calibrate() == 0
    assert saved(toy)["checks"][1]["threshold"] == due


def test_visible_checks_are_measured_alone(toy, capsys):
    """Does --visible leave what is known of hidden checks, and refuse when one of these has changed?"""
    calibrate()
    path, before = calibration.path_of(toy, ID), saved(toy)["checks"]
    picture = path.with_suffix(".png").read_bytes()
    assert TEST_TRAIN.count("at_most=0.01") == 1
    write(toy.text(ID), to_text(toy_notebook(TEST_TRAIN.replace("at_most=0.01", "at_most=0.02"))))
    (toy.reports / "calibration" / f"{ID}.jsonl").unlink()
    calibrate("--visible")
    visible, hidden = saved(toy)["checks"]
    assert (visible["threshold"], hidden) == (0.02, before[1])
    assert path.with_suffix(".png").read_bytes() == picture
    toy.text(ID).unlink()
    write(toy.source(ID), toy_notebook(train=TRAIN.replace("[:50]", "[:49]")))
    assert calibrate("--visible") == 2
    assert "leave out --visible" in " ".join(capsys.readouterr().err.split())
    assert saved(toy)["checks"] == [visible, hidden]


def test_an_interrupted_calibration_goes_on(toy, monkeypatch):
    """Is what was measured kept, also after a line that was cut off, and only the rest measured?"""
    loaded, plan, store = answers.load(toy, ID), run.Plan(6, 3, rounding_seeds=0), Store(toy, ID)

    def stop(done, of):
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.measure_all(loaded, plan, store, 1, stop)
    text = store.path.read_text()
    assert len(text.splitlines()) == 5
    store.path.write_text(text[:-9])
    told = []
    run.measure_all(loaded, plan, Store(toy, ID), 1, lambda done, of: told.append((done, of)))
    assert told[0] == (4, 6 + 1 + 6 + 1 + 3 + 3 + 1 + 1)
    assert told[-1][0] == told[-1][1]
    again = []
    run.measure_all(loaded, plan, Store(toy, ID), 1, lambda done, of: again.append(done))
    assert again == [told[-1][1]]
    whole = record(loaded, plan, Store(toy, ID))
    assert whole["checks"][1]["correct"]["n"] == 6


def test_losses_of_changed_code_are_measured_again(toy):
    """Is an old loss not taken for new code, and still there when the edit is undone?"""
    plan, told = run.Plan(2, 2, rounding_seeds=0), []
    for notebook in (toy_notebook(), toy_notebook(train=TRAIN.replace("[:50]", "[:49]")), toy_notebook()):
        write(toy.source(ID), notebook)
        run.measure_all(answers.load(toy, ID), plan, Store(toy, ID), 1, lambda done, of: told.append(done))
    starts = [done for before, done in zip([99, *told], told, strict=False) if done <= before]
    assert starts[:2] == [0, 0]
    assert told[-1] == starts[-1]


def test_a_reference_without_a_loss_stops_the_calibration(toy, capsys, monkeypatch):
    """Is a reference that diverges one sentence?"""
    write(toy.source(ID), toy_notebook(train=TRAIN.replace('{"w": w}', '{"w": w * np.nan}')))
    (toy.source(ID).parent / "audit" / "mistakes.toml").unlink()
    monkeypatch.delitem(rounding.SETTINGS, rounding.TWO_THREADS)
    assert calibrate() == 2
    assert "does not always reach a finite loss" in " ".join(capsys.readouterr().err.split())


# The verdict


def check_entry(**changes):
    """An entry of calibration.json without problems."""
    correct = {"mean": 1.0, "sd": 0.1, "max": 1.2, "p_fails": 1e-5, "failures": 0}
    return {"cell": "c", "position": 1, "hidden": True, "threshold": 1.5, "correct": correct,
            "variants": [], "mistakes": [], "rounding": {"largest": 1e-3}, **changes}  # fmt: skip


def mistake(chance):
    return {"name": "m", "p_passes": chance}


PROBLEMS = {
    "sound": ([check_entry(mistakes=[mistake(0.01)])], 1.5, []),
    "other number": (
        [check_entry()],
        1.4,
        ["at_most=1.4 is not the calibrated threshold; write at_most=1.5"],
    ),
    "unfair": ([check_entry(correct={"p_fails": 1e-4})], 1.5, ["right answers fail with P = 1.0e-04"]),
    "variant": (
        [check_entry(variants=[{"name": "v", "failures": 2, "n": 20}])],
        1.5,
        ["the variant v failed 2 of 20"],
    ),
    "toothless": ([check_entry(mistakes=[mistake(0.02)])], 1.5, ["The mistake 'm' passes with P = 0.02"]),
    "caught elsewhere": (
        [check_entry(mistakes=[mistake(0.9)]), check_entry(mistakes=[mistake(0.0)])],
        1.5,
        [],
    ),
    "no target": (
        [check_entry(before=1.4)],
        1.5,
        ["at most 1.5 is no target, for the loss before training is 1.4"],
    ),
    "a target": ([check_entry(before=1.6)], 1.5, []),
    "no margin": (
        [check_entry(hidden=False, correct={"margin": 1e-3, "max": 1.499})],
        1.5,
        ["too close to the target"],
    ),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_verdict_names_what_is_wrong(name):
    """Is there a sentence for each kind of bad calibration, and none for a good one?"""
    checks, at_most, expected = PROBLEMS[name]
    found = list(problems({"checks": checks}, {("c", 1): at_most}))
    assert len(found) == len(expected)
    assert all(text in sentence for text, sentence in zip(expected, found, strict=True))


def own(at_most=1.6, p_fails=1e-6, **chances):
    return {
        "own": {"at_most": at_most, "failures": 0, "p_fails": p_fails, "variants": {}, "p_passes": chances}
    }


OWN = {
    "good chances": (check_entry(**own()), []),
    "good chances, mistakes": (check_entry(mistakes=[mistake(0.5)], **own(m=0.001)), []),
    "too low": (check_entry(**own(p_fails=0.01)), ["right answers fail with P = 1.0e-02; give training more steps, or write at_most=1.5"]),
    "too high": (check_entry(mistakes=[mistake(0.0)], **own(m=0.4)), ["The mistake 'm' passes with P = 0.4"]),
    "as before training": (check_entry(before=1.55, **own()), ["at most 1.6 is no target"]),
}  # fmt: skip


@pytest.mark.parametrize("name", OWN)
def test_a_number_of_the_authors_own_is_judged_by_its_chances(name):
    """May at_most be the author's as long as right answers reach it and mistakes do not, where a course allows that?"""
    check, expected = OWN[name]
    found = list(problems({"checks": [check]}, {("c", 1): 1.6}, calibrated=False))
    assert len(found) == len(expected)
    assert all(text in sentence for text, sentence in zip(expected, found, strict=True))
    assert any(
        "is not the calibrated threshold" in one for one in problems({"checks": [check]}, {("c", 1): 1.6})
    )


def test_the_chances_of_the_authors_number_are_measured(toy, capsys):
    """Does calibrate, in a course without c.Lint.calibrated, leave at_most and show its chances beside the other's?"""
    config = toy.root / "nbgrader_config.py"
    config.write_text(config.read_text().replace("c.Lint.calibrated = True", ""))
    write(toy.source(ID), edited("at_most=0.9", "at_most=1.5"))
    assert calibrate() == 0
    check = saved(toy)["checks"][1]
    assert check["own"]["at_most"] == 1.5 != check["threshold"]
    assert check["own"]["p_fails"] < 1e-4
    assert set(check["own"]["p_passes"]) == {"away from the sample", "a rate of nothing"}
    assert "as it is" in capsys.readouterr().out
    assert lint_targets(edited("at_most=0.9", "at_most=1.5"), saved(toy), ID, Lint(seeds=30)) == []
    (problem,) = lint_targets(
        edited("at_most=0.9", "at_most=1.5"), saved(toy), ID, Lint(calibrated=True, seeds=30)
    )
    assert "has at_most=1.5" in problem.message
    (problem,) = lint_targets(edited("at_most=0.9", "at_most=1.6"), saved(toy), ID, Lint(seeds=30))
    assert "has at_most=1.6" in problem.message


def test_the_loss_before_training_is_measured(toy):
    """Is it what the check's own evaluation says of the parameters among its inputs, and nothing without these?"""
    source = write(toy.root / "source.ipynb", toy_notebook())
    assert measure(Run(source, source, "test_train", 2, 0)).before is None
    test = TEST_TRAIN.replace('"w": np.zeros(1), "rate"', '"params": {"w": np.ones(1)}, "rate"')
    train = TRAIN.replace("w, rate, rng):", "params, rate, rng):").replace(
        "    for sample", "    w = params['w']\n    for sample"
    )
    started = write(toy.root / "started.ipynb", toy_notebook(test, train=train))
    found = measure(Run(started, started, "test_train", 1, 0))
    assert found.before == 2.0
    assert found.loss < found.before


# The linter


SOUND = calibration_of(toy_notebook())
REFUSED = {
    "never calibrated": (
        toy_notebook(),
        None,
        "its target check 2 was never calibrated; run `autograder calibrate toy`.",
    ),
    "other threshold": (
        edited("at_most=0.9", "at_most=0.8"),
        SOUND,
        "has at_most=0.8, and 0.9 was calibrated",
    ),
    "visible threshold": (
        edited("at_most=0.01", "at_most=0.02"),
        SOUND,
        "has at_most=0.02, and 0.01 was calibrated",
    ),
    "no number": (edited("at_most=0.9", "at_most=0.45 * 2"), SOUND, "needs at_most= as a plain number"),
    "other inputs": (CHANGED["inputs"], SOUND, "changed since calibration; run `autograder calibrate toy`."),
    "other code": (CHANGED["evaluation"], SOUND, "changed since calibration"),
    "unknown check": (toy_notebook(), {**SOUND, "checks": SOUND["checks"][:1]}, "changed since calibration"),
    "quick look": (toy_notebook(), {**SOUND, "seeds": 199}, "with 199 seeds, a quick look"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_linter_sees_one_problem(name):
    """Is each disagreement between notebook and calibration one problem with what to do?"""
    notebook, calibration, message = REFUSED[name]
    (problem,) = lint_targets(notebook, calibration, ID)
    assert message in problem.message


def test_the_linter_leaves_the_rest_alone():
    """Do a calibrated notebook, and one without hidden targets, pass?"""
    visible = TEST_TRAIN[: TEST_TRAIN.index("### BEGIN")]
    assert lint_targets(toy_notebook(), SOUND, ID) == []
    assert lint_targets(toy_notebook(visible), None, ID) == []


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"version": 2, "seeds": 200, "checks": []}', '{"version": 1, "seeds": 200, "checks": 3}'],
)
def test_a_damaged_calibration_is_one_sentence(toy, text):
    """Does a file that cannot be used say how to make it anew?"""
    write(calibration.path_of(toy, ID), text)
    with pytest.raises(
        CourseError, match=r"calibration.json cannot be used .*run `autograder calibrate toy`"
    ):
        calibration.read(toy, ID)
    calibration.path_of(toy, ID).unlink()
    assert calibration.read(toy, ID) is None


def test_thresholds_are_kept_to_the_last_digit(toy):
    """Is a measured number rounded, and a threshold that the notebook spells out not?"""
    calibration.save(
        {"version": 1, "checks": [{"threshold": 3.006123, "seconds": 3.006123}]}, calibration.path_of(toy, ID)
    )
    assert calibration.read(toy, ID)["checks"] == [{"threshold": 3.006123, "seconds": 3.0061}]
