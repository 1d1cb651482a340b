"""The names of a plain test cell: its own, then what the grader can trust, then the student's."""

import builtins
import contextlib
import copy
from typing import Any

import numpy as np

from autograder.cells import Cell
from autograder.grading.border import Border
from autograder.grading.given import Given, exercise_statements, is_code, is_same, names_of_exercises
from autograder.grading.standin import StandIn, isinstance_of
from autograder.grading.surroundings import refusing
from autograder.names import bound_and_read

BUILTINS = {**vars(builtins), **{name: refusing(name) for name in ("eval", "exec", "compile", "input")}}
FIXED = bool, int, float, complex, str, bytes, range, slice, np.generic


class Scope(dict):
    """The global names of test cells; one that no cell of the test's has set is looked for elsewhere.

    Names in `theirs` are the student's to define. `trusted` is the grader's own of what given cells define.
    While the solution is tried, `expected` has what it should have; what it has otherwise is `unlike` that.
    """

    def __init__(self, border: Border, trusted: dict[str, Any], theirs: set[str]):
        super().__init__(__builtins__=BUILTINS, __name__="__main__")
        self.border, self.trusted, self.theirs = border, trusted, theirs
        self.expected: dict[str, Any] = {}
        self.unlike: set[str] = set()
        self.used: set[str] = set()  # of those expected
        self._removed: set[str] = set()

    def __missing__(self, name: str) -> Any:
        if name not in self.theirs:
            if name in self.expected and self._is_unlike(name):
                self.distrust({name})
            if name in self.trusted:
                self.used |= {name} & self.expected.keys()
                return self.trusted[name]
            if name in BUILTINS:
                raise KeyError(name)  # Python looks there next
        return self.border.name(name)

    def distrust(self, names: set[str]) -> None:
        """Take them from the student's process from now on."""
        self.unlike |= names & self.trusted.keys()
        for name in names:
            self.trusted.pop(name, None)

    def _is_unlike(self, name: str) -> bool:
        """Is it another value in the solution's process: one drawn at random, or changed by an exercise?"""
        value = self.expected[name]
        is_asked = name in self.trusted and not is_code(value)
        return is_asked and not is_same(value, self.border.ask_quietly("name", name))

    def __setitem__(self, name: str, value: Any) -> None:
        if name in self._removed and isinstance_of(value, StandIn):
            self._removed.discard(name)
            self.border.ask("rename", name, value)
        else:
            super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        """A test may take away a function of the student's, to see who calls it, and put it back."""
        if name in self:
            return super().__delitem__(name)
        self.border.name(name)
        self.border.ask("unname", name)
        self._removed.add(name)

    def forget(self) -> None:
        """Drop what earlier cells set under names that the student is to define."""
        for name in self.theirs & self.keys():
            super().__delitem__(name)


def trusted_names(cells: list[Cell], given: Given) -> dict[str, Any]:
    """What the source imports, and what given cells define, as the grader has it: nobody replaces that.

    Left to the student's process is what `given` does not have, what cannot be copied, and what may be
    changed in place by an exercise that uses it.
    """
    used = {name for one in exercise_statements(cells) for name in bound_and_read(one)[1]}
    theirs = names_of_exercises(cells)
    found = {}
    for name, value in (given.imported | given.values).items():
        if name not in theirs and not (name in used and is_mutable(value)):
            with contextlib.suppress(Exception):  # a generator, say
                found[name] = value if is_code(value) else copy.deepcopy(value)
    return found


def is_mutable(value: Any) -> bool:
    """May code change it in place, as far as can be told?"""
    if isinstance(value, tuple | frozenset):
        return any(map(is_mutable, value))
    return not (value is None or is_code(value) or isinstance(value, FIXED))
