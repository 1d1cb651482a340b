"""Questions and written answers of a source: without points, or with the points that a course gives them."""

import ast
import re
from collections.abc import Iterator
from typing import Any, cast

import nbformat
from nbformat import NotebookNode
from traitlets import Float
from traitlets.config import Configurable

from autograder.cells import HIDDEN, QUESTION, WRITTEN, Cell, Problem, has_tag
from autograder.notebook.questions import digest_of, is_right, last_digit

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
ASKED = "question-test"
ASKS = ("predict", "autograder.predict")  # the second where a notebook has a `predict` of its own
FORM = 'write `guess_x = "b"` and `predict("x", guess_x, "...")` in it, and nothing else'


class Questions(Configurable):
    """A course's choice: `c.Questions.points` and `c.Questions.written_points` in nbgrader_config.py."""

    points = Float(0, min=0, help="points of each question with a checked answer; 0: not graded").tag(
        config=True
    )
    written_points = Float(
        0, min=0, help="points of each written answer, which a person marks; 0: not graded"
    ).tag(config=True)  # fmt: skip


def as_chosen(nb: NotebookNode, choice: Questions) -> NotebookNode:
    """A source with a test below each question and marks on each written answer, if they give points."""
    cells = []
    for node in nb.cells:
        if has_tag(node, ASKED):
            continue
        cells.append(node)
        if has_tag(node, WRITTEN):
            _mark(node, choice.written_points)
        if has_tag(node, QUESTION) and choice.points and (question := _question(Cell(0, node))):
            cells.append(_test(*question, choice.points))
    nb.cells = cells
    return nb


def questions_are_sound(cells: list[Cell]) -> Iterator[Problem]:
    """A question assigns the right answer, which the release leaves out, and asks for it by its digest."""
    for cell in cells:
        if not has_tag(cell.node, QUESTION):
            continue
        if not (question := _question(cell)):
            yield Problem(cell.name, f"is no question: {FORM}.")
        elif not is_right(question[0], question[2], question[3]):
            name, variable, answer, right = question
            told = f'predict("{name}", {variable}, "{digest_of(name, answer, _digits(right))}")'
            yield Problem(cell.name, f"holds the digest of another answer; write `{told}`.")


def written_answers_have_names(cells: list[Cell]) -> Iterator[Problem]:
    """A written answer is a text cell whose title names it in the gradebook, once it gives points."""
    for cell in cells:
        title = cell.node.metadata.get("title", "")
        if has_tag(cell.node, WRITTEN) and not (cell.kind == "markdown" and NAME.fullmatch(title)):
            yield Problem(cell.name, 'needs a title: `# %% why_x [markdown] tags=["written"]`.')


RULES = (questions_are_sound, written_answers_have_names)


def _question(cell: Cell) -> tuple[str, str, str | float, str] | None:
    """Its name, the variable, the right answer and its digest; None where the cell has another form."""
    try:
        assigned, asked = cast(tuple[Any, Any], cell.statements)  # what has another form raises
        (variable,), call = assigned.targets, asked.value
        name, answered, right = call.args
        found = (name.value, variable.id, ast.literal_eval(assigned.value), right.value)
    except (AttributeError, TypeError, ValueError):
        return None
    is_asked = ast.unparse(call.func) in ASKS and getattr(answered, "id", "") == variable.id
    is_plain = found[2].isalnum() if isinstance(found[2], str) else type(found[2]) in (int, float)
    return found if is_asked and is_plain else None


def _mark(node: NotebookNode, points: float) -> None:
    """A written answer is one of nbgrader's, which a person marks, or plain text."""
    node.metadata.pop("nbgrader", None)
    if points:
        marks = _marks(node.metadata.get("title", ""), points)
        node.metadata["nbgrader"] = marks | {"locked": False, "solution": True}


def _test(name: str, variable: str, answer: str | float, right: str, points: float) -> NotebookNode:
    """A plain test of the right answer; a number may be as far off as `predict` lets it."""
    asks = f"{variable} == {answer!r}"
    if not isinstance(answer, str):
        unit = last_digit(answer, _digits(right))  # what rounds to one of three neighbours, as in `predict`
        asks = f"abs({variable} - {round(answer / unit) * unit:.12g}) <= {1.5 * unit:.12g}"
    source = (
        f"assert {variable} is not None  # has it an answer?\n"
        f"### BEGIN {HIDDEN}\nassert {asks}\n### END {HIDDEN}"
    )
    marks = _marks(f"question_{name}", points)
    return nbformat.v4.new_code_cell(source, metadata={"nbgrader": marks, "tags": [ASKED]})


def _digits(right: str) -> int:
    """How many digits of a number count, which stands before its digest."""
    digits = right.partition("~")[0]
    return int(digits) if digits.isdecimal() and int(digits) else 2


def _marks(name: str, points: float) -> dict:
    return {
        "grade": True, "grade_id": name, "locked": True, "points": points,
        "schema_version": 3, "solution": False, "task": False,
    }  # fmt: skip
