"""What the results of a class say: scores, checks, causes, and where a person is needed."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.grading.batch import Result
from autograder.reports.grid import is_graded
from autograder.reports.words import check_name, heads

BINS = 10


@dataclass(frozen=True)
class CheckRate:
    """How one check went in the class; `not_run` is not counted against anybody."""

    name: str
    hidden: bool
    passed: int
    failed: int
    not_run: int

    @property
    def share(self) -> float | None:
        """Passed of those that ran, 0 to 1; None when it never ran."""
        return self.passed / (self.passed + self.failed) if self.passed + self.failed else None


@dataclass(frozen=True)
class Cause:
    """Why checks failed: in how many submissions, and where, the most frequent place first."""

    text: str
    submissions: int
    places: tuple[str, ...]


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


def check_rates(results: list[Result]) -> list[CheckRate]:
    """The checks of one assignment, hardest first; those that never ran are last.

    A check is known by its cell and its place there, because one that could not run has
    lost its name.
    """
    seen: dict[tuple[str, int], list[dict]] = defaultdict(list)
    for result in results:
        for cell in result.cells:
            for place, check in enumerate(cell["checks"]):
                seen[cell["cell"], place].append(check)
    names = _distinct({key: _name(key[0], checks) for key, checks in seen.items()})
    rates = [_rate(names[key], checks) for key, checks in seen.items()]
    return sorted(rates, key=lambda rate: 2.0 if rate.share is None else rate.share)


def _name(cell: str, checks: list[dict]) -> tuple[str, bool]:
    ran = [check for check in checks if check["status"] != "could not run"] or checks
    names = Counter((check["check"], check["hidden"]) for check in ran)
    check, hidden = names.most_common(1)[0][0]
    return check_name(cell, check), hidden


def _distinct(names: dict) -> dict:
    """The second check of the same name in the same cell gets a 2."""
    uses: Counter = Counter()
    distinct = {}
    for key, (name, hidden) in names.items():
        uses[name, hidden] += 1
        turn = uses[name, hidden]
        distinct[key] = (f"{name} ({turn})" if turn > 1 else name, hidden)
    return distinct


def _rate(name: tuple[str, bool], checks: list[dict]) -> CheckRate:
    ends = Counter(check["status"] for check in checks)
    return CheckRate(*name, ends["passed"], ends["failed"], ends["could not run"])


def _checks(results: list[Result], status: str) -> Iterator[tuple[Result, str, str]]:
    """(result, check's name, cause) of all checks that ended so."""
    for result in results:
        for cell in result.cells:
            for check in cell["checks"]:
                if check["status"] == status:
                    yield result, check_name(cell["cell"], check["check"]), check["cause"]


def causes(results: list[Result], most: int = 10) -> list[Cause]:
    """The most common causes; one counts once per submission, however many checks it fails."""
    head = heads({result.assignment for result in results})
    who, where = defaultdict(set), defaultdict(Counter)
    for result, name, text in _checks(results, "failed"):
        who[text].add((result.student, result.assignment))
        where[text][f"{head[result.assignment]}: {name}"] += 1
    common = sorted(who, key=lambda text: (-len(who[text]), text))[:most]
    places = {text: tuple(place for place, _ in where[text].most_common()) for text in common}
    return [Cause(text or "no cause was given", len(who[text]), places[text]) for text in common]


def not_run(results: list[Result]) -> list[NotRun]:
    """The checks that could not run, each reason once."""
    hit: dict[tuple, dict] = defaultdict(dict)
    for result, name, reason in _checks(results, "could not run"):
        hit[result.assignment, name, reason][result.student] = True
    return [NotRun(*key, tuple(students)) for key, students in hit.items()]


def slowest(results: list[Result], most: int = 5) -> list[Result]:
    """The submissions that took longest to grade."""
    timed = [result for result in results if result.seconds > 0]
    return sorted(timed, key=lambda result: -result.seconds)[:most]
