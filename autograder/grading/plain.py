"""Running a plain test cell: statements in the grader, the student's names across the border.

nbgrader's rules: a cell that raises gives nothing, one that ends in a number gives that many points, any
other gives all. What the author's own solution does not pass either could not run.
"""

import ast
import math
import sys
from dataclasses import dataclass, field
from types import FrameType, TracebackType

import numpy as np

from autograder.cells import HIDDEN, Cell, is_autotest, is_check, regions
from autograder.checks.calls import raised
from autograder.checks.outcome import Outcome, Row
from autograder.grading.border import Ended
from autograder.grading.scope import Scope
from autograder.grading.standin import Refused, isinstance_of
from autograder.grading.surroundings import around
from autograder.grading.testcell import Judged
from autograder.sandbox.ends import NoProcess

KIND = "tests"
ASKS_NOTHING = "it asks nothing of the student: call a function of theirs, or look at one of their names"
MORE = "its last line gives {:g}, which is more than the cell's {:g} points"
NO_NUMBER = "its last line gives nan, which is no number of points"
NO_POINTS = "The tests of this cell give no points."
AUTOTEST = "nbgrader writes its tests when it makes the release (AUTOTEST): put them in as asserts"
NOT_AT_TOP = "it calls a check inside another statement; call it at the top of the cell"
OTHER_KIND = "What your code returned is of another kind than what the tests of this cell work with."


@dataclass
class Ran:
    """How a cell went: what it raised, if anything, and in which lines; the number at its end, if any."""

    error: BaseException | None = None
    lines: range = range(0)
    node: ast.stmt | None = None
    number: float | None = None
    remarks: list[str] = field(default_factory=list)
    by_student: bool = False
    called: str = ""

    @property
    def passed(self) -> bool:
        """Did nothing go wrong?"""
        return self.error is None


@dataclass(frozen=True)
class Known:
    """Of a cell, what the author's own solution makes of it: does it pass, why not, and what it may ask.

    And the number at its end, if any. Given names in `unlike` have another value in the solution's process
    than in the grader.
    """

    passed: bool
    why: str
    asked: frozenset[tuple[int, str]]
    unlike: frozenset[str] = frozenset()
    number: float | None = None

    @property
    def counts(self) -> bool:
        """Does the cell count points, so that no points are none?"""
        return self.number is not None and self.number >= 0


def name_of(cell: Cell) -> str:
    """The name under which the one check of a plain cell reports."""
    return f"{cell.name.removeprefix('test_')}: {KIND}"


def judge_plain(cell: Cell, scope: Scope, known: Known) -> list[Judged]:
    """The outcome of a plain test cell, of which the solution is `known`."""
    if reason := never_runs(cell):
        return [could_not_run(cell, reason)]
    scope.border.allowed = known.asked
    ran = run(cell, scope)
    if ran.passed and not scope.border.questions:
        return [could_not_run(cell, asks_nothing(cell))]
    if isinstance(ran.error, Refused | Ended) and ran.error.doubt:
        return [could_not_run(cell, str(ran.error))]
    if not ran.passed and not known.passed:
        return [could_not_run(cell, known.why)]
    return [outcome_of(cell, ran, known.counts)]


def never_runs(cell: Cell) -> str:
    """Why a plain cell can be run in no way; "" when it can."""
    if is_autotest(cell):
        return AUTOTEST
    return NOT_AT_TOP if any(map(_calls_check, cell.nodes)) else ""


def asks_nothing(cell: Cell) -> str:
    """Why a cell that raises nothing tests nothing either."""
    return AUTOTEST if is_autotest(cell) else ASKS_NOTHING


def run(cell: Cell, scope: Scope) -> Ran:
    """Run the statements until one raises."""
    border, name, ran = scope.border, f"<test cell {cell.name}>", Ran(node=next(iter(cell.statements), None))
    border.line, border.questions, border.remarks, border.called = lambda: _line(name), 0, [], ""
    scope.forget()
    try:
        with around(border):
            for statement in cell.statements:
                ran.node = statement
                ran.number = _execute(statement, name, scope, statement is cell.statements[-1])
    except (Exception, Ended, Refused, SystemExit, GeneratorExit) as error:
        ran.error, ran.by_student = error, error is border.last
        if isinstance_of(error, NoProcess) and not ran.by_student:
            raise
        _place(cell, ran, name)
    ran.remarks, ran.called = border.remarks, border.called
    return ran


def why(ran: Ran, cell: Cell) -> str:
    """Why the author's own solution does not pass, for the instructor, with how to write it."""
    if isinstance(ran.error, Refused):
        return str(ran.error)
    if isinstance(ran.error, Ended):
        return f"the solution's process {ran.error}"
    found = f"{type(ran.error).__name__}: {ran.error}".rstrip(": ")[:200]
    line = f"the solution itself does not pass line {ran.lines.start + 1} ({found})"
    return ". ".join([line, *ran.remarks])


def outcome_of(cell: Cell, ran: Ran, counts: bool) -> Judged:
    """What a student is told: of a hidden statement the author's constant message, and nothing else of it."""
    if ran.passed:
        return _scored(cell, ran, counts)
    hidden = any(line in region for region in regions(cell.source, HIDDEN) for line in ran.lines)
    cause, code = _cause(cell, ran, hidden)
    says = _message(ran)
    rows = (Row("", f"line {ran.lines.start + 1}: {_shown(cell, ran)}", ""), Row("", _raised(ran), ""))
    if not hidden and says:
        cause, says = f"{cause} {says}", ""
    return Judged(Outcome(name_of(cell), "failed", cause, rows, says, code), hidden)


