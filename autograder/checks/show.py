"""Outcomes as text for a person: pure functions of the outcome."""

from autograder.checks.outcome import Outcome, Row

MARKS = {"passed": "✓", "failed": "✗", "could not run": "?"}


def as_text(outcome: Outcome) -> str:
    """The report in the student's own kernel, with everything that was measured."""
    head = f"{MARKS[outcome.status]} {outcome.check}"
    if outcome.status == "passed":
        return f"{head} — {outcome.cause}"
    return "\n".join([head, f"  {outcome.cause}", *_table(outcome.rows)])


def for_student(outcome: Outcome, hidden: bool) -> str:
    """The sentence for feedback: of a hidden check the author's words and the cause, no numbers."""
    if not hidden:
        return outcome.cause
    if outcome.status == "passed":
        return outcome.says
    return f"{outcome.says} {outcome.cause}".strip()


def _table(rows: tuple[Row, ...]) -> list[str]:
    named = [row for row in rows if row.name]
    width = max((len(row.name) for row in named), default=0)
    measured = max((len(row.measured) for row in named), default=0)
    lines = [f"    {row.name:<{width}}  {row.measured:<{measured}}  {row.verdict}" for row in named]
    return lines + [f"    {row.measured}" for row in rows if not row.name]
