"""An audit as JSON, for other programs (docs/audit.md)."""

import json
from datetime import datetime
from pathlib import Path

from autograder.audit.counts import Count, counts, holds
from autograder.audit.findings import Audit, Findings
from autograder.audit.tried import Mistaken
from autograder.course import CourseError
from autograder.files import write_whole
from autograder.reports.stored import PACKAGE, grader_version

VERSION = 2


def write_json(audit: Audit, path: Path) -> None:
    """Write what an audit found. Raises CourseError when there is no such place."""
    try:
        write_whole(path, as_json(audit, datetime.now().astimezone()))
    except OSError as error:
        raise CourseError(f"{path} cannot be written ({error.strerror}); name another file.") from error


def as_json(audit: Audit, written: datetime) -> str:
    """The text of the file that `autograder audit --json` writes."""
    content = {
        "version": VERSION,
        "grader": f"{PACKAGE} {grader_version()}",
        "written": written.isoformat(timespec="seconds"),
        "seed": audit.seed,
        "seconds": audit.seconds,
        "holds": holds(audit),
        **_numbers(audit.findings),
        "release_points": audit.release_points,
        "assignments": [_assignment(one) for one in audit.findings],
    }
    return json.dumps(content, indent=1) + "\n"


def _numbers(findings: list[Findings]) -> dict:
    number = counts(findings)
    return {
        "mistakes": _pair(number["caught"], "caught"),
        "variants": _pair(number["full marks"], "full_marks"),
        "diagnosis": {**_pair(number["right"], "right"), "first_right": number["first right"].part},
        "cheats": _pair(number["refused"], "refused"),
        "held_out": {
            **_pair(number["held out caught"], "caught"),
            "right": number["held out right"].part,
            "first_right": number["held out first right"].part,
            "silent": number["held out silent"].part,
        },
        "false_blame": {"points_lost": number["false blame"].of, "points": number["false blame"].part},
        "hidden_alone": {"total": number["hidden alone"].of, "unexplained": number["hidden alone"].part},
    }


def _pair(count: Count, name: str) -> dict:
    return {"total": count.of, name: count.part}


def _assignment(one: Findings) -> dict:
    return {
        "assignment": one.assignment,
        **_numbers([one]),
        "reference_points": one.reference.result.score,
        "max_points": one.reference.result.max_score,
        "release_points": one.release.result.score,
        "seconds": one.seconds,
        "survivors": [each.name for each in one.survivors],
        "caught_elsewhere": [each.name for each in one.caught_elsewhere],
        "wrong_diagnoses": [
            {"mistake": each.name, "expected": each.answer.diagnosis, "found": each.found,
             "first": each.first_found} for each in one.wrongly_diagnosed
        ],
        "blamed": [_blamed(each) for each in one.wrong if each.blamed],
        "hidden_only": [
            {"mistake": each.name, "reason": each.answer.hidden_only}
            for each in one.wrong if each.hidden_alone
        ],
        "wrong_variants": [each.name for each in one.variants if not each.full_marks],
        "accepted_cheats": [each.name for each in one.cheats if not each.refused],
        "could_not_run": [{"submission": each.name, "reason": reason} for each, reason in one.broken],
        "never_fail": [str(check) for check in one.never_fail],
        "redundant": [{"check": str(check), "covered_by": str(other)} for check, other in one.redundant],
        "checks": [
            {"cell": check.place[0], "check": check.name, "hidden": check.hidden} for check in one.checks
        ],
        "matrix": [_row(one, each) for each in one.mistakes],
    }  # fmt: skip


def _blamed(one: Mistaken) -> dict:
    """Points that a mistake loses in checks of other exercises, and what it loses altogether."""
    checks = dict.fromkeys(one.checks[place]["check"] for place in one.blamed)
    return {
        "mistake": one.name, "points": round(sum(one.blamed.values()), 4),
        "points_lost": round(sum(one.lost.values()), 4), "checks": list(checks),
    }  # fmt: skip


def _row(of: Findings, one: Mistaken) -> dict:
    """A mistake, and the numbers (from 0) of the checks that it fails."""
    failed = [number for number, check in enumerate(of.checks) if check.place in one.failures]
    return {
        "mistake": one.name, "function": one.answer.function, "check": one.answer.check,
        "expected": one.answer.diagnosis, "found": one.found, "first": one.first_found, "failed": failed,
    }  # fmt: skip
