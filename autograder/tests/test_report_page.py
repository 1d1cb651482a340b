"""What the report says of each student: names, links, failures, and what is another than before."""

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

import pytest

from autograder import words
from autograder.course import Course
from autograder.diagnosis.codes import CODES, Kind, in_words, look_for
from autograder.grading.of_record import CellGrade, GradeOfRecord
from autograder.grading.result import Result
from autograder.reports import changes, page
from autograder.reports.around import Around, around
from autograder.reports.costs import Cost, costs
from autograder.reports.failures import failures, unwritten
from autograder.reports.page import render, renew, write_report
from autograder.reports.people import People
from autograder.tests.test_reports import (
    BOB,
    CLASS,
    CYD,
    FIRST,
    LOST,
    NOW,
    SCRIPT,
    SECOND,
    Page,
    blank,
    check,
    graded,
    scored,
)

BEFORE = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Member:
    """An entry of a roster."""

    first_name: str = ""
    last_name: str = ""
    section: str = ""
    team: str = ""


ROSTER = {
    "ada": Member("Ada", "Lovelace", "Tuesday", "Red"),
    "bob": Member("Bob", "Aaron", "Friday"),
    "zoe": Member("Zoë", "Nobody", "Friday"),
}


def recorded(automatic, *, by_hand=None, extra=0.0, late=0.0, waits=False, cell="test_sigmoid", most=10.0):
    return GradeOfRecord((CellGrade(cell, automatic, by_hand, extra, most, waits),), most, late)


def text_of(results, **context):
    return Page(render(results, NOW, Around(**context))).text


def section(text, title, after):
    return text.partition(f" {title} ")[2].partition(f" {after} ")[0]


def test_every_kind_of_mistake_has_words():
    """Has each code its own words, which are no code, and is an unknown code shown as it is?"""
    assert len({kind.words for kind in CODES.values()}) == len(CODES)
    assert [code for code, kind in CODES.items() if not kind.words or kind.words == "option"] == []
    assert in_words("option `rate`") == CODES["option"].words
    assert (in_words("new"), look_for("new"), CODES["differs"]) == (
        "new",
        "",
        Kind("wrong in no way that has a name"),
    )


def test_diagnoses_are_words():
    """Does the page say what kind of mistake it is, and not its code?"""
    results = [graded("ada", check("failed", diagnosis="option `rate`"))]
    listed = section(text_of(results), "Most common diagnoses", "Most common causes")
    assert f"1 {CODES['option'].words} →" in listed
    assert "1 option" not in listed


def test_students_are_named_and_in_order():
    """Are all of the roster on the page by last name, with section and team, whoever handed in?"""
    people = People({"ada", "bob", "eve"}, ROSTER)
    assert list(people) == ["bob", "eve", "ada", "zoe"]
    assert [one.listed for one in people.values()] == ["Aaron, Bob", "eve", "Lovelace, Ada", "Nobody, Zoë"]
    assert (people["ada"].name, people["eve"].name) == ("Ada Lovelace", "eve")
    assert (people.sections, people.teams, people.are_named) == (["Friday", "Tuesday"], ["Red"], True)
    assert len({one.anchor for one in people.values()}) == 4


def test_page_names_students():
    """Does the page show names, ids, sections, and who handed in nothing at all?"""
    text = text_of([*CLASS, graded("eve", check())], roster=ROSTER)
    scores = section(text, "Scores", "Waits for you")
    assert "Lovelace, AdaadaTuesdayRed55 Nobody, ZoëzoeFriday–0" in scores
    assert "Zoë Nobody zoe · Friday 0 Nothing was handed in." in text
    assert "Bob Aaron bob , 01a" in text.replace("bob,", "bob ,")


def test_names_come_from_the_roster(tmp_path):
    """Are the names and sections those of the course's roster.csv, and is there no need of one?"""
    course = Course(tmp_path)
    assert around(course) == Around(course=course)
    (tmp_path / "roster.csv").write_text("id,first_name,last_name,section\nada,Ada,Lovelace,Tuesday\n")
    html = write_report([graded("ada", check())], course.reports, around(course)).read_text()
    assert "Lovelace, AdaadaTuesday" in Page(html).text


