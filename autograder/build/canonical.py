"""One spelling of a notebook: equal notebooks are equal bytes, on every machine."""

import re
import warnings
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.course import CourseError
from autograder.files import write_whole

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
KEPT_CELL_METADATA = ("nbgrader", "tags", "title")
CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def canonical(nb: NotebookNode) -> NotebookNode:
    """A copy with fixed kernel, cell ids and cell metadata, nbformat 4.5; outputs stay.

    A cell's id is its grade id, else `cell-NNN` by position.
    """
    ids: set[str] = set()
    cells = [_canonical_cell(cell, number, ids) for number, cell in enumerate(nb.cells)]
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": dict(KERNELSPEC)}, nbformat_minor=5)


def without_outputs(nb: NotebookNode) -> NotebookNode:
    """The same notebook, changed in place: no outputs, no execution counts."""
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return nb


def read_notebook(path: Path, advice: str) -> NotebookNode:
    """The notebook at `path`. Raises CourseError that ends in `advice` when it is damaged."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about cell ids, which `canonical` makes anew
            nb = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
            nbformat.validate(nb)
        if not nb.cells:
            raise ValueError("it has no cells")
    except Exception as error:  # converters of old formats raise anything
        reason = (str(error).splitlines() or [type(error).__name__])[0][:120]
        raise CourseError(f"{path} is not a readable notebook ({reason}); {advice}") from error
    return nb


def write_notebook(path: Path, nb: NotebookNode) -> bool:
    """Write `nb` as nbformat does, atomically; False when the file holds it already."""
    return write_whole(path, nbformat.writes(nb) + "\n")


def _canonical_cell(cell: NotebookNode, number: int, ids: set[str]) -> NotebookNode:
    metadata = {key: cell.metadata[key] for key in KEPT_CELL_METADATA if key in cell.metadata}
    copy = nbformat.from_dict({**cell, "metadata": metadata})
    copy.id = _free_id(metadata, number, ids)
    ids.add(copy.id)
    return copy


def _free_id(metadata: dict, number: int, ids: set[str]) -> str:
    nbgrader = metadata.get("nbgrader")
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    usable = isinstance(grade_id, str) and CELL_ID.fullmatch(grade_id) and grade_id not in ids
    name = str(grade_id) if usable else f"cell-{number:03d}"
    while name in ids:
        name += "-"
    return name
