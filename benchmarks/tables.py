"""What was measured, as tables: in the terminal, and as Markdown for the documentation.

`python benchmarks/tables.py benchmarks/results/FILE.json` prints the tables of a run that was kept.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table as Drawn

INSTALL = "PyTorch is not installed; to compare with it: .venv/bin/pip install torch"


@dataclass(frozen=True)
class Table:
    """Rows of texts below a head."""

    title: str
    head: list[str]
    rows: list[list[str]]
    note: str = ""

    def __rich__(self) -> Drawn:
        """In the terminal."""
        drawn = Drawn(*self.head, title=self.title, caption=self.note or None)
        for row in self.rows:
            drawn.add_row(*row)
        return drawn

    def markdown(self) -> str:
        """In the documentation."""
        rule = ["---", *["---:"] * (len(self.head) - 1)]
        lines = [f"| {' | '.join(row)} |" for row in (self.head, rule, *self.rows)]
        title = f"{self.title[:1].upper()}{self.title[1:]}:"
        return "\n".join([title, "", *lines, *(["", self.note] if self.note else [])])


def of_part(part: str, found) -> Iterator[Table]:
    """The tables of one part of a run."""
    yield from {"speed": _speed, "busy": _busy, "grading": _grading}[part](found)


def _speed(found: dict[str, list[dict]]) -> Iterator[Table]:
    head = ["model", "reference", "PyTorch", "ratio", "in matrix products"]
    for threads, models in found.items():
        title = f"characters per second of a training step, {threads} thread{'s' * (threads != '1')}"
        there = all(one["pytorch"] for one in models)
        yield Table(title, head, [_of_model(one) for one in models], "" if there else INSTALL)


def _of_model(one: dict) -> list[str]:
    ours, theirs, share = one["numpy"], one["pytorch"], one["share"]
    return [
        one["model"], f"{ours:,.0f}", f"{theirs:,.0f}" if theirs else "not installed",
        f"{ours / theirs:.2f}" if theirs else "", f"{share:.0%}" if share else "",
    ]  # fmt: skip


def _busy(found: list[dict]) -> Iterator[Table]:
    for place in found:
        ways = list(place["loops"][0]["milliseconds"])
        rows = [
            [one["loop"], *(f"{one['milliseconds'][way]:.2f}" for way in ways), f"{one['ratio']:.2f}"]
            for one in place["loops"]
        ]
        yield Table(f"milliseconds per update, {place['where']}", ["loop", *ways, "default / best"], rows)


def _grading(found: dict) -> Iterator[Table]:
    students, cores = found["students"], found["cores"]
    times = [(one["notebook"], one["stock"], one["ours"]) for one in found["notebooks"]]
    rows = [
        [name, f"{theirs / students:.2f}", f"{ours / students:.2f}", f"{theirs / ours:.1f}"]
        for name, theirs, ours in times
    ]
    title = f"seconds per submission, {students} students, {cores} cores"
    yield Table(title, ["notebook", "stock nbgrader", "autograder", "ratio"], rows)
    yield _whole(found["whole"], cores, sum(theirs for _, theirs, _ in times))


def _whole(whole: dict, cores: int, stock: float) -> Table:
    """All notebooks in one run; `stock` is the sum of the runs with stock nbgrader."""
    count = whole["submissions"]
    ways = {"stock": stock, "one job": whole["one_job"], f"{cores} jobs": whole["all_jobs"]}
    rows = [
        [name, f"{took:.0f}", f"{60 * count / took:.1f}", f"{stock / took:.2f}"]
        for name, took in ways.items()
    ]
    judging = ", ".join(f"{name[:3]} {took:.1f}" for name, took in whole["seconds_of_judging"].items())
    note = (
        f"{whole['one_job'] / whole['all_jobs']:.2f} times one job. "
        f"Memory: {whole['megabytes_a_job']:.0f} MB a job, {whole['megabytes_of_the_command']:.0f} MB in the "
        f"main process. Seconds of judging with one job: {judging}."
    )
    return Table(f"{count} submissions in one run", ["", "seconds", "a minute", "ratio"], rows, note)


if __name__ == "__main__":
    record = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print(f"{record['date']}, {record['machine']}")
    for part in ("speed", "busy", "grading"):
        for table in of_part(part, record[part]) if part in record else ():
            print(f"\n{table.markdown()}")
