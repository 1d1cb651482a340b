"""Fingerprints of what a student wrote, which stay the same when names, comments and layout change.

Winnowing (Schleimer, Wilkerson and Aiken, SIGMOD 2003): hashes of all runs of tokens, of which the smallest
in each window is kept. Two texts that share RUN + WINDOW - 1 tokens in a row share a fingerprint.
"""

import builtins
import functools
import io
import keyword
import re
import tokenize
from collections.abc import Iterator
from zlib import crc32

from nbformat import NotebookNode

from autograder.grading.budget import Budget
from autograder.grading.match import is_exercise
from autograder.grading.restore import blank

# Measured on the variants in source/*/audit: independent answers share at most 15 %, copies at least 94 %.
RUN = {"code": 12, "remarks": 4}
WINDOW = 8
MOST = 300
MAX_TEXT = 60_000
KEPT = {*keyword.kwlist, *dir(builtins)}
LAYOUT = {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def fingerprints(
    notebook: NotebookNode, source: NotebookNode, budget: Budget | None = None
) -> dict[str, str]:
    """Hex words for the "code" and the "remarks" of a restored notebook's exercises and extra cells.

    Cells for which the `budget` has no time left give none.

    What stands in the release or in the reference is left out: it says nothing about who wrote it.
    """
    own, room, budget = [], MAX_TEXT, budget or Budget()
    for cell in notebook.cells:
        if cell.cell_type == "code" and (is_exercise(cell) or not cell.metadata.get("nbgrader")):
            own.append(cell.source[:room])
            room -= len(own[-1])
    released = [*source.cells, *blank(source).cells]
    known = _known(tuple(cell.source for cell in released if cell.cell_type == "code"))
    nothing: dict[str, list[int]] = {kind: [] for kind in RUN}
    found = [budget.run("code", _runs, text, instead=nothing) for text in own if text]
    return {kind: _chosen([runs[kind] for runs in found], known[kind]) for kind in RUN}


def _chosen(cells: list[list[int]], known: frozenset[int]) -> str:
    """The fingerprints of these cells' runs without the known ones; the smallest, if there are too many."""
    chosen: set[int] = set()
    for runs in cells:
        chosen |= _winnowed([run for run in runs if run not in known])
    return " ".join(f"{run:08x}" for run in sorted(chosen)[:MOST])


@functools.lru_cache(maxsize=16)
def _known(texts: tuple[str, ...]) -> dict[str, frozenset[int]]:
    """Every run in these texts; most submissions ask about the same ones."""
    found = [_runs(text) for text in texts]
    return {kind: frozenset(run for runs in found for run in runs[kind]) for kind in RUN}


def _winnowed(runs: list[int]) -> set[int]:
    return {min(runs[i : i + WINDOW]) for i in range(max(1, len(runs) - WINDOW + 1)) if runs}


def _runs(text: str) -> dict[str, list[int]]:
    """A hash of each run of neighbouring tokens, by kind."""
    tokens = _tokens(text)
    return {"code": _hashes(_code(tokens), RUN["code"]), "remarks": _hashes(_remarks(tokens), RUN["remarks"])}


def _hashes(tokens: Iterator[str], length: int) -> list[int]:
    words = [token.encode("utf-8", "surrogatepass") for token in tokens]
    return [crc32(b" ".join(words[i : i + length])) for i in range(len(words) - length + 1)]


def _code(tokens: list[tokenize.TokenInfo]) -> Iterator[str]:
    """The tokens of the code: a student's names and strings are all the same, brackets are layout."""
    before = ""
    for token in tokens:
        if token.type == tokenize.STRING:
            yield "text"
        elif token.type == tokenize.NAME and token.string not in KEPT and before != ".":
            yield "name"
        elif token.type not in LAYOUT | {tokenize.COMMENT} and token.string not in "()":
            yield token.string
        before = token.string


def _remarks(tokens: list[tokenize.TokenInfo]) -> Iterator[str]:
    """The words of comments and docstrings."""
    for token in tokens:
        if token.type == tokenize.COMMENT or token.string.startswith(('"""', "'''")):
            yield from re.findall(r"\w+", token.string.lower())


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    """The tokens of any text: of Python as a whole, of anything else line by line."""
    try:
        return list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError, ValueError):
        return [token for line in text.splitlines() for token in _tokens_of_line(line.strip())]


def _tokens_of_line(line: str) -> Iterator[tokenize.TokenInfo]:
    try:
        yield from tokenize.generate_tokens(io.StringIO(line).readline)
    except (tokenize.TokenError, SyntaxError, ValueError):
        return
