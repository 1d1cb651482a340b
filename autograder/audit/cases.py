"""What an audit hands in: the solution, the release, right and wrong answers, and cheats."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from nbformat import NotebookNode

from autograder.audit.reach import untouched
from autograder.cells import cells_of, check_name, is_check, is_plain, of_kind
from autograder.course import Course, CourseError
from autograder.grading.plain import name_of
from autograder.grading.restore import blank
from autograder.truth.cheats import Cheat, cheats_of
from autograder.truth.mistakes import Mistake, load_held_out, load_mistakes, with_mistake
from autograder.truth.source import exercises_of, folder, handed_in, read_source
from autograder.truth.variants import Variant, load_variants, with_variant

REFERENCE, RELEASE, VARIANT, CHEAT = "reference", "release", "variant", "cheat"
MISTAKE, HELD_OUT = "mistake", "held out"
Known = TypeVar("Known", Mistake, Variant)


@dataclass(frozen=True)
class Case:
    """One submission; `answer` is the known answer or the cheat in it.

    `defines` are the functions of the exercise with the mistake, `untouched` the tests that cannot see it,
    `untouched_by_lent` those that cannot where functions are lent.
    """

    assignment: str
    kind: str
    name: str
    notebook: NotebookNode
    answer: Mistake | Variant | Cheat | None = None
    defines: frozenset[str] = frozenset()
    untouched: frozenset[str] = frozenset()
    untouched_by_lent: frozenset[str] = frozenset()


def cases_of(course: Course, assignment: str) -> list[Case]:
    """Everything that is handed in for one assignment.

    Raises CourseError when it has no known answers, and one with all those that do not fit the notebook.
    """
    source = read_source(course, assignment)
    mistakes, held_out = load_mistakes(course, assignment), load_held_out(course, assignment)
    variants = load_variants(course, assignment)
    if not mistakes and not variants:
        raise CourseError(
            f"{folder(course, assignment)} holds no known answers; write some mistakes into its "
            "mistakes.toml, as docs/audit.md says."
        )
    solution, known = handed_in(source), check_names(source)
    problems = [_unknown(mistake, known) for mistake in mistakes + held_out if mistake.check not in known]
    cases = [
        Case(assignment, REFERENCE, "the solution", solution),
        Case(assignment, RELEASE, "the release", handed_in(blank(source))),
        *(Case(assignment, CHEAT, name, solution, cheat) for name, cheat in cheats_of(source)),
        *_made(assignment, VARIANT, source, variants, with_variant, problems),
        *_made(assignment, MISTAKE, source, mistakes, with_mistake, problems),
        *_made(assignment, HELD_OUT, source, held_out, with_mistake, problems),
    ]
    if problems:
        lines = "\n".join(f"  {problem}" for problem in problems)
        raise CourseError(f"{folder(course, assignment)} does not fit the notebook:\n{lines}")
    return cases


def check_names(source: NotebookNode) -> set[str]:
    """The names under which the notebook's checks and plain tests report, such as "sigmoid: values"."""
    tests = list(of_kind(cells_of(source), "test"))
    checks = (check_name(statement) for cell in tests for statement in cell.statements if is_check(statement))
    return {*checks, *(name_of(cell) for cell in tests if is_plain(cell))}


def _unknown(mistake: Mistake, known: set[str]) -> str:
    return (
        f"The mistake {mistake.name!r} names the check {mistake.check!r}, which the notebook does not have; "
        f"it has {', '.join(sorted(known))}."
    )


def _made(
    assignment: str, kind: str, source: NotebookNode, answers: Sequence[Known],
    change: Callable[[NotebookNode, Known], NotebookNode], problems: list[str],
) -> Iterator[Case]:  # fmt: skip
    """The submission of each answer; what does not apply goes to `problems`."""
    solution = handed_in(source)
    exercises = exercises_of(solution)
    for answer in answers:
        exercise = exercises.get(getattr(answer, "function", ""))
        defines = frozenset(exercise.functions if exercise else ())
        try:
            changed = change(solution, answer)
            blind = untouched(source, changed), untouched(source, changed, lent=True)
            yield Case(assignment, kind, answer.name, changed, answer, defines, *blind)
        except CourseError as error:
            problems.append(str(error))
