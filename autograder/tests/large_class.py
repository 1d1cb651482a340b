"""A class of 300 in 7 notebooks, made up: as many cells, checks and failures as in a real one."""

from dataclasses import dataclass
from datetime import datetime
from random import Random

from autograder.diagnosis.codes import CODES
from autograder.grading.of_record import CellGrade, GradeOfRecord
from autograder.grading.result import Result

STUDENTS, CELLS = 300, 14
ASSIGNMENTS = [f"{i:02}_some_model_text_generation" for i in range(1, 8)]
CHECKS = (("shapes", False), ("values", False), ("gradients", False), ("values", True), ("gradients", True))
NAMES = ("dWx", "dWh", "dbh", "dh0", "out", "loss")
DUE = datetime(2026, 11, 20, 12)


@dataclass(frozen=True)
class Member:
    """An entry of the class's roster."""

    first_name: str
    last_name: str
    section: str
    team: str = ""


def roster() -> dict[str, Member]:
    """Names and sections of all but the last ten."""
    days = ("Monday", "Tuesday", "Thursday")
    return {student_id(i): Member(f"Ann{i % 7}", f"Example{i}", days[i % 3]) for i in range(STUDENTS - 10)}


def student_id(i: int) -> str:
    return f"aexample{i:03}"


def results(seed: int = 0) -> list[Result]:
    """Everybody's results: some hand in nothing, some something broken, and some get marks by hand."""
    rng = Random(seed)
    chances = [rng.betavariate(1.2, 6) for _ in range(STUDENTS)]  # of failing a cell
    return [
        _result(student_id(i), name, chances[i], rng)
        for i in range(STUDENTS) for name in ASSIGNMENTS if rng.random() > 0.05
    ]  # fmt: skip


def _result(student: str, assignment: str, chance: float, rng: Random) -> Result:
    if rng.random() < 0.01:
        problem = f"{assignment}.ipynb is not a notebook, or was cut off; ask for it to be handed in again."
        return Result(student, assignment, None, 100.0, problem=problem)
    cells = [_cell(f"test_layer_{i:02}_backward", rng.random() < chance, rng) for i in range(CELLS)]
    score = sum(cell["score"] for cell in cells)
    restored = ["1 cell edited and put back: test_layer_00_backward"] * (rng.random() < 0.05)
    result = Result(student, assignment, score, 100.0, rng.uniform(1, 9), "", restored, cells)
    result.grade = _grade(cells, rng)
    return result


def _cell(name: str, fails: bool, rng: Random) -> dict:
    """A test cell; where it fails, some checks do, all for one cause."""
    code = rng.choice(list(CODES))
    cause = f"{rng.choice(NAMES)} is what it would be if this were so: {CODES[code].words}."
    if rng.random() < 0.2:
        code, cause = "not implemented", f"`{name.removeprefix('test_')}` is not implemented yet."
    broken = [fails and (rng.random() < 0.7 or code == "not implemented") for _ in CHECKS]
    checks = [
        _check(name, kind, hidden, bad, cause, code)
        for (kind, hidden), bad in zip(CHECKS, broken, strict=True)
    ]
    points = 100 / CELLS
    return {
        "cell": name,
        "points": points,
        "score": points * (1 - sum(broken) / len(CHECKS)),
        "checks": checks,
    }


def _check(cell: str, kind: str, hidden: bool, bad: bool, cause: str, code: str) -> dict:
    cause, code = (cause, code) if bad else ("the values are right", "")
    return {"check": f"{cell.removeprefix('test_')}: {kind}", "status": "failed" if bad else "passed",
            "hidden": hidden, "message": cause, "cause": cause, "diagnosis": code}  # fmt: skip


def _grade(cells: list[dict], rng: Random) -> GradeOfRecord:
    """Some with a mark by hand, some with a late penalty."""
    by_hand = [cell["points"] if rng.random() < 0.005 else None for cell in cells]
    marks = [
        CellGrade(cell["cell"], cell["score"], hand, 0.0, cell["points"], waits=False)
        for cell, hand in zip(cells, by_hand, strict=True)
    ]
    return GradeOfRecord(tuple(marks), 100.0, 10.0 if rng.random() < 0.1 else 0.0, DUE, DUE)
