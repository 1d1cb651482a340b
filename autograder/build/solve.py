"""Run the source notebook with the full training budget, and keep what it shows."""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.build.canonical import canonical, read_notebook, without_outputs
from autograder.build.drawn import fold
from autograder.build.leaks import require_no_leak, secret_lines
from autograder.build.results import keep_results, machine, results_in
from autograder.cells import HIDDEN, Cell, cells_of
from autograder.course import Course, CourseError
from autograder.files import write_whole

Report = Callable[[int, int, str], None]
# NBGRADER_EXECUTION asks for the tiny budget; a MPLBACKEND from outside would hide the plots.
NOT_FOR_THE_KERNEL = {"NBGRADER_EXECUTION", "MPLBACKEND"}
QUIET = ["--log-level=ERROR"]  # else the kernel warns on the terminal about its local sockets
BAR = re.compile(r"(\d+%)\|.*?<([\d:?]+),[^,\]]*((?:, [^\]\r]*)?)\]")  # as tqdm draws it
MEND = "mend the source and solve again. Nothing was written."
KEEP_OUT = "take it out of what the cells print."


def solve(course: Course, assignment: str, report: Report) -> Path:
    """Execute the source without its hidden tests and write solutions/<id>/<id>.ipynb and its results.

    After each code cell calls `report(done, all, title)`; the title is the heading above the cell.
    Nothing is written unless every cell ran. Raises CourseError when one fails.
    """
    course.only_notebook(assignment, "`autograder solve`")
    source = read_notebook(course.source(assignment), "run `autograder build`.")
    nb = without_hidden_tests(source)
    began = time.perf_counter()
    _execute(nb, course.source(assignment).parent, report)
    seconds = round(time.perf_counter() - began, 1)
    text = nbformat.writes(fold(canonical(nb))) + "\n"
    place = course.solution(assignment)
    require_no_leak(str(place), text.encode(), secret_lines(source, HIDDEN), KEEP_OUT)
    write_whole(place, text)
    if results := results_in(nb):
        about = {"assignment": assignment, "notebook_seconds": seconds, "machine": machine()}
        keep_results(course, results, about)
    return place


def without_hidden_tests(source: NotebookNode) -> NotebookNode:
    """A canonical copy without outputs and without the hidden part of each test cell."""
    from nbgrader.preprocessors import ClearHiddenTests

    nb = without_outputs(canonical(source))
    try:
        nb, _ = ClearHiddenTests().preprocess(nb, {})
    except RuntimeError as error:
        raise CourseError(f"Hidden tests cannot be removed ({error}); run `autograder build`.") from error
    for cell in nb.cells:
        cell.source = cell.source.rstrip("\n")
    return nb


def _execute(nb: NotebookNode, folder: Path, report: Report) -> None:
    """Run each code cell in one kernel, which is gone afterwards, also after Ctrl-C."""
    from nbclient import NotebookClient

    class Client(NotebookClient):
        """Tells what a training loop says behind its bar."""

        def output(self, outs, msg, display_id, cell_index):
            if state := training_state(msg["content"].get("text", "")):
                report(done - 1, len(cells), f"{titles[cell.position]}, {state}")
            return super().output(outs, msg, display_id, cell_index)

    resources = {"metadata": {"path": str(folder)}}
    client = Client(
        nb,
        timeout=None,
        record_timing=False,
        shutdown_kernel="immediate",
        extra_arguments=QUIET,
        resources=resources,
    )
    cells = [cell for cell in cells_of(nb) if cell.node.cell_type == "code"]
    titles = _titles(nb)
    with client.setup_kernel(env=kernel_environment()):
        for done, cell in enumerate(cells, 1):
            _run(client, cell, done)
            report(done, len(cells), titles[cell.position])


def _run(client, cell: Cell, count: int) -> None:
    """Execute one cell, whose outputs then stand in the notebook."""
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    try:
        client.execute_cell(cell.node, cell.position - 1, execution_count=count)
    except CellExecutionError as error:
        reason = f"{error.ename}: {error.evalue}".splitlines()[0]
        raise CourseError(f"Cell {cell.name} failed with {reason}; {MEND}") from error
    except DeadKernelError as error:
        raise CourseError(f"Cell {cell.name} ended its kernel (out of memory?); {MEND}") from error
    cell.node.outputs = _as_seen(cell.node.outputs)


def training_state(text: str) -> str:
    """The last state of a bar that `progress` drew in `text`, shortened; "" where there is none."""
    bars = BAR.findall(text)
    return f"{bars[-1][0]} done, {bars[-1][1]} left{bars[-1][2].rstrip()}" if bars else ""


def kernel_environment() -> dict[str, str]:
    """The environment without what would change what a notebook does."""
    return {name: value for name, value in os.environ.items() if name not in NOT_FOR_THE_KERNEL}


def _titles(nb: NotebookNode) -> dict[int, str]:
    """The latest heading at each cell's position, the cell's own name before the first one."""
    titles, heading = {}, ""
    for cell in cells_of(nb):
        if cell.kind == "markdown":
            headings = [line for line in cell.source.split("\n") if line.startswith("#")]
            heading = headings[-1].lstrip("#").strip() if headings else heading
        titles[cell.position] = heading or cell.name
    return titles


def _as_seen(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Outputs with the pieces of a stream joined, and progress bars in their last state.

    What shows nothing is left out: the place of a picture that was there while a cell ran.
    """
    joined: list[NotebookNode] = []
    for output in outputs:
        if "data" in output and not any(output.data.values()):
            continue
        is_stream = output.output_type == "stream"
        if is_stream and joined and joined[-1].get("name") == output.name:
            joined[-1].text += output.text
        else:
            joined.append(output)
    for output in joined:
        if output.output_type == "stream":
            output.text = "\n".join(map(_overwrite, output.text.split("\n")))
    return joined


def _overwrite(line: str) -> str:
    """A line with carriage returns as a terminal shows it."""
    shown, *rest = line.split("\r")
    for part in rest:
        shown = part + shown[len(part) :]
    return shown.rstrip() if rest else shown
