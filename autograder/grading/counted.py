"""The checks of a test cell as they count, and as a graded notebook and results.json have them."""

import html
from collections.abc import Iterable
from dataclasses import replace

import nbformat
from nbformat import NotebookNode

from autograder.checks.outcome import Outcome
from autograder.checks.show import MARKS, for_student, measured
from autograder.grading.result import earned, share_of, worths
from autograder.grading.testcell import Judged

MAX_LINES, MAX_LINE = 12, 300  # of evidence, for each check
COLOURS = {"passed": "inherit", "failed": "#a8231d", "could not run": "#8a5a00"}
COULD_NOT_RUN = "This check could not be run; your instructor has been told."
NOTICE = "restored-by-the-grader"


def as_they_count(checks: list[Judged], before: list[Judged]) -> list[Judged]:
    """The checks of a cell as they count, beside those of the cells `before`."""
    return _nothing_measured([kept_where_paid(check, before + checks) for check in checks])


def kept_where_paid(check: Judged, judged: list[Judged]) -> Judged:
    """A check as it counts: what rests on a wrong function gives points if that has cost its own before."""
    rests_on = check.outcome.rests_on
    paid = any(
        one.outcome.status == "failed" and one.outcome.check.partition(":")[0] == rests_on for one in judged
    )
    if not rests_on or paid:
        return check
    cause = f"It rests on `{rests_on}`, which is not right; mend that first."
    lost = replace(check.outcome, status="failed", cause=cause, diagnosis="forward", share=0.0, rests_on="")
    return replace(check, outcome=lost)


def _nothing_measured(checks: list[Judged]) -> list[Judged]:
    """The checks of a cell as they count: what measures its gradients passes none of its checks."""
    known = [one.outcome for one in checks if one.outcome.diagnosis == "numerical"]
    by = {outcome.check.partition(":")[0]: outcome for outcome in known}

    def counted(check: Judged) -> Judged:
        found = by.get(check.outcome.check.partition(":")[0])
        if not found or check.outcome.status == "could not run":
            return check
        lost = replace(
            check.outcome, status="failed", cause=found.cause, diagnosis=found.diagnosis, share=0.0
        )
        return replace(check, outcome=lost)

    return [counted(check) for check in checks]


def write_result(cell: NotebookNode, checks: list[Judged]) -> None:
    """Points as nbgrader reads them, a table as people do, and the facts for reports."""
    points = float(cell.metadata.nbgrader["points"])
    facts = [facts_of(check) for check in checks]
    score = earned(facts, points)
    cell.metadata["autograder"] = {"score": score, "checks": facts}
    rows = "".join(map(_as_row, facts, worths(facts, points)))
    page = f"<p>{score:g} of {points:g} points</p><table>{rows}</table>"
    data = {"text/plain": f"{score}", "text/html": page}
    cell.outputs = [nbformat.v4.new_output("execute_result", execution_count=None, data=data)]


def facts_of(check: Judged) -> dict:
    """A check as results.json has it."""
    outcome = check.outcome
    lost = outcome.status == "could not run"
    return {
        "check": outcome.check, "status": outcome.status, "hidden": check.hidden,
        "message": COULD_NOT_RUN if lost else for_student(outcome, check.hidden),
        "cause": outcome.cause, "diagnosis": outcome.diagnosis,
        **({"weight": check.weight} if check.weight != 1 else {}),
        **({"share": round(outcome.share, 6)} if outcome.status == "failed" and outcome.share else {}),
        **({"evidence": _evidence(outcome)} if outcome.status != "passed" else {}),
    }  # fmt: skip


def _evidence(outcome: Outcome) -> list[str]:
    """What was measured and on what, for instructors."""
    tried = [f"tried on {outcome.inputs}"] if outcome.inputs else []
    lines = [*(line.strip() for line in measured(outcome.rows)), *tried]
    return [line if len(line) <= MAX_LINE else f"{line[:MAX_LINE]}..." for line in lines[:MAX_LINES]]


def without_evidence(notebook: NotebookNode) -> NotebookNode:
    """The notebook as it may be kept beside what students get: no numbers of hidden checks are in it."""
    for cell in notebook.cells:
        for check in cell.metadata.get("autograder", {}).get("checks", []):
            check.pop("evidence", None)
    return notebook


def _as_row(fact: dict, worth: float) -> str:
    name = "hidden check" if fact["hidden"] else fact["check"]
    gained = worth * share_of(fact)
    # Spaces that do not break keep the narrow columns on one line.
    points = f"{gained:.3g} of {worth:.3g}".replace(" ", "\N{NO-BREAK SPACE}")
    cells = (MARKS[fact["status"]], name, points, fact["message"])
    style = f"text-align:left; padding:2px 10px; vertical-align:top; color:{COLOURS[fact['status']]}"
    return "<tr>" + "".join(f'<td style="{style}">{html.escape(c)}</td>' for c in cells) + "</tr>"


def as_outputs(text: str, images: Iterable[str]) -> list[NotebookNode]:
    """What a cell printed, and its pictures in base64, as a notebook has them."""
    printed = [nbformat.v4.new_output("stream", name="stdout", text=text)] if text else []
    return printed + [nbformat.v4.new_output("display_data", data={"image/png": one}) for one in images]


def notice(notes: list[str]) -> NotebookNode:
    """What was put right before grading, as a text cell."""
    text = "**Put right before grading**\n\n" + "\n".join(f"- {note}" for note in notes)
    return nbformat.v4.new_markdown_cell(text, id=NOTICE)
