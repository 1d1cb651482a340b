"""What an audit says beyond its own corpus: held-out mistakes, points lost beside them, what only hidden checks see."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from rich.console import Console

from autograder.audit.cases import HELD_OUT, MISTAKE, cases_of
from autograder.audit.counts import AT_MOST, Count, counts, good_enough, holds
from autograder.audit.findings import Findings
from autograder.audit.lists import listings
from autograder.audit.page import render
from autograder.audit.reach import untouched
from autograder.audit.run import audit
from autograder.audit.stored import as_json
from autograder.audit.table import beyond_table
from autograder.audit.tried import Mistaken, Tried
from autograder.course import Course, CourseError
from autograder.grading.judge import Rules
from autograder.grading.one import judge_known
from autograder.grading.result import Result
from autograder.tests.mini import (
    DOUBLE,
    ID,
    QUICK,
    SCALE,
    TEST_SCALE,
    make_course,
    source_notebook,
    submission,
    write,
)
from autograder.tests.test_audit import CAUGHT, GOOD, REASON, known, one_way_to_measure
from autograder.truth.mistakes import Mistake, load_held_out, load_mistakes
from autograder.truth.source import folder

pytestmark = pytest.mark.slow

REAL = Course.find(Path(__file__).parent)
SECRET = ("a secret slip", "double", "return 2 * x", "return 0 * x", "double: values", "sign")
OTHERS = (
    ("a hidden minus", "double", "return 2 * x", "return -2 * x", "double: values", "sign", REASON),
    ("a step too far", "scale_backward", "dout * x", "-dout * x", "scale_backward: gradients", "sign"),
)
THRICE = ("three times", "double", "return 2 * x", "return 3 * x", "double: values", "scale", REASON)
FACTS = {"message": "", "cause": "", "diagnosis": "differs"}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with held-out mistakes, two of them told apart rightly, in which `scale` takes the student's `double`."""
    made = known(make_course(tmp_path_factory.mktemp("beyond")), [*GOOD, THRICE], [SECRET, *OTHERS])
    source = source_notebook()
    (cell,) = [cell for cell in source.cells if cell.source == TEST_SCALE]
    cell.source = TEST_SCALE.replace(', given=["double"]', "")
    write(made.source(ID), source)
    return made


@pytest.fixture(scope="module")
def found(course):
    """Its audit."""
    with one_way_to_measure():
        return audit(course, [ID], sandbox="none")


def test_held_out_mistakes_are_counted_apart(found):
    """Are caught, rightly told and silent held-out mistakes counted, and the others' numbers left alone?"""
    number = counts(found.findings)
    assert number["held out caught"] == (3, 3)
    assert number["held out right"] == number["held out first right"] == (2, 3)
    assert number["held out silent"] == (0, 3)
    assert number["caught"] == (4, 4)
    assert [one.name for one in found.findings[0].held_out] == [SECRET[0], OTHERS[0][0], OTHERS[1][0]]


def test_nobody_is_told_which_held_out_mistake_is_called_wrongly(found):
    """Do lists, page and JSON say how many diagnoses are wrong, and not which nor what they should be?"""
    (listing,) = [one for one in listings(found.findings) if one.title.startswith("Held-out")]
    (entry,) = listing.entries
    assert (entry.name, entry.text) == (
        "2 of 3 right",
        "0 say only that the result is another one, 1 something else",
    )
    assert listing.serious
    (own,) = json.loads(as_json(found, datetime(2026, 1, 2)))["assignments"]
    assert own["held_out"] == {"total": 3, "caught": 3, "right": 2, "first_right": 2, "silent": 0}
    assert {row["mistake"] for row in own["matrix"]} == {CAUGHT[0], GOOD[1][0], GOOD[2][0], THRICE[0]}
    page = render(found, datetime(2026, 1, 2))
    assert "2 of 3 right" in page
    assert f"{SECRET[0]} <span>" not in page


def test_points_lost_in_a_right_exercise_are_false_blame(found):
    """Is a right exercise that uses a wrong one listed with the points it loses, and one of its own cell not?"""
    lost = {one.name: one.blamed for one in found.findings[0].wrong}
    assert lost[THRICE[0]] == {("test_scale", 0): 25, ("test_scale", 1): 25}
    assert lost[GOOD[1][0]] == {}
    (listing,) = [one for one in listings(found.findings) if one.title.startswith("Points lost beside")]
    assert listing.serious
    texts = {entry.name: entry.text for entry in listing.entries}
    assert texts[THRICE[0]] == "50 of 65 lost points in scale_backward: gradients"
    assert GOOD[1][0] not in texts
    content = json.loads(as_json(found, datetime(2026, 1, 2)))
    (one,) = [entry for entry in content["assignments"][0]["blamed"] if entry["mistake"] == THRICE[0]]
    assert one == {
        "mistake": THRICE[0],
        "points": 50,
        "points_lost": 65,
        "checks": ["scale_backward: gradients"],
    }
    assert content["false_blame"]["points"] >= 50


