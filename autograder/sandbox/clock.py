"""How long a student process may still take: its own CPU time counts, read from outside.

Its own sleep has a limit far above: it counts in the looks that find it idle, so neither a wait for the
processor, nor a stop by somebody else, nor a grader that comes late to look is taken for sleep.
"""

import time
from collections.abc import Callable
from pathlib import Path

from autograder.sandbox.wire import TooSlow

ASLEEP = 3  # times its CPU seconds it may sleep
SLICE = 0.2  # seconds between two looks
STARVED = 100  # times its CPU seconds, and no less than PATIENCE, after which the machine is too busy
PATIENCE = 900


class OverLimit(TooSlow):
    """A limit of the student's own was broken; the text says which."""


class Starved(TooSlow):
    """The machine gave the process no time: nobody's fault."""


def cpu_seconds(pid: int) -> float:
    """CPU time of a process, all its threads together; 0.0 when it is gone.

    Linux numbers the CPU clock of any process like this (posix-timers: CPUCLOCK_SCHED).
    """
    try:
        return time.clock_gettime(~pid << 3 | 2)
    except OSError:
        return 0.0


class Patience:
    """A deadline for one question, in the student's own time."""

    def __init__(self, pid: int, seconds: float, disk_is_full: Callable[[], bool]):
        self.pid, self.seconds, self.asleep = pid, seconds, 0.0
        self._disk_is_full, self._used = disk_is_full, 0.0
        self._at_start, self._slice, self._looked = cpu_seconds(pid), 0.0, time.monotonic()
        self._starved_at = self._looked + max(STARVED * seconds, PATIENCE)

    @property
    def used(self) -> float:
        """CPU seconds so far; of a process that is gone, up to the last look."""
        self._used = max(self._used, cpu_seconds(self.pid) - self._at_start)
        return self._used

    def left(self) -> float:
        """Seconds until the next look. Raises OverLimit or Starved when it has had enough."""
        before, used, now = self._used, self.used, time.monotonic()
        if used > self.seconds:
            raise OverLimit(f"took longer than the {self.seconds:.0f} seconds that it has")
        if now - self._looked >= self._slice > 0:
            self._look_closely(idle=used == before)
        if now > self._starved_at:
            raise Starved
        self._looked, self._slice = now, min(SLICE, max(self.seconds - used, 0.01))
        return self._slice

    def _look_closely(self, *, idle: bool) -> None:
        """After a slice in which nothing came."""
        self.look_at_the_disk()
        if idle and _state(self.pid) == "S":
            self.asleep += self._slice
        if self.asleep > ASLEEP * self.seconds:
            raise OverLimit(f"took longer than the {self.seconds:.0f} seconds that it has, most of it asleep")

    def look_at_the_disk(self) -> None:
        """Raises OverLimit when it has filled it."""
        if self._disk_is_full():
            raise OverLimit("wrote more to its folder than it may")


def _state(pid: int) -> str:
    """R when it runs or waits for a processor, S asleep, T stopped by somebody: it cannot stop itself."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][:1]
    except OSError:
        return ""
