"""The report for the instructor: one static page, and the same results as JSON beside it."""

from datetime import datetime
from pathlib import Path
from statistics import mean, median
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from autograder.files import write_whole
from autograder.grading.result import Result
from autograder.reports import facts, rates, suspicion, words
from autograder.reports.grid import class_grid, is_graded, mark
from autograder.reports.stored import as_json, grader_version, read_results
from autograder.reports.waits import NOT_RUN, TITLES, Waiting, waits

__all__ = ["read_results", "render", "write_report"]

BANDS = (0.3, 0.5, 0.7, 0.9)


def write_report(results: list[Result], folder: Path) -> Path:
    """Write folder/results.json and folder/index.html; returns the page."""
    now = datetime.now().astimezone()
    data, page = as_json(results, now), render(results, now)
    write_whole(folder / "results.json", data)
    write_whole(folder / "index.html", page)
    return folder / "index.html"


def render(results: list[Result], written: datetime) -> str:
    """The page as HTML: no script, nothing loaded from elsewhere, all text escaped."""
    grid = class_grid(results)
    by_student = sorted(results, key=lambda result: (result.student, result.assignment))
    changed = suspicion.tampered(by_student)
    return environment().get_template("report.html.j2").render(
        grid=grid,
        head={column.assignment: column.head for column in grid.columns},
        headline=_headline(results),
        assignments=_assignments(results),
        unfinished=facts.unfinished(results),
        carried=facts.carried(results),
        waits=_waits(results),
        not_run=facts.not_run(results),
        restored=[result for result in by_student if result.restored and result not in changed],
        changed=changed,
        alike=list(suspicion.together(suspicion.alike(results)).items()),
        copied=suspicion.copied(by_student),
        hardest=rates.hardest(results),
        diagnoses=facts.diagnoses(results),
        slowest=facts.slowest(results),
        written=f"{written.day} {written:%B %Y, %H:%M}",
        grader=grader_version(),
    )  # fmt: skip


def _headline(results: list[Result]) -> dict[str, Any]:
    parts = facts.shares(results)
    return {
        "students": len({result.student for result in results}),
        "submissions": len(results),
        "graded": sum(map(is_graded, results)),
        "median": median(parts) if parts else None,
        "needs": len({(one.student, one.assignment) for one in waits(results)}),
    }


def _waits(results: list[Result]) -> dict[str, list[Waiting]]:
    """What waits for a person, below its titles; checks that could not run have a list of their own."""
    found = {title: [] for why, title in TITLES.items() if why != NOT_RUN}
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


def _band(result: Result) -> str:
    """The colour of a score, from `band-0` to `band-4`; "" without a score."""
    part = facts.share(result)
    return "" if part is None else f"band-{sum(part >= limit for limit in BANDS)}"


def environment() -> Environment:
    """What makes pages from the templates of this folder; all text that they show is escaped."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
        # Exactly str: Markup is already escaped, and is the template's own.
        finalize=lambda value: words.plain(value) if type(value) is str else value,
    )  # fmt: skip
    environment.filters |= {
        "number": words.number, "fixed": words.fixed, "percent": "{:.0%}".format,
        "seconds": "{:.1f} s".format, "mark": mark, "band": _band, "title": words.title,
        "folded": words.folded, "wording": suspicion.wording, "copied_wording": suspicion.copied_wording,
    }  # fmt: skip
    environment.tests["graded"] = is_graded
    environment.globals["counted"] = words.counted
    return environment
