"""Objects, classes and exceptions in the grader for those of the student's process."""

import unittest
from collections.abc import Callable
from typing import Any

from autograder.grading.libraries import library_class
from autograder.grading.standin import Facts, Inside, StudentClass, facts_of, isinstance_of, make, make_class
from autograder.sandbox.objects import SPECIALS
from autograder.sandbox.wire.values import CONTENTS
from autograder.sandbox.wire.values_read import decode

MAX_CLASSES = 1_000
# What says something to a loop, or to what runs tests.
MEANING = (StopIteration, StopAsyncIteration, unittest.SkipTest)
RUNNERS = {"unittest", "doctest", "pytest", "_pytest"}


class Mirrors:
    """What stands for what, by the numbers of one process."""

    def __init__(self, border: Any):
        self.border = border
        self.objects: dict[int, Any] = {}
        self.classes: dict[int, type] = {}

    def object_of(self, number: int, kind: Any) -> Any:
        """What stands for an object whose class has the number `kind`; the same for the same object."""
        if number not in self.objects:
            own = Inside(self.border, number, self.border.session.starts, ".result")
            self.objects[number] = make(self.class_of(kind), own)
        return self.objects[number]

    def class_of(self, number: Any) -> type:
        """The class that stands for a student's; two objects of one class have the same."""
        if number not in self.classes:
            if type(number) is not int or len(self.classes) > MAX_CLASSES:
                raise ValueError("no class")
            own = Inside(self.border, number, self.border.session.starts, ".class")
            blank = make_class("class", [], Facts(), own)  # to ask with
            self.classes[number] = self._made(self.border.ask_plainly("about", blank), own)
        return self.classes[number]

    def _made(self, about: Any, own: Inside) -> type:
        name, module, bases, specials = (about[key] for key in ("name", "module", "bases", "specials"))
        if type(name) is not str or not all(isinstance_of(base, type) for base in bases):
            raise ValueError("no class")
        theirs = [base for base in bases if isinstance_of(base, StudentClass)]
        pythons = [base for base in bases if not isinstance_of(base, StudentClass)]
        errors = [base for base in pythons if issubclass(base, Exception)]
        plain = [kind for base in pythons for kind in CONTENTS if issubclass(base, kind)]
        content = next((one for one in (*map(_content, theirs), *plain) if one), None)
        known = frozenset(SPECIALS) & frozenset(one for one in specials if type(one) is str)
        return make_class(name, [*theirs, *errors], Facts(known, content, library_class(module, name)), own)

    def error_of(self, raised: Any, find: Callable, may_stop: bool = False) -> BaseException:
        """What the student's code raised, as an exception of the same class where that is Python's own.

        A StopIteration ends somebody's loop, so it is one only where it `may_stop`.
        """
        itself, kind, arguments, value, text = raised
        kind, arguments, value = decode(kind, find), decode(arguments, find), decode(value, find)
        if type(arguments) is not tuple or type(text) is not str:
            raise ValueError("no exception")
        if kind is StopIteration and may_stop:
            return StopIteration(value)
        if issubclass(kind, MEANING):
            return RuntimeError(f"student code raised {type.__getattribute__(kind, '__name__')}")
        if isinstance_of(kind, StudentClass):
            return self._error_of_class(kind, itself, arguments, text)
        if not issubclass(kind, Exception | SystemExit):
            kind = RuntimeError
        error = kind.__new__(kind, *arguments)
        error.args = arguments
        return error

    def _error_of_class(self, kind: type, itself: Any, arguments: tuple, text: str) -> BaseException:
        library = facts_of(kind).library
        if library and (issubclass(library, MEANING) or _is_a_runners(library)):
            return RuntimeError(text)
        if library and issubclass(library, Exception):
            error = library.__new__(library)
            error.args = arguments or (text,)
            return error
        if not issubclass(kind, Exception):
            return RuntimeError(text)
        number = itself[1] if type(itself) is tuple and len(itself) > 1 else 0
        return make(kind, Inside(self.border, number, self.border.session.starts, ".error"), arguments)


def _is_a_runners(kind: type) -> bool:
    """Does it tell something to what runs tests, such as that a test is skipped?"""
    return kind.__module__.partition(".")[0] in RUNNERS


def _content(kind: type) -> type | None:
    """The plain type above a student's class."""
    return facts_of(kind).content
