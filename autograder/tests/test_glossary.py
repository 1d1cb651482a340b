"""docs/glossary.md: does it have every word that a notebook introduces, and is each met where it says?"""

import re
from functools import cache
from pathlib import Path

import nbformat
import pytest

from autograder.course import Course

COURSE = Course.find(Path(__file__).parent)
GLOSSARY = COURSE.root / "docs" / "glossary.md"
WORDS = "Words of the field"
BEGINNING = "the beginning"  # what stands above the first heading of a section
NUMBER = re.compile(r"^\d+\s*[.·]\s*")
BAR = re.compile(r"(?<!\\)\|")
ABBREVIATION = re.compile(r"\s*\(.*?\)")


def rows(text):
    """The cells of each row of the tables in a Markdown text, without the head of the first one."""
    lines = [line.strip() for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in BAR.split(line)[1:-1]] for line in lines[2:]]


@cache
def sections(assignment):
    """The text of a notebook by heading, without the numbers of the headings."""
    found, heading = {BEGINNING: ""}, BEGINNING
    for cell in nbformat.read(COURSE.source(assignment), as_version=4).cells:
        for line in cell.source.splitlines() if cell.cell_type == "markdown" else ():
            if line.startswith("##"):
                heading = NUMBER.sub("", line.lstrip("# "))
            found[heading] = found.get(heading, "") + line + "\n"
    return found


def words(term):
    return set(re.findall(r"[\w-]+", term.lower()))


def knows(glossary, term):
    """Is a term, or each of its parts between commas, in one row?"""
    return all(any(words(part) <= words(row[0]) for row in glossary) for part in term.split(",")) or any(
        words(term) <= words(row[0]) for row in glossary
    )


def is_met(term, text):
    """Does one of the term's names stand in the text?"""
    flat = " ".join(text.lower().split())
    names = ABBREVIATION.sub("", term).lower().rpartition(": ")[2].split(", ")
    return any(name in flat for name in names)


GLOSSARY_ROWS = rows(GLOSSARY.read_text(encoding="utf-8"))


@pytest.mark.parametrize("assignment", COURSE.assignments)
def test_each_word_of_a_notebook_is_in_the_glossary(assignment):
    """Can every term that a notebook introduces be looked up?"""
    if WORDS not in sections(assignment):
        pytest.skip("it has no such table yet")
    terms = [row[0] for row in rows(sections(assignment)[WORDS])]
    assert len(terms) >= 8
    assert [term for term in terms if not knows(GLOSSARY_ROWS, term)] == []


def test_each_word_is_met_where_the_glossary_says():
    """Does the section exist, in the notebook that is named, and hold the term?"""
    for term, *_, place in GLOSSARY_ROWS:
        notebook, section = place.split(", ", 1)
        (assignment,) = [name for name in COURSE.assignments if name.startswith(f"{notebook}_")]
        if WORDS in sections(assignment):
            assert is_met(term, sections(assignment).get(section, "")), f"{term}: {place}"


def test_the_glossary_is_in_order_and_linked():
    """Is it alphabetical, no term twice, each row whole, and is there a way to it?"""
    terms = [row[0].casefold() for row in GLOSSARY_ROWS]
    assert terms == sorted(set(terms))
    assert len(terms) > 100
    assert all(len(row) == 4 and all(row) for row in GLOSSARY_ROWS)
    assert "](docs/glossary.md)" in (COURSE.root / "README.md").read_text(encoding="utf-8")
