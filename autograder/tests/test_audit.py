"""The audit: does it say which known mistakes the tests see, and never more than is true?"""

import contextlib
import dataclasses
import json
import re
from datetime import datetime
from pathlib import Path

import pytest

from autograder.audit import table
from autograder.audit.cases import CHEAT, MISTAKE, REFERENCE, VARIANT, cases_of
from autograder.audit.counts import counts, holds
from autograder.audit.findings import Audit, Findings
from autograder.audit.lists import Entry, Listing, listings
from autograder.audit.page import groups, lines, render
from autograder.audit.run import audit, judge_case
from autograder.audit.stored import as_json
from autograder.audit.tried import JUDGED, Cheating, Mistaken, Tried
from autograder.cells import cells_of, of_kind
from autograder.cli import main
from autograder.course import Course, CourseError
from autograder.grading.judge import Rules, judge
from autograder.grading.restore import restore
from autograder.grading.result import Result
from autograder.tests.mini import (
    ID,
    QUICK,
    TEST_DOUBLE,
    TEST_FIT,
    make_course,
    source_notebook,
    submission,
    write,
)
from autograder.truth import cheats
from autograder.truth.mistakes import Mistake
from autograder.truth.source import folder

pytestmark = pytest.mark.slow

REAL = Course.find(Path(__file__).parent)

REASON = "only the hidden check looks at values"
CAUGHT = ("twice with a minus", "double", "return 2 * x", "return -2 * x", "double: values", "sign", REASON)
UPHILL = ("dw with a minus", "scale_backward", "dout * x", "-dout * x", "scale_backward: gradients", "sign")
MEDIAN = (
    "the median instead of the mean",
    "fit",
    "data.mean()",
    "np.median(data)",
    "fit: training",
    "target",
)
SURVIVOR = ("a product the other way round", "double", "2 * x", "x * 2", "double: values", "sign")
ELSEWHERE = ("three times, seen by its values", "double", "2 * x", "3 * x", "double: shapes", "shape")
MISNAMED = ("nothing, called a sign", "double", "2 * x", "0 * x", "double: values", "sign")
ENTRY = "[[mistake]]\nname = 'x'\nfunction = 'double'\nedits = [['2', '3']]\ncheck = 'double: values'\ndiagnosis = 'sign'\n"
GOOD, BAD = (CAUGHT, UPHILL, MEDIAN), (SURVIVOR, ELSEWHERE, MISNAMED)

SUM = '''"""By a sum."""


def _twice(x):
    return x + x


def double(x):
    return _twice(x)
'''
ROUNDED = '"""In half precision."""\ndef double(x):\n    return (2 * x).astype(np.float16)\n'


def entry(name, function, old, new, check, code, hidden_only=""):
    """A mistake as TOML."""
    fields = {"name": name, "function": function, "edits": [[old, new]], "check": check, "diagnosis": code}
    fields |= {"hidden_only": hidden_only} if hidden_only else {}
    return "\n".join(["[[mistake]]", *(f"{key} = {json.dumps(value)}" for key, value in fields.items()), ""])


def known(course, mistakes, held_out=(), **variants):
    """Write known answers: mistakes as arguments of `entry`, variants as texts."""
    for file, answers in (("mistakes.toml", mistakes), ("heldout.toml", held_out)):
        if answers:
            write(folder(course, ID) / file, "\n".join(entry(*answer) for answer in answers))
    for name, text in variants.items():
        write(folder(course, ID) / "variants" / f"{name}.py", text)
    return course


def run(course, *arguments):
    return main(["--course", str(course.root), "audit", *arguments])


def names(tried):
    return [one.name for one in tried]