def test_the_second_table_has_the_numbers(found):
    """Are held-out mistakes and costs in the terminal, with shares in percent?"""
    console = Console(width=100)
    with console.capture() as printed:
        console.print(beyond_table(found))
    text = printed.get()
    assert "3/3" in text
    assert "2/3" in text
    number = counts(found.findings)
    assert f"{100 * number['false blame'].share:.1f}".rstrip("0").rstrip(".") + " %" in text
    assert not holds(found)


def wrong(*cells, answer=None, defines=()):
    """A submission with a mistake in `f`: cells as (name, points, checks), checks as (name, status, hidden, share)."""
    made = []
    for name, points, checks in cells:
        facts = [
            {**FACTS, "check": check, "status": status, "hidden": hidden}
            | ({} if share is None else {"share": share})
            for check, status, hidden, share in checks
        ]
        made.append({"cell": name, "points": points, "score": 0.0, "checks": facts})
    answer = answer or Mistake("m", "f", (), "f: values", "sign")
    return Mistaken(MISTAKE, answer.name, answer, Result("m", ID, cells=made), frozenset(defines))


def test_a_share_of_a_check_is_not_lost():
    """Are a cell's points split over its checks, partial shares kept, and what could not run not counted?"""
    one = wrong(
        ("test_f", 10.0, [("f: values", "failed", False, None), ("f: values", "passed", True, None)]),
        (
            "test_g",
            12.0,
            [("g: gradients", "failed", True, 0.75), ("g: gradients", "could not run", True, None)],
        ),
        ("test_h", 8.0, [("h: values", "passed", False, None), ("h: values", "failed", True, 1.0)]),
    )
    assert one.lost == {("test_f", 0): 5.0, ("test_g", 0): 1.5}
    assert one.blamed == {("test_g", 0): 1.5}


def test_functions_of_the_same_exercise_are_not_blamed_falsely():
    """Does a mistake answer for all functions of its exercise?"""
    cells = (
        ("test_f", 10.0, [("f: values", "failed", False, None), ("g: gradients", "failed", False, None)]),
    )
    assert wrong(*cells).blamed == {("test_f", 1): 5.0}
    assert wrong(*cells, defines=("f", "g")).blamed == {}
    assert wrong(*cells, answer=Mistake("m", "f", (), "g: gradients", "sign")).blamed == {}, (
        "it must be seen there"
    )


@pytest.mark.parametrize("key", AT_MOST)
def test_limits_hold_up_to_their_value(key):
    """Is the share itself still good enough, and anything above it not?"""
    assert good_enough(key, Count(1000 * AT_MOST[key], 1000))
    assert not good_enough(key, Count(1000 * AT_MOST[key] + 1, 1000))
    assert good_enough(key, Count(0, 0))


def test_mistakes_that_only_hidden_checks_see_need_a_reason():
    """Are those without a reason counted, those with one listed with it, and seen or uncaught ones neither?"""
    seen = wrong(("test_f", 1.0, [("f: values", "failed", False, None), ("f: values", "failed", True, None)]))
    hidden = (("test_f", 1.0, [("f: values", "passed", False, None), ("f: values", "failed", True, None)]),)
    plain, excused = (
        wrong(*hidden, answer=Mistake(name, "f", (), "f: values", "sign", hidden_only=reason))
        for name, reason in (("plain", ""), ("excused", "a draw cannot be seen"))
    )
    missed = wrong(("test_f", 1.0, [("f: values", "passed", True, None)]))
    assert [one.hidden_alone for one in (seen, plain, excused, missed)] == [False, True, True, False]
    assert counts([Findings(ID, [seen, plain, excused, missed])])["hidden alone"] == (1, 3)
    (row,) = [
        one for one in listings_of(seen, plain, excused) if one.title.startswith("Mistakes that hidden")
    ]
    assert row.serious
    assert [(entry.name, entry.text) for entry in row.entries] == [
        ("plain", "fails f: values"), ("excused", "a draw cannot be seen"),
    ]  # fmt: skip
    (row,) = [one for one in listings_of(seen, excused) if one.title.startswith("Mistakes that hidden")]
    assert not row.serious


def test_a_reason_that_is_not_needed_is_listed():
    """Is `hidden_only` of a mistake that a visible check sees worth a line, and of another not?"""
    checks = [("f: values", "failed", False, None), ("f: values", "failed", True, None)]
    answer = Mistake("seen", "f", (), "f: values", "sign", hidden_only="a draw cannot be seen")
    found = listings_of(wrong(("test_f", 1.0, checks), answer=answer))
    (row,) = [one for one in found if one.title.startswith("Reasons")]
    assert [(entry.name, entry.text, row.serious) for entry in row.entries] == [
        ("seen", answer.hidden_only, False)
    ]
    hidden = [("f: values", "passed", False, None), ("f: values", "failed", True, None)]
    found = listings_of(wrong(("test_f", 1.0, hidden), answer=answer))
    assert not [one for one in found if one.title.startswith("Reasons")]


