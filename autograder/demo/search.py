"""Feedback searched for what students must not see: hidden tests, their numbers, tracebacks of a test."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

import nbformat
import numpy as np
from nbformat import NotebookNode
from numpy.typing import NDArray

from autograder.build.leaks import secret_lines
from autograder.cells import HIDDEN, without_hidden
from autograder.course import Course
from autograder.demo.derived import hidden_numbers
from autograder.grading.restore import blank

TELLING = 20  # shorter lines, such as `check_training(`, stand in any program
DIGITS = 6  # a number with fewer may be there by chance
SINGLE = 1.2e-7  # of a number, what printing it in single precision may change
NUMBER = re.compile(r"(\d*)\.(\d+)(?:e([+-]?\d{1,3})\b)?")
OF_THE_GRADER = ("<test cell>", "autograder/grading/", "autograder/hidden", "autograder/sandbox/session")


@dataclass
class Found:
    """What was searched for on how many pages, and a sentence for each leak."""

    pages: int = 0
    lines: int = 0
    numbers: int = 0
    leaks: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        what = f"{self.lines:,} hidden lines, {self.numbers:,} hidden numbers and the grader's tracebacks"
        return f"{self.pages} feedback pages searched for {what}: {len(self.leaks) or 'nothing'} found"


def search(course: Course) -> Found:
    """Search all of feedback/."""
    found = Found()
    for path in sorted((course.root / "feedback").glob("*/*/*.html")):
        student, assignment = path.parts[-3:-1]
        source = nbformat.read(course.source(assignment), as_version=4)
        page = text_of(path.read_text(encoding="utf-8"))
        lines, numbers = hidden_lines(source), hidden_numbers(course, student, assignment)
        leaks = [text for text in (*sorted(lines), *OF_THE_GRADER) if text in page]
        leaks += numbers_on(page, numbers, _public(source))
        found.leaks += [f"{student}/{assignment}: {leak}" for leak in leaks]
        found.pages += 1
        found.lines += len(lines)
        found.numbers += len(numbers)
    return found


def hidden_lines(source: NotebookNode) -> set[str]:
    """The lines of hidden tests that stand nowhere else, but for the sentences made for students."""
    lines = secret_lines(source, HIDDEN)
    return {line for line in lines if len(line) >= TELLING and not line.startswith("says=")}


def _public(source: NotebookNode) -> str:
    """What is in the release."""
    return "\n".join(without_hidden(cell.source) for cell in blank(source).cells)


def numbers_on(page: str, numbers: NDArray, public: str) -> Iterator[str]:
    """The numbers of a page that are one of `numbers`, sorted, as far as their digits go, and not public."""
    found = {match.group(): match.groups(default="0") for match in NUMBER.finditer(page)}
    for text, (whole, decimals, power) in found.items():
        if len(f"{whole}{decimals}".strip("0")) >= DIGITS and text not in public:
            value = float(text)
            room = max(0.5001 * 10.0 ** (int(power) - len(decimals)), SINGLE * value)
            if np.searchsorted(numbers, value - room) < np.searchsorted(numbers, value + room, "right"):
                yield text


def text_of(page: str) -> str:
    """What a page says."""
    parser = _Text()
    parser.feed(page)
    return "".join(parser.parts)


class _Text(HTMLParser):
    """The text of a page outside of styles and scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.open = ""

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.open = tag

    def handle_endtag(self, tag: str) -> None:
        self.open = ""

    def handle_data(self, data: str) -> None:
        self.parts += [] if self.open in ("style", "script") else [data]
