"""What a plain test asks of the student's process, and what its answers are here.

Plain data come by value, of exactly the types that they seem to be. The rest are stand-ins. No answer is
believed to be more than a value of its own: what is equal to what, is worked out here.
"""

import builtins
import sys
from collections.abc import Callable, Set
from types import BuiltinFunctionType
from typing import Any

from autograder.grading.equal import is_equal
from autograder.grading.leaving import leave, plain_arguments
from autograder.grading.libraries import library_function
from autograder.grading.mirrors import Mirrors
from autograder.grading.putback import put
from autograder.grading.standin import (
    TELLING,
    Inside,
    Refused,
    StandIn,
    StudentClass,
    facts_of,
    inside,
    is_theirs,
    isinstance_of,
)
from autograder.sandbox import wire
from autograder.sandbox.ends import KilledFromOutside, ProcessDied
from autograder.sandbox.session import Session
from autograder.sandbox.wire.values import encode
from autograder.sandbox.wire.values_read import BROKEN, Unreadable, decode

MAX_QUESTIONS = 100_000
ENDLESS = "was asked 100,000 things by one test: does what it returns have an end?"
TOO_MUCH = "The test hands over more than 32 MiB: use less data."
HANDS_OVER = (
    "The test hands over an object of the class `{}`, which the student's process does not have: hand over "
    "plain data or a function, or define the class in a given cell."
)
NESTED = "A function that the test hands over calls the student's code: hand over one that does not."


class Ended(BaseException):
    """The student's process broke a limit or ended; the text says how. No Exception, so no test catches it.

    With `doubt` something outside ended it.
    """

    def __init__(self, text: str):
        super().__init__(text)
        self.doubt = False


