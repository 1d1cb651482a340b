"""How a check runs: in a student's kernel or in grading, and who hears of its outcome."""

import functools
import inspect
import reprlib
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from autograder.checks.calls import supplied
from autograder.checks.frames import called_as, own_frame, scope_of
from autograder.checks.lent import Lent, lending
from autograder.checks.outcome import CheckFailed, CheckStopped, Failure, Outcome, Row
from autograder.checks.outside import require_no_leftovers
from autograder.checks.quiet import printing_once
from autograder.checks.show import as_text
from autograder.notebook.printable import printable

Listener = Callable[[Outcome], None]
Find = Callable[[str], Callable]


class _Grader(NamedTuple):
    """Who hears of outcomes, and what grading knows that a student's kernel does not."""

    listener: Listener
    find: Find | None = None
    proven: Collection[str] = ()
    seed: int = 0


_grader: ContextVar[_Grader | None] = ContextVar("grader", default=None)
_seconds: ContextVar[float | None] = ContextVar("seconds", default=None)


@contextmanager
def listening(
    listener: Listener, find: Find | None = None, proven: Collection[str] = (), seed: int = 0
) -> Iterator[None]:
    """While open, outcomes go to `listener`, and a failed check no longer raises.

    `find(name)` gives the reference's function for each name in a check's `given`, but for those in
    `proven`, where the student's own does as well and need not cross the border. What a check draws
    at random comes from `seed`, which students cannot know.
    """
    token = _grader.set(_Grader(listener, find, proven, seed))
    try:
        yield
    finally:
        _grader.reset(token)


OPTIONS = ("given", "says", "seconds", "weight")  # that every check takes


def check(body: Callable[..., str]) -> Callable[..., None]:
    """Make a public check of `body`, which returns what it found or raises Failure.

    The check takes four more arguments. `given` names functions for which grading puts the
    reference's in place of the student's own, so that one mistake costs points once; a student's
    kernel, which has no reference, uses the student's own. `says` is what a hidden check tells the
    student. `weight` is what the check counts among those of its cell; grading reads it from the cell's
    text. `seconds` is the CPU time of each call, where grading's usual one does not do. In a kernel the
    check prints one line or raises CheckFailed; in grading it reports. What
    breaks the check itself is a failure in a kernel; grading asks the reference whose fault it is.
    """

    @functools.wraps(body)
    def run(
        subject: Callable, *arguments: Any, given: Sequence[str] = (), says: str = "", weight: float = 1,
        seconds: float | None = None, **options: Any,
    ) -> None:  # fmt: skip
        cell = sys._getframe(1)
        subject, arguments = called_as(subject, cell), tuple(called_as(one, cell) for one in arguments)
        functions = [subject, *filter(callable, arguments)]
        function = functions[body.__name__ == "check_gradients"].__name__
        name = f"{function}: {body.__name__[6:]}"
        listener, find, proven, _ = _grader.get() or _Grader(_tell)
        hint = "" if find else _given_hint(given)
        began = time.monotonic()

        def run_with(names: Sequence[str]) -> Outcome:
            stand_ins = {name: Lent(find(name)) for name in names} if find else {}
            quiet = np.errstate(all="ignore"), printing_once()
            with lending(stand_ins), supplied(subject, stand_ins), taking(seconds), quiet[0], quiet[1]:
                found = body(subject, *arguments, **options)
                return Outcome(name, "passed", str(found), says=says, loss=getattr(found, "loss", None))

        try:
            for one in functions[: 1 + (body.__name__ == "check_gradients")]:  # not the check's own ones
                require_no_leftovers(one)
            try:
                outcome = run_with([name for name in given if name not in proven])
            except Failure as failure:
                # the student's own may do as well and be slow, which is no mistake of this function
                if failure.code != "limit" or not set(given) & set(proven):
                    raise
                for one in filter(callable, functions[:2]):
                    getattr(one, "sealed_forgive", lambda: None)()
                outcome = run_with(given)
        except Failure as failure:
            outcome = _failed(name, failure, hint, says)
        except KeyboardInterrupt as stop:
            if _grader.get():
                raise
            raise CheckStopped(_stopped(name, functions, stop, time.monotonic() - began)) from None
        except Exception as error:
            if _grader.get() or not _takes(body, subject, *arguments, **options):
                raise
            outcome = _failed(name, unworkable(function, error), hint, says)
        listener(replace(outcome, inputs=_inputs(arguments)))

    return run


