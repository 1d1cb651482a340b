"""Hostile and broken submissions, each with what has to come of it: the corpus that test_hostile.py grades."""

from autograder.tests.hostile import cheating, damaged, escaping, exhausting, odd
from autograder.tests.hostile.case import Case

MODULES = {
    "cheating": cheating,
    "escaping": escaping,
    "exhausting": exhausting,
    "damaged": damaged,
    "odd": odd,
}


def student(kind: str, name: str) -> str:
    """Under which name a case is handed in."""
    return f"{kind}-{name.replace(' ', '-')}"


CASES: dict[str, Case] = {
    student(kind, name): case for kind, module in MODULES.items() for name, case in module.CASES.items()
}
# Cases to which walls matter.
WALLED = {name for name in CASES if name.startswith("escaping")} | {
    student("exhausting", name) for name in exhausting.BOUNDED
}
RARE = {student(kind, name) for kind, module in MODULES.items() for name in module.RARE}
EVERYDAY = {name: case for name, case in CASES.items() if name not in RARE}