def listings_of(*mistakes):
    """The lists of an assignment whose solution and release are as they should be."""
    solution = wrong(
        ("test_f", 1.0, [("f: values", "passed", False, None), ("f: values", "passed", True, None)])
    )
    others = [Findings(ID, [_as(kind, solution) for kind in ("reference", "release")] + list(mistakes))]
    return listings(others)


def _as(kind, one):
    """The same result, handed in as another kind."""
    return Tried(kind, kind, None, Result(kind, ID, score=0.0, cells=one.result.cells))


def test_another_code_may_be_as_true():
    """Is a diagnosis in `also` right, and any other not?"""
    checks = [("f: values", "failed", False, None)]
    answers = [Mistake("m", "f", (), "f: values", "sign", also) for also in (("differs",), ("scale",))]
    tried = [wrong(("test_f", 1.0, checks), answer=answer) for answer in answers]
    assert [one.right for one in tried] == [one.first_right for one in tried] == [True, False]
    assert all(one.silent for one in tried)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("also = ['sing']", "no diagnosis 'sing'"),
        ("also = [3]", "no diagnosis 3"),
        ("also = 'scale'", "`also` should be a list"),
        ("hidden_only = ''", "`hidden_only` should be a str that is not empty"),
        ("hiden_only = 'x'", "may have also and hidden_only"),
    ],
)
def test_optional_keys_are_checked(course, line, says):
    """Does a wrong optional key of a held-out mistake end in a sentence that names the file?"""
    path = folder(course, ID) / "heldout.toml"
    text = path.read_text()
    try:
        write(path, text.replace("[[mistake]]\n", f"[[mistake]]\n{line}\n", 1))
        with pytest.raises(CourseError, match=r"heldout\.toml, mistake 1") as error:
            load_held_out(course, ID)
    finally:
        write(path, text)
    assert says in str(error.value)


def test_the_course_has_held_out_mistakes_for_every_notebook():
    """Do at least 15 of each notebook fit it, none of them being in mistakes.toml as well?"""
    for name in REAL.assignments:
        cases = [case for case in cases_of(REAL, name) if case.kind == HELD_OUT]
        assert len(cases) >= 15, name
        edits = {mistake.edits for mistake in load_mistakes(REAL, name)}
        assert [case.name for case in cases if case.answer.edits in edits] == []


@pytest.mark.parametrize(("changes", "extra", "left_out", "also_where_lent"), [
    ({"double": "def double(x):\n    return x"}, "", {"test_fit"}, {"test_scale"}),
    ({"fit": "def fit(data, steps, rng):\n    return {}"}, "", {"test_double", "test_scale"}, set()),
    ({"setup": "import numpy as np\nnp.random.seed(1)"}, "", set(), set()),
    ({"double": "def double(x) return x"}, "", {"test_fit"}, {"test_scale"}),
    ({"double": "data = 3\n" + DOUBLE}, "", {"test_fit"}, {"test_scale"}),
    ({}, "helper = 1", set(), set()),
])  # fmt: skip
def test_tests_that_cannot_see_a_change_are_left_out(changes, extra, left_out, also_where_lent):
    """Do those tests run that call what differs, at any remove, and all where more than exercises differ?"""
    changed = submission(changes, extra)
    assert untouched(source_notebook(), changed) == left_out
    assert untouched(source_notebook(), changed, lent=True) == left_out | also_where_lent


def test_hidden_checks_see_changes_too():
    """Does a test count whose hidden part alone calls what differs?"""
    source = source_notebook()
    test = next(cell for cell in source.cells if cell.id == "test_fit")
    test.source = test.source.replace("data = hidden_rng()", "data = double(1) * hidden_rng()")
    changed = submission({"double": "def double(x):\n    return x"})
    assert untouched(source, changed) == untouched(source, changed, lent=True) - {"test_scale"} == set()


@pytest.mark.parametrize(("changes", "failed"), [
    ({"double": "def double(x):\n    return x"}, {"test_double"}),
    ({"scale": SCALE.replace("dout * w, dout * x", "dout * x, dout * w")}, {"test_scale"}),
    ({"double": "def double(x):\n    return 2 * x if len(x) < 4 else x"}, {"test_scale"}),
])  # fmt: skip
def test_what_is_lent_is_known_once_something_failed(course, changes, failed):
    """Does a test that is known where functions are lent run as long as nothing failed and they are not?"""
    rules = Rules(course.source(ID), "none", QUICK, show=False, known_once_failed=frozenset({"test_scale"}))
    result = judge_known("somebody", ID, submission(changes), rules)
    assert {cell["cell"] for cell in result.cells if cell["score"] < cell["points"]} == failed
