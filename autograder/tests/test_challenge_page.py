"""docs/challenge.md: are its numbers those of the code, and of the file that the command wrote?"""

import math
import re
from pathlib import Path

import pytest

from autograder.challenge.literals import MOST, MOST_CODE
from autograder.challenge.record import read
from autograder.course import Course
from autograder.notebook.challenge import CORES, MINUTES
from autograder.notebook.corpus import load_corpus

COURSE = Course.find(Path(__file__).parent)
PAGE = (COURSE.root / "docs" / "challenge.md").read_text(encoding="utf-8")
ID = "06_Transformer_Text_Generation"
NAMES = {"end": "the last tenth, as in the notebook", "stretches": "ten secret stretches"}


def table(found):
    """What the page should say of the entry's file."""
    lines = [
        "| read | nats per character | bits | seconds | literals | code |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for part, name in NAMES.items():
        if one := found.get(part):
            numbers = f"{one['loss']:.4f} | {one['bits']:.3f} | {one['seconds']:.0f} | {one['literals']:,} | {one['code']:,}"
            lines.append(f"| {name} | {numbers} |")
    return "\n".join(lines) if found else "Not measured yet."


def test_own_entrys_table_is_that_of_its_file():
    """Is no figure of ours written by hand?"""
    [said] = re.findall(r"<!-- own entry -->\n(.*?)\n<!-- end of own entry -->", PAGE, re.DOTALL)
    wanted = table(read(COURSE.source(ID).with_name("challenge.json")))
    assert said == wanted, f"put this between the marks:\n{wanted}"


def test_own_entry_keeps_the_rules_on_size():
    """Does the course's own entry, where there is one, carry no more than a student's may?"""
    from autograder.challenge.entry import entry_of, with_entry
    from autograder.truth.source import read_source

    file = COURSE.source(ID).with_name("challenge.py")
    if not file.exists():
        pytest.skip("there is none yet")
    source = read_source(COURSE, ID)
    assert entry_of(with_entry(source, file.read_text(encoding="utf-8")), source).refusal == ""


@pytest.mark.parametrize("said", [
    f"{MOST:,} bytes of literals", f"{MOST_CODE:,} bytes of code", f"{CORES * MINUTES} minutes of the processor",
    f"({8 * MOST * math.log(2) / len(load_corpus().ids):.3f})", f"that bound is {8 * MOST_CODE * math.log(2) / len(load_corpus().ids):.2f}",
    f"over {len(load_corpus().ids):,} characters",
])  # fmt: skip
def test_rules_have_the_numbers_of_the_code(said):
    """Are limits and bounds those that hold?"""
    assert said in PAGE
