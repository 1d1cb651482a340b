"""Reading what a student handed in, whatever it is."""

import json
from collections.abc import Collection
from pathlib import Path

import nbformat
from nbformat import NotebookNode

MAX_BYTES = 100 * 2**20
MAX_CELLS = 2000
MAX_PARTS = 1_000_000  # lists and dicts, each of which takes many times its two characters
MAX_NAMES, MAX_FOLDERS = 3, 20
START = 4096  # bytes of a file that tell what it is
NOT_HANDED_IN = {".ipynb_checkpoints", "__MACOSX"}
CELL_TYPES = {"code", "markdown", "raw"}


class SubmissionError(Exception):
    """A submission that cannot be graded; its text says why and what to do, for the instructor."""


def require_file(path: Path, known: Collection[Path] = ()) -> None:
    """Raise SubmissionError unless `path` is a file, of a size that a notebook may have.

    `known` are the other notebooks that belong to it.
    """
    if path.parent.is_symlink():
        raise SubmissionError(f"The folder {path.parent.name} is a link; ask for the files themselves.")
    if path.is_symlink():
        raise SubmissionError(f"{path.name} is a link, not a file; ask for the file itself.")
    if not path.exists():
        raise SubmissionError(_missing(path, known))
    if not path.is_file():
        raise SubmissionError(f"{path.name} is not a file; ask for the notebook itself.")
    if path.stat().st_size > MAX_BYTES:
        size = path.stat().st_size / 2**20
        raise SubmissionError(f"{path.name} has {size:.0f} MiB; ask for it with its outputs cleared.")


def read_submission(path: Path) -> NotebookNode:
    """The notebook at `path`, in nbformat 4, its outputs dropped. Raises SubmissionError."""
    try:
        require_file(path)
        text = path.read_text(encoding="utf-8-sig")
        if text.count("[") + text.count("{") > MAX_PARTS:
            raise SubmissionError(
                f"{path.name} has over {MAX_PARTS:,} parts; ask for it with its outputs cleared."
            )
        content = json.loads(text)
    except UnicodeDecodeError:
        raise SubmissionError(f"{path.name} is not UTF-8 text; ask for it to be saved again.") from None
    except (ValueError, RecursionError):
        raise SubmissionError(
            f"{path.name} is not a notebook, or was cut off; ask for it to be handed in again."
        ) from None
    except OSError as error:
        raise SubmissionError(f"{path.name} cannot be read ({error.strerror}).") from None
    return _as_notebook(content, path.name)


def _missing(path: Path, known: Collection[Path]) -> str:
    found = other_notebooks(path, known) or other_notebooks(path, known, {"__MACOSX"})
    if not found:
        return f"{path.name} is missing: the folder holds no notebook."
    more = f" and {len(found) - MAX_NAMES} more" if len(found) > MAX_NAMES else ""
    names = f"{', '.join(found[:MAX_NAMES])}{more}"
    move = "move it up and " if "/" in found[0] else ""
    return f"{path.name} is missing: found {names}; {move}name it {path.name}."


def other_notebooks(
    path: Path, known: Collection[Path] = (), left_out: Collection[str] = NOT_HANDED_IN
) -> list[str]:
    """The other files that look like notebooks around `path` and in folders there, each by its way.

    Those that are `known` are none of them, nor is anything `left_out`, such as Jupyter's own backups.
    """
    found, folders = [], [path.parent]
    for folder in folders:  # which grows by those inside
        for file in sorted(_inside(folder, left_out)):
            if file.is_symlink() or file == path or file in known:
                continue
            if file.is_dir() and len(folders) < MAX_FOLDERS:
                folders.append(file)
            elif file.is_file() and looks_like_notebook(file):
                found.append(file.relative_to(path.parent).as_posix())
    return found


def _inside(folder: Path, left_out: Collection[str]) -> list[Path]:
    try:
        return [file for file in folder.iterdir() if file.name not in left_out]
    except OSError:
        return []


def looks_like_notebook(file: Path) -> bool:
    """By its name, or by how its text begins: mails, browsers and systems add endings of their own."""
    name = file.name.lower()
    if ".ipynb" in name:
        return True
    if not name.endswith((".json", ".txt")):
        return False
    try:
        with file.open("rb") as opened:
            start = opened.read(START)
    except OSError:
        return False
    return start.lstrip(b"\xef\xbb\xbf \n\r\t").startswith(b"{") and b'"cells"' in start


def _as_notebook(read: object, name: str) -> NotebookNode:
    content = read if isinstance(read, dict) else {}
    version = content.get("nbformat")
    if version not in (3, 4):
        known = f"notebook format {version}" if type(version) is int else "an unknown notebook format"
        reason = "is not a notebook" if version is None else f"has {known}, not 4"
        raise SubmissionError(f"{name} {reason}; ask for it to be saved from JupyterLab.")
    try:
        if version == 3:
            content = nbformat.convert(nbformat.from_dict(content), 4)
        cells = [_as_cell(cell) for cell in content["cells"]]
        if len(cells) > MAX_CELLS:
            raise ValueError("too many cells")
    except Exception:
        raise SubmissionError(
            f"{name} has damaged cells, or over {MAX_CELLS:,}; ask for it to be handed in again."
        ) from None
    return nbformat.from_dict({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})


def _as_cell(cell: dict) -> dict:
    """A cell with only what grading needs. Raises on anything of the wrong type."""
    source = cell["source"]
    source = source if isinstance(source, str) else "".join(source)
    if cell["cell_type"] not in CELL_TYPES:
        raise ValueError(cell["cell_type"])
    kept = {"cell_type": cell["cell_type"], "id": "", "metadata": _metadata(cell),
            "source": source.encode("utf-8", "replace").decode().replace("\r\n", "\n")}  # fmt: skip
    return kept | ({"outputs": [], "execution_count": None} if cell["cell_type"] == "code" else {})


def _metadata(cell: dict) -> dict:
    """nbgrader's plain values; whatever else a notebook brings is dropped."""
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    plain = nbgrader.items() if isinstance(nbgrader, dict) else ()
    kept = {key: value for key, value in plain if isinstance(value, str | int | float)}
    return {"nbgrader": kept} if kept else {}
