"""docs/course.md: does it count what the notebooks hold, and are the cells that it names there?"""

import re
from pathlib import Path

import nbformat
import pytest

from autograder.cells import cells_of, has_tag
from autograder.course import Course

COURSE = Course.find(Path(__file__).parent)
PAGE = COURSE.root / "docs" / "course.md"
COLUMNS = (
    "words", "exercises", "points", "questions", "in words", "drawn before", "figures after", "terms", "links"
)  # fmt: skip


def counts_of(assignment: str) -> list[int]:
    """What a notebook holds, in the order of COLUMNS; words to the nearest hundred."""
    cells = cells_of(nbformat.read(COURSE.source(assignment), as_version=4))
    text = "\n".join(cell.source for cell in cells if cell.kind == "markdown")
    figures = [cell for cell in cells if cell.is_figure]
    drawn = sum(has_tag(cell.node, "drawn") for cell in figures)
    terms = text.partition("## Words of the field")[2].split("\n#")[0]
    return [
        round(len(re.findall(r"\w[\w'-]*", text)), -2),
        sum(cell.kind == "exercise" for cell in cells),
        sum(int(cell.metadata.get("points", 0)) for cell in cells),
        sum(has_tag(cell.node, "question") for cell in cells),
        sum(has_tag(cell.node, "written") for cell in cells),
        drawn,
        len(figures) - drawn,
        len(re.findall(r"^\|", terms, re.MULTILINE)) - 2,
        len(set(re.findall(r"https?://[^\s)>]+", text))),
    ]


def table() -> str:
    """The table as it should stand on the page."""
    rows = [
        [assignment[:3].strip("_"), *map(str, counts_of(assignment))] for assignment in COURSE.assignments
    ]
    head = ["", *COLUMNS]
    lines = [head, ["---", *["---:"] * len(COLUMNS)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def test_table_counts_what_there_is():
    """Does the page say how many there are of each thing?"""
    assert table() in PAGE.read_text(encoding="utf-8"), f"put this into docs/course.md:\n{table()}"


NAMED = re.findall(r"`(\w+)/(\w+)`", PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("number", "cell"), NAMED)
def test_named_cell_is_there(number, cell):
    """Can a reader find it?"""
    [assignment] = [one for one in COURSE.assignments if one.startswith(f"{number}_")]
    names = {one.name for one in cells_of(nbformat.read(COURSE.source(assignment), as_version=4))}
    assert cell in names


def test_every_notebook_has_its_experiments():
    """Are at least two experiments of each notebook named?"""
    experiments = PAGE.read_text(encoding="utf-8").partition("## Experiments")[2].split("\n## ")[0]
    for assignment in COURSE.assignments:
        assert len(re.findall(rf"`{assignment.partition('_')[0]}/", experiments)) >= 2
