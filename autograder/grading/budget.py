"""What the grader may spend on a student's text outside of every sandbox: cleaning, rendering, comparing it.

It is counted in the grader's own CPU time, so that it does not depend on what else the machine does; and no
points depend on it.
"""

import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
SECONDS, AT_ONCE = 4.0, 1.0
AGAIN = 0.1  # a library may catch the first signal
WORDS = {
    "text": "shown as typed, because to render what was handed in takes too long",
    "code": "not compared with other submissions, because that takes too long",
}


class Spent(BaseException):
    """The time is over; no library that catches every Exception keeps it to itself."""


class Budget:
    """CPU seconds for all texts of one submission, and for each of them at once."""

    def __init__(self, seconds: float = SECONDS, at_once: float = AT_ONCE):
        self.seconds, self.at_once = seconds, at_once
        self.spent, self._cut = 0.0, Counter[str]()

    def run(self, kind: str, work: Callable[..., T], *arguments: Any, instead: T) -> T:
        """`work(*arguments)`, or `instead` when there is no time left or it takes more than there is.

        Only the main thread has signals; in another the sizes that callers allow bound a single text.
        """
        left, began = min(self.seconds - self.spent, self.at_once), time.thread_time()
        try:
            if left <= 0:
                raise Spent
            return _within(left, work, *arguments)
        except Spent:
            self._cut[kind] += 1
            return instead
        finally:
            self.spent += time.thread_time() - began

    def notes(self, kind: str) -> list[str]:
        """A sentence if some of that kind were too much."""
        count = self._cut[kind]
        return [f"{count} cell{'s' * (count > 1)} of {kind} {WORDS[kind]}"] if count else []


def _within(seconds: float, work: Callable[..., T], *arguments: Any) -> T:
    """`work(*arguments)`. Raises Spent when this thread has computed for so many seconds, but on Windows."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return work(*arguments)
    end = time.thread_time() + seconds

    def ring(*_: object) -> None:
        if time.thread_time() >= end:
            raise Spent

    before = signal.signal(signal.SIGPROF, ring)
    try:
        try:
            signal.setitimer(signal.ITIMER_PROF, seconds, AGAIN)
            return work(*arguments)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    finally:  # also when it rang in the line above
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before or signal.SIG_DFL)
