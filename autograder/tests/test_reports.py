"""Reports, on results made by hand."""

import io
import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from rich.console import Console

from autograder import words
from autograder.checks.calls import raised
from autograder.checks.outcome import Failure
from autograder.course import CourseError
from autograder.diagnosis.codes import CODES
from autograder.grading.result import Result
from autograder.grading.results_file import read_results
from autograder.reports import facts, rates, stored
from autograder.reports.grid import class_grid
from autograder.reports.page import render, write_report
from autograder.reports.table import class_table, common_causes, summary, waiting
from autograder.sandbox.limits import Limits
from autograder.sandbox.session import Session

NOW = datetime(2026, 11, 23, 17, 5, tzinfo=UTC)
FIRST, SECOND = "01a_single_neuron_classification", "03_RNN_text_generation"
SCRIPT = "<script>alert('x')</script>"


def check(status="passed", name="sigmoid: values", *, hidden=False, cause="why", diagnosis=""):
    return {
        "check": name, "status": status, "hidden": hidden, "message": "m", "cause": cause, "diagnosis": diagnosis,
    }  # fmt: skip


def graded(student, *checks, assignment=FIRST, points=10.0, cell="test_sigmoid", **fields):
    """A graded submission with one test cell."""
    passed = sum(c["status"] == "passed" for c in checks)
    score = points * passed / len(checks)
    entry = {"cell": cell, "points": points, "score": score, "checks": list(checks)}
    fields = {"seconds": 1.5, "cells": [entry], **fields}
    return Result(student, assignment, score, points, **fields)


def scored(student, score, most=100.0, assignment=FIRST):
    return Result(student, assignment, float(score), most, 1.0)


FLIPPED = check("failed", hidden=True, cause="`sigmoid` has its sign flipped.")
LOST = check("could not run", "check_values", cause="KeyError: 'W'")
PUT_BACK = "1 cell edited and put back: test_sigmoid"
ADA = graded("ada", check(), FLIPPED)
BOB = graded("bob", LOST, check(hidden=True))
CYD = Result("cyd", FIRST, None, 10.0, problem="x.ipynb was cut off; ask for it again.")
DAN = graded("dan", check(), check(hidden=True), restored=[PUT_BACK])
CLASS = [ADA, BOB, CYD, DAN]


def shown(results, width=80):
    """The terminal's lines."""
    console = Console(width=width, highlight=False, color_system=None)
    with console.capture() as capture:
        console.print(class_table(results))
    return [line.rstrip() for line in capture.get().splitlines()]


def line_of(student, results):
    return next(line.split() for line in shown(results) if line.startswith(student))


