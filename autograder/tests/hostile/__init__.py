"""Hostile and broken submissions, each with what has to come of it: the corpus that test_hostile.py grades."""

from autograder.tests.hostile import cheating, damaged, escaping, exhausting, odd
from autograder.tests.hostile.case import Case

KINDS = {module.__name__.rpartition(".")[2]: module.CASES for module in (cheating, escaping, exhausting, damaged, odd)}
CASES: dict[str, Case] = {f"{kind}-{name.replace(' ', '-')}": case for kind, cases in KINDS.items() for name, case in cases.items()}
