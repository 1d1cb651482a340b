"""What a calibration shows, for people: a table, and what has to be changed."""

from collections.abc import Iterator
from typing import Any

from rich.box import SIMPLE
from rich.table import Table

MOST_FAILURES = 1e-4
MOST_PASSES = 0.01
HEADINGS = ("target check", "at most", "correct", "P(correct\nfails)", "P(mistake\npasses)", "rounding")


def table(calibration: dict[str, Any], title: str) -> Table:
    """One line for each target check."""
    shown = Table(title=title, title_justify="left", box=SIMPLE, padding=(0, 1, 0, 0))
    for heading in HEADINGS:
        shown.add_column(heading, justify="left" if heading == HEADINGS[0] else "right")
    for check in calibration["checks"]:
        shown.add_row(*_row(check))
    return shown


def _row(check: dict[str, Any]) -> list[str]:
    correct, mistakes = check["correct"], check["mistakes"]
    name = f"{check['cell']} {check['position']}"
    spread, rounding = f"{correct['mean']:.3f}±{correct['sd']:.3f}", f"{check['rounding']['largest']:.0e}"
    if not check["hidden"]:
        return [name, f"{check['threshold']:g}", f"{correct['mean']:.3f}", "visible", "", rounding]
    passes = f"{max(m['p_passes'] for m in mistakes):.0e}" if mistakes else "none"
    return [name, f"{check['threshold']:g}", spread, f"{correct['p_fails']:.0e}", passes, rounding]


def problems(calibration: dict[str, Any], written: dict[tuple[str, int], float]) -> Iterator[str]:
    """What somebody has to change; `written` are the notebook's thresholds by cell and position."""
    for check in calibration["checks"]:
        where = f"{check['cell']}, target {check['position']}"
        now, due = written[check["cell"], check["position"]], check["threshold"]
        if now != due:
            yield f"{where}: at_most={now:g} is not the calibrated threshold; write at_most={due:g}."
        yield from _unfair(check, where)
    yield from _toothless(calibration)


def _unfair(check: dict[str, Any], where: str) -> Iterator[str]:
    """Where right answers fail."""
    correct = check["correct"]
    if check["hidden"] and correct["p_fails"] >= MOST_FAILURES:
        yield f"{where}: right answers fail with P = {correct['p_fails']:.1e}; give training more steps."
    if not check["hidden"] and correct["margin"] <= check["rounding"]["largest"]:
        yield f"{where}: the reference reaches {correct['max']:.4f}, too close to the target; raise at_most."
    for variant in check["variants"]:
        if variant["failures"]:
            yield (
                f"{where}: the variant {variant['name']} failed {variant['failures']} of {variant['n']} "
                "times; look at what it does otherwise."
            )


def _toothless(calibration: dict[str, Any]) -> Iterator[str]:
    """Mistakes that pass every target check of the name that they should fail."""
    least: dict[str, float] = {}
    for mistake in (mistake for check in calibration["checks"] for mistake in check["mistakes"]):
        least[mistake["name"]] = min(mistake["p_passes"], least.get(mistake["name"], 1.0))
    for name, chance in least.items():
        if chance > MOST_PASSES:
            passes = f"The mistake {name!r} passes with P = {chance:.2g}"
            yield f"{passes}; make the target harder, or name another check."
