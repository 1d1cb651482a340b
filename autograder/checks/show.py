"""Outcomes as text for a person: pure functions of the outcome."""

from autograder.checks.outcome import Outcome, Row

MARKS = {"passed": "✓", "failed": "✗", "could not run": "?"}


def as_text(outcome: Outcome) -> str:
    """The report in the student's own kernel, with everything that was measured."""
    head = f"{MARKS[outcome.status]} {outcome.check}"
    if outcome.status == "passed":
        return f"{head} — {outcome.cause}"
    look = [f"  → {outcome.look}"] if outcome.look else []
    return "\n".join([head, f"  {outcome.cause}", *look, *measured(outcome.rows)])


def for_student(outcome: Outcome, hidden: bool) -> str:
    """What feedback says: the cause and where to look, of a hidden check after the author's words."""
    says = outcome.says if hidden else ""
    if outcome.status == "passed" and not outcome.rests_on:
        return says if hidden else outcome.cause
    return " ".join(part for part in (says, outcome.cause, outcome.look) if part)


def measured(rows: tuple[Row, ...]) -> list[str]:
    """What a check measured, line by line; only for those who may see hidden inputs."""
    named = [row for row in rows if row.name]
    width = max((len(row.name) for row in named), default=0)
    measured = max((len(row.measured) for row in named), default=0)
    lines = [f"    {row.name:<{width}}  {row.measured:<{measured}}  {row.verdict}" for row in named]
    return lines + [f"    {row.measured}" for row in rows if not row.name]
