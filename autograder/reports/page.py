"""The report for the instructor: one static page, and the same results as JSON beside it."""

import contextlib
from datetime import datetime
from functools import partial
from pathlib import Path
from statistics import mean, median
from typing import Any

from autograder import words
from autograder.alone import alone
from autograder.course import Course, CourseError
from autograder.files import write_whole
from autograder.grading.result import Result
from autograder.grading.results_file import read_results, read_run
from autograder.reports import facts, rates, suspicion
from autograder.reports.around import Around, around
from autograder.reports.challenge import challenges
from autograder.reports.changes import changes
from autograder.reports.costs import costs
from autograder.reports.environment import environment, script
from autograder.reports.failures import failures
from autograder.reports.grid import class_grid, is_graded
from autograder.reports.links import links
from autograder.reports.people import People
from autograder.reports.stored import as_json, grader_version
from autograder.reports.waits import NOT_RUN, TITLES, Waiting, waits

__all__ = ["environment", "read_results", "render", "renew", "write_report"]

# A page of a large class stays below 2 MB: of so many failures it shows what was measured, and of each
# submission as many causes as make this many in all, but never more or fewer than these.
EVIDENCE, CAUSES, MOST, FEWEST = 1000, 8000, 6, 2


def write_report(results: list[Result], folder: Path, context: Around | None = None) -> Path:
    """Write folder/results.json and folder/index.html; returns the page."""
    now = datetime.now().astimezone()
    data, page = as_json(results, now), render(results, now, context)
    write_whole(folder / "results.json", data)
    write_whole(folder / "index.html", page)
    return folder / "index.html"


def renew(course: Course) -> None:
    """Write the page again, as of the time it tells, with links to what there is by now.

    A course without readable results keeps what it has, and so does one that is being graded: that writes it.
    """
    with contextlib.suppress(CourseError), alone(course):
        page = render(*read_run(course.reports / "results.json"), around(course))
        write_whole(course.reports / "index.html", page)


def render(results: list[Result], written: datetime, context: Around | None = None) -> str:
    """The page as HTML: nothing loaded from elsewhere, no script but our own, all text escaped."""
    context = context or Around()
    text, source = script("report.js")
    return environment().get_template("report.html.j2").render(
        **_class(results, context), **_people(results), **_checks(results), **_since(results, context),
        links=partial(links, context.course), challenges=challenges(context.course),
        script=text, script_source=source, written=_day(written), grader=grader_version(),
    )  # fmt: skip


def _class(results: list[Result], context: Around) -> dict[str, Any]:
    """The grid, and who is in it."""
    people = People({result.student for result in results}, context.roster)
    grid = class_grid(results, people)
    return {
        "grid": grid, "people": people, "rows": {row.student: row for row in grid.rows},
        "head": {column.assignment: column.head for column in grid.columns},
        "needs": {one.student for one in waits(results)},
        "is_made": any(words.made_of(result.grade) for result in results),
        "headline": _headline(results, people),
    }  # fmt: skip


def _people(results: list[Result]) -> dict[str, Any]:
    """What a person looks at, submission by submission."""
    by_student = sorted(results, key=lambda result: (result.student, result.assignment))
    changed = suspicion.tampered(by_student)
    return {
        "waits": _waits(results), "not_run": facts.not_run(results),
        "restored": [result for result in by_student if result.put_back and result not in changed],
        "changed": changed,
        "alike": list(suspicion.together(suspicion.alike(results)).items()),
        "copied": suspicion.copied(by_student), "slowest": facts.slowest(results),
        "shows_evidence": sum(len(failures(result)) for result in results) <= EVIDENCE,
        "most_causes": max(FEWEST, min(MOST, CAUSES // max(len(results), 1))),
    }  # fmt: skip


def _checks(results: list[Result]) -> dict[str, Any]:
    """How the class did."""
    return {
        "assignments": _assignments(results), "costs": costs(results), "hardest": rates.hardest(results),
        "diagnoses": facts.diagnoses(results), "unfinished": facts.unfinished(results),
        "carried": facts.carried(results),
    }  # fmt: skip


def _since(results: list[Result], context: Around) -> dict[str, Any]:
    """What is another than in the run before, if there was one."""
    if context.earlier is None:
        return {"earlier": "", "changes": None}
    return {"earlier": _day(context.earlier.written), "changes": changes(context.earlier.results, results)}


def _day(time: datetime) -> str:
    return f"{time.day} {time:%B %Y, %H:%M}"


def _headline(results: list[Result], people: People) -> dict[str, Any]:
    parts = facts.shares(results)
    return {
        "students": len(people),
        "submissions": len(results),
        "graded": sum(map(is_graded, results)),
        "median": median(parts) if parts else None,
        "needs": len({(one.student, one.assignment) for one in waits(results)}),
    }


def _waits(results: list[Result]) -> dict[str, list[Waiting]]:
    """What waits for a person, below its titles; checks that could not run have a list of their own."""
    found: dict[str, list[Waiting]] = {title: [] for why, title in TITLES.items() if why != NOT_RUN}
    for one in waits(results):
        if one.why != NOT_RUN:
            found[TITLES[one.why]].append(one)
    return {title: own for title, own in found.items() if own}


def _assignments(results: list[Result]) -> list[dict[str, Any]]:
    """What the page says about each assignment."""
    by_name = {column.assignment: column for column in class_grid(results).columns}
    sections = []
    for name, column in by_name.items():
        own = [result for result in results if result.assignment == name]
        parts = facts.shares(own)
        sections.append({
            "column": column, "submissions": len(own),
            "graded": sum(map(is_graded, own)), "bars": facts.distribution(own),
            "median": median(parts) if parts else None, "mean": mean(parts) if parts else None,
            "cells": rates.cell_rates(own), "causes": facts.causes(own),
        })  # fmt: skip
    return sections