class Page(HTMLParser):
    """The tags, addresses and visible text of a page."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.addresses, self.ids, self.open, self.parts = [], [], [], [], []
        self.feed(html)
        self.text = " ".join("".join(self.parts).split())

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [value for name, value in attributes if name in ("href", "src", "action")]
        self.ids += [value for name, value in attributes if name == "id"]
        self.open += [] if tag in ("meta", "input") else [tag]

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script", "nav"}.intersection(self.open):
            self.parts.append(data)


def page(results):
    return Page(render(results, NOW))


def test_table_has_scores_marks_and_totals():
    """Does each student have a row with a score or a mark for each assignment, and the total?"""
    results = [*CLASS, graded("ada", check(), assignment=SECOND, points=8.0)]
    assert line_of("ada", results) == ["ada", "5", "8", "13"]
    assert line_of("bob", results) == ["bob", "5?", "–", "5?"]
    assert line_of("cyd", results) == ["cyd", "!", "–", "0!"]
    assert line_of("dan", results) == ["dan", "10*", "–", "10"]
    assert shown(results)[0].split() == ["01a", "03", "total"]
    assert shown(results)[1].split() == ["student", "/10", "/8", "/18"]


def test_table_explains_only_the_marks_in_use():
    """Does the legend name what is there, and nothing else?"""
    assert "! not graded" in shown([CYD])
    assert not any("could not run" in line for line in shown([CYD]))
    assert shown([scored("ada", 3)])[-1].split() == ["mean", "3"]


@pytest.mark.parametrize("assignments", [3, 7])
def test_table_fits_80_columns(assignments):
    """Are seven assignments, full marks and long names whole at 80 columns?"""
    names = ["ada", "noor.al-haddad-van-der-wijngaarden-2"]
    results = [
        scored(name, score, assignment=f"{i:02}a_something_long_enough")
        for i in range(assignments) for name, score in zip(names, (100, 87.25), strict=True)
    ]  # fmt: skip
    for result in results:
        result.restored = ["1 cell edited and put back: c"]
    lines = shown(results)
    assert max(map(len, lines)) <= 80
    assert line_of("ada", results) == ["ada"] + ["100.0*"] * assignments + [f"{assignments}00.0"]
    assert lines[0].split() == [*(f"{i:02}a" for i in range(assignments)), "total"]
    name = "".join(line.split(" ")[0] for line in lines if line.split(" ")[0] in names[1])
    assert name.replace("ada", "") == names[1]


def test_numbers_line_up():
    """Do the numbers of a column end at the same place, with and without a mark?"""
    lines = [line for line in shown(CLASS) if line[:3] in ("bob", "dan", "mea")]
    assert len({re.search(r"\d+", line).end() for line in lines}) == 1


def test_table_shows_names_as_they_are():
    """Is a name with rich's markup or a terminal's control characters only text?"""
    lines = "\n".join(shown([scored("[red]a[/red]\x1b[2J\u202eb", 3)]))
    assert "[red]a[/red]�[2J�b" in lines.replace("\n", "")
    assert "\x1b" not in "".join(waiting([Result("\x1b[2J", FIRST, problem="no\nway")]))


def test_heads_stay_distinct():
    """Are the short heads used only where they are unique?"""
    assert words.heads([FIRST, SECOND]) == {FIRST: "01a", SECOND: "03"}
    assert words.heads(["hw_1", "hw_2", "x"]) == {"hw_1": "hw_1", "hw_2": "hw_2", "x": "x"}


def test_summary_counts():
    """Does the summary count what was graded, what could not run and what was put back?"""
    assert summary(CLASS) == (
        "4 submissions from 4 students: 3 graded, 1 not graded. "
        "1 check could not run; cells were put back in 1 submission."
    )
    assert summary([ADA]) == (
        "1 submission from 1 student: all graded. Every check ran; cells were put back nowhere."
    )
    assert summary([]) == "Nothing was graded: nobody has handed in anything."


def test_what_waits_says_who_why_and_what_to_do():
    """Is there one sentence for whatever needs a person, and none for the others?"""
    cyd, bob = waiting(CLASS)
    reason = "test_sigmoid: check_values: KeyError: 'W'"
    assert bob.startswith(f"bob/{FIRST}, test_sigmoid: {reason}. No student is to blame")
    assert f"`autograder grade {FIRST} --students bob`" in bob
    assert cyd == f"cyd/{FIRST}: x.ipynb was cut off; ask for it again."
    assert waiting([ADA, DAN]) == []


def test_what_waits_quotes_names_for_the_shell():
    """Can the command that a sentence suggests be pasted, whatever the student is called?"""
    (sentence,) = waiting([graded("a; rm -rf b", check("could not run"))])
    assert "--students 'a; rm -rf b'`" in sentence


@pytest.mark.parametrize(
    ("score", "most", "tenth"), [(0, 10, 0), (29, 100, 2), (7, 10, 7), (9.99, 10, 9), (10, 10, 9)]
)
def test_distribution_puts_scores_in_their_tenth(score, most, tenth):
    """Is a score on a border counted in the tenth above, and a full score in the last?"""
    counts = facts.distribution([scored("ada", score, most)])
    assert counts == [int(i == tenth) for i in range(10)]


def test_distribution_leaves_out_what_has_no_share():
    """Are submissions without a score, or without points to reach, left out?"""
    assert facts.distribution([CYD, scored("ada", 0, 0.0)]) == [0] * 10


def test_check_rates_do_not_blame():
    """Is a check that could not run left out of its rate, and known by its place?"""
    (cell,) = rates.cell_rates(CLASS)
    easy, hard = cell.checks
    assert (hard.hidden, hard.passed, hard.failed, hard.not_run) == (True, 2, 1, 0)
    assert (easy.hidden, easy.passed, easy.failed, easy.not_run) == (False, 2, 0, 1)
    assert hard.name == easy.name == "values"
    assert (hard.share, easy.share) == (pytest.approx(2 / 3), 1.0)


def test_check_rates_keep_equal_names_apart():
    """Are checks of the same name in a cell told apart, in the source's order?"""
    (cell,) = rates.cell_rates([graded("ada", check("could not run"), check(), check("failed"))])
    ends = [(rate.name, rate.share) for rate in cell.checks]
    assert ends == [("values", None), ("values (2)", 1.0), ("values (3)", 0.0)]


def test_cell_is_passed_by_passing_all_its_checks():
    """Does one failed check fail the cell, and one that could not run only leave it open?"""
    (cell,) = rates.cell_rates([*CLASS, graded("eve", LOST, check("failed"))])
    assert (cell.passed, cell.failed, cell.not_run) == (1, 2, 1)
    assert cell.share == pytest.approx(1 / 3)


