"""What a calibration shows, for people: a table, and what has to be changed."""

from collections.abc import Iterator
from typing import Any

from rich.box import SIMPLE
from rich.table import Table

from autograder.truth.calibration import MOST_FAILURES, MOST_PASSES

HEADINGS = ("target check", "at most", "correct", "P(correct\nfails)", "P(mistake\npasses)", "rounding")


def table(calibration: dict[str, Any], title: str) -> Table:
    """One line for each target check."""
    shown = Table(title=title, title_justify="left", box=SIMPLE, padding=(0, 1, 0, 0))
    for heading in HEADINGS:
        shown.add_column(heading, justify="left" if heading == HEADINGS[0] else "right")
    for check in calibration["checks"]:
        shown.add_row(*_row(check))
        if "own" in check:
            shown.add_row("  as it is", *_row(with_own(check))[1:])
    return shown


def _row(check: dict[str, Any]) -> list[str]:
    limit, correct, mistakes = f"{check['threshold']:g}", check["correct"], check["mistakes"]
    name = f"{check['cell']} {check['position']}"
    spread, rounding = f"{correct['mean']:.4g}±{correct['sd']:.1g}", f"{check['rounding']['largest']:.0e}"
    if not check["hidden"]:
        return [name, limit, f"{correct['mean']:.4g}", "visible", "", rounding]
    passes = f"{max(m['p_passes'] for m in mistakes):.0e}" if mistakes else "none"
    return [name, limit, spread, f"{correct['p_fails']:.0e}", passes, rounding]


def problems(
    calibration: dict[str, Any], written: dict[tuple[str, int], float | None], calibrated: bool = True
) -> Iterator[str]:
    """What somebody has to change; `written` are the notebook's thresholds by cell and position.

    These must be the `calibrated` ones, or else may be the author's own as long as their chances are good.
    """
    checks = [check if calibrated else with_own(check) for check in calibration["checks"]]
    for check in checks:
        where = f"{check['cell']}, target {check['position']}"
        now, due = written[check["cell"], check["position"]], check["threshold"]
        if now != due:
            yield f"{where}: at_most={now:g} is not the calibrated threshold; write at_most={due:g}."
        yield from _unfair(check, where)
        if (before := check.get("before")) is not None and due >= before:
            yield (
                f"{where}: at most {due:g} is no target, for the loss before training is {before:.4g}; give "
                "training more steps, or write a lower at_most=."
            )
    yield from _toothless(checks)


def with_own(check: dict[str, Any]) -> dict[str, Any]:
    """The check with the author's threshold and its chances in place of the calibrated ones."""
    if not (own := check.get("own")):
        return check
    chances = {name: own[name] for name in ("failures", "p_fails")}
    return check | {
        "threshold": own["at_most"],
        "calibrated": check["threshold"],
        "correct": check["correct"] | chances,
        "variants": [one | {"failures": own["variants"][one["name"]]} for one in check["variants"]],
        "mistakes": [one | {"p_passes": own["p_passes"][one["name"]]} for one in check["mistakes"]],
    }


def _unfair(check: dict[str, Any], where: str) -> Iterator[str]:
    """Where right answers fail."""
    correct = check["correct"]
    if check["hidden"] and correct["p_fails"] >= MOST_FAILURES:
        chance = f"right answers fail with P = {correct['p_fails']:.1e}"
        yield f"{where}: {chance}; give training more steps{_or_write(check)}."
    if not check["hidden"] and correct["margin"] <= check["rounding"]["largest"]:
        yield f"{where}: the reference reaches {correct['max']:.4f}, too close to the target; raise at_most."
    for variant in check["variants"]:
        if variant["failures"]:
            yield (
                f"{where}: the variant {variant['name']} failed {variant['failures']} of {variant['n']} "
                "times; look at what it does otherwise."
            )


def _or_write(check: dict[str, Any]) -> str:
    return f", or write at_most={check['calibrated']:g}" if "calibrated" in check else ""


def _toothless(checks: list[dict[str, Any]]) -> Iterator[str]:
    """Mistakes that pass every target check of the name that they should fail."""
    least: dict[str, float] = {}
    for mistake in (mistake for check in checks for mistake in check["mistakes"]):
        least[mistake["name"]] = min(mistake["p_passes"], least.get(mistake["name"], 1.0))
    for name, chance in least.items():
        if chance > MOST_PASSES:
            passes = f"The mistake {name!r} passes with P = {chance:.2g}"
            yield f"{passes}; make the target harder, or name another check."
