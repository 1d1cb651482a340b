"""How reports word things: names, numbers and text that came from a student."""

import shlex
from collections import Counter
from collections.abc import Iterable

from autograder.grading.of_record import GradeOfRecord
from autograder.grading.result import Result

LINE = 80


def plain(text: str) -> str:
    """`text` on one line, without characters that steer a terminal or turn the writing direction.

    Folder names are chosen by students and may hold anything that a file system allows.
    """
    return printable(_one_line(text))


def printable(text: str) -> str:
    """`text` with its lines, without such characters."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def number(value: float) -> str:
    """At most one decimal: 8, 92.5, 100."""
    return f"{round(value, 1):g}"


def fixed(value: float, decimals: int) -> str:
    """With this many decimals, so that a column of numbers lines up."""
    return f"{value:.{decimals}f}"


def counted(count: int, thing: str) -> str:
    """`1 check`, `2 checks`."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def heads(assignments: Iterable[str]) -> dict[str, str]:
    """A short head for each id: what stands before its first `_`, or all of it if not unique."""
    short = {assignment: assignment.partition("_")[0] or assignment for assignment in assignments}
    uses = Counter(short.values())
    return {long: head if uses[head] == 1 else long for long, head in short.items()}


def title(assignment: str) -> str:
    """What stands after the head, as words."""
    return assignment.partition("_")[2].replace("_", " ")


def short_check(cell: str, check: str) -> str:
    """What a check is called below its cell: `values` instead of `sigmoid: values` in `test_sigmoid`."""
    return check.removeprefix(f"{cell.removeprefix('test_')}: ")


def check_name(cell: str, check: str) -> str:
    """What a check is called on its own, such as `test_sigmoid: values`."""
    return f"{cell}: {short_check(cell, check)}"


def made_of(grade: GradeOfRecord | None) -> str:
    """What a grade is made of, `automatic 90, by hand +5, late penalty −10`; "" if of the tests alone."""
    parts = grade.made_of if grade else {}
    if set(parts) <= {"automatic"}:
        return ""
    automatic = f"automatic {number(parts.pop('automatic'))}"
    return ", ".join([automatic, *(f"{name} {signed(points)}" for name, points in parts.items())])


def signed(value: float) -> str:
    """With its sign, `+5` or `−10`."""
    return f"{'−' if value < 0 else '+'}{number(abs(value))}"


def folded(note: str) -> tuple[str, str]:
    """A note's sentence and, when it is long, the list of names behind its colon."""
    sentence, _, names = note.partition(": ")
    return (sentence, names) if len(note) > LINE and names else (note, "")


def again(result: Result) -> str:
    """The command that grades one submission again."""
    assignment, student = shlex.quote(result.assignment), shlex.quote(result.student)
    return f"autograder grade {assignment} --students {student}"