def _scored(cell: Cell, ran: Ran, counts: bool) -> Judged:
    """The points of a cell that raised nothing, and how the solution ends counts."""
    points, name = float(cell.metadata["points"]), name_of(cell)
    if ran.number is not None and math.isnan(ran.number):
        return could_not_run(cell, NO_NUMBER)
    if ran.number is not None and ran.number > points:
        return could_not_run(cell, MORE.format(ran.number, points))
    if counts and (ran.number is None or ran.number < 0):
        return Judged(Outcome(name, "failed", NO_POINTS, diagnosis="differs"), hidden=False)
    if ran.number is None or not 0 <= ran.number < points:
        return Judged(Outcome(name, "passed", "All tests of this cell passed."), hidden=False)
    cause = f"The tests of this cell give {ran.number:g} of {points:g} points."
    partly = Outcome(name, "failed", cause, diagnosis="differs", share=ran.number / points)
    return Judged(partly, hidden=False)


def _cause(cell: Cell, ran: Ran, hidden: bool) -> tuple[str, str]:
    """What went wrong, as a sentence and as a code."""
    error, kind = ran.error, type(ran.error).__name__
    if isinstance(error, Ended):
        who = f"`{ran.called}`" if ran.called.isidentifier() else "Your code"
        return f"{who} {error}.", "limit"
    if isinstance(error, Refused):
        return OTHER_KIND, "returns"
    if ran.by_student and isinstance(error, NameError):
        return _undefined(error, hidden)
    if ran.by_student and not isinstance(error, AssertionError):
        name = ran.called if ran.called.isidentifier() else ""
        failure = raised(name or "your code", kind, "")
        return failure.cause.replace("`your code`", "Your code"), failure.code
    if hidden or isinstance(ran.node, ast.Raise):
        return f"A {'hidden ' * hidden}test of this cell fails.", "differs"
    return f"`{_shown(cell, ran)}` fails{'' if kind == 'AssertionError' else f', with {kind}'}.", "differs"


def _undefined(error: NameError, hidden: bool) -> tuple[str, str]:
    name = error.name or str(error).partition("'")[2].partition("'")[0]
    if hidden or not name.isidentifier():
        return "A name that the tests of this cell need is not defined.", "undefined"
    return f"`{name}` is not defined.", "undefined"


def _shown(cell: Cell, ran: Ran) -> str:
    """The source of what failed, on one line."""
    lines = cell.source.split("\n")[ran.lines.start : ran.lines.stop]
    text = " ".join(" ".join(lines).split()).replace("`", "'")
    return text if len(text) <= 120 else f"{text[:120]}..."


def _raised(ran: Ran) -> str:
    try:
        return " ".join(f"{type(ran.error).__name__}: {ran.error}".split()).rstrip(": ")
    except BaseException:  # its text is the student's to make
        return type(ran.error).__name__


def _message(ran: Ran) -> str:
    """The author's words, where the statement that failed has them as a constant."""
    node = ran.node
    if ran.by_student or not isinstance(ran.error, AssertionError):
        return ""
    if isinstance(node, ast.Assert):
        words = node.msg
    else:
        call = node.exc if isinstance(node, ast.Raise) else None
        words = call.args[0] if isinstance(call, ast.Call) and len(call.args) == 1 else None
    return words.value if isinstance(words, ast.Constant) and isinstance(words.value, str) else ""


def _execute(statement: ast.stmt, name: str, scope: Scope, is_last: bool) -> float | None:
    """Run one statement; of the last one, the value if it is a number."""
    if not (is_last and isinstance(statement, ast.Expr)):
        exec(compile(ast.Module([statement], []), name, "exec"), scope)
        return None
    value = eval(compile(ast.Expression(statement.value), name, "eval"), scope)
    is_number = type(value) in (int, float) or isinstance(value, np.integer | np.floating)
    try:
        return float(value) if is_number else None
    except OverflowError:  # a whole number of hundreds of digits
        return math.inf


def _line(name: str) -> int:
    """The line of the cell that is running."""
    frame: FrameType | None = sys._getframe()
    while frame and frame.f_code.co_filename != name:
        frame = frame.f_back
    return frame.f_lineno if frame else 0


def _place(cell: Cell, ran: Ran, name: str) -> None:
    """Which statement raised: the innermost of this cell that was running."""
    if not ran.node or not ran.error:
        return
    line = _last_line(ran.error.__traceback__, name)
    inside = [node for node in ast.walk(ran.node) if isinstance(node, ast.stmt) and _spans(node, line)]
    ran.node = max(inside, key=lambda node: node.lineno, default=ran.node)
    ran.lines = range(ran.node.lineno - 1, ran.node.end_lineno or ran.node.lineno)


def _spans(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _last_line(trace: TracebackType | None, name: str) -> int:
    line = 0
    while trace:
        line = trace.tb_lineno if trace.tb_frame.f_code.co_filename == name else line
        trace = trace.tb_next
    return line


def _calls_check(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and is_check(node)


def could_not_run(cell: Cell, reason: str) -> Judged:
    return Judged(Outcome(name_of(cell), "could not run", reason), hidden=False)
