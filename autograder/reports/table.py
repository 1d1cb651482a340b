"""The class in the terminal: a table, a summary, and a sentence for whatever needs a person."""

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from autograder.grading.result import Result
from autograder.reports import facts
from autograder.reports.grid import Grid, class_grid, is_graded, mark
from autograder.reports.waits import Waiting, waits
from autograder.words import counted, fixed, number, plain

NOBODY = "Nobody has handed in anything."


def class_table(results: list[Result]) -> Table:
    """One row per student, one column per assignment, a total.

    Seven assignments fit 80 columns; a long name goes on in the next line.
    """
    grid = class_grid(results)
    table = Table(
        box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0),
        caption=_legend(grid), caption_justify="left", min_width=len(NOBODY),
    )  # fmt: skip
    table.add_column("student", overflow="fold", min_width=12)
    columns = [_Numbers(column.head, column.max_score, grid.decimals) for column in grid.columns]
    total = _Numbers("total", grid.max_score, grid.decimals)
    for column in [*columns, total]:
        table.add_column(column.header, no_wrap=True)
    for row in grid.rows:
        cells = [column.cell(result) for column, result in zip(columns, row.results, strict=True)]
        table.add_row(Text(plain(row.student)), *cells, total.score(row.total, row.mark))
    _add_means(table, grid, columns)
    return table


class _Numbers:
    """A column of numbers with marks behind them, the numbers flush right.

    rich would put the end of the marks flush right, and drops trailing blanks.
    """

    def __init__(self, head: str, max_score: float, decimals: int):
        self.head, self.most, self.decimals = plain(head), max_score, decimals
        limit = f"/{number(max_score)}"
        self.width = max(len(self.head), len(limit), len(fixed(max_score, decimals)))
        self.header = Text(f"{self.head:>{self.width}}\n").append(f"{limit:>{self.width}}", "dim")

    def cell(self, result: Result | None) -> Text:
        if result is None or result.final is None or not is_graded(result):
            return Text(mark(result).rjust(self.width), "yellow" if result else "dim")
        return self.score(result.final, mark(result))

    def score(self, score: float, signs: str = "", style: str = "") -> Text:
        text = fixed(score, self.decimals).rjust(self.width)
        return Text().append(text, style).append(signs, "yellow")


def _add_means(table: Table, grid: Grid, columns: list[_Numbers]) -> None:
    """The last row, a line apart."""
    if not grid.rows:
        return
    table.add_section()
    means = [
        Text("") if own.mean is None else column.score(own.mean, style="dim")
        for column, own in zip(columns, grid.columns, strict=True)
    ]
    table.add_row(Text("mean", "dim"), *means)


def _legend(grid: Grid) -> Text | None:
    """What the marks mean, those that occur."""
    if not grid.rows:
        return Text(NOBODY, "dim")
    text = "\n".join(f"{sign} {meaning}" for sign, meaning in grid.marks.items())
    return Text(text, "dim") if text else None


def summary(results: list[Result]) -> str:
    """How many were graded, how many checks could not run, and where cells were put back."""
    if not results:
        return "Nothing was graded: nobody has handed in anything."
    graded = sum(map(is_graded, results))
    students = counted(len({result.student for result in results}), "student")
    whole = f"{counted(len(results), 'submission')} from {students}"
    missing = f"{graded} graded, {len(results) - graded} not graded"
    return f"{whole}: {missing if graded < len(results) else 'all graded'}. {_grading(results)}"


def _grading(results: list[Result]) -> str:
    lost = sum(result.count("could not run") for result in results)
    restored = sum(bool(result.put_back) for result in results)
    open_ones = sum(result.put_back != result.restored for result in results)
    first = f"{counted(lost, 'check')} could not run" if lost else "Every check ran"
    second = f"in {counted(restored, 'submission')}" if restored else "nowhere"
    unsealed = f" Plain tests ran unsealed in {counted(open_ones, 'submission')}." if open_ones else ""
    return f"{first}; cells were put back {second}.{_carried(results)}{unsealed}"


def _carried(results: list[Result]) -> str:
    carried = facts.carried(results)
    if not carried.checks:
        return ""
    keep = f"{counted(carried.checks, 'check')} in {counted(carried.submissions, 'submission')}"
    return f" Points of right backward passes whose forward pass is wrong are kept: {keep}."


def common_causes(results: list[Result], most: int = 5) -> Table | None:
    """The most common mistakes of the class, each with where to look; None when there are none."""
    causes = sorted(
        (cause for name in {result.assignment for result in results}
         for cause in facts.causes([result for result in results if result.assignment == name])),
        key=lambda cause: (-cause.submissions, cause.cell, cause.text),
    )  # fmt: skip
    if not causes:
        return None
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("who", justify="right")
    table.add_column("where", style="dim")
    table.add_column("most common mistakes")
    for cause in causes[:most]:
        table.add_row(str(cause.submissions), plain(cause.cell), plain(f"{cause.text} {cause.look}"))
    return table


def changes(before: list[Result], now: list[Result]) -> list[str]:
    """A line for each submission that got another score than before."""
    old = {(result.student, result.assignment): result for result in before}
    pairs = [(old.get((result.student, result.assignment)), result) for result in now]
    return [
        plain(f"{new.student}/{new.assignment}: {_score(was)} before, {_score(new)} now")
        for was, new in pairs if was and was.final != new.final
    ]  # fmt: skip


def _score(result: Result) -> str:
    return "not graded" if result.final is None else number(result.final)


def waiting(results: list[Result]) -> list[str]:
    """One sentence for whatever needs a person, with what to do."""
    return [plain(_sentence(one)) for one in waits(results)]


def _sentence(one: Waiting) -> str:
    cell = f", {one.cell}" if one.cell else ""
    return f"{one.student}/{one.assignment}{cell}: {one.text}"