def test_page_without_a_roster_has_no_columns_for_it():
    """Is the table as small as it can be where nobody has a name?"""
    html = render(CLASS, NOW)
    assert not re.search(r"<th[^>]*>(Id|Section|Team)<", html)
    assert 'name="section"' not in html
    assert 'name="section"' in render(CLASS, NOW, Around(roster=ROSTER))


def test_page_marks_who_needs_a_person_and_who_handed_in_nothing():
    """Has the script what it filters by?"""
    html = render([*CLASS, graded("ada", check(), assignment=SECOND)], NOW).partition("</table>")[0]
    rows = {
        re.search(r"<bdi>(\w+)", row)[1]: row
        for row in re.findall(r"<tr.*?</tr>", html, re.DOTALL)
        if "<bdi>" in row
    }
    assert [who for who, row in rows.items() if row.startswith("<tr data-needs>")] == ["bob", "cyd"]
    assert [who for who, row in rows.items() if '<td class="nothing">' in row] == ["bob", "cyd", "dan"]


ODD = ["ada", "a b", "q?x=1#y", "50%25", "quo'te\"<b>", "ümlaut", "javascript:x", "-"]


@pytest.mark.parametrize("student", ODD)
def test_links_lead_to_files(tmp_path, student):
    """Does each link of the page, quoted as an address, lead to the file, whatever the student is called?"""
    course, result = Course(tmp_path), graded(student, check())
    for path in (
        course.autograded(student, FIRST),
        tmp_path / "feedback" / student / FIRST / f"{FIRST}.html",
    ):
        path.parent.mkdir(parents=True)
        path.touch()
    found = Page(render([result, graded("nobody", check())], NOW, Around(course=course)))
    links = [address for address in found.addresses if address.startswith("..")]
    assert [urlsplit(link).scheme + urlsplit(link).query + urlsplit(link).fragment for link in links] == [
        "",
        "",
    ]
    assert all((course.reports / unquote(link)).resolve().is_file() for link in links)


def test_no_links_to_what_is_not_there(tmp_path):
    """Are links left out where there is no file, or can be none?"""
    odd = [scored(name, 3) for name in ("ada", "../..", "n" * 5000, "\ud800", "nul\0", "a\udcff")]
    course = Course(tmp_path)
    course.autograded("ada", FIRST).mkdir(parents=True)  # a folder in its place
    found = Page(render(odd, NOW, Around(course=course)))
    assert not [address for address in found.addresses if address.startswith("..")]


def test_a_grade_says_what_it_is_made_of():
    """Do the cell's tooltip and the student's part name the parts, where there are others than the tests?"""
    made = graded("ada", check(), check("failed"), grade=recorded(5.0, by_hand=8.0, extra=1.0, late=2.0))
    parts = "automatic 5, by hand +3, extra credit +1, late penalty −2"
    assert words.made_of(made.grade) == parts
    html = render([made, graded("bob", check(), grade=recorded(10.0))], NOW)
    assert f'made" title="{parts}"><span class="score">7<' in html
    assert f"01a 7 of 10: {parts}" in Page(html).text
    assert html.count("title=") == 1
    assert words.made_of(None) == words.made_of(recorded(10.0)) == ""


def test_failures_of_one_cause_are_told_once():
    """Are twins of a check one line, and what is not written yet a line of its own?"""
    flipped = [check("failed", hidden=hidden, cause="flipped", diagnosis="sign") for hidden in (False, True)]
    result = graded(
        "ada",
        *flipped,
        check("failed", "sigmoid: shapes", cause="flat"),
        check(),
        LOST,
        check("failed", **blank("tanh")),
    )
    found = failures(result)
    assert [(one.cause, one.names) for one in found] == [
        ("flipped", "values, values (hidden)"), ("flat", "shapes"), ("KeyError: 'W'", "check_values"),
    ]  # fmt: skip
    assert unwritten(result) == ["test_sigmoid"]
    text = text_of([result]).partition(" Students ")[2]
    assert (
        "4 checks did not pass, 1 exercise not written yet test_sigmoid values, values (hidden): flipped"
        in text
    )
    assert "could not run test_sigmoid check_values: KeyError: 'W'" in text
    assert "not written yet, for test_sigmoid" in text


