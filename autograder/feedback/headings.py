"""The headings of a notebook's text cells."""

import re

from nbformat import NotebookNode

SIGHT = 4_000  # characters of a text cell in which headings are looked for
LONGEST = 120  # characters of a heading
LISTING = re.compile(r"^(```|~~~).*?(^\1|\Z)", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(\S.*)$", re.MULTILINE)


def headings_of(cell: NotebookNode) -> list[tuple[int, str]]:
    """Level and words of a text cell's headings, as far as they are in sight."""
    if cell.cell_type != "markdown":
        return []
    text = LISTING.sub("", cell.source[:SIGHT])
    return [(len(marks), plainly(words)) for marks, words in HEADING.findall(text)]


def plainly(words: str) -> str:
    """A heading's words without markup, and without the marks that may close it."""
    words = re.sub(r"[*`$]", "", words[:LONGEST]).rstrip()
    bare = words.rstrip("#")
    return bare.rstrip() if bare.endswith((" ", "\t")) else words
