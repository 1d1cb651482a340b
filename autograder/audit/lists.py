"""What is wrong, by name: the lists that the terminal and the page both show."""

from collections.abc import Iterator
from dataclasses import dataclass

from autograder.audit.counts import counts, good_enough
from autograder.audit.findings import Findings
from autograder.audit.tried import Mistaken, Tried
from autograder.words import number

NOTHING = "no diagnosis"
HELD_OUT = "Held-out mistakes with another diagnosis"


@dataclass(frozen=True)
class Entry:
    """A line: what it is about, and what is wrong with it."""

    assignment: str
    name: str
    text: str


@dataclass(frozen=True)
class Listing:
    """A titled list. `serious` ones make the audit fail, the others are worth knowing."""

    title: str
    serious: bool
    entries: tuple[Entry, ...]


def listings(findings: list[Findings]) -> list[Listing]:
    """The lists that are not empty, serious ones first."""
    enough = {key: good_enough(key, count) for key, count in counts(findings).items()}
    makers = {
        "Could not run": (True, _broken),
        "The solution loses points": (True, _reference),
        "The release gets points": (True, _release),
        "Mistakes that no check sees": (True, _survivors),
        "Mistakes that only checks of other names see": (True, _caught_elsewhere),
        "Right answers that lose points": (True, _variants),
        "Cheats that earn points": (True, _cheats),
        "Wrong diagnoses": (not enough["right"], _wrong_diagnoses),
        HELD_OUT: (not (enough["held out right"] and enough["held out silent"]), _held_out),
        "Points lost beside the mistaken exercise": (not enough["false blame"], _blamed),
        "Mistakes that hidden checks alone see": (not enough["hidden alone"], _hidden_alone),
        "Reasons why no visible check can see it, though one does": (False, _needless_reasons),
        "Checks that no mistake fails": (False, _never_fail),
        "Hidden checks that another one of their cell covers": (False, _redundant),
    }
    found = (
        Listing(title, serious, tuple(entry for one in findings for entry in make(one)))
        for title, (serious, make) in makers.items()
    )
    return sorted((one for one in found if one.entries), key=lambda one: not one.serious)


def _broken(of: Findings) -> Iterator[Entry]:
    for one, reason in of.broken:
        yield Entry(of.assignment, one.name, reason)


def _reference(of: Findings) -> Iterator[Entry]:
    one = of.reference
    if not one.full_marks and not one.broken:
        yield Entry(of.assignment, one.name, _lost(one))


def _release(of: Findings) -> Iterator[Entry]:
    if of.release.result.score:
        passed = [check["check"] for check in of.release.checks.values() if check["status"] == "passed"]
        yield Entry(of.assignment, of.release.name, f"passes {', '.join(dict.fromkeys(passed))}")


def _survivors(of: Findings) -> Iterator[Entry]:
    for one in of.survivors:
        yield Entry(of.assignment, one.name, f"expected to fail {one.answer.check}")


def _caught_elsewhere(of: Findings) -> Iterator[Entry]:
    for one in of.caught_elsewhere:
        yield Entry(of.assignment, one.name, f"expected to fail {one.answer.check}, but {_lost(one)}")


def _variants(of: Findings) -> Iterator[Entry]:
    for one in of.variants:
        if not one.full_marks and not one.broken:
            yield Entry(of.assignment, one.name, _lost(one))


def _cheats(of: Findings) -> Iterator[Entry]:
    for one in of.cheats:
        if not one.refused and not one.broken:
            told = (f"{fact['check']}: {fact['status']} {fact['cause']}".strip() for fact in one.paying)
            yield Entry(of.assignment, one.name, "; ".join(dict.fromkeys(told)))


def _wrong_diagnoses(of: Findings) -> Iterator[Entry]:
    for one in of.wrongly_diagnosed:
        yield Entry(of.assignment, one.name, _diagnoses(one))


def _diagnoses(one: Mistaken) -> str:
    return f"{one.found or NOTHING} instead of {one.answer.diagnosis}"


def _held_out(of: Findings) -> Iterator[Entry]:
    """Only how many: who knows which ones would write rules for them."""
    told = counts([of])
    right, silent = told["held out right"], told["held out silent"]
    if not right.all:
        rest = right.of - right.part - silent.part
        text = f"{silent.part} say only that the result is another one, {rest} something else"
        yield Entry(of.assignment, f"{right.part} of {right.of} right", text)


def _blamed(of: Findings) -> Iterator[Entry]:
    for one in of.wrong:
        if one.blamed:
            lost = f"{number(sum(one.blamed.values()))} of {number(sum(one.lost.values()))} lost points"
            checks = dict.fromkeys(one.checks[place]["check"] for place in one.blamed)
            yield Entry(of.assignment, one.name, f"{lost} in {', '.join(checks)}")


def _hidden_alone(of: Findings) -> Iterator[Entry]:
    for one in of.wrong:
        if one.hidden_alone:
            checks = dict.fromkeys(check["check"] for check in one.failures.values())
            reason = one.answer.hidden_only
            yield Entry(of.assignment, one.name, reason or f"fails {', '.join(checks)}")


def _needless_reasons(of: Findings) -> Iterator[Entry]:
    for one in of.wrong:
        if one.answer.hidden_only and one.failures and not one.hidden_alone:
            yield Entry(of.assignment, one.name, one.answer.hidden_only)


def _never_fail(of: Findings) -> Iterator[Entry]:
    for check in of.never_fail:
        yield Entry(of.assignment, str(check), "")


def _redundant(of: Findings) -> Iterator[Entry]:
    for check, other in of.redundant:
        yield Entry(of.assignment, str(check), f"covered by {other}")


def _lost(one: Tried) -> str:
    """The failed checks of a submission, with their causes."""
    causes = dict.fromkeys(f"{check['check']} ({check['cause']})" for check in one.failures.values())
    points = f"{number(one.result.score or 0)} of {number(one.result.max_score)} points"
    return f"fails {'; '.join(causes)}: {points}"
