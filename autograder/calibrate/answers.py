"""Whose losses are measured: the reference's, those of other right answers, and those of known mistakes."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import nbformat
import numpy as np
from nbformat import NotebookNode

from autograder.cells import Cell, cells_of, of_kind
from autograder.course import Course, CourseError
from autograder.names import definitions
from autograder.truth.mistakes import load_mistakes, with_mistake
from autograder.truth.source import read_source
from autograder.truth.targets import Target, digest, digest_of_target, needed, targets_of, used_by
from autograder.truth.variants import load_variants, with_variant


@dataclass(frozen=True)
class Answer:
    """A solved notebook: `kind` is "reference", "variant" or "mistake"; `check` is what a mistake names."""

    kind: str
    name: str
    notebook: NotebookNode
    check: str = ""

    @cached_property
    def cells(self) -> list[Cell]:
        """The cells of the notebook."""
        return cells_of(self.notebook)


@dataclass(frozen=True)
class Trial:
    """A target check and an answer that it concerns; `key` changes with whatever changes the losses."""

    target: Target
    answer: Answer
    key: str


@dataclass(frozen=True)
class Assignment:
    """What there is to measure in an assignment."""

    source: NotebookNode
    targets: list[Target]
    answers: list[Answer]

    @cached_property
    def trials(self) -> list[Trial]:
        """Each target check with each answer that it concerns."""
        return [
            Trial(target, answer, self._key(target, answer))
            for target in self.targets for answer in self.answers if self._concerns(target, answer)
        ]  # fmt: skip

    def _concerns(self, target: Target, answer: Answer) -> bool:
        """Can the answer's loss tell something: is it a mistake of this check, or other code that it runs?"""
        if answer.kind == "mistake":
            return answer.check == target.name
        reference = self.answers[0]
        own, before = _functions(answer), _functions(reference)
        changed = {name for name, code in own.items() if code != before.get(name)}
        used = used_by(answer.cells, target.function, target.given)
        return answer is reference or bool(changed & used)

    def _key(self, target: Target, answer: Answer) -> str:
        cells = cells_of(self.source)
        code = needed(definitions(answer.cells), [target.function])
        return f"{digest_of_target(target, cells)} {digest(code)} {np.__version__}"


def load(course: Course, assignment: str) -> Assignment:
    """Source, target checks and known answers. Raises CourseError when one of them is damaged."""
    source = read_source(course, assignment)
    targets = targets_of(cells_of(source))
    for target in targets:
        if not target.function or target.at_most is None:
            raise CourseError(
                f"{assignment}, {target.where}: name the function that trains and write at_most= as a number."
            )
    reference = Answer("reference", "reference", source)
    return Assignment(source, targets, [reference, *_known(course, assignment, source)])


def _known(course: Course, assignment: str, source: NotebookNode) -> Iterator[Answer]:
    names = {target.name for target in targets_of(cells_of(source))}
    for variant in load_variants(course, assignment):
        yield Answer("variant", variant.name, with_variant(source, variant))
    for mistake in load_mistakes(course, assignment):
        if not mistake.check.endswith(": training"):
            continue
        if mistake.check not in names:
            named = f"The mistake {mistake.name!r} names {mistake.check!r}"
            raise CourseError(f"{named}, which no target check is; mend its check.")
        yield Answer("mistake", mistake.name, with_mistake(source, mistake), mistake.check)


def _functions(answer: Answer) -> dict[str, str]:
    """The exercises' functions as plain code, by name."""
    cells = of_kind(answer.cells, "exercise")
    return {name: ast.dump(function) for cell in cells for name, function in cell.functions.items()}


def write(answer: Answer, path) -> None:
    """Keep the notebook where workers read it."""
    nbformat.write(answer.notebook, path)
