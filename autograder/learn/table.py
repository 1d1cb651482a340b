"""What a check found, as lines for the terminal."""

from collections.abc import Iterator
from pathlib import Path

from rich.text import Text

from autograder.course import Course
from autograder.learn.check import Found
from autograder.learn.plan import next_step, standings
from autograder.learn.record import DONE, TODO, Check, Exercise, Record
from autograder.words import counted, number, plain

SIGNS = {DONE: ("✓", "green"), TODO: ("·", "dim")}
LOST = ("✗", "red")
UNSEALED = "none"


def lines(course: Course, folder: Path, found: Found) -> Iterator[Text]:
    """The assignments in their order, then what to do next."""
    for check in sorted([*found.checks, *found.kept], key=lambda one: one.assignment):
        yield from _of_check(check, is_kept=check in found.kept)
    for assignment, problem in sorted(found.problems.items()):
        why = f" could not be checked: {plain(problem)}"
        yield Text.assemble(("! ", "yellow"), (assignment, "bold"), why)
    if found.blank:
        yield Text(f"· not begun: {', '.join(found.blank)}", "dim")
    step = next_step(standings(course, Record(folder)))
    if step:
        yield Text.assemble("Next: ", (step.exercise.name, "bold"), f" in {step.assignment}")
    else:
        yield Text("Everything is done or given up.")


def _of_check(check: Check, *, is_kept: bool) -> Iterator[Text]:
    points = sum(one.points for one in check.exercises)
    walls = "not sealed" if check.walls == UNSEALED else f"sealed by {check.walls}"
    about = "as it was checked before" if is_kept else walls
    head = f": {number(check.score)} of {number(points)} points ({about})"
    yield Text.assemble((check.assignment, "bold"), head)
    todo = [one.name for one in check.exercises if one.state == TODO]
    for one in check.exercises:
        if one.state != TODO:
            yield _of_exercise(one)
    if todo:
        yield Text(f"  · {counted(len(todo), 'exercise')} not written yet: {plain('; '.join(todo))}", "dim")


def _of_exercise(one: Exercise) -> Text:
    sign, style = SIGNS.get(one.state, LOST)
    score = f"  {number(one.score)} of {number(one.points)}"
    text = Text.assemble((f"  {sign} ", style), plain(one.name), (score, "dim"))
    if one.first:
        text.append(f"\n    {plain(one.first)}")
    return text
