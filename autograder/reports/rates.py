"""How many pass each check and each test cell."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest

from autograder.grading.result import Result
from autograder.words import check_name, short_check


@dataclass(frozen=True)
class Rate:
    """How a check or a cell went in the class; `not_run` is not counted against anybody."""

    name: str
    passed: int
    failed: int
    not_run: int

    @property
    def share(self) -> float | None:
        """Passed of those that ran, 0 to 1; None when it never ran."""
        return self.passed / (self.passed + self.failed) if self.passed + self.failed else None


@dataclass(frozen=True)
class CheckRate(Rate):
    """One check of a test cell."""

    hidden: bool


@dataclass(frozen=True)
class CellRate(Rate):
    """One test cell, passed by those who pass all its checks; `checks` are in the source's order."""

    checks: tuple[CheckRate, ...]


@dataclass(frozen=True)
class HardCheck:
    """A check of the whole class, named on its own."""

    assignment: str
    name: str
    rate: CheckRate


def cell_rates(results: list[Result]) -> list[CellRate]:
    """The test cells of one assignment, hardest first; those that never ran are last."""
    seen: dict[str, list[list[dict]]] = defaultdict(list)
    for result in results:
        for cell in result.cells:
            if cell["checks"]:
                seen[cell["cell"]].append(cell["checks"])
    rates = [_cell_rate(cell, tries) for cell, tries in seen.items()]
    return sorted(rates, key=lambda rate: 2.0 if rate.share is None else rate.share)


def _cell_rate(cell: str, tries: list[list[dict]]) -> CellRate:
    """`tries` are the cell's checks in each submission."""
    return CellRate(cell, *_counts(_end(checks) for checks in tries), _check_rates(cell, tries))


def _end(checks: list[dict]) -> str:
    """How the cell ended: one failed check fails it, one that could not run leaves it open."""
    ends = {check["status"] for check in checks}
    return next(status for status in ("failed", "could not run", "passed") if status in ends)


def _check_rates(cell: str, tries: list[list[dict]]) -> tuple[CheckRate, ...]:
    """A check is known by its place in the cell, because one that could not run has lost its name."""
    seen = [[check for check in checks if check] for checks in zip_longest(*tries)]
    names = _distinct([_name(cell, checks) for checks in seen])
    return tuple(_check_rate(*name, checks) for name, checks in zip(names, seen, strict=True))


def _name(cell: str, checks: list[dict]) -> tuple[str, bool]:
    ran = [check for check in checks if check["status"] != "could not run"] or checks
    names = Counter((check["check"], check["hidden"]) for check in ran)
    check, hidden = names.most_common(1)[0][0]
    return short_check(cell, check), hidden


def _distinct(names: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """The second check of the same name in the same cell gets a 2."""
    uses: Counter = Counter()
    distinct = []
    for name, hidden in names:
        uses[name, hidden] += 1
        turn = uses[name, hidden]
        distinct.append((f"{name} ({turn})" if turn > 1 else name, hidden))
    return distinct


def _check_rate(name: str, hidden: bool, checks: list[dict]) -> CheckRate:
    return CheckRate(name, *_counts(check["status"] for check in checks), hidden)


def _counts(statuses: Iterable[str]) -> tuple[int, int, int]:
    """How many passed, failed and could not run."""
    ends = Counter(statuses)
    return ends["passed"], ends["failed"], ends["could not run"]


def hardest(results: list[Result]) -> list[HardCheck]:
    """Every check that ran, of all assignments, the one that fewest pass first."""
    found = [
        HardCheck(name, check_name(cell.name, check.name), check)
        for name in sorted({result.assignment for result in results})
        for cell in cell_rates([result for result in results if result.assignment == name])
        for check in cell.checks if check.share is not None
    ]  # fmt: skip
    return sorted(found, key=lambda check: (check.rate.share, -check.rate.failed))
