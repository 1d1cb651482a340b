"""What does a gradient cost at little data and many parameters, derived and measured?

python benchmarks/derived_costs.py [03 ...]   the table of docs/gradient_checks.md, here and without walls

The cost of a pass forth and back, in passes forward of the reference for each number (checks/derived.py), on
the sizes that grading takes: of the solution, of all right answers in other styles, and of all cheats.
"""

import ast
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from autograder.cells import cells_of, is_check, of_kind
from autograder.checks import gradients
from autograder.checks.passes import Passes
from autograder.checks.running import listening
from autograder.checks.thin import numbers_of, redrawn, seconds_of, thinned
from autograder.course import Course
from autograder.hidden import Grading, grading, module_of, reference
from autograder.truth.cheats import Measured
from autograder.truth.source import handed_in, read_source
from autograder.truth.variants import load_variants, with_variant

COURSE = Course.find(Path(__file__).parent)
TRIES = 3
QUICKEST = ("central differences", "complex step")  # of HOW; five points take twice as long
TOO_LONG = 5.0  # seconds that all passes may take: cheats of larger ones are left out


def pairs_of(source, scope: dict) -> Iterator[tuple[Passes, dict]]:
    """Each pair of passes whose gradients are checked in grading, with the inputs of its last check."""
    found: dict[str, tuple] = {}

    def hear(passes: Passes, inputs: dict, rng, is_slope: bool = True) -> None:
        found[passes.backward.__name__] = (passes, dict(inputs))

    before, gradients.require_derived = gradients.require_derived, hear
    try:
        for cell in of_kind(cells_of(source), "test"):
            for statement in cell.statements:
                if not is_check(statement) or statement.value.func.id == "check_gradients":
                    with listening(lambda outcome: None, lambda name: getattr(reference, name)):
                        exec(compile(ast.Module([statement], []), "<test cell>", "exec"), scope)
    finally:
        gradients.require_derived = before
    yield from found.values()


def cost(forward: Callable, backward: Callable, passes: Passes, thin: dict, tries: int = TRIES) -> float:
    """The fastest of some tries on fresh inputs."""
    seconds, numbers, rng = seconds_of(passes, thin), numbers_of(thin), np.random.default_rng(0)
    spent = []
    for _ in range(tries):
        inputs = redrawn(passes, thin, rng)
        began = time.process_time()
        *outs, cache = forward(*inputs.values())
        back = time.process_time()
        douts = [rng.normal(size=out.shape) if np.ndim(out) else float(rng.normal()) for out in outs]
        again = time.process_time()
        backward(*douts, cache)
        spent.append(back - began + time.process_time() - again)
    return min(spent) / seconds / numbers


def defined(notebook) -> dict:
    """What a notebook defines, and all of its exercises, classes and calls of their own among it."""
    scope = dict(vars(module_of(notebook, Path("answer.py"))))
    for cell in of_kind(cells_of(notebook), "exercise"):
        exec(cell.source, scope)
    return scope


def main(numbers: list[str]) -> None:
    print("| notebook | pairs | solution, most | right answers | most | by | cheats | least | by |")
    print("|---|---:|---:|---:|---:|---|---:|---:|---|")
    for assignment in [a for a in COURSE.assignments if not numbers or a.split("_")[0] in numbers]:
        source = read_source(COURSE, assignment)
        solution = handed_in(source)
        grader = grading(Grading(COURSE.source(assignment), "costs"))
        with grader, threadpool_limits(limits=1, user_api="blas"):
            row(assignment, source, solution)


def row(assignment: str, source, solution) -> None:
    """One line of the table."""
    pairs = list(pairs_of(source, dict(vars(module_of(solution, Path("solution.py"))))))
    thin = {p.backward.__name__: thinned(p, inputs, np.random.default_rng(0)) for p, inputs in pairs}
    answers = {v.name: with_variant(solution, v) for v in load_variants(COURSE, assignment)}
    honest, cheats = {}, {}
    for name, notebook in {"solution": solution, **answers}.items():
        scope = defined(notebook)
        for p, _ in pairs:
            names = p.forward.__name__, p.backward.__name__
            honest[name, names[1]] = cost(*(scope[n] for n in names), p, thin[names[1]])
    for how in QUICKEST:
        notebook = Measured(how, tuple(thin)).made(solution, COURSE.source(assignment), Path())
        scope = defined(notebook)
        for p, _ in pairs:
            inputs = thin[p.backward.__name__]
            if numbers_of(inputs) * seconds_of(p, inputs) < TOO_LONG:
                found = scope[p.forward.__name__], scope[p.backward.__name__]
                cheats[how, p.backward.__name__] = cost(*found, p, inputs, 1)
    own = max(value for (name, _), value in honest.items() if name == "solution")
    most, least = max(honest, key=honest.get), min(cheats, key=cheats.get)
    told = [assignment.split("_")[0], len(pairs), f"{own:.4f}", len(answers), f"{honest[most]:.3f}"]
    told += [f"`{most[1]}`, {most[0]}", len(cheats), f"{cheats[least]:.2f}", f"`{least[1]}`, {least[0]}"]
    print("|", " | ".join(map(str, told)), "|", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
