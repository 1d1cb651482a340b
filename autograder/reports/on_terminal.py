"""A class while it is graded, and what came of it, on the terminal."""

from collections.abc import Callable, Sequence

from rich.markup import escape

from autograder.course import Course
from autograder.grading.batch import grade as grade_submissions
from autograder.reports.suspicion import sentences
from autograder.reports.table import class_table, common_causes, summary, waiting
from autograder.terminal import bar_of, console
from autograder.words import plain


def grade_class(
    course: Course, assignments: list[str], students: Sequence[str] = (), hear: Callable | None = None, **how
) -> list:
    """Grade under a progress bar; `hear` gets each result, `how` is autograder.grading.batch.grade's."""
    counts, slowest = {"passed": 0, "failed": 0, "could not run": 0}, None
    with bar_of() as bar:
        task = bar.add_task("grading", visible=False, note="")

        def report(result, done: int, of: int) -> None:
            nonlocal slowest
            if result and hear:
                hear(result)
            for status in counts:
                counts[status] += result.count(status) if result else 0
            slowest = max(filter(None, (slowest, result)), key=lambda one: one.seconds, default=None)
            note = ", ".join(f"{number} {status}" for status, number in counts.items())
            if slowest:
                note += f"; slowest {escape(plain(slowest.student))}, {slowest.seconds:.0f} s"
            bar.update(task, completed=done, total=of, note=note, visible=True)

        def say(sentence: str) -> None:
            console.print(f"[yellow]![/] {escape(sentence)}", soft_wrap=True)

        return grade_submissions(course, assignments, list(students), report=report, say=say, **how)


def show_class(results: list) -> None:
    """The class table, a summary and whatever needs a person."""
    console.print(class_table(results))
    console.print(summary(results))
    if causes := common_causes(results):
        console.print(causes)
    for problem in [*waiting(results), *sentences(results)]:
        console.print(f"[yellow]![/] {escape(problem)}", soft_wrap=True)
