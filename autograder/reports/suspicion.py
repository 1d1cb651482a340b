"""What a person should look at: changed tests or points, submissions alike, copies of published code.

None is a verdict. What is alike is found from fingerprints (autograder/grading/fingerprints.py) that
few submissions have, because right answers to a small exercise share much.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from autograder.grading.restore import is_tampering
from autograder.grading.result import Result
from autograder.words import counted, heads, plain

# Half is between the 15 % of independent answers and the 94 % of copies (docs/grading.md).
ENOUGH = 0.5
FEWEST = 12
KINDS = ("code", "remarks")


@dataclass(frozen=True)
class Pair:
    """Two submissions of an assignment: which part of the rare fingerprints of the smaller one both have."""

    assignment: str
    students: tuple[str, str]
    code: float
    remarks: float


def tampered(results: list[Result]) -> list[Result]:
    """The submissions in which a test, a given cell or points were changed.

    A change that most of the class has is the source's own, made after the release.
    """
    sizes = Counter(result.assignment for result in results)
    common = Counter((result.assignment, note) for result in results for note in result.restored)
    rare = {key for key, count in common.items() if count <= max(2, sizes[key[0]] // 2)}
    return [
        result for result in results if any((result.assignment, note) in rare for note in _changes(result))
    ]  # fmt: skip


def _changes(result: Result) -> Iterator[str]:
    """The notes that tell of such a change."""
    tests = {cell["cell"] for cell in result.cells}
    return (note for note in result.restored if is_tampering(note, tests))


def copied(results: list[Result]) -> list[tuple[Result, list[str], int]]:
    """The submissions with exercises that equal published code, these, and how many others have one."""
    own = [(result, result.fingerprints.get("published", "").split()) for result in results]
    count = Counter((result.assignment, place) for result, places in own for place in places)
    return [
        (result, places, max(count[result.assignment, place] for place in places) - 1)
        for result, places in own if places
    ]  # fmt: skip


def copied_wording(places: list[str], assignment: str, others: int) -> str:
    """What equals what, as a person reads it."""
    split = [place.partition("/") for place in places]
    own = [f"`{name}`" for where, _, name in split if where == assignment]
    given = ["/".join((where, name)) for where, _, name in split if where != assignment]
    said = [f"{', '.join(own)} as in the course's own solution"] if own else []
    said += [f"{', '.join(given)} as in another notebook"] if given else []
    return "; ".join(said) + (f" (and {counted(others, 'other student')})" if others else "")


def alike(results: list[Result]) -> list[Pair]:
    """The pairs that have at least half of their rare code, or remarks, in common, most alike first."""
    by_assignment: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        by_assignment[result.assignment].append(result)
    pairs = [pair for name, own in sorted(by_assignment.items()) for pair in _pairs(name, own)]
    return sorted(pairs, key=lambda pair: -max(pair.code, pair.remarks))


def _pairs(assignment: str, results: list[Result]) -> Iterator[Pair]:
    results = sorted(results, key=lambda result: result.student)
    teams = [result.fingerprints.get("team") or f" {place}" for place, result in enumerate(results)]
    code, remarks = (
        _shares([result.fingerprints.get(kind, "") for result in results], teams) for kind in KINDS
    )
    for i, j in sorted({*code, *remarks}):
        shares = round(code.get((i, j), 0.0), 3), round(remarks.get((i, j), 0.0), 3)
        if max(shares) >= ENOUGH:
            yield Pair(assignment, (results[i].student, results[j].student), *shares)


def _shares(texts: list[str], teams: list[str]) -> dict[tuple[int, int], float]:
    """By pair of places, the share of rare fingerprints in common; pairs that share a few are left out.

    A team counts as one, and its members are no pairs: they handed in the same.
    """
    owners: dict[str, list[int]] = defaultdict(list)
    for place, text in enumerate(texts):
        for word in set(text.split()):
            owners[word].append(place)
    most = min(max(5, len(texts) // 10), 30)
    rare = [places for places in owners.values() if len({teams[place] for place in places}) <= most]
    sizes = Counter(place for places in rare for place in places)
    shared = Counter((i, j) for places in rare for i, j in combinations(places, 2) if teams[i] != teams[j])
    return {
        pair: count / min(sizes[pair[0]], sizes[pair[1]])
        for pair, count in shared.items() if count >= FEWEST
    }  # fmt: skip


def together(pairs: list[Pair]) -> dict[tuple[str, str], list[Pair]]:
    """The pairs by their two students, the assignments of each in order."""
    found: dict[tuple[str, str], list[Pair]] = defaultdict(list)
    for pair in pairs:
        found[pair.students].append(pair)
    return {who: sorted(own, key=lambda pair: pair.assignment) for who, own in found.items()}


def sentences(results: list[Result], most: int = 5) -> list[str]:
    """For the terminal: a line for each student and each two students, the first few of both kinds."""
    counts = Counter(result.student for result in tampered(results))
    changed = [f"{student}: tests, given cells or points were changed in {counted(count, 'submission')}."
               for student, count in counts.items()]  # fmt: skip
    head = heads({result.assignment for result in results})
    pairs = [
        f"{' and '.join(who)} wrote alike: "
        + "; ".join(f"{head[pair.assignment]} {wording(pair)}" for pair in own) + "."
        for who, own in together(alike(results)).items()
    ]  # fmt: skip
    more = len(changed[most:]) + len(pairs[most:])
    rest = [f"{counted(more, 'more line')} of this kind in the report."] if more else []
    return [plain(line) for line in [*changed[:most], *pairs[:most], *_copies(results, most)]] + rest


def _copies(results: list[Result], most: int) -> list[str]:
    """One line for all whose exercises equal published code."""
    counts = Counter({one.student: 0 for one in results})
    for one, places, _ in copied(results):
        counts[one.student] += len(places)
    named = [f"{student} {count}" for student, count in counts.most_common() if count]
    more = f" and {counted(len(named) - most, 'more student')}" if len(named) > most else ""
    listed = ", ".join(named[:most])
    return [f"Exercises as in the course's own code, down to the names: {listed}{more}."] if named else []


def wording(pair: Pair) -> str:
    """What two submissions have in common, as a person reads it."""
    shares = {"code": pair.code, "comments": pair.remarks}
    return " and ".join(f"{share:.0%} of the {kind}" for kind, share in shares.items() if share)