@contextmanager
def taking(seconds: float | None) -> Iterator[None]:
    """While open, a call may take so long, if that is not None."""
    token = _seconds.set(seconds or _seconds.get())
    try:
        yield
    finally:
        _seconds.reset(token)


def seconds_of_check() -> float | None:
    """The CPU time of a call in the check that runs now, None for the usual one."""
    return _seconds.get()


def _inputs(arguments: Sequence[Any]) -> str:
    """The shapes of the arrays among a check's inputs, and the other ones where they are short."""
    named = (pair for one in arguments if isinstance(one, dict) for pair in one.items())
    return ", ".join(f"{name} {_size(value)}" for name, value in named)


def _size(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return str(value.shape)
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name} {_size(one)}' for name, one in value.items())}}}"
    text = reprlib.repr(value)
    return f"= {text}" if isinstance(value, int | float | str | bool | None) else type(value).__name__


def _stopped(check: str, functions: Sequence[Callable], stop: KeyboardInterrupt, seconds: float) -> str:
    """What is said when a person stops a check: where the student's code was, and for how long."""
    frame = own_frame(stop.__traceback__, scope_of(functions[0]))
    where = f" in `{frame.name}`, line {frame.lineno}, `{frame.line}`," if frame else ""
    loop = " Does a loop there end?" if frame else ""
    return printable(f"■ {check}\n  stopped{where} after {seconds:.0f} s.{loop}")


def _failed(name: str, failure: Failure, hint: str, says: str) -> Outcome:
    return Outcome(
        name, "passed" if failure.share == 1 else "failed", failure.cause, _rows(failure, hint), says,
        failure.code, share=failure.share, rests_on=failure.rests_on, loss=failure.loss,
    )  # fmt: skip


def unworkable(function: str, error: Exception) -> Failure:
    """The Failure for results that broke the check that looked at them."""
    cause = f"`{function}` returned something that this check cannot work with."
    return Failure(cause, f"{type(error).__name__}: {error}", code="returns")


def _takes(body: Callable, *arguments: Any, **options: Any) -> bool:
    """Is a check called with the arguments that it has? If not, its author must see the error."""
    try:
        inspect.signature(body).bind(*arguments, **options)
    except TypeError:
        return False
    return True


def seed_of_check(seed: int | None) -> int:
    """The seed that a check's author chose, else in grading a hidden one and in a student's kernel 0."""
    grader = _grader.get()
    return seed if seed is not None else grader.seed if grader else 0


def truth_of(function: Callable) -> Callable | None:
    """In grading the reference's function of that name, in a student's kernel None."""
    grader = _grader.get()
    try:
        return grader.find(function.__name__) if grader and grader.find else None
    except AttributeError:  # one that is no exercise
        return None


def _given_hint(given: Sequence[str]) -> str:
    """What a student's kernel says where grading would put the reference in place."""
    names = ", ".join(f"`{name}`" for name in given)
    return f"This check also calls your {names}: make its own check pass first." if given else ""


def _rows(failure: Failure, hint: str) -> tuple[Row, ...]:
    return (*failure.rows, *(Row("", text, "") for text in (failure.detail, hint) if text))


def _tell(outcome: Outcome) -> None:
    """The listener in a student's kernel."""
    text = printable(as_text(outcome))
    if outcome.status != "passed":
        raise CheckFailed(text)
    print(text)
