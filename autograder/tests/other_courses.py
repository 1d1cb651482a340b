"""Assignments of other courses, and what a gradebook says of them."""

import re
import shutil
import textwrap
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook

from autograder.build.pair import to_notebook
from autograder.cells import cells_of, without_hidden
from autograder.course import Course
from autograder.new.make import STARTER
from autograder.tests.mini import write

REPOSITORY = Path(__file__).parents[2]
COURSES = Path(__file__).with_name("courses")
WEEK, NOTEBOOKS, DATA = "week1", ("functions", "rain"), "rain.csv"
STOCK = 'c = get_config()\nc.CourseDirectory.course_id = "stock"\n'
WRONG = {  # by cell
    "celsius": "def celsius(fahrenheit):\n    return (fahrenheit - FREEZING) * 5 / 9",
    "stack": "class Stack:\n    items = []\n    def push(self, item): self.items.append(item)\n"
    "    def pop(self): return self.items.pop(0)\n    def __len__(self): return len(self.items)",
    "words": "def count_words(text):\n    return len(text.split())\ndef longest(text):\n    return text.split()[0]",
    "explain": "No idea.",
    "read": "def read(name):\n    return {'Jan': 55.0, 'Feb': 40.5, 'Mar': 61.0}",
    "wettest": "def wettest(rain):\n    return max(rain)",
}


def settings(kind: str = "ours") -> str:
    """An nbgrader_config.py: as `autograder new` writes it, "stock", or "moved" as docs/moving.md says."""
    if kind == "ours":
        return (STARTER / "nbgrader_config.py.txt").read_text()
    page = (REPOSITORY / "docs" / "moving.md").read_text()
    (added,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    return STOCK + textwrap.dedent(added) * (kind == "moved")


def course_at(root: Path, kind: str = "ours") -> Course:
    """An empty course."""
    write(root / "nbgrader_config.py", settings(kind))
    return Course(root)


def add_week(course: Course) -> None:
    """The introductory assignment, as it would come from another course."""
    for name in NOTEBOOKS:
        notebook = to_notebook((COURSES / WEEK / f"{name}.py.txt").read_text())
        notebook.metadata = {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        }
        write(course.source(WEEK, name), notebook)
    shutil.copy(COURSES / WEEK / DATA, course.source(WEEK).parent)


def add_gru(course: Course) -> None:
    """The GRU, with its known mistakes."""
    for name, to in (
        ("gru.py.txt", course.text("gru")),
        ("mistakes.toml", course.text("gru").parent / "audit" / "mistakes.toml"),
    ):
        write(to, (COURSES / "gru" / name).read_text())


def hand_in(course: Course, student: str, assignment: str, notebook: str, answers: dict[str, str]) -> None:
    """The solution with other answers in some cells."""
    mine = nbformat.read(course.source(assignment, notebook), as_version=4)
    for cell in cells_of(mine):
        cell.node.source = answers.get(cell.name, without_hidden(cell.source))
    write(course.submitted(student, assignment, notebook), mine)


def hand_in_release(course: Course, student: str, assignment: str) -> None:
    """The release as it is."""
    shutil.copytree(course.release(assignment).parent, course.submitted(student, assignment).parent)


def marks(course: Course, assignment: str) -> dict[tuple[str, str, str], tuple]:
    """(points, needs a mark by hand, most) of each cell of the gradebook, by student, notebook and cell."""
    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        return {
            (submission.student_id, notebook.name, grade.name): (grade.auto_score, grade.needs_manual_grade, grade.max_score)
            for submission in gradebook.assignment_submissions(assignment)
            for notebook in submission.notebooks for grade in notebook.grades
        }  # fmt: skip
