"""Files that are no notebook any more, or were never one: each gets a sentence, or its points if it can be read."""

import gzip
import json
import os
from pathlib import Path

import nbformat

from autograder.grading.submission import MAX_BYTES, MAX_CELLS
from autograder.tests.hostile.case import NOTHING, Case, beside, by_name, changed
from autograder.tests.mini import FULL, submission

TEXT = nbformat.writes(submission())
WITHOUT_FIT = {**FULL, "test_fit": 0}
BY_CONTENT = "known by what they hold: fit"
NO_NOTEBOOK, NO_TEXT, DAMAGED = "is not a notebook", "is not UTF-8 text", "has damaged cells"

# What the file holds instead, and what is said about it.
REFUSED = {
    "truncated": (TEXT[: len(TEXT) // 2], "was cut off"),
    "empty": ("", NO_NOTEBOOK),
    "not JSON": ("Dear teacher", NO_NOTEBOOK),
    "a web page": (f"<!DOCTYPE html><html><body>{TEXT}</body></html>", NO_NOTEBOOK),
    "a conflict of versions": (TEXT.replace("\n", "\n<<<<<<< HEAD\n", 1), NO_NOTEBOOK),
    "two in one file": (TEXT + TEXT, NO_NOTEBOOK),
    "a comma too many": (TEXT.rstrip()[:-1] + ",}", NO_NOTEBOOK),
    "a pointer to large storage": ("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", NO_NOTEBOOK),
    "JSON of something else": ("[1, 2]", NO_NOTEBOOK),
    "a number": ("3", NO_NOTEBOOK),
    "a word": ('"notebook"', NO_NOTEBOOK),
    "nothing": ("null", NO_NOTEBOOK),
    "an empty object": ("{}", NO_NOTEBOOK),
    "deeply nested": ("[" * 10**5, NO_NOTEBOOK),
    "deeply nested objects": ('{"a":' * 10**5 + "1" + "}" * 10**5, NO_NOTEBOOK),
    "a number of many digits": (TEXT.replace('"nbformat": 4', f'"nbformat": {"9" * 5000}'), NO_NOTEBOOK),
    "UTF-16": (TEXT.encode("utf-16"), NO_TEXT),
    "Latin-1": (TEXT.replace("tiny", "größte").encode("latin-1"), NO_TEXT),
    "half characters": ("\ud8ff".join(TEXT).encode("utf-8", "surrogatepass"), NO_TEXT),
    "binary": (bytes(range(256)) * 99, NO_TEXT),
    "zeros": (bytes(10**6), NO_NOTEBOOK),
    "compressed": (gzip.compress(TEXT.encode()), NO_TEXT),
    "a notebook of the future": (TEXT.replace('"nbformat": 4', '"nbformat": 9'), "has notebook format 9, not 4"),
    "a notebook of the past": (TEXT.replace('"nbformat": 4', '"nbformat": 2'), "has notebook format 2, not 4"),
    "a format that is text": (TEXT.replace('"nbformat": 4', f'"nbformat": "{"4" * 10**5}"'), "has an unknown notebook format, not 4"),
    "a format that is a list": (TEXT.replace('"nbformat": 4', f'"nbformat": {"[" * 900}{"]" * 900}'), "has an unknown notebook format, not 4"),
    "many cells": (changed(lambda nb: nb.update(cells=nb["cells"][:2] * MAX_CELLS)), f"or over {MAX_CELLS:,}"),
}  # fmt: skip


def on_cell(name: str, **fields):
    """Change to one cell; a field that is None is dropped."""

    def change(content: dict) -> None:
        cell = by_name(content)[name]
        cell.update({key: value for key, value in fields.items() if value is not None})
        for key in (key for key, value in fields.items() if value is None):
            del cell[key]

    return change


def in_turn(content: dict) -> None:
    content["cells"].reverse()


def one_id(content: dict) -> None:
    for cell in content["cells"]:
        cell["id"] = "same"


def half_notebook(content: dict) -> None:
    content["cells"] = content["cells"][:5]


def old_format(content: dict) -> None:
    """As IPython 3 saved it: worksheets, and `input` for code."""
    cells = content.pop("cells")
    for cell in cells:
        del cell["id"]
        if cell["cell_type"] == "code":
            cell |= {"input": cell.pop("source"), "language": "python", "prompt_number": 1}
            del cell["execution_count"]
    content |= {"nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells, "metadata": {}}]}


def without_ids(content: dict) -> None:
    content["nbformat_minor"] = 0
    for cell in content["cells"]:
        del cell["id"]


def kernel(name: str, language: str):
    return lambda nb: nb.update(
        metadata={
            "kernelspec": {"name": name, "display_name": name, "language": language},
            "language_info": {"name": language},
        }
    )


def deep(content: dict) -> None:
    value = "end"
    for _ in range(400):
        value = [value]
    content["metadata"]["deep"] = content["cells"][2]["metadata"]["deep"] = value


NAN, INFINITY, SURROGATE = float("nan"), float("inf"), "\ud800 note"
FIT = submission().cells[6].source
# Changes to the JSON of a right submission, with the points that are left.
CHANGED = {
    "cells that are none": (lambda nb: nb.update(cells=[3]), None, DAMAGED),
    "cells that are text": (lambda nb: nb.update(cells="cells"), None, DAMAGED),
    "cells that are an object": (lambda nb: nb.update(cells={"a": 1}), None, DAMAGED),
    "no cells": (lambda nb: nb.pop("cells"), None, DAMAGED),
    "a cell without source": (on_cell("fit", source=None), None, DAMAGED),
    "a cell whose source is a number": (on_cell("fit", source=3), None, DAMAGED),
    "a cell whose lines are numbers": (on_cell("fit", source=[1, 2]), None, DAMAGED),
    "a cell of unknown type": (on_cell("fit", cell_type="heading"), None, DAMAGED),
    "a cell whose type is a list": (on_cell("fit", cell_type=[]), None, DAMAGED),
    "an empty list of cells": (lambda nb: nb.update(cells=[]), NOTHING, "missing and put back: setup, double"),
    "half of the cells": (half_notebook, WITHOUT_FIT, "missing and put back"),
    "cells in turn": (in_turn, FULL, ""),
    "an exercise as text": (on_cell("fit", cell_type="markdown"), FULL, ""),
    "a cell without metadata": (on_cell("fit", metadata=None), FULL, BY_CONTENT),
    "metadata that are none": (on_cell("fit", metadata=3), FULL, BY_CONTENT),
    "a name that is a number": (on_cell("fit", metadata={"nbgrader": {"grade_id": 7}}), FULL, BY_CONTENT),
    "names that are lists": (on_cell("fit", metadata={"nbgrader": {"grade_id": ["fit"], "points": [1]}}), FULL, BY_CONTENT),
    "no metadata": (lambda nb: nb.update(metadata=None), FULL, ""),
    "lines in a list": (on_cell("fit", source=FIT.splitlines(keepends=True)), FULL, ""),
    "outputs that are none": (on_cell("fit", outputs=7, execution_count="x"), FULL, ""),
    "outputs of megabytes": (on_cell("setup", outputs=[{"output_type": "stream", "text": "x" * 30 * 2**20}]), FULL, ""),
    "numbers that are none": (lambda nb: nb["metadata"].update(nan=NAN, up=INFINITY, down=-INFINITY), FULL, ""),
    "points that are none": (lambda nb: by_name(nb)["test_fit"]["metadata"]["nbgrader"].update(points=NAN), FULL, "changed metadata"),
    "the same id everywhere": (one_id, FULL, ""),
    "half a character in a note": (lambda nb: by_name(nb)["cell-000"].update(source=SURROGATE), FULL, ""),
    "half a character in code": (on_cell("fit", source=f"{FIT}\n# {SURROGATE}"), FULL, ""),
    "half a character in a name": (on_cell("fit", metadata={"nbgrader": {"grade_id": SURROGATE}}), FULL, BY_CONTENT),
    "a null byte in code": (on_cell("fit", source="\0" + FIT), WITHOUT_FIT, "not defined"),
    "a null byte in a note": (lambda nb: by_name(nb)["cell-000"].update(source="a\0b"), FULL, ""),
    "control characters": (lambda nb: by_name(nb)["cell-000"].update(source="\x1b[2J\x07\x08"), FULL, ""),
    "tags without end": (lambda nb: by_name(nb)["cell-000"].update(source="<b>" * 10**5), FULL, ""),
    "quotes without end": (lambda nb: by_name(nb)["cell-000"].update(source="> " * 10**5), FULL, ""),
    "deep metadata": (deep, FULL, ""),
    "an R kernel": (kernel("ir", "R"), FULL, ""),
    "a Julia kernel": (kernel("julia-1.10", "julia"), FULL, ""),
    "format 3": (old_format, FULL, ""),
    "format 4.0": (without_ids, FULL, ""),
    "format 4.99": (lambda nb: nb.update(nbformat_minor=99, new={"key": 1}), FULL, ""),
}  # fmt: skip


def large(path: Path) -> None:
    """Over the limit, and nothing of it on disk."""
    path.touch()
    os.truncate(path, 100 * MAX_BYTES)


def unreadable(path: Path) -> None:
    path.write_text(TEXT)
    path.chmod(0)


def named(*names: str):
    """Hands in a right notebook under other names."""

    def hand_in(path: Path) -> None:
        for name in names:
            (path.parent / name).parent.mkdir(exist_ok=True)
            (path.parent / name).write_text(TEXT)

    return hand_in


OLD = {"cell_type": "code", "input": "1", "language": "python", "outputs": [], "metadata": {}}
OLD_AND_BLANK = {
    "nbformat": 3,
    "nbformat_minor": 0,
    "metadata": {},
    "worksheets": [{"cells": [OLD], "metadata": {}}],
}

CASES = {
    **{name: Case(content, None, says) for name, (content, says) in REFUSED.items()},
    **{name: Case(changed(change), points, says) for name, (change, points, says) in CHANGED.items()},
    "a byte order mark": Case(b"\xef\xbb\xbf" + TEXT.encode(), FULL),
    "lines as on Windows": Case(TEXT.replace("\n", "\r\n").encode(), FULL),
    "format 3 without names": Case(json.dumps(OLD_AND_BLANK), NOTHING, "missing and put back"),
    "cells twice": Case(TEXT.rstrip()[:-1] + ', "cells": []}', NOTHING, "missing and put back"),
    "too large": Case(large, None, "has 10000 MiB; ask for it with its outputs cleared"),
    "a folder in its place": Case(Path.mkdir, None, "mini.ipynb is not a file; ask for the notebook itself."),
    "a pipe in its place": Case(os.mkfifo, None, "mini.ipynb is not a file; ask for the notebook itself."),
    "unreadable": Case(unreadable, None if os.getuid() else FULL, "cannot be read" if os.getuid() else ""),
    "renamed": Case(named("mini (1).ipynb"), None, "mini.ipynb is missing: found mini (1).ipynb; name it mini.ipynb."),
    "two other names": Case(named("a.ipynb", "b.ipynb"), None, "found a.ipynb, b.ipynb; name it mini.ipynb."),
    "many other names": Case(named(*(f"{i:03}.ipynb" for i in range(99))), None, "found 000.ipynb, 001.ipynb, 002.ipynb and 96 more; name it mini.ipynb."),
    "a text ending": Case(named("mini.ipynb.txt"), None, "found mini.ipynb.txt; name it mini.ipynb."),
    "a folder too deep": Case(named("mini/mini.ipynb"), None, "found mini/mini.ipynb; move it up and name it mini.ipynb."),
    "a backup alone": Case(named(".ipynb_checkpoints/mini-checkpoint.ipynb"), None, "found .ipynb_checkpoints/mini-checkpoint.ipynb; move it up and name it mini.ipynb."),
    "a name that steers": Case(named("\x1b[2Jmini.ipynb"), None, "is missing: found"),
    "nothing handed in": Case(lambda path: None, None, "the folder holds no notebook"),
    "junk beside it": Case(beside({"mini (1).ipynb": "junk", "mini.ipynb.bak": "junk"}), FULL),
}  # fmt: skip
# Much like others; they run with --stress.
RARE = {
    "a name that is a number", "names that are lists", "metadata that are none", "no metadata",
    "lines in a list", "half a character in a name", "half a character in code", "a null byte in a note",
    "control characters", "quotes without end", "deep metadata", "a Julia kernel", "format 4.99",
    "cells in turn", "an exercise as text", "junk beside it",
}  # fmt: skip