def test_cells_are_hardest_first():
    """Is the cell that fewest pass first, and one that never ran last?"""
    result = graded("ada", check())
    checks = {"easy": check(), "never": LOST, "hard": check("failed")}
    result.cells = [dict(result.cells[0], cell=name, checks=[c]) for name, c in checks.items()]
    result.cells.append(dict(result.cells[0], cell="empty", checks=[]))
    assert [cell.name for cell in rates.cell_rates([result])] == ["hard", "easy", "never"]


@pytest.mark.parametrize(
    ("cell", "called", "short"),
    [
        ("test_sigmoid", "sigmoid: values", "values"),
        ("test_target", "train: training", "train: training"),
        ("test_sigmoid", "check_values", "check_values"),
        ("test_sig", "sigmoid: values", "sigmoid: values"),
    ],
)
def test_names_do_not_repeat_the_function(cell, called, short):
    """Is the function's name left out of a check's only where the cell's name says it?"""
    assert words.short_check(cell, called) == short
    assert words.check_name(cell, called) == f"{cell}: {short}"


def test_hardest_checks_come_first():
    """Are the checks of all assignments in one list by pass rate, those that never ran left out?"""
    other = graded("ada", check("failed"), LOST, assignment=SECOND, cell="test_rnn")
    found = rates.hardest([*CLASS, other])
    assert [(one.assignment, one.name, one.rate.hidden) for one in found] == [
        (SECOND, "test_rnn: sigmoid: values", False),
        (FIRST, "test_sigmoid: values", True),
        (FIRST, "test_sigmoid: values", False),
    ]
    text = page([*CLASS, other]).text.partition("Hardest checks")[2]
    assert text.index("test_rnn: sigmoid: values 03 0% 0 of 1") < text.index(
        "test_sigmoid: values hidden 01a 67%"
    )


def test_diagnoses_count_submissions():
    """Does each kind of mistake count once per submission, whatever the argument, and blanks not at all?"""
    without = [check("failed", diagnosis=f"without `{name}`") for name in ("h0", "c0")]
    results = [graded("ada", *without, check("failed", diagnosis="sign")), graded("bob", *without, check())]
    results += [graded("cyd", check("failed", **blank("tanh")), check("failed", cause=broken_before("relu")))]
    found = facts.diagnoses(results)
    assert found == [
        facts.Diagnosis("without", 2, CODES["without"].look),
        facts.Diagnosis("sign", 1, CODES["sign"].look),
    ]
    assert (
        f"2 {CODES['without'].words} → {CODES['without'].look} 1 opposite sign"
        in page(results).text.partition("Most common diagnoses")[2]
    )


def test_page_tells_changed_from_lost():
    """Are changed tests below "Look at these", and cells that only got lost not?"""
    lost = graded("eve", check(), restored=["1 cell missing and put back: test_tanh"])
    people, _, look = page([DAN, lost]).text.partition("Look at these")
    assert f"dan, 01a {PUT_BACK}" in look
    assert "dan, 01a 1 cell" not in people
    assert "eve, 01a 1 cell missing" in people
    assert "eve, 01a" not in look.partition("Slowest")[0]


def test_page_and_file_name_who_wrote_alike(tmp_path):
    """Do page and results.json name the same pair, and the changed submission?"""
    prints = {"code": " ".join(f"{i:08x}" for i in range(50)), "remarks": ""}
    twins = [graded(student, check(), fingerprints=prints) for student in ("ada", "bob")]
    written = write_report([*twins, DAN], tmp_path)
    assert "ada and bob 01a 100% of the code" in Page(written.read_text()).text
    assert json.loads(written.with_name("results.json").read_text())["suspicious"] == {
        "published": [],
        "changed": [["dan", FIRST]],
        "alike": [{"assignment": FIRST, "students": ["ada", "bob"], "code": 1.0, "remarks": 0.0}],
    }


def test_causes_count_students():
    """Does a cause count once per student and cell, however many twins of its check fail?"""
    flipped = [check("failed", hidden=hidden, cause="flipped", diagnosis="sign") for hidden in (False, True)]
    results = [graded("ada", check("failed", cause="zero")), graded("bob", *flipped)]
    results += [graded("cyd", *flipped), graded("cyd", *flipped, cell="test_tanh"), BOB]
    assert facts.causes(results) == [
        facts.Cause("flipped", "test_sigmoid", 2, CODES["sign"].look),
        facts.Cause("zero", "test_sigmoid", 1),
        facts.Cause("flipped", "test_tanh", 1, CODES["sign"].look),
    ]
    assert CODES["sign"].look in page(results).text
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(common_causes(results, most=1))
    assert f"flipped {CODES['sign'].look}" in console.export_text()
    assert common_causes([BOB]) is None