@contextlib.contextmanager
def one_way_to_measure():
    """While open, audits hand in gradients that were measured in one way: in all ways they are in `good`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cheats, "HOW", dict(list(cheats.HOW.items())[:1]))
        yield


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """A course whose known answers are all seen for what they are, and its audit in sealed processes."""
    course = known(make_course(tmp_path_factory.mktemp("good")), GOOD, by_sum=SUM)
    return course, audit(course, [ID])


@pytest.fixture(scope="module")
def bad(tmp_path_factory):
    """The audit of a course with one of everything that an audit should find."""
    course = known(make_course(tmp_path_factory.mktemp("bad")), GOOD + BAD, by_sum=SUM, rounded=ROUNDED)
    source = source_notebook()
    source.cells[-1].source = TEST_FIT.replace("hidden_rng().normal(size=9)", "np.array([4.0, 4.0, 1.0])")
    write(course.source(ID), source)
    with one_way_to_measure():
        return audit(course, [ID], sandbox="none")


def test_everything_that_is_right_is_found_right(good):
    """Are mistakes, variants, release, solution and cheats what they should be?"""
    _, found = good
    number = counts(found.findings)
    assert number["caught"] == number["right"] == (3, 3)
    assert (number["full marks"], number["refused"]) == ((1, 1), (5, 5))
    (one,) = found.findings
    assert (one.reference.result.score, one.release.result.score) == (100, 0)
    assert holds(found)
    assert not [listing for listing in listings(found.findings) if listing.serious]


def test_survivors_and_other_finds_are_told_apart(bad):
    """Is a mistake that no check sees listed, and one seen by a check of another name not called caught?"""
    (one,) = bad.findings
    assert names(one.survivors) == [SURVIVOR[0]]
    assert names(one.caught_elsewhere) == [ELSEWHERE[0]]
    assert counts(bad.findings)["caught"] == (4, 6)
    assert not holds(bad)


def test_wrong_diagnoses_are_listed_with_what_was_found(bad):
    """Does a mistake whose diagnosis is not the expected one count as caught, but not as diagnosed?"""
    (one,) = bad.findings
    assert [(w.name, w.answer.diagnosis, w.found) for w in one.wrongly_diagnosed] == [
        (MISNAMED[0], "sign", "zero")
    ]
    assert counts(bad.findings)["right"] == (3, 6)
    titles = {listing.title: names(listing.entries) for listing in listings(bad.findings)}
    assert titles["Wrong diagnoses"] == [MISNAMED[0]]


def test_a_variant_that_is_not_right_is_listed(bad):
    """Does a right answer that loses points show, and one that does not stay away?"""
    (one,) = bad.findings
    assert [v.name for v in one.variants if not v.full_marks] == ["rounded"]
    assert counts(bad.findings)["full marks"] == (1, 2)


def test_checks_that_never_fail_and_redundant_ones_are_listed(bad):
    """Is a check that no mistake fails named, and a hidden one that another covers, but no other?"""
    (one,) = bad.findings
    assert [str(check) for check in one.never_fail] == ["test_double, double: shapes"]
    assert one.redundant == []


def failing(kind, name, answer, *diagnoses):
    """A submission whose three hidden checks of one cell fail with these diagnoses, or pass with none."""
    checks = [
        {"check": f"f: {kind}", "hidden": True, "status": "failed" if code else "passed", "diagnosis": code}
        for kind, code in zip(("shapes", "values", "values"), diagnoses, strict=True)
    ]
    result = Result(name, ID, cells=[{"cell": "test_f", "points": 1.0, "score": 0.0, "checks": checks}])
    return (Mistaken if answer else Tried)(kind, name, answer, result)


def test_a_hidden_check_is_redundant_when_another_sees_all_that_it_sees():
    """Is the weaker of two hidden checks listed with the stronger one, and of equals only the second?"""
    expected = Mistake("m", "f", (), "f: values", "sign")
    solution = failing(REFERENCE, "r", None, "", "", "")
    one = Findings(ID, [
        solution, failing(MISTAKE, "m1", expected, "shape", "sign", "sign"), failing(MISTAKE, "m2", expected, "", "sign", "sign"),
    ])  # fmt: skip
    assert [(str(check), str(other)) for check, other in one.redundant] == [
        ("test_f, f: shapes, hidden", "test_f, f: values, hidden"),
        ("test_f, f: values (2), hidden", "test_f, f: values, hidden"),
    ]
    apart = Findings(ID, [
        solution, failing(MISTAKE, "m1", expected, "shape", "sign", ""), failing(MISTAKE, "m2", expected, "", "", "sign"),
    ])  # fmt: skip
    assert [str(check) for check, _ in apart.redundant] == ["test_f, f: values, hidden"]


def test_the_diagnosis_is_that_of_the_first_check_of_the_name():
    """Is a mistake diagnosed by the check that it names, and the very first diagnosis counted apart?"""
    tried = failing(MISTAKE, "m", Mistake("m", "f", (), "f: values", "sign"), "shape", "sign", "scale")
    assert (tried.found, tried.first_found, tried.right, tried.first_right) == ("sign", "shape", True, False)


def test_weights_from_home_pass_where_the_data_is_no_secret(bad, good):
    """Are remembered weights a real attack: accepted on data that everybody has, and refused on hidden data?"""
    assert counts(bad.findings)["refused"] == (1, 2)
    cheat, *_ = bad.findings[0].cheats
    assert [fact["status"] for fact in cheat.paying] == ["passed"]
    cheat, *_ = good[1].findings[0].cheats
    assert [fact["diagnosis"] in JUDGED for fact in cheat.paying] == [True]


def test_weights_that_do_not_load_do_not_count_as_refused(good, tmp_path, monkeypatch):
    """Is a cheat that fails for another reason than its loss no proof that the check refuses it?"""
    monkeypatch.setattr("autograder.truth.cheats.FILE", "weights.txt")
    monkeypatch.setattr("autograder.truth.cheats.np.savez", lambda path, **_: path.write_text("no archive"))
    course, _ = good
    case, *_ = [case for case in cases_of(course, ID) if case.kind == CHEAT]
    result = judge_case(case, Rules(course.source(ID), "none", QUICK, show=False))
    cheat = Cheating(case.kind, case.name, case.answer, result)
    assert [fact["status"] for fact in cheat.paying] == ["failed"]
    assert not cheat.refused


def test_what_could_not_run_spoils_the_audit(good):
    """Does a check that breaks in the grader show, with its reason, instead of counting as a catch?"""
    course, _ = good
    source = source_notebook()
    source.cells[3].source = TEST_DOUBLE.replace("reference.double", "reference.triple")
    write(course.source(ID), source)
    try:
        with one_way_to_measure():
            found = audit(course, [ID], sandbox="none")
    finally:
        write(course.source(ID), source_notebook())
    assert not holds(found)
    (listing,) = [listing for listing in listings(found.findings) if listing.title == "Could not run"]
    assert {entry.name for entry in listing.entries} >= {"the solution", CAUGHT[0]}
    assert "triple" in listing.entries[0].text


def test_few_right_diagnoses_spoil_the_audit(good):
    """Is a tenth of wrong diagnoses the most that is let through?"""
    (one,) = good[1].findings
    right = [tried for tried in one.mistakes if tried.right] * 3
    wrong = [
        dataclasses.replace(tried, answer=dataclasses.replace(tried.answer, diagnosis="mask"))
        for tried in right[:1]
    ]
    others = [tried for tried in one.tried if tried.kind != MISTAKE]

    def serious(mistakes):
        found = [Findings(ID, others + mistakes)]
        lists = [listing.title for listing in listings(found) if listing.serious]
        return holds(Audit(found, 0, 1.0)), lists

    assert serious(right + wrong) == (True, [])
    assert serious(right[:8] + wrong) == (False, ["Wrong diagnoses"])


def test_other_seeds_give_other_hidden_inputs(course, monkeypatch):
    """Does the salt of an audit reach the secret, and does the same salt give the same one?"""
    secrets = []

    class Stop(Exception): ...

    def stop(source, secret):
        secrets.append(secret)
        raise Stop

    monkeypatch.setattr("autograder.hidden.Grading", stop)
    for salt in ("", "1", "2", "1"):
        rules = Rules(course.source(ID), salt=salt, show=False)
        with pytest.raises(Stop):
            judge(restore(submission(), source_notebook()), rules, [])
    assert len(set(secrets)) == 3
    assert secrets[1] == secrets[3]


def test_leaving_out_the_output_changes_no_result(course):
    """Are the checks the same with and without the pass for people, which alone gives output?"""
    noisy = submission(extra="print('hello')")
    graded = [
        judge(restore(noisy, source_notebook()), Rules(course.source(ID), "none", QUICK, show=show), [])
        for show in (True, False)
    ]
    with_output, without = ([c for c in nb.cells if c.cell_type == "code"] for nb in graded)
    assert [c.outputs for c in with_output if c.source.startswith("print")] != [[]]
    assert [c.outputs for c in without if c.source.startswith("print")] == [[]]
    assert [c.metadata.get("autograder") for c in with_output] == [
        c.metadata.get("autograder") for c in without
    ]


def test_known_answers_that_do_not_fit_are_all_listed(course):
    """Does one sentence each say that an edit no longer applies, and that a check does not exist?"""
    known(course, [
        ("first", "double", "3 * x", "x", "double: values", "scale"),
        ("second", "double", "2 * x", "x", "double: sampling", "scale"),
        ("third", "triple", "2 * x", "x", "double: values", "scale"),
        ("fourth", "double", "2 * x", "2 *", "double: values", "scale"),
        CAUGHT,
    ], nothing='"""Nothing of use."""\n')  # fmt: skip
    with pytest.raises(CourseError) as error:
        cases_of(course, ID)
    text = str(error.value)
    assert len(text.splitlines()) == 1 + 5
    assert re.search(r"'first' no longer applies.*3 \* x", text)
    assert re.search(r"'second' names the check 'double: sampling'.*double: values", text)
    assert CAUGHT[0] not in text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[mistake]\n", "not TOML"),
        ("[[mistake]]\nname = 'x'\n", "needs exactly the keys"),
        (ENTRY.replace("'sign'", "'sing'"), "no diagnosis 'sing'"),
        (ENTRY.replace("[['2', '3']]", "['2', '3']"), "pair of texts"),
        (ENTRY + ENTRY, "two mistakes named"),
    ],
)
def test_damaged_mistakes_are_one_sentence(course, capsys, text, says):
    """Does a damaged mistakes.toml end in a sentence that names the file, and exit code 2?"""
    write(folder(course, ID) / "mistakes.toml", text)
    assert run(course, ID) == 2
    said = capsys.readouterr().err
    assert says in said
    assert "mistakes.toml" in said


def test_an_assignment_without_known_answers_says_where_to_put_them(course, capsys):
    """Is there a sentence that names the folder and the page, and no traceback?"""
    assert run(course, ID) == 2
    said = capsys.readouterr().err
    assert f"{Path('source') / ID / 'audit'}" in said
    assert "docs/audit.md" in said


def test_audit_asks_which(course, capsys):
    """Does the command without ids and without --all say what to do?"""
    assert run(course) == 2
    assert "autograder audit --all" in capsys.readouterr().err


def test_the_command_prints_writes_and_returns(course, tmp_path, capsys):
    """Do the table, the lists, JSON, page and exit code say the same: 0 when all holds, else 1?"""
    known(course, GOOD, by_sum=SUM)
    place = tmp_path / "audit.json"
    with one_way_to_measure():
        assert run(course, "--all", "--sandbox", "none", "--json", str(place), "--jobs", "1") == 0
        assert "3/3" in capsys.readouterr().out
        known(course, [CAUGHT, SURVIVOR])
        assert run(course, ID, "--sandbox", "none", "--seed", "5", "--json", str(place)) == 1
    said = capsys.readouterr().out
    assert "1/2" in said
    assert SURVIVOR[0] in said
    content = json.loads(place.read_text())
    assert (content["seed"], content["mistakes"]) == (5, {"total": 2, "caught": 1})
    assert SURVIVOR[0] in (course.reports / "audit.html").read_text()


def test_the_json_has_what_its_page_says(bad):
    """Are the documented fields there, with the numbers of the audit?"""
    content = json.loads(as_json(bad, datetime(2026, 1, 2)))
    assert content["mistakes"] == {"total": 6, "caught": 4}
    assert content["variants"] == {"total": 2, "full_marks": 1}
    assert content["diagnosis"] == {"total": 6, "right": 3, "first_right": 3}
    assert content["cheats"] == {"total": 2, "refused": 1}
    assert (content["release_points"], content["seed"], content["holds"]) == (0, 0, False)
    (one,) = content["assignments"]
    assert (one["assignment"], one["survivors"], one["caught_elsewhere"]) == (
        ID,
        [SURVIVOR[0]],
        [ELSEWHERE[0]],
    )
    assert one["wrong_diagnoses"] == [
        {"mistake": MISNAMED[0], "expected": "sign", "found": "zero", "first": "zero"}
    ]
    assert [len(one[key]) for key in ("checks", "matrix")] == [6, 6]
    caught = one["matrix"][0]
    assert caught["mistake"] == CAUGHT[0]
    assert {one["checks"][number]["check"] for number in caught["failed"]} >= {CAUGHT[4]}
    page = (REAL.root / "docs" / "audit.md").read_text()
    fields = [
        *content,
        *content["diagnosis"],
        *one,
        *one["wrong_diagnoses"][0],
        *caught,
        *one["checks"][0],
        *one["held_out"],
    ]
    assert [field for field in fields if f"`{field}`" not in page] == []


def test_the_page_shows_every_mistake_at_every_check(bad):
    """Has the matrix a mark for each, does the head group the checks by cell, and is all text escaped?"""
    (one,) = bad.findings
    rows, columns = list(lines(one)), list(groups(one))
    assert [group.name for group in columns] == ["double", "scale", "fit"]
    assert {len(row.marks) for row in rows} == {sum(len(group.heads) for group in columns)} == {6}
    marks = {row.mistake.name: row.marks for row in rows}
    assert marks[CAUGHT[0]][:2] == ("", "k")
    assert marks[SURVIVOR[0]][:2] == ("", "m")
    assert marks[ELSEWHERE[0]][:2] == ("m", "o")
    first = dataclasses.replace(one.tried[-1], name="<script>")
    page = render(Audit([Findings(ID, [*one.tried[:-1], first])], 0, 1.0), datetime(2026, 1, 2))
    assert "&lt;script&gt;" in page
    assert "<script" not in page


def test_the_terminal_cuts_only_lists_that_are_worth_knowing(bad, monkeypatch):
    """Are all lines of a serious list printed, and of a long other one the first and how many more there are?"""
    entries = tuple(Entry(ID, f"check {n}", "") for n in range(table.MOST + 3))
    monkeypatch.setattr(
        table, "listings", lambda of: [Listing("lost", True, entries), Listing("known", False, entries)]
    )
    printed = [text.plain.strip() for text in table.lines(bad.findings)]
    assert len(printed) == 1 + len(entries) + 1 + table.MOST + 1
    assert printed[-1] == "and 3 more on the page"


@pytest.fixture(scope="module")
def real():
    """The known answers of the course, each applied to its notebook."""
    return {assignment: cases_of(REAL, assignment) for assignment in REAL.assignments}


def test_known_answers_of_the_course_fit_its_notebooks(real):
    """Does every edit apply and compile, does every named check exist, and are there enough?"""
    mistakes = {name: [case for case in cases if case.kind == MISTAKE] for name, cases in real.items()}
    assert sum(map(len, mistakes.values())) >= 150
    assert {name: len(cases) for name, cases in mistakes.items() if len(cases) < 12} == {}
    assert sum(case.kind == VARIANT for cases in real.values() for case in cases) >= 25


def test_every_exercise_of_the_course_has_a_mistake(real):
    """Is there no graded function without a known mistake?"""
    for name, cases in real.items():
        mistaken = {case.answer.function for case in cases if case.kind == MISTAKE}
        exercises = of_kind(cells_of(cases[0].notebook), "exercise")
        assert [cell.name for cell in exercises if not mistaken & cell.functions.keys()] == [], name


def test_variants_of_the_course_say_what_is_different(real):
    """Has every right answer a docstring for people?"""
    variants = [case.answer for cases in real.values() for case in cases if case.kind == VARIANT]
    assert [variant.name for variant in variants if not variant.about] == []
