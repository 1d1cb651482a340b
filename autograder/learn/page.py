"""One page of progress over the whole course, written anew after each check."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import FileSystemLoader
from markupsafe import Markup

from autograder.course import Course
from autograder.feedback import exporter
from autograder.feedback.bounded import Bounded
from autograder.files import write_whole
from autograder.learn.check import feedback_of
from autograder.learn.outline import answers_of
from autograder.learn.plan import Day, Standing, days, next_step, standings
from autograder.learn.record import DONE, Record
from autograder.learn.solutions import solution_of
from autograder.words import heads

NAME = "progress.html"
FOLDERS = (Path(__file__).parent, Path(exporter.__file__).parent)
SHOWN = 40  # days in the picture
WIDTH, HEIGHT, GAP = 600, 110, 4  # of the picture, and between two bars, in its units


def write_page(course: Course, folder: Path) -> Path:
    """Write progress.html into a learner's folder; returns its path."""
    write_whole(folder / NAME, render(course, folder))
    return folder / NAME


def render(course: Course, folder: Path) -> str:
    """The page: nothing loaded from elsewhere, no script, light and dark."""
    record = Record(folder)
    all_of_it = standings(course, record)
    environment = exporter.environment().overlay(loader=FileSystemLoader(FOLDERS))
    history, points = days(record.checks), sum(one.points for one in all_of_it)
    return environment.get_template("progress.html.j2").render(
        standings=all_of_it, step=next_step(all_of_it), heads=heads(one.assignment for one in all_of_it),
        score=sum(one.score for one in all_of_it), points=points,
        done=sum(one.done for one in all_of_it), in_all=sum(len(one.exercises) for one in all_of_it),
        solutions=_solutions(course, all_of_it), pages=_pages(course, folder, all_of_it),
        history=history, bars=bars(history, points),
        picture={"width": WIDTH, "height": HEIGHT, "bar": bar_width(history)},
    )  # fmt: skip


def bars(history: list[Day], most: float) -> list[dict[str, Any]]:
    """A bar for each of the last days, side by side; the height of `most` points is HEIGHT."""
    found, wide = [], bar_width(history) + GAP
    for place, day in enumerate(history[-SHOWN:]):
        height = round(HEIGHT * min(max(day.score, 0.0) / (most or 1.0), 1.0), 1)
        found.append({"day": day, "x": round(place * wide, 1), "y": HEIGHT - height, "height": height})
    return found


def bar_width(history: list[Day]) -> float:
    """Of so many bars that fill the picture."""
    count = max(min(len(history), SHOWN), 1)
    return round((WIDTH + GAP) / count - GAP, 1)


def _solutions(course: Course, all_of_it: list[Standing]) -> dict[tuple[str, str], Markup]:
    """The solutions of exercises that are done or given up, by assignment and name."""
    found, show = {}, Bounded()
    for one in all_of_it:
        names = {exercise.name for exercise in one.exercises if exercise.state == DONE} | one.given_up
        answers = answers_of(course, one.assignment) if names else {}
        for name in names & answers.keys():
            found[one.assignment, name] = show.code(solution_of(answers[name]))
    return found


def _pages(course: Course, folder: Path, all_of_it: list[Standing]) -> dict[str, list[tuple[str, str]]]:
    """The feedback pages that there are of each assignment: what they are called, and their addresses."""
    found = {}
    for one in all_of_it:
        names = course.notebooks(one.assignment)
        paths = [(name, feedback_of(folder, one.assignment, name)) for name in names]
        found[one.assignment] = [
            (f"feedback on {name}" if names[1:] else "feedback", _address(path, folder))
            for name, path in paths if path.is_file()
        ]  # fmt: skip
    return found


def _address(path: Path, folder: Path) -> str:
    return "/".join(quote(part) for part in path.relative_to(folder).parts)
