"""What do failed checks say about the known mistakes? In this process, so that all of them take a minute.

python -m autograder.tests.known_mistakes 03            one line for each mistake of the notebook
python -m autograder.tests.known_mistakes 03 "memory"   only those whose name holds a word
"""

import ast
import functools
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode

from autograder.cells import Cell, cells_of, is_check, of_kind
from autograder.checks.outcome import Outcome
from autograder.checks.running import listening
from autograder.course import Course
from autograder.hidden import Grading, grading, hidden_seed, module_of, reference
from autograder.truth.mistakes import Mistake, load_mistakes, with_mistake
from autograder.truth.source import handed_in, read_source

COURSE = Course.find(Path(__file__).parent)
find = functools.partial(getattr, reference)


def check_name(statement: ast.stmt) -> str:
    """The name under which a check reports."""
    call = statement.value
    kind = call.func.id.removeprefix("check_")
    return f"{getattr(call.args[kind == 'gradients'], 'id', '')}: {kind}"


def first_failure(source: NotebookNode, answer: NotebookNode, wanted: str) -> Outcome | None:
    """The outcome of the first failing check of that name on an answer's functions."""
    functions = vars(module_of(answer, Path("answer.py")))
    for cell in of_kind(cells_of(source), "test"):
        if any(is_check(s) and check_name(s) == wanted for s in cell.statements):
            for outcome in _outcomes(cell, dict(functions), wanted):
                if outcome.status != "passed":
                    return outcome
    return None


def _outcomes(cell: Cell, scope: dict, wanted: str) -> Iterator[Outcome]:
    for statement in cell.statements:
        if is_check(statement) and check_name(statement) != wanted:
            continue
        heard: list[Outcome] = []
        with listening(heard.append, find, (), hidden_seed()):
            exec(compile(ast.Module([statement], []), "<test cell>", "exec"), scope)
        yield from heard


def outcomes_of(assignment: str, names: str = "") -> Iterator[tuple[Mistake, Outcome | None]]:
    """Each known mistake that a quick check catches, and what that check says."""
    source = read_source(COURSE, assignment)
    solution = handed_in(source)
    with grading(Grading(COURSE.source(assignment), "white rabbit")):
        for mistake in load_mistakes(COURSE, assignment):
            if names in mistake.name and not mistake.check.endswith(": training"):
                yield mistake, first_failure(source, with_mistake(solution, mistake), mistake.check)


def main(number: str, names: str = "") -> None:
    """Print the mistakes of the notebook whose id begins with `number`."""
    (assignment,) = [path.name for path in COURSE.root.glob(f"source/{number}*")]
    right, count, began = [0, 0], [0, 0], time.monotonic()
    for position, (mistake, outcome) in enumerate(outcomes_of(assignment, names)):
        taken, began = time.monotonic() - began, time.monotonic()
        code = outcome.diagnosis if outcome else "passed"
        fits = code == mistake.diagnosis
        count[position % 2] += 1
        right[position % 2] += fits
        mark, cause = "  " if fits else "✗ ", outcome.cause if outcome else ""
        print(
            f"{mark}{'ab'[position % 2]} {mistake.check.partition(':')[0]}: {mistake.name} [{mistake.diagnosis}]"
        )
        print(f"       {code}: {cause}  ({taken:.1f} s)", flush=True)
    print(f"{number}: right {right[0]} of {count[0]} and {right[1]} of {count[1]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