def blank(function):
    """What a check says of a function that is not written yet."""
    failure = raised(function, "NotImplementedError", "")
    return {"cause": failure.cause, "diagnosis": failure.code}


def broken_before(function):
    """What a check says of a function that overran in an earlier check."""
    session = Session("none", Limits(), [])
    session._overran.add(function)
    with pytest.raises(Failure) as caught:
        session.call(function, (), 1, None)
    return caught.value.cause


def test_causes_leave_out_what_is_unfinished():
    """Are unfinished functions counted and not listed, nor what follows from an earlier cause?"""
    tanh = [check("failed", hidden=hidden, **blank("tanh")) for hidden in (False, True)]
    follows = check("failed", cause=broken_before("relu"))
    results = [graded("ada", *tanh), graded("bob", *tanh, check("failed", **blank("relu")))]
    results.append(graded("ada", *tanh, follows, assignment=SECOND))
    assert facts.causes(results) == []
    assert facts.unfinished(results) == facts.Unfinished(functions=3, submissions=3)
    assert "No check failed for another reason. Left out: 3 functions not" in page(results).text
    assert "Left out" not in page(CLASS).text


def test_causes_stay_with_their_assignment():
    """Has each assignment its own list, and does a long one fold?"""
    many = [check("failed", cause=f"cause {i}") for i in range(7)]
    results = [graded("ada", *many), graded("ada", many[0], assignment=SECOND)]
    found = page(results)
    listed = found.text.partition("Most common causes")[2].partition("Assignments")[0]
    assert listed.count("cause 0") == 2
    assert all(f"cause {i} " in listed for i in range(7))
    assert listed.index("2 more") < listed.index("cause 5") < listed.index("03 RNN text generation")


def test_not_run_is_told_once_per_reason():
    """Is a broken test cell that hits the whole class one entry with everybody's name?"""
    broken = check("could not run", cause="KeyError: 'W'")
    (entry,) = facts.not_run([graded("ada", broken), graded("bob", broken), DAN])
    assert (entry.reason, entry.students) == ("KeyError: 'W'", ("ada", "bob"))


def test_slowest_come_first():
    """Are the slowest ordered, and those that took no time left out?"""
    results = [graded("ada", LOST, seconds=2.0), graded("bob", LOST, seconds=9.0), CYD]
    assert [result.student for result in facts.slowest(results)] == ["bob", "ada"]
    assert len(facts.slowest(results, most=1)) == 1


def test_page_tells_everything():
    """Does the page hold the headline, scores, rates, causes, and everybody who needs a person?"""
    text = page(CLASS).text
    for part in (
        "students 4", "submissions graded 3 of 4", "median score 50%",
        "need a person 2 submissions",
        "cyd, 01a x.ipynb was cut off", f"dan, 01a {PUT_BACK}",
        "01a, 1 student test_sigmoid: check_values KeyError: 'W' bob",
        "test_sigmoid 1 could not run 50% 1 of 2",
        "values 1 could not run 100% 2 of 2", "values hidden 67% 2 of 3",
        "1 `sigmoid` has its sign flipped. test_sigmoid",
        "1.5 sada, 01a", "23 November 2026, 17:05",
    ):  # fmt: skip
        assert part in text


def test_page_folds_long_lists():
    """Is a long list of names folded behind its sentence, a short one not, and many notes after three?"""
    cells = ", ".join(f"test_number_{i}" for i in range(11))
    long = f"11 cells edited and put back: {cells}"
    assert words.folded(long) == ("11 cells edited and put back", cells)
    assert words.folded(PUT_BACK) == (PUT_BACK, "")
    notes = [long, PUT_BACK, "third", "fourth", "fifth"]
    found = page([graded("dan", check(), restored=notes)])
    assert f"11 cells edited and put back {cells} {PUT_BACK} third 2 more fourth fifth" in found.text
    assert found.tags.count("details") == 4  # the list, the last two notes, the test cell, the student


def test_page_escapes_what_came_from_students():
    """Does a script in a name, a problem, a cause, a check, or a restored cell stay text?"""
    bad = check("failed", SCRIPT, cause=SCRIPT), check("could not run", SCRIPT, cause=SCRIPT)
    results = [
        graded(SCRIPT, *bad, cell=SCRIPT, restored=[SCRIPT]),
        Result(SCRIPT, SECOND, problem=SCRIPT),
        graded("ada", check(), assignment=f'x"{SCRIPT}'),
    ]
    found = page(results)
    assert found.tags.count("script") == 1
    assert found.text.count(SCRIPT) >= 10


