"""Rules for every cell. Each takes the cells of a notebook and yields what is wrong."""

import ast
import re
from collections.abc import Iterator

from autograder.cells import (
    CHALLENGE,
    HIDDEN,
    QUESTION,
    SOLUTION,
    Cell,
    Problem,
    has_tag,
    is_plain,
    of_kind,
    split,
)
from autograder.names import bound_and_read

GRADE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
OPENERS = {"open", "load", "loadtxt", "genfromtxt", "fromfile", "imread", "Path", "savefig", "loadmat",
           "read_csv", "read_excel", "read_json", "read_table"}  # fmt: skip


def code_has_metadata(cells: list[Cell]) -> Iterator[Problem]:
    """Every code cell has nbgrader metadata of schema version 3."""
    for cell in cells:
        is_own = cell.kind == "markdown" or has_tag(cell.node, QUESTION) or has_tag(cell.node, CHALLENGE)
        if not is_own and cell.metadata.get("schema_version") != 3:
            yield Problem(
                cell.name,
                "has no nbgrader metadata of version 3; copy them from docs/authoring.md.",
            )


def code_is_of_one_kind(cells: list[Cell]) -> Iterator[Problem]:
    """A code cell is exactly one of exercise, test and given."""
    for cell in cells:
        if cell.metadata and not cell.kind and not cell.by_hand:
            yield Problem(
                cell.name,
                "is no exercise, test or given cell; set solution, or grade and locked, or locked.",
            )


def no_test_is_text(cells: list[Cell]) -> Iterator[Problem]:
    """In Markdown stand answers and tasks that a person marks, and no tests."""
    for cell in of_kind(cells, "markdown"):
        if cell.metadata.get("grade") and not cell.by_hand:
            yield Problem(cell.name, "is text, which no test grades; make it a manually graded answer.")


def figures_are_given(cells: list[Cell]) -> Iterator[Problem]:
    """Grading skips figures, so only a given cell may be one."""
    for cell in cells:
        if cell.is_figure and cell.kind in ("exercise", "test"):
            yield Problem(cell.name, f'is a {cell.kind}, but tagged "figure"; drop the tag.')


def drawn_are_figures(cells: list[Cell]) -> Iterator[Problem]:
    """What is drawn or folded is nothing that grading needs."""
    for cell in cells:
        for tag in cell.node.metadata.get("tags", []):
            if tag in ("drawn", "folded") and not cell.is_figure:
                yield Problem(cell.name, f'is tagged "{tag}" and no figure; tag it "figure" too, or drop it.')


def grade_ids_are_sound(cells: list[Cell]) -> Iterator[Problem]:
    """Grade ids are there, well-formed and unique."""
    seen: set[str] = set()
    for cell in cells:
        if not cell.metadata:
            continue
        grade_id = cell.metadata.get("grade_id")
        if not isinstance(grade_id, str) or not GRADE_ID.fullmatch(grade_id):
            yield Problem(
                cell.name,
                f"has the grade_id {grade_id!r}; use letters, digits, - and _ (64 at most).",
            )
        elif grade_id in seen:
            yield Problem(cell.name, "has the grade_id of an earlier cell; rename one.")
        else:
            seen.add(grade_id)


def points_are_positive(cells: list[Cell]) -> Iterator[Problem]:
    """Each test of checks has positive points; other cells may count nothing."""
    for cell in cells:
        least = "above 0" if cell.kind == "test" and not is_plain(cell) else "from 0 on"
        points = cell.metadata.get("points")
        if not (cell.kind == "test" or cell.by_hand):
            continue
        if (
            isinstance(points, bool)
            or not isinstance(points, int | float)
            or not (points > 0 or (points == 0 and least == "from 0 on"))
        ):
            yield Problem(cell.name, f"has {points!r} points; give it a number {least}.")


def metadata_are_version_3(cells: list[Cell]) -> Iterator[Problem]:
    """What nbgrader says of a cell is of the version that it writes now."""
    for cell in cells:
        if cell.metadata and cell.metadata.get("schema_version") != 3:
            yield Problem(cell.name, "has nbgrader metadata of an old version; run `nbgrader update source`.")


def no_outputs(cells: list[Cell]) -> Iterator[Problem]:
    """The source holds no results."""
    for cell in cells:
        if cell.node.get("outputs") or cell.node.get("execution_count"):
            yield Problem(cell.name, "holds outputs; clear them.")


