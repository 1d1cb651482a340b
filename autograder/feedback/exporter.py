"""A graded notebook as a feedback page: first what needs reading, the rest folded."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from traitlets import default

from autograder.feedback.bounded import Bounded, is_picture
from autograder.feedback.exercises import Exercise, exercises_of
from autograder.feedback.headings import headings_of
from autograder.feedback.sections import sections_of
from autograder.feedback.texts import Outline
from autograder.grading.counted import NOTICE
from autograder.grading.of_record import GradeOfRecord
from autograder.grading.result import UNSEALED
from autograder.words import counted, plain

NO_GRADE = GradeOfRecord((), 0.0)


class FeedbackExporter(Exporter):
    """The exporter in nbgrader_config.py; a step there has put the grade of record into `resources`."""

    output_mimetype = "text/html"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: Any = None, **options: Any
    ) -> tuple[str, Any]:
        """The page, which needs nothing else, and the resources."""
        notebook, resources = super().from_notebook_node(nb, resources, **options)
        return render(notebook, resources.get("nbgrader", {})), resources


def render(notebook: NotebookNode, facts: dict) -> str:
    """The page of a notebook; `facts` are nbgrader's and the grade of record."""
    record = facts.get("of_record", NO_GRADE)
    exercises = exercises_of(notebook, {grade.cell: grade for grade in record.cells})
    return environment().get_template("page.html.j2").render(
        title=_title(notebook, facts.get("notebook", "")), facts=facts, record=record,
        exercises=exercises, open=[exercise for exercise in exercises if exercise.needs_reading],
        sections=sections_of(notebook, exercises, hidden=NOTICE),
        notes=_notes(notebook), show=Bounded(),
    )  # fmt: skip


def _notes(notebook: NotebookNode) -> list[str]:
    """What was put right; how tests are run is nothing for students."""
    notes = notebook.metadata.get("autograder", {}).get("restored", [])
    return [note for note in notes if UNSEALED not in note]


def _title(notebook: NotebookNode, name: str) -> str:
    """The first heading of the first text cell that has one; else the notebook's name."""
    return next((words for cell in notebook.cells for _, words in headings_of(cell)), name)


@cache
def environment() -> Environment:
    """What makes the page; all text is escaped."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"points": points, "plain": plain, "ticked": ticked}
    environment.globals |= {"counted": counted, "Outline": Outline}
    environment.tests |= {"picture": is_picture, "exercise": lambda part: isinstance(part, Exercise)}
    return environment


def points(value: float) -> str:
    """At most two decimals: 8, 92.5, 33.33."""
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")  # no minus before a zero


def ticked(text: str) -> Markup:
    """A message, whose names in backticks are code and whose words in asterisks stand out."""
    marked = re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(plain(text))))
    return Markup(re.sub(r"(?<!\w)\*(\w[^*<]*)\*(?!\w)", r"<em>\1</em>", marked))
