"""Pictures that stand in the release before anything runs: what figure cells tagged "drawn" show."""

import base64
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.cells import Cell, cells_of
from autograder.course import CourseError
from autograder.notebook.canvas import bundle

SECONDS = 120  # for all that stands above the last drawn cell
MOST = 2_000_000  # bytes of a notebook
MODULE = "autograder.build.draw"
FOLDED = {"jupyter": {"source_hidden": True}, "cellView": "form"}  # in JupyterLab and Notebook; in Colab
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
NO = "The pictures cannot be drawn"
MEND = "Mend it, or take its tag `drawn` away; nothing was released."


def with_pictures(nb: NotebookNode, source: NotebookNode, folder: Path) -> NotebookNode:
    """The release `nb`, changed in place: its drawn cells show their pictures, and their code is folded.

    `folder` is where the source lies. Raises CourseError when a cell fails or takes too long.
    """
    cells = list(_drawn(nb))
    shown = pictures(source, folder)
    if len(cells) != len(shown):
        raise CourseError(
            f"The release has {len(cells)} cells tagged `drawn`, and its source {len(shown)}; take the tag "
            "out of the header and footer."
        )
    for cell, outputs in zip(cells, shown, strict=True):
        cell.outputs = outputs
    size = len(nbformat.writes(nb).encode()) if cells else 0
    if size > MOST:
        raise CourseError(
            f"The release would have {size / 1e6:.1f} MB, and may have {MOST / 1e6:g}: draw smaller, or take "
            "the tag `drawn` from some of its cells."
        )
    return fold(nb)


def fold(nb: NotebookNode) -> NotebookNode:
    """The same notebook, changed in place: code that only draws is folded away."""
    for cell in cells_of(nb):
        if cell.is_folded:
            cell.node.metadata |= nbformat.from_dict(FOLDED)
    return nb


def pictures(source: NotebookNode, folder: Path) -> list[list[NotebookNode]]:
    """What each drawn cell of a source shows, as outputs, after the exercises and given cells above it."""
    cells = list(_running(cells_of(source)))
    if not cells:
        return []
    answer = _answer(cells, folder)
    if "failed" in answer:
        raise CourseError(f"{NO}: cell {answer['cell']} failed with {_line(answer)}. {MEND}")
    drawn = [cell for cell in cells if cell.is_drawn]
    return [list(_outputs(cell, one)) for cell, one in zip(drawn, answer["shown"], strict=True)]


def _drawn(nb: NotebookNode) -> Iterator[NotebookNode]:
    return (cell.node for cell in cells_of(nb) if cell.is_drawn)


def _running(cells: list[Cell]) -> Iterator[Cell]:
    """The drawn cells and what they may need: all code above the last but for tests and other figures."""
    last = max((cell.position for cell in cells if cell.is_drawn), default=0)
    for cell in cells[:last]:
        is_code = cell.node.cell_type == "code" and cell.kind != "test"
        if is_code and (cell.is_drawn or not cell.is_figure):
            yield cell


def _outputs(cell: Cell, shown: list[dict[str, str]]) -> Iterator[NotebookNode]:
    if not shown:
        raise CourseError(
            f"Cell {cell.name} is tagged `drawn` and shows no picture that has words for those who cannot "
            "see it; end it with `show_figure(figure, alt=...)`, of `autograder`. Nothing was released."
        )
    for picture in shown:
        data, metadata = bundle(base64.b64decode(picture["png"]), picture["alt"])
        yield nbformat.v4.new_output("display_data", data=data, metadata=metadata)


def _line(answer: dict[str, Any]) -> str:
    return (answer["failed"].splitlines() or ["an error"])[0][:200].rstrip(".: ")


def _answer(cells: list[Cell], folder: Path) -> dict[str, Any]:
    """What the process that runs the cells says. Raises CourseError when it does not."""
    asked = [{"name": c.name, "source": c.source, "drawn": c.is_drawn} for c in cells]
    with tempfile.TemporaryDirectory(prefix="autograder-draw-") as home:
        said = _run(json.dumps(asked), folder, home)
    try:
        return json.loads(said)
    except ValueError:
        names = f"{cells[0].name} to {cells[-1].name}"
        raise CourseError(f"{NO}: one of the cells from {names} ended its Python. {MEND}") from None


def _run(asked: str, folder: Path, home: str) -> str:
    """Its stdout; the process and what it started are gone afterwards, also after Ctrl-C."""
    with subprocess.Popen(
        [sys.executable, "-m", MODULE], cwd=folder, env=_environment(home), text=True, encoding="utf-8",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            return process.communicate(asked, timeout=SECONDS)[0]
        except subprocess.TimeoutExpired:
            raise CourseError(
                f"{NO}: the cells down to the last one take more than {SECONDS} seconds. Let cells that "
                "train be figures without the tag `drawn`; nothing was released."
            ) from None
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)


def _environment(home: str) -> dict[str, str]:
    """The same on every machine, as far as a picture may depend on it; a person's settings do not count."""
    settings = Path(home, "matplotlibrc")
    settings.touch()
    same = {"MPLBACKEND": "agg", "NBGRADER_EXECUTION": "1", "PYTHONHASHSEED": "0", "IPYTHONDIR": home}
    return {**os.environ, **same, **dict.fromkeys(ONE_THREAD, "1"), "MATPLOTLIBRC": str(settings)}