def test_what_was_measured_is_shown_while_it_fits(monkeypatch):
    """Does a failed check show its evidence, escaped, and none in a class with too many failures?"""
    result = graded(
        "ada", check("failed") | {"evidence": [f"at [0] is 1 {SCRIPT}", "second", "third", "fourth"]}
    )
    text = text_of([result])
    assert f"at [0] is 1 {SCRIPT}" in text
    assert "fourth" not in text
    monkeypatch.setattr(page, "EVIDENCE", 0)
    assert "at [0]" not in text_of([result])


def test_long_lists_of_failures_end():
    """Are a student's causes cut off, with their number?"""
    many = [check("failed", cause=f"cause {i}") for i in range(9)]
    text = text_of([graded("ada", *many)]).partition(" Students ")[2]
    assert "cause 5 3 more causes in results.json" in text


def test_costs_are_points_of_the_class():
    """Is the exercise that costs most first, by the gradebook's marks where it has any?"""
    half = graded("ada", check(), check("failed"))
    other = graded("ada", check("failed"), assignment=SECOND, points=4.0, cell="test_rnn")
    by_hand = graded("bob", check("failed"), grade=recorded(0.0, by_hand=9.0))
    assert costs([half, other, by_hand]) == [
        Cost(FIRST, "test_sigmoid", 6.0, 20.0),
        Cost(SECOND, "test_rnn", 4.0, 4.0),
    ]
    assert "test_sigmoid 01a 6 30% test_rnn 03 4 100%" in text_of([half, other, by_hand])


def test_costs_leave_out_what_waits():
    """Is what could not run, or waits for a mark, nobody's loss, and extra credit no gain?"""
    waits = graded("ada", check("failed"), grade=recorded(0.0, waits=True))
    extra = graded("eve", check(), grade=recorded(10.0, extra=5.0))
    assert costs([BOB, CYD, waits, extra]) == []
    assert "Where points are lost Nowhere." in text_of([BOB])


def test_each_notebook_has_a_picture():
    """Is there a distribution per notebook, with its numbers as text?"""
    html = render([scored("ada", 95), scored("bob", 15), scored("ada", 50, assignment=SECOND)], NOW)
    labels = re.findall(r'<svg [^>]*role="img" aria-label="([^"]*)"', html)
    assert labels == [
        "01a: number of scores in each tenth, lowest first: 0, 1, 0, 0, 0, 0, 0, 0, 0, 1",
        "03: number of scores in each tenth, lowest first: 0, 0, 0, 0, 0, 1, 0, 0, 0, 0",
    ]
    assert "01a 2 scores, median 55%" in Page(html).text


def test_changes_tell_new_gone_and_graded_otherwise():
    """Are submissions compared with those of the run before, the grade that fell most first?"""
    was = [scored("ada", 80), scored("bob", 50), scored("cyd", 70), scored("dan", 60)]
    now = [scored("ada", 85), scored("bob", 20), scored("cyd", 70), scored("eve", 10)]
    found = changes.changes(was, now)
    assert (found.new, found.gone) == ({FIRST: ["eve"]}, {FIRST: ["dan"]})
    assert [(one.now.student, one.gain) for one in found.graded] == [("bob", -30.0), ("ada", 5.0)]
    text = text_of(now, earlier=changes.Earlier(was, BEFORE))
    since = section(text, "Since the last run", "Waits for you")
    assert "than on 20 November 2026, 09:30. Handed in 01a, 1 student eve" in since
    assert "bob, 01a 50 before, 20 now ada, 01a 80 before, 85 now No longer there 01a, 1 student dan" in since