def test_page_needs_nothing_from_elsewhere():
    """Is the page free of addresses but its own data and places, and is every tag closed?"""
    found = page(CLASS)
    assert {address for address in found.addresses if address[0] != "#"} == {"results.json"}
    assert {address[1:] for address in found.addresses if address[0] == "#"} <= set(found.ids)
    assert not {"link", "img", "iframe", "object"} & set(found.tags)
    assert found.open == []
    assert "url(" not in render(CLASS, NOW)
    assert "default-src 'none'" in render(CLASS, NOW)


def test_page_of_nobody():
    """Does an empty class give sentences instead of empty tables?"""
    found = page([])
    assert not {"table", "svg", "ol", "ul"} & set(found.tags)
    for part in ("Nobody has handed in anything.", "Waits for you nothing", "No check failed."):
        assert part in found.text
    assert shown([])[-1] == "Nobody has handed in anything."


def test_page_of_nothing_graded():
    """Does a class in which nothing could be graded still have a page?"""
    found = page([CYD])
    assert "svg" not in found.tags
    assert "0 of 1 submission graded" in found.text


def test_results_come_back(tmp_path):
    """Are results the same after a round trip, odd file names included?"""
    results = [*CLASS, scored("a\udcff<b>", 3)]
    path = write_report(results, tmp_path / "new" / "reports")
    assert path.name == "index.html"
    assert read_results(path.with_name("results.json")) == results
    assert sorted(f.name for f in path.parent.iterdir()) == ["index.html", "results.json"]


def test_results_file_says_what_it_is(tmp_path):
    """Does the file hold its version, the grader's, and when it was written?"""
    content = json.loads(write_report(CLASS, tmp_path).with_name("results.json").read_text())
    assert list(content) == ["version", "grader", "written", "suspicious", "waits", "results"]
    assert content["version"] == 3
    assert re.fullmatch(r"neuron-to-transformer \S+", content["grader"])
    assert datetime.fromisoformat(content["written"]).tzinfo


def test_failed_writing_keeps_the_old_report(tmp_path):
    """Does a report that cannot be made leave the last one as it was?"""
    page = write_report([ADA], tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    broken = graded("bob", check())
    broken.cells[0]["checks"][0]["status"] = object()
    with pytest.raises(TypeError):
        write_report([broken], tmp_path)
    assert {path.name: path.read_bytes() for path in page.parent.iterdir()} == before


def damaged(change):
    content = json.loads(stored.as_json([ADA], NOW))
    change(content)
    return json.dumps(content)


def first_check(content):
    return content["results"][0]["cells"][0]["checks"][0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "damaged"),
        ('{"version": 2, "resul', "damaged"),
        ("[" * 100_000, "damaged"),
        ("[]", "damaged"),
        ('{"version": 2}', "damaged"),
        ('{"version": 2, "results": 3}', "damaged"),
        (damaged(lambda c: c.update(version=1)), "version 1"),
        (damaged(lambda c: c["results"][0].pop("score")), "damaged"),
        (damaged(lambda c: c["results"][0].update(score="10")), "damaged"),
        (damaged(lambda c: c["results"][0].update(restored=[1])), "damaged"),
        (damaged(lambda c: c["results"][0]["cells"].append(None)), "damaged"),
        (damaged(lambda c: c["results"][0].update(fingerprints={"code": 3})), "damaged"),
        (damaged(lambda c: first_check(c).pop("cause")), "damaged"),
        (damaged(lambda c: first_check(c).update(status="ok")), "damaged"),
    ],
)
def test_damaged_results_are_refused(tmp_path, text, says):
    """Does a damaged or foreign file give one sentence that says what to run?"""
    path = tmp_path / "results.json"
    path.write_text(text)
    with pytest.raises(CourseError, match=says) as caught:
        read_results(path)
    assert "run `autograder grade`" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_results_are_reported(tmp_path):
    """Does a missing file, or a folder in its place, say what to run?"""
    with pytest.raises(CourseError, match=r"missing; run `autograder grade`"):
        read_results(tmp_path / "results.json")
    with pytest.raises(CourseError, match=r"cannot be read .*; run `autograder grade`"):
        read_results(tmp_path)


def test_grid_mean_is_of_the_graded():
    """Is the mean over graded submissions only, and absent when there are none?"""
    assert class_grid(CLASS).columns[0].mean == pytest.approx(20 / 3)
    assert class_grid([CYD]).columns[0].mean is None