def no_empty_cells(cells: list[Cell]) -> Iterator[Problem]:
    """No cell is empty, also not in the release."""
    for cell in cells:
        if not cell.source.strip():
            yield Problem(cell.name, "is empty; delete it.")
        elif not "".join(split(cell.source, HIDDEN)[0]).strip():
            yield Problem(cell.name, "is empty in the release; add a visible check or a comment.")


def code_compiles(cells: list[Cell]) -> Iterator[Problem]:
    """Code compiles, magics included."""
    for cell in cells:
        if cell.kind != "markdown" and cell.tree is None:
            yield Problem(cell.name, f"does not compile ({_syntax_error(cell.source)}); mend it.")


def tests_compile(cells: list[Cell]) -> Iterator[Problem]:
    """A plain test is Python; what else a notebook holds may be broken on purpose."""
    yield from code_compiles([cell for cell in cells if cell.kind == "test"])


def markers_are_sound(cells: list[Cell]) -> Iterator[Problem]:
    """Markers are spelled as documented, and each BEGIN has its END."""
    for cell in cells:
        for label in (SOLUTION, HIDDEN):
            if message := _marker_error(cell.source, label):
                yield Problem(cell.name, message)


def markers_have_their_place(cells: list[Cell]) -> Iterator[Problem]:
    """Solutions only in answers, hidden tests only in tests."""
    for cell in cells:
        is_answer = bool(cell.metadata.get("solution"))
        for label, kind, fits in ((SOLUTION, "exercise", is_answer), (HIDDEN, "test", cell.kind == "test")):
            if f"BEGIN {label}" in cell.source and not fits:
                yield Problem(cell.name, f"holds a BEGIN {label} marker; move it to a cell of kind {kind}.")


def no_paths(cells: list[Cell]) -> Iterator[Problem]:
    """No cell opens a file by a path written out: cells run in different folders."""
    for cell in cells:
        for call in ast.walk(cell.tree) if cell.tree else ():
            if isinstance(call, ast.Call) and _opens_literal(call):
                yield Problem(
                    cell.name,
                    f"line {call.lineno}: a path works in one folder only; make the data in a given cell, or "
                    "use load_corpus().",
                )


def figures_feed_only_figures(cells: list[Cell]) -> Iterator[Problem]:
    """Grading skips figures: what they define, no other cell may need."""
    figure_names: set[str] = set()
    other_names: set[str] = set()
    for cell in cells:
        if cell.kind not in ("given", "exercise") or not cell.tree:
            continue
        bound, read = bound_and_read(cell.tree)
        if cell.is_figure and cell.kind == "given":
            figure_names |= bound
            continue
        for name in sorted((read & figure_names) - other_names - bound):
            yield Problem(
                cell.name,
                f'takes `{name}` from a figure, which grading skips; tag this cell "figure" too.',
            )
        other_names |= bound


RULES = (
    code_has_metadata,
    code_is_of_one_kind,
    no_test_is_text,
    figures_are_given,
    drawn_are_figures,
    grade_ids_are_sound,
    points_are_positive,
    no_outputs,
    no_empty_cells,
    code_compiles,
    markers_are_sound,
    markers_have_their_place,
    no_paths,
    figures_feed_only_figures,
)
# What holds for notebooks without our checks, too: the rest is left to nbgrader, and to who writes them.
PLAIN_RULES = (
    metadata_are_version_3,
    no_test_is_text,
    drawn_are_figures,
    grade_ids_are_sound,
    points_are_positive,
    tests_compile,
    markers_have_their_place,
)


def _marker_error(source: str, label: str) -> str:
    """What is wrong with the markers of one label; empty when nothing is."""
    begin, end = f"BEGIN {label}", f"END {label}"
    is_open = False
    for number, line in enumerate(source.split("\n"), 1):
        if begin not in line and end not in line:
            continue
        if line.strip() not in (f"### {begin}", f"### {end}"):
            return f"line {number}: write the marker as `### {begin}` or `### {end}`, alone."
        if is_open == (begin in line):
            missing = end if is_open else begin
            return f"line {number}: the marker has no `### {missing}` before it; add it."
        is_open = not is_open
    return f"has no `### {end}` for its last `### {begin}`; add it." if is_open else ""


def _syntax_error(source: str) -> str:
    try:
        compile(source, "cell", "exec")
    except (SyntaxError, ValueError) as error:
        return f"line {getattr(error, 'lineno', '?')}: {getattr(error, 'msg', error)}"
    return "unknown magic"


def _opens_literal(call: ast.Call) -> bool:
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    first = call.args[0] if call.args else None
    return name in OPENERS and isinstance(first, ast.Constant) and isinstance(first.value, str)