def test_changes_tell_new_failures():
    """Is a check that passed before and fails now told with its cause, and an old failure not?"""
    old = check("failed", "sigmoid: shapes", cause="old")
    twins = [check(), check(hidden=True)]
    was = graded("ada", *twins, old)
    now = graded("ada", check(), check("failed", hidden=True, cause="broke"), old)
    (change,) = changes.changes([was], [now]).graded
    assert [(one.cause, one.names) for one in change.failures] == [("broke", "values (hidden)")]
    text = text_of([now], earlier=changes.Earlier([was], BEFORE))
    assert "6.7 before, 3.3 now 1 new failure test_sigmoid values (hidden): broke" in text


def test_no_changes_are_said_or_nothing_at_all():
    """Does a second run without changes say so, and a first run have no such part?"""
    assert not changes.changes(CLASS, CLASS)
    assert "What is another than on 20 November 2026, 09:30. Nothing." in text_of(
        CLASS, earlier=changes.Earlier(CLASS, BEFORE)
    )
    assert "Since the last run" not in text_of(CLASS)


def test_a_damaged_submission_is_a_change():
    """Is a submission that is not graded any more told, with why?"""
    now = Result("ada", FIRST, None, 100.0, problem="It was cut off.")
    text = text_of([now], earlier=changes.Earlier([scored("ada", 80)], BEFORE))
    assert "ada, 01a 80 before, not graded now. It was cut off." in text


def test_the_last_run_is_kept(tmp_path):
    """Does a report written after `keep_earlier` know the results before it?"""
    changes.keep_earlier(tmp_path)  # nothing there yet
    assert changes.read_earlier(tmp_path) is None
    write_report([scored("ada", 80)], tmp_path)
    changes.keep_earlier(tmp_path)
    write_report([scored("ada", 90)], tmp_path)
    found = changes.read_earlier(tmp_path)
    assert [one.score for one in found.results] == [80]
    assert found.written.tzinfo


@pytest.mark.parametrize(
    "text", ["", "[]", '{"version": 3, "results": []}', '{"version": 3, "results": [], "written": 5}']
)
def test_a_damaged_earlier_run_is_none(tmp_path, text):
    """Is a file that cannot be read as if there were none?"""
    (tmp_path / changes.FILE).write_text(text)
    assert changes.read_earlier(tmp_path) is None


def test_renewed_page_has_new_links_and_the_same_time(tmp_path):
    """Does the page get links to what was written later, and stay as it was otherwise?"""
    course = Course(tmp_path)
    write_report([graded("ada", check())], course.reports, around(course))
    before = (course.reports / "index.html").read_text(), (course.reports / "results.json").read_text()
    folder = tmp_path / "feedback" / "ada" / FIRST
    folder.mkdir(parents=True)
    (folder / f"{FIRST}.html").touch()
    renew(course)
    link = f' <a href="../feedback/ada/{FIRST}/{FIRST}.html">feedback</a>'
    now = (course.reports / "index.html").read_text(), (course.reports / "results.json").read_text()
    assert (now[0].replace(link, ""), now[1]) == before
    assert link in now[0]


def test_renewing_needs_results(tmp_path):
    """Is a course without results, or with damaged ones, left as it is?"""
    course = Course(tmp_path)
    renew(course)
    assert not course.reports.exists()
    course.reports.mkdir()
    (course.reports / "results.json").write_text("{")
    renew(course)
    assert not (course.reports / "index.html").exists()


def test_only_our_own_script_may_run():
    """Does the page's policy name the digest of its one script, and nothing else that could run?"""
    html = render(CLASS, NOW, Around(roster={"ada": Member(SCRIPT, SCRIPT, SCRIPT, SCRIPT)}))
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert not re.search(r"\son\w+=|innerHTML|eval\(", html)


def test_page_reads_without_its_script():
    """Is everything there when the script does not run, and only what needs it hidden?"""
    html = render(CLASS, NOW)
    assert re.findall(r"<(\w+)[^>]* hidden[ >]", html) == ["form"]
    assert "aria-sort" not in html.partition("<script>")[0].partition("</style>")[2]