class Border:
    """One notebook's tests on one side, its session on the other.

    `asked` has (line of the test cell, what) for all that objects of the student's were told; `allowed` is
    None, or says which of that may be. `remarks` say what may be why a right answer fails.
    """

    def __init__(self, session: Session):
        self.session = session
        self.asked: set[tuple[int, str]] = set()
        self.allowed: Set[tuple[int, str]] | None = None
        self.line: Callable[[], int] = lambda: 0
        self.before: Callable[[], None] = lambda: None  # files go over, and come
        self.after: Callable[[], None] = lambda: None
        self.files: Any = None
        self.remarks: list[str] = []
        self.questions = 0
        self.last: BaseException | None = None  # what the student's code raised last
        self.called = ""  # and the function that was called last
        self.is_asking = self._is_answering = False
        self._start = 0
        self._late: BaseException | None = None
        self._forget()

    def _forget(self) -> None:
        """What an ended process held is gone."""
        self._lent: dict[str, Callable] = {}
        self._mirrors = Mirrors(self)

    def name(self, name: str) -> Any:
        """The value of a name of the student's. Raises NameError."""
        value = self.ask("name", name)
        return self._from(value, name)

    def attribute(self, one: Any, name: str) -> Any:
        """An attribute of something of the student's."""
        if not isinstance(name, str):
            raise TypeError("an attribute's name is text")
        return self._from(self.ask("get", one, name), f".{name}")

    def _from(self, value: Any, origin: str) -> Any:
        """A stand-in, or a class, that says where it was taken from."""
        if is_theirs(value):
            own, owner = inside(value), type if isinstance_of(value, StudentClass) else object
            owner.__setattr__(value, "_inside", Inside(self, own.number, own.start, origin))
        return value

    def special(self, one: Any, name: str, arguments: tuple, keywords: dict) -> Any:
        """A special method of a stand-in. Raises Refused where it would be told what it may not know."""
        if name == "exit":
            return leave(self, one, arguments[1])
        if name in TELLING and not all(map(is_theirs, (*arguments, *keywords.values()))):
            self._tell(name if name != "call" else f"call {inside(one).origin}")
        if name == "call":
            self.called = inside(one).origin
        return self.ask("special", name, one, *arguments, **keywords)

    def _tell(self, what: str) -> None:
        """An object that stands where the solution has a value may not answer by what it is asked with."""
        is_named = what.startswith("call ") and what[5:6] not in ("", ".")
        if not self.is_allowed(what) and not is_named:
            raise Refused("an object of the student's stands where the solution has something else")

    def is_allowed(self, what: str) -> bool:
        """May an object of the student's be asked this? Where the solution's was, in the same line."""
        question = (self.line(), what)
        self.asked.add(question)
        return self.allowed is None or question in self.allowed

    def equal(self, one: StandIn, other: Any) -> Any:
        """See is_equal."""
        return is_equal(one, other, self)

    def text(self, verb: str, one: StandIn, *more: str) -> str:
        """What `str`, `repr` or `format` give, as plain text."""
        text = self.ask(verb, one, *more)
        return text if type(text) is str else ""

    def remark(self, sentence: str) -> None:
        """Keep a sentence for the author of the test."""
        if sentence not in self.remarks:
            self.remarks.append(sentence)

    def ask(self, verb: str, *operands: Any, **keywords: Any) -> Any:
        """One question; what the student's code raises is raised here. Raises Ended and Refused."""
        self.questions += 1
        if self.questions > MAX_QUESTIONS:
            raise Ended(ENDLESS)
        self.before()
        try:
            value = self.ask_plainly(verb, *operands, **keywords)
        except Exception:
            self.after()
            raise
        self.after()
        return value

    def ask_quietly(self, verb: str, *operands: Any, **keywords: Any) -> Any:
        """As `ask_plainly`; None for what the student's side cannot do."""
        try:
            return self.ask_plainly(verb, *operands, **keywords)
        except Exception:
            return None

    def ask_plainly(self, verb: str, *operands: Any, **keywords: Any) -> Any:
        """As `ask`, for files themselves."""
        if self._is_answering:
            raise Refused(NESTED)
        self.is_asking = True
        try:
            return self._answer(verb, operands, keywords)
        finally:
            self.is_asking = False

    def _answer(self, verb: str, operands: tuple, keywords: dict) -> Any:
        self._wake()
        sent = tuple(map(self._encode, operands)), {name: self._encode(one) for name, one in keywords.items()}
        reply = self._reply(verb, *sent)
        if late := self._late:
            self._late = None
            raise late
        given = dict(enumerate(operands)) | keywords
        self._print(reply.get("text"))
        self.files = reply.get("files")
        try:
            self._put_back(reply.get("changed"), given)
            find = self._finder(given)
            raised = reply.get("raised")
            value = None if raised else decode(reply.get("value"), find)
            error = self._mirrors.error_of(raised, find, _may_stop(verb, operands)) if raised else None
        except (Unreadable, *BROKEN) as why:
            raise Ended("sent something that the grader cannot read") from why
        if error:
            self.last = error
            raise error
        return value

    def _reply(self, verb: str, operands: tuple, keywords: dict) -> dict:
        try:
            reply = self.session.plain(verb, operands, keywords, self._lent)
        except ProcessDied as error:
            raise _ended(error) from error
        except wire.WireError:
            raise Refused(TOO_MUCH) from None
        return reply

    def _wake(self) -> None:
        """A process to ask; what an earlier one made is gone."""
        try:
            self.session.wake()
        except ProcessDied as error:
            raise _ended(error) from error
        if self.session.starts != self._start:
            self._forget()
            self._start = self.session.starts

    def _print(self, text: Any) -> None:
        """What student code printed goes where the test's own output goes."""
        if type(text) is str and text:
            sys.stdout.write(text)

    def _encode(self, value: Any) -> Any:
        return encode(value, self._leave)

    def _leave(self, value: Any) -> tuple:
        """The number of something of the student's; a function or iterator of the test's under a name."""
        if is_theirs(value):
            own = inside(value)
            if own.start != self.session.starts:
                raise Ended("ended in an earlier test, and what it had made is gone")
            return ("object", own.number)
        if known := library_function(value):
            return ("object", "known", *known)
        if callable(value):
            return ("object", "lent", self._lend(value), str(getattr(value, "__name__", "function")))
        if hasattr(value, "__next__"):
            return ("object", "drawn", self._lend(value.__next__), "iterator")
        raise Refused(HANDS_OVER.format(type(value).__name__))

    def _lend(self, function: Callable) -> str:
        """Let the student's process call a function of the test's, by the name that is returned."""

        def answer(_: Any, arguments: Any, keywords: Any) -> tuple:
            self._is_answering = True
            try:
                find = self._finder({})
                named = {str(name): decode(one, find) for name, one in keywords.items()}
                value = function(*[decode(one, find) for one in arguments], **named)
                return ("", self._encode(value))
            except wire.TooSlow:
                raise
            except Exception as error:
                kind = type(error).__name__
                is_known = vars(builtins).get(kind) is type(error)
                return (kind if is_known else "RuntimeError", self._encode(plain_arguments(error)))
            except (Refused, Ended) as error:  # once the student's process has had its answer
                self._late = error
                return ("RuntimeError", self._encode(("refused",)))
            finally:
                self._is_answering = False

        name = f"lent {len(self._lent) + 1}"
        self._lent[name] = answer
        return name

    def _finder(self, given: dict) -> Callable:
        def find(what: Any, kind: Any = None) -> Any:
            if what == "given":
                return given[kind]
            if type(what) is not int:
                raise ValueError("no number")
            return self._mirrors.class_of(what) if kind == "class" else self._mirrors.object_of(what, kind)

        return find

    def _put_back(self, changed: Any, given: dict) -> None:
        """What student code did to the test's own lists, dicts, sets, arrays and generators."""
        for key, data in changed.items() if type(changed) is dict else ():
            if key in given:
                put(given[key], decode(data, self._finder({})))


def _may_stop(verb: str, operands: tuple) -> bool:
    """Is it the next entry that is asked for, so that StopIteration means what it says?"""
    if verb != "special" or operands[0] not in ("next", "call"):
        return False
    origin, kind = inside(operands[1]).origin, type(operands[1])
    is_built_in = isinstance_of(kind, StudentClass) and facts_of(kind).library is BuiltinFunctionType
    return operands[0] == "next" or origin == ".__next__" or (origin in (".send", ".throw") and is_built_in)


def _ended(error: ProcessDied) -> Ended:
    ended = Ended(f"{error}")
    ended.doubt = isinstance(error, KilledFromOutside)
    return ended
