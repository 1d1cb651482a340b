"""What the results of a class say: scores, checks, causes, and where a person is needed."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from autograder.checks.diagnosis import look_for
from autograder.grading.result import Result
from autograder.reports.grid import is_graded
from autograder.reports.words import check_name, short_check

BINS = 10
STATUSES = ("passed", "failed", "could not run")
UNFINISHED = "not implemented"
FOLLOWS = " broke a limit before, and is not called again."


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
class Cause:
    """Why checks of one cell failed, in how many submissions, and where such a mistake is usually found."""

    text: str
    cell: str
    submissions: int
    look: str = ""


@dataclass(frozen=True)
class Unfinished:
    """How many functions are not implemented yet, and in how many submissions."""

    functions: int
    submissions: int


@dataclass(frozen=True)
class NotRun:
    """A check that could not run, for one reason, with everybody whom it hit."""

    assignment: str
    name: str
    reason: str
    students: tuple[str, ...]


def share(result: Result) -> float | None:
    """The score as a part of its maximum, 0 to 1; None when there is none."""
    if not is_graded(result) or result.max_score <= 0:
        return None
    return min(max(result.score / result.max_score, 0.0), 1.0)


def shares(results: list[Result]) -> list[float]:
    """The shares of all that have one."""
    return [part for part in map(share, results) if part is not None]


def distribution(results: list[Result]) -> list[int]:
    """How many scores lie in each tenth; a full score counts in the last."""
    # Rounded, because 0.7 * 10 and 0.29 * 100 are not what they look like in binary.
    counts = Counter(min(int(round(part * BINS, 9)), BINS - 1) for part in shares(results))
    return [counts[i] for i in range(BINS)]


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
    ends = Counter(_end(checks) for checks in tries)
    return CellRate(cell, *(ends[status] for status in STATUSES), _check_rates(cell, tries))


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
    ends = Counter(check["status"] for check in checks)
    return CheckRate(name, *(ends[status] for status in STATUSES), hidden)


def _checks(results: list[Result], status: str) -> Iterator[tuple[Result, str, dict]]:
    """(result, cell, check) of all checks that ended so."""
    for result in results:
        for cell in result.cells:
            for check in cell["checks"]:
                if check["status"] == status:
                    yield result, cell["cell"], check


def causes(results: list[Result]) -> list[Cause]:
    """The causes in one assignment, the most common first; one counts once per student and cell.

    What is not implemented yet is left out, and so is what follows from a limit broken before,
    which is a cause of its own.
    """
    who: dict[tuple, set] = defaultdict(set)
    for result, cell, check in _checks(results, "failed"):
        if check["diagnosis"] != UNFINISHED and not check["cause"].endswith(FOLLOWS):
            who[check["cause"], cell, check["diagnosis"]].add(result.student)
    found = [
        Cause(text or "no cause was given", cell, len(students), look_for(diagnosis))
        for (text, cell, diagnosis), students in who.items()
    ]
    return sorted(found, key=lambda cause: -cause.submissions)


def unfinished(results: list[Result]) -> Unfinished:
    """What `causes` leaves out because there is nothing there yet."""
    found = [
        (result.assignment, check["cause"], result.student)
        for result, _, check in _checks(results, "failed") if check["diagnosis"] == UNFINISHED
    ]  # fmt: skip
    functions = {(assignment, cause) for assignment, cause, _ in found}
    return Unfinished(len(functions), len({(assignment, who) for assignment, _, who in found}))


def not_run(results: list[Result]) -> list[NotRun]:
    """The checks that could not run, each reason once."""
    hit: dict[tuple, dict] = defaultdict(dict)
    for result, cell, check in _checks(results, "could not run"):
        name = check_name(cell, check["check"])
        hit[result.assignment, name, check["cause"]][result.student] = True
    return [NotRun(*key, tuple(students)) for key, students in hit.items()]


def slowest(results: list[Result], most: int = 5) -> list[Result]:
    """The submissions that took longest to grade."""
    timed = [result for result in results if result.seconds > 0]
    return sorted(timed, key=lambda result: -result.seconds)[:most]
