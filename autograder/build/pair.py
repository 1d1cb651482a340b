"""Keep the two forms of a source notebook in step: text to edit and review, .ipynb for nbgrader."""

import hashlib
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.build.canonical import (
    KEPT_CELL_METADATA,
    canonical,
    read_notebook,
    without_outputs,
    write_notebook,
)
from autograder.build.questions import Questions, as_chosen
from autograder.build.wishes import settings_of
from autograder.cells import cells_of, is_plain_notebook
from autograder.course import Course, CourseError
from autograder.files import write_whole

# What JupyterLab's jupytext extension needs to save both forms exactly as this module writes them.
PAIRING = {
    "cell_metadata_filter": ",".join((*KEPT_CELL_METADATA, "-all")),
    "formats": "ipynb,py:percent",
    "notebook_metadata_filter": "-all",
}


def synchronise(course: Course, assignment: str, keep: str | None = None, notebook: str = "") -> str:
    """Bring source/<id>/<id>.py and .ipynb in step; returns what was done.

    Of an assignment of several, `notebook` says which. One without checks of ours and without text stays as
    its author saves it.

    The notebook records the text that it was last in step with, so the form that differs from the
    record is the one that somebody edited. Raises CourseError when both are, and differ, unless
    `keep` ("text" or "notebook") says which one wins; also when one cannot be read.
    """
    paths = course.text(assignment, notebook), course.source(assignment, notebook)
    text = None if keep == "notebook" else _read_text(paths[0])
    nb = None if keep == "text" else _read_notebook(paths[1])
    if nb and not paths[0].exists() and _has_no_text(nb):
        return "kept as it is"
    if text is None and nb is None:
        form = keep or "text or notebook"
        raise CourseError(f"source/{assignment} holds no {form}; see docs/authoring.md.")
    kept = keep or _edited_form(text, nb, assignment)
    wanted = nb if kept == "notebook" or text is None else to_notebook(text)
    assert wanted is not None  # the form that is kept is there
    chosen = as_chosen(wanted, settings_of(course, Questions))
    changed = _write(*paths, to_text(chosen))
    if kept == "neither":
        return f"in step; tidied the {' and the '.join(changed)}" if changed else "already in step"
    return f"made the {'text' if kept == 'notebook' else 'notebook'} from the {kept}"


def _has_no_text(nb: NotebookNode) -> bool:
    """Is it a plain notebook that was not made from a text?"""
    return "autograder" not in nb.metadata and is_plain_notebook(cells_of(nb))


def require_in_step(course: Course, assignment: str, notebook: str = "") -> None:
    """Raise CourseError when the text was edited, so that the notebook, which nbgrader reads, is old."""
    text_path, path = course.text(assignment, notebook), course.source(assignment, notebook)
    text = _read_text(text_path)
    if text and _edited_form(text, _read_notebook(path), assignment) == "text":
        raise CourseError(f"{text_path} was edited, and the notebook is older; run `autograder build`.")


def to_text(nb: NotebookNode) -> str:
    """A notebook in jupytext's percent format, without header.

    Raises CourseError when the text would lose something.
    """
    import jupytext

    nb = without_outputs(canonical(nb))
    for cell in nb.cells:
        if cell.get("attachments"):
            raise CourseError(
                f"Cell {cell.id} holds a pasted picture, which the text cannot; draw it in a cell."
            )
    nb.metadata.jupytext = nbformat.from_dict(PAIRING)
    text = jupytext.writes(nb, fmt="py:percent")
    _require_same_cells(nb, to_notebook(text))
    return text


def to_notebook(text: str) -> NotebookNode:
    """The canonical notebook of a text; it records the SHA-256 of `text`.

    Raises CourseError when a cell's metadata are not readable.
    """
    import jupytext

    nb = jupytext.reads(text, fmt="py:percent")
    for number, cell in enumerate(nb.cells, 1):
        if broken := cell.metadata.get("incorrectly_encoded_metadata"):
            raise CourseError(f"mend the metadata of cell {number}, which cannot be read: {broken}")
    nb = without_outputs(canonical(nb))
    nb.metadata.jupytext = nbformat.from_dict(PAIRING)
    nb.metadata.autograder = nbformat.from_dict({"text_sha256": _digest(text)})
    return nb


def _edited_form(text: str | None, nb: NotebookNode | None, assignment: str) -> str:
    """ "text", "notebook", or "neither" when both hold the same."""
    if text is None or nb is None:
        return "text" if nb is None else "notebook"
    other = to_text(nb)
    if text == other:
        return "neither"
    recorded = nb.metadata.get("autograder", {}).get("text_sha256")
    if recorded == _digest(other):
        return "text"
    if recorded == _digest(text):
        return "notebook"
    raise CourseError(
        f"source/{assignment}: text and notebook were both edited and differ; choose with "
        "`--keep text` or `--keep notebook`. Nothing was overwritten."
    )


def _write(text_path: Path, notebook_path: Path, text: str) -> list[str]:
    """Write both forms; returns the ones that were not so before."""
    text_changed = write_whole(text_path, text)
    notebook_changed = write_notebook(notebook_path, to_notebook(text))
    return ["text"] * text_changed + ["notebook"] * notebook_changed


def _read_text(path: Path) -> str | None:
    """The text in its canonical form, None when there is none."""
    if not path.is_file():
        return None
    try:
        text = path.read_text(encoding="utf-8-sig")
        if not text.strip():
            raise ValueError("it is empty")
        if any(line.startswith(("<<<<<<< ", ">>>>>>> ")) for line in text.splitlines()):
            raise ValueError("it holds the marks of an unfinished merge")
        return to_text(to_notebook(text))
    except CourseError as error:
        raise CourseError(f"{path}: {error}") from error
    except Exception as error:  # jupytext has no error type of its own
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise CourseError(
            f"{path} is not a readable text ({reason}); mend it, or use `--keep notebook`."
        ) from error


def _read_notebook(path: Path) -> NotebookNode | None:
    if not path.is_file():
        return None
    return read_notebook(path, "mend it, or use `--keep text` to make it anew from the text.")


def _require_same_cells(nb: NotebookNode, again: NotebookNode) -> None:
    """Refuse a cell that does not survive the way through the text."""
    ours, theirs = ([(c.cell_type, c.source.strip()) for c in n.cells] for n in (nb, again))
    for cell, before, after in zip(nb.cells, ours, theirs, strict=False):
        if before != after:
            raise CourseError(f"Cell {cell.id} cannot be written as text: does a line begin with `# %%`?")
    if len(ours) != len(theirs):
        raise CourseError("The last cell cannot be written as text: does a line begin with `# %%`?")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
