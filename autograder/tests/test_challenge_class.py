"""The open challenge of a class: places, records, the report, and no points."""

import json
import math
from datetime import UTC, datetime

import nbformat
import pytest

from autograder.build.release import build
from autograder.challenge import steps
from autograder.cli import main
from autograder.reports.around import Around
from autograder.reports.page import render
from autograder.tests.entries import BASELINE, COUNTS, course_of, handed_in, measured, reader
from autograder.tests.mini import FULL, ID, judged, scores, write

pytestmark = pytest.mark.slow
NOW = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.fixture
def running(tmp_path):
    return course_of(tmp_path)


def run(course, *arguments):
    return main(["--course", str(course.root), "challenge", ID, *map(str, arguments)])


def places(course):
    return json.loads((course.reports / "challenge.json").read_text())["assignments"][ID]


def test_release_keeps_the_first_answer(running):
    """Does nbgrader's release hold the cell as it stands in the source, tag and all, and no entry of our own?"""
    for name in ("challenge.py", "challenge.json"):
        write(running.source(ID).with_name(name), COUNTS)
    build(running, ID)
    assert [path.name for path in running.release(ID).parent.iterdir()] == [f"{ID}.ipynb"]
    [cell] = [
        one
        for one in nbformat.read(running.release(ID), as_version=4).cells
        if "challenge" in one.metadata.get("tags", [])
    ]
    assert cell.source == BASELINE
    assert "nbgrader" not in cell.metadata


@pytest.mark.parametrize("text", [COUNTS, "def open_reader(:"])
def test_no_point_depends_on_it(running, text):
    """Is a changed cell no tampering, and does it cost and bring nothing, whatever it does?"""
    result = judged(running, handed_in(text))
    assert scores(result) == FULL
    assert result.restored == []


def test_places_of_a_class_and_nothing_twice(running, monkeypatch, capsys):
    """Are entries put in order, kept, run once only, and run again when they change?"""
    write(running.submitted("ada", ID), handed_in(COUNTS))
    write(running.submitted("bob", ID), handed_in(BASELINE))
    write(running.submitted("cyd", ID), handed_in(reader("np.ones(V)")))
    write(running.submitted("dee", ID), "no notebook")
    write(running.submitted("eve", ID), handed_in(reader("np.full(V, 1 / V)[:]")))
    assert run(running) == 0
    said = capsys.readouterr().out
    assert "cyd: `read` returned numbers that are no probabilities" in said
    found = places(running)
    assert [(one["place"], one["student"]) for one in found["entries"]] == [
        (1, "ada"),
        (2, "eve"),
        (None, "cyd"),
        (None, "dee"),
    ]
    assert found["baseline"]["loss"] == pytest.approx(math.log(6), abs=1e-5)
    assert found["characters"] == 300
    ran = []
    monkeypatch.setattr(
        "autograder.challenge.steps.measure", lambda *rest: ran.append(rest) or pytest.fail("ran again")
    )
    assert run(running) == 0
    assert {**places(running), "written": ""} == {**found, "written": ""}
    monkeypatch.undo()
    write(running.submitted("eve", ID), handed_in(COUNTS.replace("1  #", "3  #")))
    assert run(running, "--students", "eve") == 0
    assert {one["student"]: one["place"] for one in places(running)["entries"]}["eve"] in (1, 2)


def test_interrupted_run_goes_on(running, monkeypatch):
    """Is what was measured before an interrupt kept, and only the rest run?"""
    for student in ("ada", "bob"):
        write(running.submitted(student, ID), handed_in(COUNTS.replace("/ 2", f"/ {2 + (student == 'bob')}")))
    whole, calls = steps.measure, []

    def interrupted(entry, *rest):
        calls.append(entry)
        if len(calls) == 3:  # the baseline, ada, bob
            raise KeyboardInterrupt
        return whole(entry, *rest)

    monkeypatch.setattr("autograder.challenge.steps.measure", interrupted)
    assert run(running) == 130
    assert run(running) == 0
    assert len(calls) == 4
    assert len(places(running)["entries"]) == 2


def test_file_of_our_own(running, capsys):
    """Does `--entry` measure a file in the source's notebook and write what it found beside it, for both parts?"""
    file = write(running.source(ID).with_name("challenge.py"), COUNTS)
    assert run(running, "--entry", file) == 0
    assert run(running, "--entry", file, "--end") == 0
    found = json.loads(file.with_suffix(".json").read_text())
    assert found["stretches"]["loss"] == pytest.approx(measured(COUNTS, minutes=0.1).loss, abs=1e-5)
    assert found["end"]["characters"] == 300
    assert found["end"]["loss"] != found["stretches"]["loss"]
    capsys.readouterr()
    for text, said in (
        (BASELINE, "defines no open_reader of its own"),
        (reader("None"), "no array of numbers"),
    ):
        assert run(running, "--entry", write(file, text)) == 2
        assert said in capsys.readouterr().err


def test_report_shows_the_places(running):
    """Does the page have the places, the baseline and our own entry between them, and no such part without any?"""
    write(running.submitted("ada", ID), handed_in(COUNTS))
    write(running.submitted("cyd", ID), handed_in(reader("'<b>'")))
    assert 'id="challenge"' not in render([], NOW, Around(course=running))
    run(running)
    run(running, "--entry", write(running.source(ID).with_name("challenge.py"), COUNTS + "\n"))
    text = render([], NOW, Around(course=running))
    part = text[text.index('id="challenge"') :].partition("</section>")[0]
    assert "the course&#39;s own entry" in part
    assert part.index("ada") < part.index("the cell as it was released") < part.index("cyd")
    assert f"{measured(COUNTS, minutes=0.1).loss:.4f}" in part
    assert "no array of numbers" in part
    write(running.reports / "challenge.json", '{"version": 1, "assignments": {"mini": {"entries": 3}}}')
    assert 'id="challenge"' not in render([], NOW, Around(course=running))
