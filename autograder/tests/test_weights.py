"""Does a check count what its author says, and may its calls take the time that it says?"""

import json
from dataclasses import replace

import pytest

from autograder.audit.tried import Tried
from autograder.cells import cells_of, is_check, of_kind, weight_of
from autograder.checks.running import listening
from autograder.checks.values import check_values
from autograder.feedback.checks import checks_of
from autograder.gradescope.known import Known
from autograder.grading.judge import Rules
from autograder.grading.one import judge_one
from autograder.grading.result import Result, earned, worths
from autograder.tests.mini import (
    FULL,
    ID,
    QUICK,
    TEST_DOUBLE,
    judged,
    scores,
    source_notebook,
    submission,
    write,
)
from autograder.truth.targets import digest_of_target, targets_of

SLOW = '''def double(x):
    """Twice x, an array, after a while."""
    import time
    began = time.process_time()
    while x.ndim == 2 and time.process_time() - began < 0.7:
        pass
    return 2 * x'''
ONLY_VECTORS = "def double(x):\n    return 2 * x if x.ndim == 1 else 3 * x"


def weighted(course, **options):
    """The mini course, with options for the hidden check of its first test."""
    text = ", ".join(f"{name}={value}" for name, value in options.items())
    source = source_notebook()
    cell = next(one for one in source.cells if one.id == "test_double")
    cell.source = cell.source.replace("says=", f"{text}, says=")
    assert cell.source != TEST_DOUBLE
    write(course.source(ID), source)
    return source


def test_points_are_split_by_weight(course):
    """Does a check of weight 2 beside one of weight 1 take two thirds of the points, everywhere?"""
    weighted(course, weight=2)
    result = judged(course, submission({"double": ONLY_VECTORS}), sandbox="none")
    assert scores(result)["test_double"] == 10
    assert [check.get("weight") for check in result.cells[0]["checks"]] == [None, 2.0]
    assert Tried("variant", "v", None, result).lost["test_double", 1] == pytest.approx(20)
    again = Result.from_dict(json.loads(json.dumps(result.as_dict())))
    assert again == result


def test_the_right_answer_keeps_all_points(course):
    """Do weights that are no round parts add up to all points?"""
    weighted(course, weight=0.3)
    assert scores(judged(course, submission(), sandbox="none")) == FULL


def test_pages_and_gradescope_show_the_worth(course):
    """Is what a check is worth on the feedback page, and at Gradescope, what grading makes it?"""
    source = weighted(course, weight=2)
    cell = next(one for one in source.cells if one.id == "test_double")
    facts = [{"status": "passed", "hidden": False, "check": "a", "message": "", "diagnosis": ""},
             {"status": "failed", "hidden": True, "check": "b", "message": "", "diagnosis": "", "weight": 2.0}]  # fmt: skip
    cell.metadata["autograder"] = {"checks": facts}
    assert [(check.gained, check.worth) for check in checks_of(cell)] == [(10, 10), (0, 20)]
    known = Known(list(of_kind(cells_of(source), "test")))
    from autograder.checks.outcome import Outcome
    from autograder.grading.testcell import Judged

    known.hear(
        "test_double", [Judged(Outcome("a", "passed"), False), Judged(Outcome("b", "failed"), True, 2.0)]
    )
    assert [(one["score"], one["max_score"]) for one in known.as_dict(1.0)["tests"]] == [(10, 10), (0, 20)]


def test_a_check_that_could_not_run_has_its_weight(course):
    """Does a broken check leave the others what they are worth?"""
    source = source_notebook()
    cell = next(one for one in source.cells if one.id == "test_double")
    cell.source = cell.source.replace("rng.normal(size=(2, 3))", "1 / 0").replace("says=", "weight=5, says=")
    write(course.source(ID), source)
    result = judged(course, submission(), sandbox="none")
    assert [check["status"] for check in result.cells[0]["checks"]] == ["passed", "could not run"]
    assert scores(result)["test_double"] == 5


@pytest.mark.parametrize(("text", "weight"), [
    ("", 1), (", weight=3", 3), (", weight=0.5", 0.5), (", weight=0", 1), (", weight=-1", 1), (", weight=n", 1),
    (", weight=True", 1), (", weight=1001", 1), (", weight=1e999", 1),
])  # fmt: skip
def test_only_a_written_number_is_a_weight(text, weight):
    """Is a weight read from the text of the cell alone, and 1 where it says nothing sound?"""
    import ast

    (statement,) = ast.parse(f"check_values(f, x, y{text})").body
    assert is_check(statement)
    assert weight_of(statement) == weight


def test_shares_and_weights_together():
    """Does half of a check of weight 3 beside a lost one of weight 1 give three eighths?"""
    checks = [{"status": "failed", "share": 0.5, "weight": 3.0}, {"status": "failed"}]
    assert worths(checks, 8) == [6, 2]
    assert earned(checks, 8) == 3


@pytest.mark.parametrize("weight", [0, -1, "2", True, float("nan")])
def test_results_with_an_impossible_weight_are_damaged(course, weight):
    """Is a weight that no grading writes refused where results are read?"""
    check = {
        "check": "a",
        "status": "passed",
        "hidden": False,
        "message": "",
        "cause": "",
        "diagnosis": "",
        "weight": weight,
    }
    entry = Result(
        "ada", ID, 1.0, 1.0, cells=[{"cell": "c", "points": 1.0, "score": 1.0, "checks": [check]}]
    ).as_dict()
    with pytest.raises(ValueError, match="weight"):
        Result.from_dict(entry)


@pytest.mark.parametrize(("options", "points"), [({}, 15), ({"seconds": 9}, 30)])
def test_a_check_may_give_its_calls_more_time(course, options, points):
    """Does a call over the usual limit fail, and pass where the check says that it may take longer?"""
    weighted(course, **{"weight": 1, **options})
    write(course.submitted("ada", ID), submission({"double": SLOW}))
    rules = Rules(course.source(ID), "none", replace(QUICK, call_seconds=0.4), show=False)
    assert scores(judge_one(course, "ada", ID, rules)[0])["test_double"] == points


def test_weight_and_seconds_change_nothing_in_a_kernel(capsys):
    """Does a student's own kernel take both, and say what it always says?"""
    heard = []
    with listening(heard.append):
        check_values(abs, {"x": 2.0}, 2.0, weight=3, seconds=60)
    assert [one.status for one in heard] == ["passed"]


def test_weights_need_no_new_calibration():
    """Is a target's digest the same whatever it counts?"""
    before, after = source_notebook(), source_notebook()
    cell = next(one for one in after.cells if one.id == "test_fit")
    cell.source = cell.source.replace("at_most=0.01", "weight=2, at_most=0.01")
    digests = [
        [digest_of_target(t, cells_of(nb)) for t in targets_of(cells_of(nb))] for nb in (before, after)
    ]
    assert digests[0] == digests[1]
