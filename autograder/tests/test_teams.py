"""Teams: everybody gets the grade of what one handed in, and nobody is suspected of it."""

import pytest

from autograder import cli
from autograder.grading import record
from autograder.grading.result import Result
from autograder.grading.results_file import read_results
from autograder.platforms.collect.teams import mark_teams
from autograder.platforms.identities import Identity, write_identities
from autograder.reports import on_terminal
from autograder.reports.suspicion import alike, sentences
from autograder.tests.mini import ID

SAME = " ".join(f"{n:08x}" for n in range(40))
OTHER = " ".join(f"{n:08x}" for n in range(100, 140))


def results(**texts):
    """One submission of each student, by what it is made of."""
    return [
        Result(student, ID, 1.0, 1.0, fingerprints={"code": text, "remarks": ""})
        for student, text in texts.items()
    ]


def pairs(course, found):
    """Who is alike, once teams are known."""
    mark_teams(course, found)
    return [pair.students for pair in alike(found)]


@pytest.mark.parametrize("by", ["roster", "identities"])
def test_members_of_a_team_are_no_suspects(course, by):
    """By roster or by what was collected as one: are members not compared, but with everybody else?"""
    if by == "roster":
        course.roster.write_text("id,team\nann,Red\nbob,red\neve,\nfay,\n")
    else:
        rows = [Identity("moodle", "77", name, "Red_77_assignsubmission_file") for name in ("ann", "bob")]
        write_identities(
            course.downloaded(ID) / "identities.csv", [*rows, Identity("moodle", "1", "eve", "Eve_1")]
        )
    assert pairs(course, results(ann=SAME, bob=SAME, cyd=OTHER)) == []
    found = results(ann=SAME, bob=SAME, eve=SAME, fay=OTHER)
    assert pairs(course, found) == [("ann", "eve"), ("bob", "eve")]
    assert not any("ann and bob" in line for line in sentences(found))


def test_a_copy_of_a_large_team_is_found(course):
    """A fingerprint that many have is common; is a team one of the many?"""
    team = [f"t{n}" for n in range(7)]
    course.roster.write_text("id,team\n" + "".join(f"{name},Red\n" for name in team))
    found = results(**dict.fromkeys(team, SAME), eve=SAME, fay=OTHER)
    assert pairs(course, found) == [("eve", name) for name in team]


def test_a_team_that_is_no_more_is_forgotten(course):
    """Are results of an earlier run compared again when the roster changes?"""
    course.roster.write_text("id,team\nann,Red\nbob,Red\n")
    found = results(ann=SAME, bob=SAME)
    assert pairs(course, found) == []
    course.roster.write_text("id,team\nann,\nbob,\n")
    assert pairs(course, found) == [("ann", "bob")]


def test_grading_knows_the_teams(course, monkeypatch, capsys):
    """Do terminal and results.json leave members out?"""
    course.roster.write_text("id,team\nann,Red\nbob,Red\n")
    found = results(ann=SAME, bob=SAME)
    monkeypatch.setattr(on_terminal, "grade_class", lambda *_, **__: found)
    monkeypatch.setattr(record, "with_grades", lambda _, results: results)
    cli.main(["--course", str(course.root), "grade"])
    assert "alike" not in capsys.readouterr().out
    assert alike(read_results(course.reports / "results.json")) == []
